package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// A token in a file: it goes to the server, a new one at the next handshake, and none into the host's log.
func TestHeaderFileIsReadForEveryHandshake(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true}) // whose log is searched
	p := newPeer(t)
	file := filepath.Join(h.Dir(), "etc", "token.txt")
	write := func(text string) { // at once, as it may be read at any time
		must(t, os.WriteFile(file+".new", []byte(text), 0o600))
		must(t, os.Rename(file+".new", file))
	}
	write("# renewed by the agent\nAuthorization: Bearer canary-one\nX-Site: 4\n")
	f := newFlow(t, h, stream{Props: map[string]any{
		"addr": p.addr, "requestHeaderFile": "etc/token.txt", // relative to the host's folder
		"requestHeader":    map[string]any{"Authorization": "overridden", "X-Own": "5"},
		"reconnectInitial": "10ms", "reconnectMax": "20ms",
	}}, kuiper.RuleOptions{})

	first := p.next(t)
	equal(t, first.request.Header.Values("Authorization"), []string{"Bearer canary-one"})
	equal(t, first.request.Header.Get("X-Site"), "4")
	equal(t, first.request.Header.Get("X-Own"), "5")

	write("Authorization: Bearer canary-two\n")
	first.breakOff(t)
	second := p.next(t)
	equal(t, second.request.Header.Values("Authorization"), []string{"Bearer canary-two"})
	equal(t, second.request.Header.Get("X-Site"), "")
	second.text(t, `{"n":1}`)
	f.waitRows(t, 1)

	// What is wrong with it later is the connection's state, and heals.
	write("canary-three\n")
	second.breakOff(t)
	status, err := h.WaitStatus(f.rule, func(s map[string]any) bool {
		text, _ := connection(s, f.stream, "last_disconnected_message").(string)
		return containsAll(text, "requestHeaderFile", "line 1", file)
	}, patience)
	must(t, err)
	equal(t, status["status"], "running")
	write("Authorization: Bearer canary-four\n")
	equal(t, p.next(t).request.Header.Get("Authorization"), "Bearer canary-four")
	lacks(t, h.Log()+toJSON(t, status), "canary")
}

// What is wrong with it from the start fails the rule, and the check.
func TestHeaderFileThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	bad := filepath.Join(t.TempDir(), "bad.txt")
	must(t, os.WriteFile(bad, []byte("X-Good: 1\ncanary\n"), 0o600))
	cases := map[string]struct {
		file string
		says []string
	}{
		"missing":    {"/no/such/file", []string{"requestHeaderFile", "/no/such/file", "No such file"}},
		"directory":  {t.TempDir(), []string{"requestHeaderFile", "not a regular file"}},
		"not header": {bad, []string{"requestHeaderFile", "line 2", bad, "X-Site: 4"}},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			props := map[string]any{"addr": p.addr, "requestHeaderFile": c.file}
			refusal := refusedRule(t, h, props)
			contains(t, refusal, c.says...)
			lacks(t, refusal, "canary")
			err := h.Ping("websocket", with(props, "datasource", "/x"))
			if err == nil {
				t.Fatal("the check passed")
			}
			contains(t, err.Error(), c.says...)
		})
	}
}

// The connectivity check sends it, too.
func TestHeaderFileInTheConnectivityCheck(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	r := newRecorder(t)
	file := filepath.Join(t.TempDir(), "token.txt")
	must(t, os.WriteFile(file, []byte("Authorization: Bearer token\n"), 0o600))
	must(t, h.Ping("websocket", map[string]any{"addr": r.addr, "datasource": "/x", "requestHeaderFile": file}))
	equal(t, (<-r.requests).header.Get("Authorization"), "Bearer token")
}
