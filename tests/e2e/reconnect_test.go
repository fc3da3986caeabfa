package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// quick keeps the tests short; the defaults are made for fleets.
func quick(addr string) map[string]any {
	return map[string]any{"addr": addr, "reconnectInitial": "20ms", "reconnectMax": "200ms"}
}

// startedAt tells one run of a rule from the next.
func (f *flow) startedAt(t *testing.T) any {
	t.Helper()
	status, err := f.h.Status(f.rule)
	must(t, err)
	return status["lastStartTimestamp"]
}

func TestPeerGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	leave := map[string]struct {
		how  func(t *testing.T, conn *peerConn)
		says string
	}{
		"close frame": {func(t *testing.T, conn *peerConn) {
			must(t, conn.WriteControl(websocket.CloseMessage,
				websocket.FormatCloseMessage(websocket.CloseServiceRestart, "back soon"), time.Now().Add(patience)))
			conn.waitEnd(t)
			conn.Close()
		}, "back soon"},
		"reset": {func(t *testing.T, conn *peerConn) { conn.breakOff(t) }, ""},
		"FIN without close frame": {func(t *testing.T, conn *peerConn) {
			must(t, conn.NetConn().Close())
		}, ""},
	}
	for how, l := range leave {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			p := newPeer(t)
			f := newFlow(t, h, stream{Props: quick(p.addr)}, kuiper.RuleOptions{})
			conn := p.next(t)
			conn.text(t, `{"n":0}`)
			f.waitRows(t, 1)
			started := f.startedAt(t)
			for n := 1; n <= 3; n++ {
				l.how(t, conn)
				conn = p.next(t)
				conn.text(t, fmt.Sprintf(`{"n":%d}`, n))
				f.waitRows(t, n+1)
			}
			equal(t, rawRows(f.rows), []string{`{"n":0}`, `{"n":1}`, `{"n":2}`, `{"n":3}`})
			equal(t, f.startedAt(t), started)
			contains(t, f.waitConnection(t, connected), l.says)
		})
	}
}

// A peer that is down for a while: the rule's status says so and why, and the rule goes on when it is back.
func TestPeerIsDownForAWhile(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	f := newFlow(t, h, stream{Props: quick(p.addr)}, kuiper.RuleOptions{})
	p.next(t).text(t, `{"n":0}`)
	f.waitRows(t, 1)
	started := f.startedAt(t)
	p.shut()
	until(t, "the status to say that the peer refuses", func() (bool, string) {
		status, err := h.Status(f.rule)
		must(t, err)
		equal(t, status["status"], "running")
		text := fmt.Sprint(connection(status, f.stream, "last_disconnected_message"))
		return containsAll(text, p.addr, "refused"), text
	})
	p.listen(t)
	p.next(t).text(t, `{"n":1}`)
	f.waitRows(t, 2)
	equal(t, rawRows(f.rows), []string{`{"n":0}`, `{"n":1}`})
	equal(t, f.startedAt(t), started)
	f.waitConnection(t, connected)
}

// The first dial fails: no different from a later one.
func TestPeerIsNotThereAtFirst(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	p.shut()
	f := newFlow(t, h, stream{Props: quick(p.addr)}, kuiper.RuleOptions{})
	contains(t, f.waitLoss(t), p.addr, "refused")
	p.listen(t)
	p.next(t).text(t, `{"n":0}`)
	f.waitRows(t, 1)
}

// The peer answers with something else than a WebSocket: the status names the HTTP status, and we keep trying.
func TestPeerAnswersWithAnHTTPStatus(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	addr, requests := httpServer(t, 503)
	f := newFlow(t, h, stream{Props: quick(addr)}, kuiper.RuleOptions{})
	contains(t, f.waitLoss(t), "503")
	before := requests.Load()
	until(t, "further tries", func() (bool, string) {
		return requests.Load() >= before+3, fmt.Sprint(requests.Load())
	})
}

func TestClientLeavesAndReturns(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	leave := map[string]func(t *testing.T, conn *peerConn){
		"close frame": func(t *testing.T, conn *peerConn) { conn.end(t) },
		"reset":       func(t *testing.T, conn *peerConn) { conn.breakOff(t) },
	}
	for how, end := range leave {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
			var want []string
			for n := range 4 {
				conn := dial(t, h.ServerPort(), f.path)
				text := fmt.Sprintf(`{"n":%d}`, n)
				conn.text(t, text)
				want = append(want, text)
				f.waitRows(t, n+1)
				end(t, conn)
			}
			equal(t, rawRows(f.rows), want)
			status, err := h.Status(f.rule)
			must(t, err)
			equal(t, status["status"], "running")
		})
	}
}

// waitLoss waits until a lost or failed connection has been reported and returns the text.
func (f *flow) waitLoss(t *testing.T) string {
	t.Helper()
	status, err := f.h.WaitStatus(f.rule, func(s map[string]any) bool {
		text, _ := connection(s, f.stream, "last_disconnected_message").(string)
		return text != ""
	}, patience)
	must(t, err)
	equal(t, status["status"], "running")
	return connection(status, f.stream, "last_disconnected_message").(string)
}
