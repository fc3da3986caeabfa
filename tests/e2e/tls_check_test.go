package e2e

import (
	"fmt"
	"maps"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// The connectivity check does TLS and the upgrade, and answers with the reason a rule would have.
func TestTLSConnectivityCheckOfAClient(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	own := ca.issue(t, "device").write(t)
	good := newTLSPeer(t, ca.issue(t, "server").demands(t, ca))
	old := newTLSPeer(t, ca.issue(t, "old", expired).shows(t))
	elsewhere := newTLSPeer(t, ca.issue(t, "elsewhere", forNames("a.example")).shows(t))
	plain := newPeer(t)
	silent := silentServer(t)
	cases := map[string]struct {
		props map[string]any
		says  []string // nothing: it passes
	}{
		"good":              {tlsClient(t, good.addr, ca, own.ownCertificate()), nil},
		"no certificate":    {tlsClient(t, good.addr, ca), []string{good.addr, "certificate required"}},
		"unknown CA":        {tlsClient(t, good.addr, newCA(t, "Other CA"), own.ownCertificate()), []string{"unknown CA", `\"CN=Plant CA\"`}},
		"expired":           {tlsClient(t, old.addr, ca), []string{old.addr, `\"CN=old\" has expired on `}},
		"wrong host":        {tlsClient(t, elsewhere.addr, ca), []string{"it is for a.example, not for the IP address 127.0.0.1"}},
		"not verified":      {tlsClient(t, elsewhere.addr, ca, map[string]any{"insecureSkipVerify": true}), nil},
		"plain":             {tlsClient(t, plain.addr, ca), []string{plain.addr, "the peer does not speak TLS"}},
		"silent":            {tlsClient(t, silent.Addr().String(), ca, map[string]any{"handshakeTimeout": "300ms"}), []string{"did not complete the handshake within 300 ms"}},
		"no such file":      {tlsClient(t, good.addr, nil, map[string]any{"rootCaPath": "no/such.pem"}), []string{"rootCaPath: ", h.Dir() + "/no/such.pem", "No such file"}},
		"mismatched key":    {tlsClient(t, good.addr, ca, certFiles{own.cert, ca.issue(t, "other").write(t).key}.ownCertificate()), []string{"privateKeyPath: ", "does not belong to the certificate"}},
		"decrypt":           {tlsClient(t, good.addr, ca, map[string]any{"decrypt": map[string]any{"algorithm": "aes"}}), []string{"decrypt", "not supported"}},
		"default not there": {map[string]any{"addr": good.addr, "tls": "default"}, []string{"security.tls"}},
	}
	for what, c := range cases {
		for _, datasource := range []string{"", "/api/data"} {
			t.Run(what+" "+datasource, func(t *testing.T) {
				t.Parallel()
				passes(t, h, c.props, datasource, c.says)
			})
		}
	}
}

func TestTLSConnectivityCheckOfAServer(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	good, other := ca.issue(t, "good").write(t), ca.issue(t, "other").write(t)
	free, err := kuiper.FreePort()
	must(t, err)
	s := newTLSServer(t, h, good.server())
	at := func(port int, files certFiles, more ...map[string]any) map[string]any {
		props := with(files.server(), "httpServerPort", port)
		for _, m := range more {
			maps.Copy(props, m)
		}
		return props
	}
	cases := map[string]struct {
		props map[string]any
		says  []string
	}{
		"free":             {at(free, good), nil},
		"ours already":     {at(s.port, good), nil},
		"ours, other cert": {at(s.port, other), []string{"httpServerTls differs", fmt.Sprint(s.port)}},
		"ours, plain":      {map[string]any{"httpServerPort": s.port}, []string{"httpServerTls differs", fmt.Sprint(s.port)}},
		"mismatched key":   {at(free, certFiles{good.cert, other.key}), []string{"httpServerTls.keyfile", "does not belong to the certificate"}},
		"no such file":     {at(free, certFiles{"no.pem", good.key}), []string{"httpServerTls.certfile", h.Dir() + "/no.pem"}},
		"no such CA":       {at(free, good, map[string]any{"clientCaFile": "/no/ca.pem"}), []string{"clientCaFile", "/no/ca.pem"}},
	}
	for what, c := range cases {
		for _, datasource := range []string{"", "/api/data"} {
			t.Run(what+" "+datasource, func(t *testing.T) {
				passes(t, h, c.props, datasource, c.says)
			})
		}
	}
	s.takes(t, ca.trusts(t)) // no check has touched it
}

// passes runs a check, which has to fail with these texts if there are any.
func passes(t *testing.T, h *kuiper.Host, props map[string]any, datasource string, says []string) {
	t.Helper()
	props = maps.Clone(props)
	if datasource != "" {
		props["datasource"] = datasource
	}
	err := h.Ping("websocket", props)
	if says == nil {
		check(t, err)
		return
	}
	if err == nil {
		t.Fatal("the check passed")
	}
	contains(t, err.Error(), says...)
}
