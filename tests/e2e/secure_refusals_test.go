package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// explainedTexts are the texts of each table under "What refusals mean" in docs/secure.md.
func explainedTexts(t *testing.T) (tables [][]string) {
	t.Helper()
	_, section, found := strings.Cut(readPage(t, "docs/secure.md"), "## What refusals mean")
	equal(t, found, true)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, table := range strings.Split(section, "| text | what to do |\n")[1:] {
		var texts []string
		for line := range strings.Lines(table) {
			if columns := strings.Split(line, "|"); len(columns) > 3 {
				for _, text := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(columns[1], -1) {
					texts = append(texts, text[1])
				}
			}
		}
		tables = append(tables, texts)
	}
	return tables
}

// says tells whether all parts of a text of the page are said, in their order; between them stands what varies.
func says(said, text string) bool {
	for _, part := range strings.Split(text, "…") {
		at := strings.Index(said, part)
		if at < 0 {
			return false
		}
		said = said[at+len(part):]
	}
	return true
}

// provoked is what the product has said in each of the situations that a table is about.
type provoked map[string]func(t *testing.T) string

// The page explains what the product says: each of its texts comes in one of these situations, and what comes in each
// is explained.
func TestSecurePageExplainsWhatIsSaid(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	tables := explainedTexts(t)
	equal(t, len(tables), 3)
	for i, situations := range []provoked{unusableFiles(t, h), refusedServers(t, h), refusedClients(t, h)} {
		said := map[string]string{}
		for what, provoke := range situations {
			said[what] = provoke(t)
		}
		for _, text := range tables[i] {
			if !slices.ContainsFunc(slices.Collect(maps.Values(said)), func(s string) bool { return says(s, text) }) {
				t.Errorf("nothing says %q, which the page explains in table %d", text, i+1)
			}
		}
		for what, s := range said {
			if !slices.ContainsFunc(tables[i], func(text string) bool { return says(s, text) }) {
				t.Errorf("table %d of the page does not explain what is said of %q: %s", i+1, what, s)
			}
		}
	}
}

// unusableFiles: the rule's error.
func unusableFiles(t *testing.T, h *kuiper.Host) provoked {
	t.Helper()
	ca := newCA(t, "Plant CA")
	good, other := ca.issue(t, "good").write(t), ca.issue(t, "other").write(t)
	dir := t.TempDir()
	broken, encrypted := filepath.Join(dir, "broken.pem"), filepath.Join(dir, "encrypted.pem")
	must(t, os.WriteFile(broken, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0o600))
	openssl(t, "pkcs8", "-topk8", "-in", good.key, "-out", encrypted, "-passout", "pass:secret")
	with := func(files certFiles, more ...map[string]any) func(*testing.T) string {
		return func(t *testing.T) string {
			props := files.server()
			for _, m := range more {
				maps.Copy(props, m)
			}
			return refusedRule(t, h, props)
		}
	}
	return provoked{
		"no file":        with(certFiles{"/no/such.pem", good.key}),
		"no certificate": with(certFiles{good.key, good.key}),
		"no key":         with(certFiles{good.cert, good.cert}),
		"broken":         with(certFiles{broken, good.key}),
		"other key":      with(certFiles{good.cert, other.key}),
		"weak key":       with(makeIdentity(t, "weak", weakKey(t), ca).write(t)),
		"encrypted":      with(certFiles{good.cert, encrypted}),
		"wrong password": with(certFiles{good.cert, encrypted}, map[string]any{"privateKeyPassword": "another"}),
	}
}

// refusedServers: the status of a client's rule.
func refusedServers(t *testing.T, h *kuiper.Host) provoked {
	t.Helper()
	ca := newCA(t, "Plant CA")
	server := ca.issue(t, "server")
	loss := func(addr string, more ...map[string]any) string {
		return newFlow(t, h, stream{Props: tlsClient(t, addr, ca, more...)}, kuiper.RuleOptions{}).waitLoss(t)
	}
	shown := func(i *identity) func(*testing.T) string {
		return func(t *testing.T) string { return loss(newTLSPeer(t, i.shows(t)).addr) }
	}
	demanded := func(version uint16, own *identity) func(*testing.T) string {
		return func(t *testing.T) string {
			demands := server.demands(t, ca)
			demands.MaxVersion = version
			if own == nil {
				return loss(newTLSPeer(t, demands).addr)
			}
			return loss(newTLSPeer(t, demands).addr, own.write(t).ownCertificate())
		}
	}
	return provoked{
		"expired":              shown(ca.issue(t, "old", expired)),
		"not yet valid":        shown(ca.issue(t, "young", notYetValid)),
		"other host":           shown(ca.issue(t, "elsewhere", forNames("a.example", "*.b.example"))),
		"self-signed":          shown(makeIdentity(t, "alone", ecKey(t), nil)),
		"no intermediate":      shown(ca.intermediate(t, "Plant Issuing CA").issue(t, "leaf")),
		"weak key":             shown(makeIdentity(t, "weak", weakKey(t), ca)),
		"for clients":          shown(ca.issue(t, "client", usage(x509.ExtKeyUsageClientAuth))),
		"none given":           demanded(tls.VersionTLS13, nil),
		"none given, TLS 1.2":  demanded(tls.VersionTLS12, nil),
		"unknown CA of ours":   demanded(tls.VersionTLS13, newCA(t, "Other CA").issue(t, "foreign")),
		"ours has expired":     demanded(tls.VersionTLS13, ca.issue(t, "old", expired)),
		"ours is for a server": demanded(tls.VersionTLS13, ca.issue(t, "server only", usage(x509.ExtKeyUsageServerAuth))),
		"old version": func(t *testing.T) string {
			config := server.shows(t)
			config.MinVersion, config.MaxVersion = tls.VersionTLS11, tls.VersionTLS11
			return loss(newTLSPeer(t, config).addr)
		},
		"plain": func(t *testing.T) string { return loss(newPeer(t).addr) },
	}
}

// refusedClients: the log of a server's rule.
func refusedClients(t *testing.T, h *kuiper.Host) provoked {
	t.Helper()
	ca := newCA(t, "Plant CA")
	server := ca.issue(t, "server").write(t).server()
	refused := func(client *tls.Config, props ...map[string]any) func(*testing.T) string {
		return func(t *testing.T) string {
			s := newTLSServer(t, h, append(props, server)...)
			s.refuses(t, client)
			return s.warns(t, "did not get in")
		}
	}
	old := func(config *tls.Config, version uint16, ciphers ...uint16) *tls.Config {
		config.MinVersion, config.MaxVersion, config.CipherSuites = tls.VersionTLS10, version, ciphers
		return config
	}
	return provoked{
		"none given":       refused(ca.trusts(t), map[string]any{"clientCaFile": ca.writeCert(t)}),
		"does not take us": refused(newCA(t, "Other CA").trusts(t)),
		"old version":      refused(old(ca.trusts(t), tls.VersionTLS11)),
		"no cipher": refused(old(ca.trusts(t), tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
			map[string]any{"ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305"}),
	}
}
