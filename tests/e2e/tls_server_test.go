package e2e

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// plainStatus asks a listener without TLS and returns what it answers, if anything.
func plainStatus(t *testing.T, port int, path string) string {
	t.Helper()
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	must(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte(upgradeRequest(path)))
	must(t, err)
	must(t, conn.SetReadDeadline(time.Now().Add(patience)))
	buffer := make([]byte, 512)
	n, err := conn.Read(buffer)
	if n > 0 && buffer[0] == 'H' {
		return string(buffer[:n])
	}
	return ""
}

// httpServerTls of the source section in kuiper.yaml, which the host's own data server has too, and of a group, which
// comes first.
func TestTLSServer(t *testing.T) {
	t.Parallel()
	ca := newCA(t, "Plant CA")
	inYAML, inGroup := ca.issue(t, "in kuiper.yaml"), ca.issue(t, "in the group")
	files, group := inYAML.write(t), inGroup.write(t)
	h := ownHost(t, kuiper.Options{Plugin: true, KuiperYAML: func(doc map[string]any) {
		doc["source"].(map[string]any)["httpServerTls"] = map[string]any{"certfile": files.cert, "keyfile": files.key}
	}})

	rows := map[string][]string{}
	for source, port := range map[string]int{"websocket": h.ServerPort(), "websocketBuiltin": h.BuiltinPort()} {
		f := newFlow(t, h, stream{Type: source}, kuiper.RuleOptions{})
		conn := dialTLSOnceUp(t, port, f.path, ca.trusts(t)) // the built-in may never show that it is connected
		equal(t, conn.peerCertificate().Subject.CommonName, "in kuiper.yaml")
		if source == builtin {
			settleBuiltin(t, conn, f)
		}
		for n := range 20 {
			conn.text(t, fmt.Sprintf(`{"n":%d,"list":[%d,"ä"]}`, n, n))
		}
		f.waitRows(t, 20)
		rows[source] = rawRows(f.rows)
	}
	equal(t, rows["websocket"], rows["websocketBuiltin"])
	equal(t, plainStatus(t, h.ServerPort(), "/"), "")

	s := newTLSServer(t, h, group.server())
	equal(t, s.takes(t, ca.trusts(t)).peerCertificate().Subject.CommonName, "in the group")
	// In whatever case, as forms and yaml files have it.
	s = newTLSServer(t, h, map[string]any{"httpservertls": map[string]any{"certFile": group.cert, "KEYFILE": group.key}})
	equal(t, s.takes(t, ca.trusts(t)).peerCertificate().Subject.CommonName, "in the group")

	// A plain one beside it has to say so.
	port, err := kuiper.FreePort()
	must(t, err)
	plain := newFlow(t, h, stream{Props: map[string]any{"httpServerPort": port, "httpServerTls": "none"}}, kuiper.RuleOptions{})
	plain.waitConnection(t, connected)
	dial(t, port, plain.path).text(t, `{"n":1}`)
	plain.waitRows(t, 1)
	s = newTLSServer(t, h, map[string]any{"httpServerTls": map[string]any{}})
	equal(t, s.takes(t, ca.trusts(t)).peerCertificate().Subject.CommonName, "in kuiper.yaml")

	// Relative to the host's folder.
	f := certFiles{filepath.Join("etc", "server.crt"), filepath.Join("etc", "server.key")}
	copyTo(t, group.cert, filepath.Join(h.Dir(), f.cert))
	copyTo(t, group.key, filepath.Join(h.Dir(), f.key))
	newTLSServer(t, h, f.server()).takes(t, ca.trusts(t))
}

// Whether clients have to give a certificate, may, or are not asked; what is known of them is in the rows.
func TestTLSClientCA(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	server := ca.issue(t, "server").write(t).server()
	device, foreign := ca.issue(t, "device 7"), newCA(t, "Other CA").issue(t, "foreign")
	const refused, none, subject = "refused", "", `,"who":"CN=device 7"`
	cases := map[string]struct {
		props                    map[string]any
		without, with, unwelcome string // what is in the rows of such a client
	}{
		"left out": {map[string]any{"clientCaFile": ca.writeCert(t)}, refused, subject, refused},
		"need":     {map[string]any{"clientCaFile": ca.writeCert(t), "clientAuth": "need"}, refused, subject, refused},
		"want":     {map[string]any{"clientCaFile": ca.writeCert(t), "clientAuth": "want"}, none, subject, refused},
		"none":     {map[string]any{"clientCaFile": ca.writeCert(t), "clientAuth": "none"}, none, none, none},
		"no CA":    {map[string]any{}, none, none, none},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newTLSServer(t, h, server, c.props)
			rows := newCollector(t)
			createRule(t, h, "SELECT n, meta(tlsSubject) AS who FROM "+s.stream, kuiper.RuleOptions{Collector: rows})
			for n, client := range []struct {
				config *tls.Config
				want   string
			}{{ca.trusts(t), c.without}, {ca.trusts(t, device), c.with}, {ca.trusts(t, foreign), c.unwelcome}} {
				if client.want == refused {
					s.refuses(t, client.config)
					continue
				}
				conn := dialTLS(t, s.port, s.path, client.config)
				var row string
				until(t, "a row of this client", func() (bool, string) {
					conn.text(t, fmt.Sprintf(`{"n":%d}`, n)) // again, until the second rule reads too
					row = rows.Last()
					return strings.Contains(row, fmt.Sprintf(`"n":%d`, n)), row
				})
				equal(t, row, fmt.Sprintf(`{"n":%d%s}`, n, client.want))
			}
		})
	}
	t.Run("needs a CA", func(t *testing.T) {
		props := ca.issue(t, "server").write(t).server()
		props["clientAuth"] = "need"
		contains(t, refusedRule(t, h, props), "clientCaFile", "needed", "clientAuth: need")
	})
}

// Streams on one listener have to agree on its TLS.
func TestTLSStreamsMustAgree(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	props := ca.issue(t, "server").write(t).server()
	first := newTLSServer(t, h, props)
	other := map[string]map[string]any{
		"httpServerTls": ca.issue(t, "another").write(t).server(),
		"tlsMinVersion": with(first.sameAs(props), "tlsMinVersion", "tls1.3"),
		"clientCaFile":  with(first.sameAs(props), "clientCaFile", ca.writeCert(t)),
	}
	for property, differs := range other {
		s := stream{Props: with(differs, "httpServerPort", first.port)}
		id := s.create(t, h)
		rule := createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{
			Options: map[string]any{"restartStrategy": map[string]any{"attempts": 0}},
		})
		contains(t, logLine(t, h, "level=error", "rule="+rule, "differs"), property, fmt.Sprint(first.port))
	}
	first.takes(t, ca.trusts(t))
	// One that agrees shares it.
	second := newFlow(t, h, stream{Props: first.sameAs(props)}, kuiper.RuleOptions{})
	second.waitConnection(t, connected)
	dialTLS(t, first.port, second.path, ca.trusts(t)).text(t, `{"n":1}`)
	second.waitRows(t, 1)
}

// sameAs are the properties of another stream on this listener.
func (s *tlsServer) sameAs(props map[string]any) map[string]any {
	return map[string]any{"httpServerTls": props["httpServerTls"], "httpServerPort": s.port}
}
