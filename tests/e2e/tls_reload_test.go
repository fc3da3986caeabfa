package e2e

import (
	"crypto/tls"
	"fmt"
	"os"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// How files are replaced: by a rename, as careful tools do, or written over.
var replaceFile = map[string]func(t *testing.T, path string, text []byte){
	"by rename": func(t *testing.T, path string, text []byte) {
		must(t, os.WriteFile(path+".new", text, 0o600))
		must(t, os.Rename(path+".new", path))
	},
	"in place": func(t *testing.T, path string, text []byte) { must(t, os.WriteFile(path, text, 0o600)) },
}

// Certificates change while connections stand: those go on, new ones get the new certificate, and a file that cannot be
// used leaves what was there in use and says so.
func TestTLSReload(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	// Names of two lengths: files of one size that are written within one tick of the file system's clock look alike.
	ca, later := newCA(t, "Plant CA"), newCA(t, "A later CA")
	for how, replace := range replaceFile {
		t.Run("server "+how, func(t *testing.T) {
			t.Parallel()
			files, caFile := ca.issue(t, "first").write(t), ca.writeCert(t)
			s := newTLSServer(t, h, files.server(), map[string]any{"clientCaFile": caFile})
			device := ca.issue(t, "device")
			config := &tls.Config{RootCAs: pool(ca, later), GetClientCertificate: ca.trusts(t, device).GetClientCertificate}
			shows := func(name string) {
				t.Helper()
				equal(t, s.takes(t, config).peerCertificate().Subject.CommonName, name)
			}
			old := s.takes(t, config)

			second := later.issue(t, "second")
			replace(t, files.cert, second.chain)
			shows("first")
			s.warns(t, files.key, "does not belong to the certificate", "what was read before stays in use")
			replace(t, files.key, second.keyPEM(t))
			shows("second")

			replace(t, files.cert, []byte("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n"))
			shows("second")
			s.warns(t, files.cert, "holds a certificate that cannot be read", "what was read before stays in use")
			must(t, os.Remove(files.cert))
			shows("second")
			s.warns(t, files.cert, "No such file", "what was read before stays in use")
			third := ca.issue(t, "third")
			replace(t, files.cert, third.chain)
			replace(t, files.key, third.keyPEM(t))
			shows("third")

			// Another CA: the device's certificate is no longer good, and then again.
			replace(t, caFile, later.chain)
			contains(t, s.refuses(t, config), "unknown certificate authority")
			replace(t, caFile, ca.chain)
			shows("third")

			before := s.rows.Len()
			old.text(t, `{"n":2}`)
			s.waitRows(t, before+1)
			equal(t, old.peerCertificate().Subject.CommonName, "first")
		})
		t.Run("client "+how, func(t *testing.T) {
			t.Parallel()
			files, caFile := ca.issue(t, "first").write(t), ca.writeCert(t)
			p := newTLSPeer(t, ca.issue(t, "server").demands(t, ca))
			props := tlsClient(t, p.addr, nil, files.ownCertificate(), map[string]any{"rootCaPath": caFile})
			f := newFlow(t, h, stream{Props: props}, kuiper.RuleOptions{})
			rows := 0
			next := func(name string) *peerConn {
				t.Helper()
				conn := p.next(t)
				equal(t, conn.peerCertificate().Subject.CommonName, name)
				conn.text(t, fmt.Sprintf(`{"n":%d}`, rows))
				rows++
				f.waitRows(t, rows)
				return conn
			}
			conn := next("first")
			second := ca.issue(t, "second")
			replace(t, files.cert, second.chain)
			replace(t, files.key, second.keyPEM(t))
			conn.text(t, `{"n":"still there"}`)
			rows++
			f.waitRows(t, rows)
			equal(t, p.accepted.Load(), 1)
			conn.end(t)
			conn = next("second")

			replace(t, files.key, []byte("no key"))
			conn.end(t)
			conn = next("second")
			f.warns(t, files.key, "holds no private key in PEM form", "what was read before stays in use")

			// The peer moves to another CA; the rule says so until it is told of that CA.
			p.secure(later.issue(t, "server").demands(t, ca))
			conn.end(t)
			f.waitLossWith(t, `unknown CA: "CN=server" was issued by "CN=A later CA"`)
			replace(t, files.key, second.keyPEM(t))
			replace(t, caFile, later.chain)
			next("second")
		})
	}
}
