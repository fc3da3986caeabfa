package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// openssl runs the command of that name, as an administrator would.
func openssl(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// A key that is encrypted needs its password, which may stand in a file: the host logs what stands in properties.
func TestTLSEncryptedKey(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	const secret = "correct horse"
	ca := newCA(t, "Plant CA")
	plain := ca.issue(t, "device 7").write(t)
	dir := t.TempDir()
	passwordFile := filepath.Join(dir, "password")
	must(t, os.WriteFile(passwordFile, []byte(secret+"\nnot this line\n"), 0o600))
	wrongFile := filepath.Join(dir, "wrong")
	must(t, os.WriteFile(wrongFile, []byte("no horse"), 0o600))
	relative := filepath.Join("data", name("password"))
	copyTo(t, passwordFile, filepath.Join(h.Dir(), relative))

	keys := map[string]string{"PKCS #8": filepath.Join(dir, "pkcs8.pem"), "traditional": filepath.Join(dir, "ec.pem")}
	openssl(t, "pkcs8", "-topk8", "-in", plain.key, "-out", keys["PKCS #8"], "-passout", "pass:"+secret)
	openssl(t, "ec", "-aes256", "-in", plain.key, "-out", keys["traditional"], "-passout", "pass:"+secret)

	passwords := map[string]struct {
		props map[string]any
		says  []string // nothing: it works
	}{
		"in the group":       {map[string]any{"privateKeyPassword": secret}, nil},
		"in a file":          {map[string]any{"privateKeyPasswordFile": passwordFile}, nil},
		"in a relative file": {map[string]any{"privateKeyPasswordFile": relative}, nil},
		"none":               {map[string]any{}, []string{"is encrypted; give its password in privateKeyPasswordFile or privateKeyPassword"}},
		"wrong":              {map[string]any{"privateKeyPassword": "no horse"}, []string{"cannot be decrypted with the password given"}},
		"wrong file":         {map[string]any{"privateKeyPasswordFile": wrongFile}, []string{"cannot be decrypted with the password given"}},
		"no file":            {map[string]any{"privateKeyPasswordFile": "/no/such"}, []string{"privateKeyPasswordFile: /no/such cannot be read"}},
		"both": {map[string]any{"privateKeyPassword": secret, "privateKeyPasswordFile": passwordFile},
			[]string{"privateKeyPassword", "privateKeyPasswordFile, not both"}},
	}
	for kind, key := range keys {
		for which, password := range passwords {
			t.Run(kind+", password "+which, func(t *testing.T) {
				t.Parallel()
				files := certFiles{plain.cert, key}
				p := newTLSPeer(t, ca.issue(t, "server").demands(t, ca))
				client := tlsClient(t, p.addr, ca, files.ownCertificate(), password.props)
				server := maps.Clone(password.props)
				maps.Copy(server, files.server())
				if password.says != nil {
					for _, props := range []map[string]any{client, server} {
						text := refusedRule(t, h, props)
						contains(t, text, password.says...)
						if strings.Contains(text, "horse") {
							t.Errorf("the password is in %q", text)
						}
					}
					return
				}
				f := newFlow(t, h, stream{Props: client}, kuiper.RuleOptions{})
				p.next(t).text(t, `{"n":1}`)
				f.waitRows(t, 1)
				newTLSServer(t, h, server).takes(t, ca.trusts(t))
			})
		}
	}
}
