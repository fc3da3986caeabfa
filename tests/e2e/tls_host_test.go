package e2e

import (
	"os"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, text, 0o600))
}

// `tls: default` takes what kuiper.yaml says under security.tls, for ours as for the built-in source.
func TestTLSDefault(t *testing.T) {
	t.Parallel()
	ca := newCA(t, "Plant CA")
	own, caFile := ca.issue(t, "this eKuiper").write(t), ca.writeCert(t)
	h := ownHost(t, kuiper.Options{Plugin: true, KuiperYAML: func(doc map[string]any) {
		doc["security"] = map[string]any{"tls": map[string]any{
			"certificationPath": own.cert, "privateKeyPath": own.key, "rootCaPath": caFile,
		}}
	}})
	for _, source := range []string{"websocket", "websocketBuiltin"} {
		p := newTLSPeer(t, ca.issue(t, "server").demands(t, ca))
		f := newFlow(t, h, stream{Type: source, Props: map[string]any{"addr": p.addr, "tls": "default", "scheme": "wss"}},
			kuiper.RuleOptions{})
		conn := p.next(t)
		equal(t, conn.peerCertificate().Subject.CommonName, "this eKuiper")
		if source == "websocketBuiltin" {
			continue // it drops what comes before its rule reads; the certificate is what is compared
		}
		conn.text(t, `{"n":1}`)
		f.waitRows(t, 1)
	}
}

// Without that section the rule says where it should be.
func TestTLSDefaultIsNotThere(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	text := refusedRule(t, h, map[string]any{"addr": "127.0.0.1:1", "tls": "default"})
	contains(t, text, "tls: ", "security.tls", h.Dir()+"/etc/kuiper.yaml", "nothing is")
	contains(t, refusedRule(t, h, map[string]any{"addr": "127.0.0.1:1", "tls": "mine"}), "tls: ", "mine", "default")
}

func TestTLSDecryptIsRefused(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	props := map[string]any{"addr": "127.0.0.1:1", "scheme": "wss", "decrypt": map[string]any{"algorithm": "aes"}}
	contains(t, refusedRule(t, h, props), "decrypt: it is not supported", "websocketBuiltin")
}

// Without a CA file the certificates of this machine are trusted, where Go looks for them. The rule's text for a server
// that none of them knows is the same as ever.
func TestTLSSystemTrust(t *testing.T) {
	t.Parallel()
	ca, stranger := newCA(t, "Plant CA"), newCA(t, "Other CA")
	folder := t.TempDir()
	copyTo(t, newCA(t, "Folder CA").writeCert(t), folder+"/unhashed.pem")
	inFolder := newCA(t, "In a folder")
	copyTo(t, inFolder.writeCert(t), folder+"/another")
	h := ownHost(t, kuiper.Options{Plugin: true, Env: []string{"SSL_CERT_FILE=" + ca.writeCert(t), "SSL_CERT_DIR=" + folder}})
	for _, trusted := range []*identity{ca, inFolder} {
		p := newTLSPeer(t, trusted.issue(t, "server").shows(t))
		f := newFlow(t, h, stream{Props: tlsClient(t, p.addr, nil)}, kuiper.RuleOptions{})
		p.next(t).text(t, `{"n":1}`)
		f.waitRows(t, 1)
	}
	p := newTLSPeer(t, stranger.issue(t, "foreign").shows(t))
	f := newFlow(t, h, stream{Props: tlsClient(t, p.addr, nil)}, kuiper.RuleOptions{})
	contains(t, f.waitLoss(t), `unknown CA: "CN=foreign" was issued by "CN=Other CA"`)
	// A CA file of the rule's own is then the only one trusted.
	p = newTLSPeer(t, ca.issue(t, "server").shows(t))
	f = newFlow(t, h, stream{Props: tlsClient(t, p.addr, stranger)}, kuiper.RuleOptions{})
	contains(t, f.waitLoss(t), "unknown CA")
}

// TLS on IPv6: a literal address is dialled and checked as one, and all addresses are listened on.
func TestTLSIPv6(t *testing.T) {
	t.Parallel()
	if !hasIPv6() {
		t.Skip("this machine has no IPv6 loopback address")
	}
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	p := unopenedPeer(t)
	p.addr = "[::1]" + p.addr[len("127.0.0.1"):]
	p.secure(ca.issue(t, "six", forIP("::1")).shows(t))
	p.listen(t)
	f := newFlow(t, h, stream{Props: tlsClient(t, p.addr, ca)}, kuiper.RuleOptions{})
	conn := p.next(t)
	equal(t, conn.request.Host, p.addr)
	conn.text(t, `{"n":1}`)
	f.waitRows(t, 1)

	p.secure(ca.issue(t, "four", forIP("127.0.0.1")).shows(t))
	g := newFlow(t, h, stream{Props: tlsClient(t, p.addr, ca)}, kuiper.RuleOptions{})
	contains(t, g.waitLoss(t), p.addr, "it is for 127.0.0.1, not for the IP address ::1")

	s := newTLSServer(t, h, ca.issue(t, "server").write(t).server(), map[string]any{"httpServerIp": "::"})
	for _, host := range []string{"[::1]", "127.0.0.1", "localhost"} {
		ws, err := tryTLS(host, s.port, s.path, ca.trusts(t))
		must(t, err)
		before := s.rows.Len()
		must(t, ws.WriteMessage(1, []byte(`{"n":1}`)))
		s.waitRows(t, before+1)
		ws.Close()
	}
}
