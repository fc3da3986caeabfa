package e2e

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// flood sends numbered messages as fast as the other side takes them. sent grows with each; done gets the outcome.
type flood struct {
	sent atomic.Int64
	done chan error
}

func startFlood(conn *peerConn, n, size int) *flood {
	f := &flood{done: make(chan error, 1)}
	padding := strings.Repeat("x", size)
	go func() {
		for i := range n {
			if err := conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"seq":%d,"pad":"%s"}`, i, padding)); err != nil {
				f.done <- fmt.Errorf("message %d: %w", i, err)
				return
			}
			f.sent.Add(1)
		}
		f.done <- nil
	}()
	return f
}

// waitStall waits until the sender is held up: nothing went out for a while although there is more to send.
func (f *flood) waitStall(t *testing.T) int64 {
	t.Helper()
	return waitStalls(t, []*flood{f})
}

// waitStalls is the same for several: when none of them gets on any more.
func waitStalls(t *testing.T, floods []*flood) int64 {
	t.Helper()
	return waitStill(t, func() (n int64) {
		for _, f := range floods {
			n += f.sent.Load()
		}
		return n
	})
}

// waitStill waits until what is sent grows no more, and returns it.
func waitStill(t *testing.T, sent func() int64) int64 {
	t.Helper()
	return untilSame(t, "the senders to be held up", sent, func(before, now int64) bool { return now == before && now > 0 })
}

func (f *flood) wait(t *testing.T) {
	t.Helper()
	f.waitFor(t, manyMinutes)
}

func (f *flood) waitFor(t *testing.T, deadline time.Duration) {
	t.Helper()
	select {
	case err := <-f.done:
		must(t, err)
	case <-time.After(deadline):
		t.Fatalf("the sender was not done after %v: %d sent", deadline, f.sent.Load())
	}
}

// 200,000 messages at full speed into a rule that first stands still and then is slower than the sender: the sender is
// held up instead of anything being lost.
func TestSlowRuleGetsEverythingInOrder(t *testing.T) {
	t.Parallel()
	const n = 200_000
	t.Run("server", func(t *testing.T) {
		h := ownHost(t, kuiper.Options{Plugin: true})
		c := newCounted(t, h, stream{})
		c.holdUp(t, n, func() *peerConn { return dial(t, h.ServerPort(), c.path) })
	})
	t.Run("client", func(t *testing.T) {
		h := ownHost(t, kuiper.Options{Plugin: true})
		p := newPeer(t)
		c := newCounted(t, h, stream{Props: map[string]any{"addr": p.addr}})
		c.holdUp(t, n, func() *peerConn { return p.next(t) })
	})
}

// window is how many messages make a row of a counted stream: a request for each message would take a minute.
const window = 100

// counted is a stream whose rule, which discards nothing, gathers the numbers of messages into rows.
type counted struct {
	*flow
}

func newCounted(t *testing.T, h *kuiper.Host, s stream) *counted {
	t.Helper()
	c := &counted{&flow{h: h, rows: newCollector(t)}}
	c.stream = s.create(t, h)
	c.path = s.Path
	c.rule = createRule(t, h, fmt.Sprintf("SELECT collect(seq) AS seqs FROM %s GROUP BY COUNTWINDOW(%d)", c.stream, window),
		kuiper.RuleOptions{
			Collector: c.rows,
			Options:   map[string]any{"disableBufferFullDiscard": true, "bufferLength": 64},
			Sink:      map[string]any{"bufferLength": 16}, // or it takes 100,000 messages before it holds anything up
		})
	return c
}

// holdUp sends n messages, with the rule standing still until the sender does.
func (c *counted) holdUp(t *testing.T, n int, connect func() *peerConn) {
	t.Helper()
	conn := connect()
	c.rows.Hold()
	f := startFlood(conn, n, 800) // more than the kernel takes
	stalled := f.waitStall(t)
	if stalled == int64(n) {
		t.Fatalf("%d messages went out although the rule stood still: nothing held the sender up", n)
	}
	t.Logf("held up after %d messages", stalled)
	c.rows.Release()
	f.wait(t)
	c.whole(t, n)
}

// whole waits for the messages 0 to n-1, each once and in order.
func (c *counted) whole(t *testing.T, n int) {
	t.Helper()
	must(t, c.rows.WaitN(n/window, manyMinutes))
	checkSequence(t, c.rows, n)
}
