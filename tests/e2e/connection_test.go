package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// createConnection makes a named connection as the Connections page does.
func createConnection(t *testing.T, h *kuiper.Host, props map[string]any) string {
	t.Helper()
	id := name("c")
	code, answer, err := h.Do(http.MethodPost, "/connections", map[string]any{"id": id, "typ": "websocket", "props": props})
	must(t, err)
	if code != http.StatusCreated {
		t.Fatalf("creating connection %s: %d %s", id, code, answer)
	}
	t.Cleanup(func() {
		code, answer, err := h.Do(http.MethodDelete, "/connections/"+id, nil)
		check(t, err)
		if code != http.StatusOK {
			t.Errorf("deleting connection %s: %d %s", id, code, answer)
		}
	})
	return id
}

// The host keeps a connection of its own to the peer of a named connection. What the peer says to all arrives once.
func TestNamedConnectionOfAClient(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	selector := createConnection(t, h, map[string]any{
		"addr": p.addr, "path": "/from/connection", "requestHeader": map[string]any{"X-From": []string{"connection"}},
	})
	theirs := p.next(t)
	equal(t, theirs.request.URL.Path, "/from/connection")

	// As it is used with the built-in source: the connection's path counts, the stream's is there since it has to be.
	f := newFlow(t, h, stream{Path: "/from/stream", Props: map[string]any{
		"connectionSelector": selector, "addr": "127.0.0.1:1", // the connection's comes first
	}}, kuiper.RuleOptions{})
	ours := p.next(t)
	equal(t, ours.request.URL.Path, "/from/connection")
	equal(t, ours.request.Header.Get("X-From"), "connection")
	f.waitConnection(t, connected)
	const messages = 20
	for n := range messages {
		for _, conn := range []*peerConn{theirs, ours} {
			conn.text(t, fmt.Sprintf(`{"n":%d}`, n))
		}
	}
	f.waitRows(t, messages)
	ours.text(t, `{"last":true}`)
	f.waitRows(t, messages+1)
	rows := rawRows(f.rows)
	equal(t, len(rows), messages+1)
	for n := range messages {
		equal(t, rows[n], fmt.Sprintf(`{"n":%d}`, n))
	}
	equal(t, p.accepted.Load(), 2)
}

// In server mode the host registers the connection's path at its own data server, and we listen where we always do.
func TestNamedConnectionOfAServer(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	path := "/" + name("named")
	selector := createConnection(t, h, map[string]any{"datasource": path})
	f := newFlow(t, h, stream{Path: path, Props: map[string]any{"connectionSelector": selector}}, kuiper.RuleOptions{})
	f.waitConnection(t, connected)
	dial(t, h.BuiltinPort(), path).text(t, `{"to":"the host"}`)
	ours := dial(t, h.ServerPort(), path)
	ours.text(t, `{"n":1}`)
	ours.text(t, `{"n":2}`)
	f.waitRows(t, 2)
	equal(t, rawRows(f.rows), []string{`{"n":1}`, `{"n":2}`})
}

// eKuiper looks for a connection that is named in EXTRA as little as for one that does not exist: the rule's log says
// what became of the stream.
func TestNamedConnectionThatIsNotFound(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	selector := createConnection(t, h, map[string]any{"addr": p.addr, "path": "/x"})
	p.next(t)
	group := name("group")
	must(t, h.ConfKey(group, map[string]any{"connectionSelector": "nobody"}))
	for _, with := range []string{
		fmt.Sprintf(`EXTRA="{\"connectionSelector\":\"%s\"}"`, selector),
		fmt.Sprintf(`CONF_KEY="%s"`, group),
	} {
		path := "/" + name("p")
		id := rawStream(t, h, fmt.Sprintf(`DATASOURCE="%s", %s`, path, with))
		rule := createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{})
		logLine(t, h, "level=warning", "connectionSelector: no addr came", "this stream is a server", "rule="+rule)
		dial(t, h.ServerPort(), path)
	}
	equal(t, p.accepted.Load(), 1) // the host's own
}
