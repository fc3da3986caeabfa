package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// What a server may show a client, and what the client's rule says of it. Where it is refused, the peer then shows a
// good one, and the client is connected without anybody touching the rule.
func TestTLSClientJudgesServerCertificates(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca, stranger := newCA(t, "Plant CA"), newCA(t, "Other CA")
	inter := ca.intermediate(t, "Plant Issuing CA")
	selfSigned := makeIdentity(t, "alone", ecKey(t), nil)
	good := ca.issue(t, "good")

	cases := map[string]struct {
		shown *identity
		host  string // dialled, 127.0.0.1 if empty
		trust *identity
		says  []string // nothing: it is taken
	}{
		"valid":                {shown: good},
		"IP in SAN":            {shown: ca.issue(t, "ip", forIP("127.0.0.1"))},
		"name in SAN":          {shown: ca.issue(t, "dns", forNames("localhost")), host: "localhost"},
		"with intermediate":    {shown: inter.issue(t, "leaf").with(inter)},
		"self-signed, trusted": {shown: selfSigned, trust: selfSigned},
		"intermediate trusted": {shown: inter.issue(t, "leaf"), trust: inter},
		"expired":              {shown: ca.issue(t, "old", expired), says: []string{`"CN=old" has expired on `}},
		"not yet valid":        {shown: ca.issue(t, "young", notYetValid), says: []string{`"CN=young" is not valid before `}},
		"wrong host": {shown: ca.issue(t, "elsewhere", forNames("a.example", "*.b.example")),
			says: []string{"it is for a.example, *.b.example, not for the IP address 127.0.0.1"}},
		"wrong host, dialled by name": {shown: ca.issue(t, "elsewhere", forIP("127.0.0.1")), host: "localhost",
			says: []string{"it is for 127.0.0.1, not for localhost"}},
		"wrong IP":     {shown: ca.issue(t, "elsewhere", forIP("192.0.2.7")), says: []string{"it is for 192.0.2.7, not for the IP address 127.0.0.1"}},
		"IP as a name": {shown: ca.issue(t, "dns", forNames("127.0.0.1")), says: []string{"not for the IP address 127.0.0.1"}},
		"no names":     {shown: ca.issue(t, "127.0.0.1", forNames()), says: []string{"no subjectAltName", "not for the IP address 127.0.0.1"}},
		"self-signed":  {shown: selfSigned, says: []string{`unknown CA: "CN=alone" is self-signed`}},
		"unknown CA":   {shown: stranger.issue(t, "foreign"), says: []string{"unknown CA", `"CN=foreign"`, `"CN=Other CA"`}},
		"root sent":    {shown: stranger.issue(t, "foreign").with(stranger), says: []string{"unknown CA", `"CN=Other CA"`}},
		"no intermediate": {shown: inter.issue(t, "leaf"),
			says: []string{"unknown CA", `"CN=leaf" was issued by "CN=Plant Issuing CA"`, "which is not among the CAs trusted and was not sent along"}},
		"weak key":     {shown: makeIdentity(t, "weak", weakKey(t), ca), says: []string{`"CN=weak"`, "key too weak"}},
		"clients only": {shown: ca.issue(t, "client", usage(x509.ExtKeyUsageClientAuth)), says: []string{`"CN=client"`, "purpose"}},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := newTLSPeer(t, c.shown.shows(t))
			addr := p.addr
			if c.host != "" {
				addr = c.host + p.addr[len("127.0.0.1"):]
			}
			trust := ca
			if c.trust != nil {
				trust = c.trust
			}
			f := newFlow(t, h, stream{Props: tlsClient(t, addr, trust)}, kuiper.RuleOptions{})
			if c.says != nil {
				text := f.waitLoss(t)
				contains(t, text, append(c.says, addr, "the server's certificate is refused: ", "next try 2")...)
				t.Log(text)
				p.secure(good.shows(t))
			}
			p.next(t).text(t, `{"n":1}`)
			f.waitRows(t, 1)
			f.waitConnection(t, connected)
		})
	}
}

// A server that wants a client certificate and gets none, or one that it does not like. It says so in an alert, and
// takes us once it has become milder.
func TestTLSServersRefuseClientCertificates(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	server := ca.issue(t, "server")
	cases := map[string]struct {
		shown *identity
		says  string
	}{
		"none given":   {nil, "certificate required"},
		"unknown CA":   {newCA(t, "Other CA").issue(t, "foreign"), "unknown CA"},
		"expired":      {ca.issue(t, "old", expired), "certificate expired"},
		"servers only": {ca.issue(t, "server only", usage(x509.ExtKeyUsageServerAuth)), "bad certificate"},
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for what, c := range cases {
			t.Run(what+", "+tls.VersionName(version), func(t *testing.T) {
				t.Parallel()
				demands := server.demands(t, ca)
				demands.MaxVersion = version
				p := newTLSPeer(t, demands)
				props := tlsClient(t, p.addr, ca)
				if c.shown != nil {
					props = tlsClient(t, p.addr, ca, c.shown.write(t).ownCertificate())
				}
				f := newFlow(t, h, stream{Props: props}, kuiper.RuleOptions{})
				text := f.waitLoss(t)
				t.Log(text)
				says := c.says
				if c.shown == nil && version == tls.VersionTLS12 {
					says = "handshake failure" // an alert for this is new in TLS 1.3
				}
				contains(t, text, p.addr, "the peer refused with the alert", says)
				p.secure(server.shows(t))
				p.next(t).text(t, `{"n":1}`)
				f.waitRows(t, 1)
			})
		}
	}
}
