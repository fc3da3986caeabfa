package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
)

// What we may show as a server: what a Go client says of it, and what our log says of the client's refusal.
func TestTLSClientsJudgeOurCertificate(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca, stranger := newCA(t, "Plant CA"), newCA(t, "Other CA")
	inter := ca.intermediate(t, "Plant Issuing CA")
	cases := map[string]struct {
		shown *identity
		sees  string // nothing: it is taken
	}{
		"valid":             {ca.issue(t, "good"), ""},
		"IP in SAN":         {ca.issue(t, "ip", forIP("127.0.0.1")), ""},
		"with intermediate": {inter.issue(t, "leaf").with(inter), ""},
		"expired":           {ca.issue(t, "old", expired), "certificate has expired"},
		"not yet valid":     {ca.issue(t, "young", notYetValid), "not yet valid"},
		"wrong host":        {ca.issue(t, "elsewhere", forNames("a.example")), "doesn't contain any IP SANs"},
		"wrong IP":          {ca.issue(t, "elsewhere", forIP("192.0.2.7")), "valid for 192.0.2.7, not 127.0.0.1"},
		"self-signed":       {makeIdentity(t, "alone", ecKey(t), nil), "unknown authority"},
		"unknown CA":        {stranger.issue(t, "foreign"), "unknown authority"},
		"no intermediate":   {inter.issue(t, "leaf"), "unknown authority"},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newTLSServer(t, h, c.shown.write(t).server())
			if c.sees == "" {
				s.takes(t, ca.trusts(t))
				return
			}
			contains(t, s.refuses(t, ca.trusts(t)), c.sees)
			s.warns(t, "did not get in", `the peer refused with the alert "`)
			s.takes(t, &tls.Config{InsecureSkipVerify: true}) // the listener goes on
		})
	}
}

// What clients may show us where the server needs a certificate of its CA: what they see, and what our log says.
func TestTLSServerJudgesClientCertificates(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca, stranger := newCA(t, "Plant CA"), newCA(t, "Other CA")
	inter := ca.intermediate(t, "Plant Issuing CA")
	server := ca.issue(t, "server").write(t).server()
	caFile := ca.writeCert(t)

	cases := map[string]struct {
		shown *identity
		sees  string // nothing: it is taken
		says  []string
	}{
		"valid":             {ca.issue(t, "good"), "", nil},
		"with intermediate": {inter.issue(t, "leaf").with(inter), "", nil},
		// The name in a client's certificate is nobody's host.
		"other host":    {ca.issue(t, "elsewhere", forNames("a.example")), "", nil},
		"expired":       {ca.issue(t, "old", expired), "expired certificate", []string{`"CN=old" has expired on `}},
		"not yet valid": {ca.issue(t, "young", notYetValid), "bad certificate", []string{`"CN=young" is not valid before `}},
		"self-signed": {makeIdentity(t, "alone", ecKey(t), nil), "unknown certificate authority",
			[]string{`unknown CA: "CN=alone" is self-signed`}},
		"unknown CA": {stranger.issue(t, "foreign"), "unknown certificate authority",
			[]string{`unknown CA: "CN=foreign" was issued by "CN=Other CA"`}},
		"no intermediate": {inter.issue(t, "leaf"), "unknown certificate authority",
			[]string{`"CN=leaf" was issued by "CN=Plant Issuing CA"`, "which is not among the CAs trusted and was not sent along"}},
		"weak key":     {makeIdentity(t, "weak", weakKey(t), ca), "bad certificate", []string{`"CN=weak"`, "key too weak"}},
		"servers only": {ca.issue(t, "host", usage(x509.ExtKeyUsageServerAuth)), "unsupported certificate", []string{`"CN=host"`, "purpose"}},
		"none given":   {nil, "certificate required", []string{"the client gave no certificate"}},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newTLSServer(t, h, server, map[string]any{"clientCaFile": caFile})
			config := ca.trusts(t)
			if c.shown != nil {
				config = ca.trusts(t, c.shown)
			}
			if c.sees == "" {
				s.takes(t, config)
				return
			}
			contains(t, s.refuses(t, config), "remote error", c.sees)
			t.Log(s.warns(t, append(c.says, "did not get in")...))
			s.takes(t, ca.trusts(t, ca.issue(t, "good")))
		})
	}
}

// What no peer has to see to know that it cannot work: the rule is refused at once, in both roles.
func TestTLSUnusableCertificatesAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	good, other := ca.issue(t, "good").write(t), ca.issue(t, "other").write(t)
	weak := makeIdentity(t, "weak", weakKey(t), ca).write(t)
	root := h.Dir()
	cases := map[string]struct {
		files certFiles
		says  []string
	}{
		"mismatched key":   {certFiles{good.cert, other.key}, []string{other.key, "does not belong to the certificate", good.cert}},
		"weak key":         {weak, []string{weak.cert, "1024 bits", "which is too weak", "2048"}},
		"no such cert":     {certFiles{"/no/such.pem", good.key}, []string{"/no/such.pem", "No such file"}},
		"no such key":      {certFiles{good.cert, "no/such.key"}, []string{root + "/no/such.key", "No such file"}},
		"a folder":         {certFiles{root, good.key}, []string{root, "not a regular file"}},
		"no PEM":           {certFiles{root + "/etc/kuiper.yaml", good.key}, []string{"kuiper.yaml", "holds no certificate in PEM form"}},
		"swapped":          {certFiles{good.key, good.cert}, []string{good.key, "holds no certificate in PEM form"}},
		"certificate only": {certFiles{good.cert, ""}, []string{"needed beside"}},
		"key only":         {certFiles{"", good.key}, []string{"needed beside"}},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			text := refusedRule(t, h, tlsClient(t, "127.0.0.1:1", ca, c.files.ownCertificate()))
			contains(t, text, c.says...)
			text = refusedRule(t, h, c.files.server())
			contains(t, text, append(c.says, "httpServerTls.")...)
		})
	}
	t.Run("CA", func(t *testing.T) {
		props := tlsClient(t, "127.0.0.1:1", nil, map[string]any{"rootCaPath": good.key})
		contains(t, refusedRule(t, h, props), "rootCaPath", good.key, "holds no certificate in PEM form")
		props = good.server()
		props["clientCaFile"] = "/no/such/ca.pem"
		contains(t, refusedRule(t, h, props), "clientCaFile", "/no/such/ca.pem", "No such file")
	})
}
