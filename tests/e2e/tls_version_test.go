package e2e

import (
	"crypto/tls"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// The oldest version that either role accepts: 1.2 unless told otherwise.
func TestTLSMinVersion(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	server := ca.issue(t, "server")
	cases := map[string]struct {
		property string
		peer     uint16 // all that the peer speaks
		works    bool
	}{
		"default, 1.1": {"", tls.VersionTLS11, false},
		"default, 1.2": {"", tls.VersionTLS12, true},
		"default, 1.3": {"", tls.VersionTLS13, true},
		"1.0, 1.0":     {"tls1.0", tls.VersionTLS10, true},
		"1.1, 1.0":     {"tls1.1", tls.VersionTLS10, false},
		"1.1, 1.1":     {"tls1.1", tls.VersionTLS11, true},
		"1.2, 1.1":     {"tls1.2", tls.VersionTLS11, false},
		"1.3, 1.2":     {"tls1.3", tls.VersionTLS12, false},
		"1.3, 1.3":     {"tls1.3", tls.VersionTLS13, true},
	}
	for what, c := range cases {
		property := map[string]any{"tlsMinVersion": c.property}
		t.Run("client "+what, func(t *testing.T) {
			t.Parallel()
			config := server.shows(t)
			config.MinVersion, config.MaxVersion = c.peer, c.peer
			p := newTLSPeer(t, config)
			f := newFlow(t, h, stream{Props: tlsClient(t, p.addr, ca, property)}, kuiper.RuleOptions{})
			if !c.works {
				contains(t, f.waitLoss(t), "the TLS handshake failed: ", `"protocol version"`)
				p.secure(server.shows(t))
			}
			conn := p.next(t)
			if c.works {
				equal(t, conn.NetConn().(*tls.Conn).ConnectionState().Version, c.peer)
			}
			conn.text(t, `{"n":1}`)
			f.waitRows(t, 1)
		})
		t.Run("server "+what, func(t *testing.T) {
			t.Parallel()
			s := newTLSServer(t, h, server.write(t).server(), property)
			config := ca.trusts(t)
			config.MinVersion, config.MaxVersion = c.peer, c.peer
			if !c.works {
				contains(t, s.refuses(t, config), "protocol version not supported")
				s.warns(t, "did not get in: the TLS handshake failed: unsupported protocol")
				return
			}
			conn := s.takes(t, config)
			equal(t, conn.NetConn().(*tls.Conn).ConnectionState().Version, c.peer)
		})
	}
	// As with the built-in source, what is no version counts as left out.
	t.Run("unknown", func(t *testing.T) {
		p := newTLSPeer(t, server.shows(t))
		f := newFlow(t, h, stream{Props: tlsClient(t, p.addr, ca, map[string]any{"tlsMinVersion": "tls2"})}, kuiper.RuleOptions{})
		f.warns(t, "tlsMinVersion", "tls2", "tls1.3")
		p.next(t)
	})
}

// The ciphers of TLS 1.2, by OpenSSL's names.
func TestTLSCiphers(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	server := ca.issue(t, "server")
	old := func(config *tls.Config) *tls.Config {
		config.MaxVersion = tls.VersionTLS12
		return config
	}
	only := map[string]any{"ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305"}
	p := newTLSPeer(t, old(server.shows(t)))
	f := newFlow(t, h, stream{Props: tlsClient(t, p.addr, ca, only)}, kuiper.RuleOptions{})
	conn := p.next(t)
	equal(t, conn.NetConn().(*tls.Conn).ConnectionState().CipherSuite, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)
	conn.text(t, `{"n":1}`)
	f.waitRows(t, 1)

	s := newTLSServer(t, h, server.write(t).server(), only)
	s.takes(t, old(ca.trusts(t)))
	config := old(ca.trusts(t))
	config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	contains(t, s.refuses(t, config), "handshake failure")
	s.warns(t, "did not get in: the TLS handshake failed: no shared cipher")

	contains(t, refusedRule(t, h, tlsClient(t, "127.0.0.1:1", ca, map[string]any{"ciphers": "GOOD-ONES"})), "ciphers", "GOOD-ONES")
}
