package e2e

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// Certificate, key and CA by path, by a path relative to the host's folder, and as base64 of the PEM text; the server
// demands the certificate. The built-in source is given the same properties and makes the same rows of what it is sent.
func TestTLSClientCertificates(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	own, server := ca.issue(t, "device 7"), ca.issue(t, "server")
	files, caFile := own.write(t), ca.writeCert(t)
	raw := func(pem []byte) string { return base64.StdEncoding.EncodeToString(pem) }
	relative := func(path string) string {
		to := filepath.Join("data", name("certificate")+".pem")
		text, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(h.Dir(), to), text, 0o600))
		return to
	}
	ways := map[string]map[string]any{
		"path": {"certificationPath": files.cert, "privateKeyPath": files.key, "rootCaPath": caFile},
		"relative path": {"certificationPath": relative(files.cert), "privateKeyPath": relative(files.key),
			"rootCaPath": relative(caFile)},
		"base64": {"certificationRaw": raw(own.chain), "privateKeyRaw": raw(own.keyPEM(t)), "rootCARaw": raw(ca.chain)},
	}
	for way, props := range ways {
		rows := map[string][]string{}
		for _, source := range []string{"websocket", "websocketBuiltin"} {
			t.Run(way+" "+source, func(t *testing.T) {
				p := newTLSPeer(t, server.demands(t, ca))
				given := map[string]any{"addr": p.addr, "scheme": "wss"}
				maps.Copy(given, props)
				f := newFlow(t, h, stream{Type: source, Props: given}, kuiper.RuleOptions{})
				conn := p.next(t)
				equal(t, conn.peerCertificate().Subject.CommonName, "device 7")
				if source == builtin {
					settleBuiltin(t, conn, f)
				}
				for n := range 20 {
					conn.text(t, fmt.Sprintf(`{"n":%d,"list":[%d,"ä"]}`, n, n))
				}
				f.waitRows(t, 20)
				rows[source] = rawRows(f.rows)
			})
		}
		equal(t, rows["websocket"], rows["websocketBuiltin"])
	}
}

// Certificates mean TLS where no scheme says otherwise: the form has no field for it.
func TestTLSNeedsNoScheme(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	p := newTLSPeer(t, ca.issue(t, "server").shows(t))
	for _, scheme := range []string{"", "wss://"} {
		f := newFlow(t, h, stream{Props: map[string]any{"addr": scheme + p.addr, "rootCaPath": ca.writeCert(t)}}, kuiper.RuleOptions{})
		p.next(t).text(t, `{"n":1}`)
		f.waitRows(t, 1)
	}
}

func TestTLSSkipVerify(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	shown := makeIdentity(t, "alone", ecKey(t), nil, forNames("a.example"), expired)
	p := newTLSPeer(t, shown.shows(t))
	props := quick(p.addr)
	props["insecureSkipVerify"] = false
	props["scheme"] = "wss"
	strict := newFlow(t, h, stream{Props: props}, kuiper.RuleOptions{})
	contains(t, strict.waitLoss(t), "the server's certificate is refused: ")
	equal(t, p.accepted.Load(), 0)
	for _, yes := range []any{true, "true"} {
		f := newFlow(t, h, stream{Props: map[string]any{"addr": p.addr, "insecureSkipVerify": yes}}, kuiper.RuleOptions{})
		p.next(t).text(t, `{"n":1}`)
		f.waitRows(t, 1)
	}
	equal(t, p.accepted.Load(), 2)
}

// The name that the server is asked for (SNI), and that its certificate has to be for.
func TestTLSServerName(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	both, plant := ca.issue(t, "both"), ca.issue(t, "plant", forNames("plant.example"))
	cases := map[string]struct {
		host, serverName string
		shown            *identity
		asked            string
	}{
		"the host dialled":   {"localhost", "", both, "localhost"},
		"none for addresses": {"127.0.0.1", "", both, ""},
		"serverName":         {"127.0.0.1", "plant.example", plant, "plant.example"},
		"over a name":        {"localhost", "plant.example", plant, "plant.example"},
		"an address":         {"localhost", "127.0.0.1", ca.issue(t, "ip", forIP("127.0.0.1")), ""},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			config := c.shown.shows(t)
			config.NextProtos = []string{"h2", "http/1.1"}
			p := newTLSPeer(t, config)
			props := tlsClient(t, c.host+p.addr[len("127.0.0.1"):], ca, map[string]any{"serverName": c.serverName})
			f := newFlow(t, h, stream{Props: props}, kuiper.RuleOptions{})
			conn := p.next(t)
			state := conn.NetConn().(*tls.Conn).ConnectionState()
			equal(t, state.ServerName, c.asked)
			equal(t, state.NegotiatedProtocol, "http/1.1")
			conn.text(t, `{"n":1}`)
			f.waitRows(t, 1)
		})
	}
	t.Run("is checked", func(t *testing.T) {
		p := newTLSPeer(t, both.shows(t))
		f := newFlow(t, h, stream{Props: tlsClient(t, p.addr, ca, map[string]any{"serverName": "plant.example"})}, kuiper.RuleOptions{})
		contains(t, f.waitLoss(t), "it is for localhost, 127.0.0.1, ::1, not for plant.example")
	})
}

// A plain server where TLS is spoken, and a TLS server where it is not: both say which mistake that is.
func TestTLSMeetsPlain(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	plain := newPeer(t)
	f := newFlow(t, h, stream{Props: tlsClient(t, plain.addr, newCA(t, "Plant CA"))}, kuiper.RuleOptions{})
	contains(t, f.waitLoss(t), "the peer does not speak TLS")

	ca := newCA(t, "Plant CA")
	secured := newTLSPeer(t, ca.issue(t, "server").shows(t))
	g := newFlow(t, h, stream{Props: quick(secured.addr)}, kuiper.RuleOptions{})
	contains(t, g.waitLoss(t), "400") // Go's server answers plain HTTP so

	s := newTLSServer(t, h, ca.issue(t, "server").write(t).server())
	if code := plainStatus(t, s.port, s.path); code != "" {
		t.Errorf("a plain request was answered: %s", code)
	}
	s.warns(t, "did not get in", "the peer does not speak TLS")
	s.takes(t, ca.trusts(t))
}
