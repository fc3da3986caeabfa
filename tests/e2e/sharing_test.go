package e2e

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

func TestTwoHostsWithOnePathDoNotMix(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	var flows [2]*flow
	var conns [2]*peerConn
	for i := range flows {
		p := newPeer(t)
		flows[i] = newFlow(t, h, stream{Path: "/same/path", Props: map[string]any{"addr": p.addr}}, kuiper.RuleOptions{})
		conns[i] = p.next(t)
	}
	const each = 50
	for n := range each {
		for i, conn := range conns {
			conn.text(t, fmt.Sprintf(`{"n":%d,"peer":%d}`, n, i))
		}
	}
	for i, f := range flows {
		f.waitRows(t, each)
		for n, row := range rawRows(f.rows) {
			equal(t, row, fmt.Sprintf(`{"n":%d,"peer":%d}`, n, i))
		}
	}
}

func TestTwoRulesOnOneStreamShareOneConnection(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	first := newFlow(t, h, stream{Props: map[string]any{"addr": p.addr}}, kuiper.RuleOptions{})
	conn := p.next(t)
	second := joinFlow(t, first)
	// Rows may go to the first rule alone until the second one has joined.
	sendUntilRows(t, conn, first, second)
	expectTheSame(t, conn, 10, first, second)
	equal(t, p.accepted.Load(), 1)

	// The connection belongs to both: one leaves and it stays, the last one leaves and it ends.
	must(t, h.StopRule(first.rule))
	conn.text(t, `{"n":10}`)
	second.waitRows(t, 11)
	must(t, h.StopRule(second.rule))
	var closed *websocket.CloseError
	if err := conn.waitEnd(t); !errors.As(err, &closed) || closed.Code != websocket.CloseGoingAway {
		t.Errorf("the peer saw %v, want a close frame 1001", err)
	}
	equal(t, p.accepted.Load(), 1)
}

// Two streams of one path on the listener: both get what comes in.
func TestTwoRulesOnOneServerPath(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	first := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	second := newFlow(t, h, stream{Path: first.path}, kuiper.RuleOptions{})
	first.waitConnection(t, connected)
	second.waitConnection(t, connected)
	conn := dial(t, h.ServerPort(), first.path)
	for n := range 100 {
		conn.text(t, fmt.Sprintf(`{"n":%d}`, n))
	}
	first.waitRows(t, 100)
	second.waitRows(t, 100)
	equal(t, rawRows(first.rows), rawRows(second.rows))

	must(t, h.StopRule(first.rule))
	conn.text(t, `{"n":100}`)
	second.waitRows(t, 101)
}

func TestSharedStream(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	for _, mode := range []string{"server", "client"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := stream{With: `, SHARED="true"`}
			var p *peer
			if mode == "client" {
				p = newPeer(t)
				s.Props = map[string]any{"addr": p.addr}
			}
			first := newFlow(t, h, s, kuiper.RuleOptions{})
			second := joinFlow(t, first)
			var conn *peerConn
			if mode == "client" {
				conn = p.next(t)
			} else {
				conn = dial(t, h.ServerPort(), first.path)
			}
			sendUntilRows(t, conn, first, second)
			expectTheSame(t, conn, 100, first, second)
			if mode == "client" {
				equal(t, p.accepted.Load(), 1)
			}

			must(t, h.StopRule(first.rule))
			conn.text(t, `{"n":100}`)
			second.waitRows(t, 101)
		})
	}
}

// joinFlow puts a second rule on the stream of a flow.
func joinFlow(t *testing.T, first *flow) *flow {
	t.Helper()
	second := *first
	second.rows = newCollector(t)
	second.rule = createRule(t, first.h, "SELECT * FROM "+first.stream, kuiper.RuleOptions{Collector: second.rows})
	return &second
}

// sendUntilRows sends until every flow has a row and everything sent has arrived at all of them.
func sendUntilRows(t *testing.T, conn *peerConn, flows ...*flow) {
	t.Helper()
	tag := name("probe")
	end := fmt.Sprintf(`{"end":"%s"}`, tag)
	for _, f := range flows {
		until(t, "a row of "+f.rule, func() (bool, string) {
			conn.text(t, fmt.Sprintf(`{"probe":"%s"}`, tag))
			return f.rows.Len() > 0, "none"
		})
	}
	conn.text(t, end)
	for _, f := range flows {
		until(t, "the last row of "+f.rule, func() (bool, string) { return f.rows.Last() == end, f.rows.Last() })
	}
}

// expectTheSame sends rows and expects each of them at both flows, and nothing else.
func expectTheSame(t *testing.T, conn *peerConn, rows int, first, second *flow) {
	t.Helper()
	first.rows.Reset()
	second.rows.Reset()
	for n := range rows {
		conn.text(t, fmt.Sprintf(`{"n":%d}`, n))
	}
	first.waitRows(t, rows)
	second.waitRows(t, rows)
	equal(t, rawRows(first.rows), rawRows(second.rows))
}
