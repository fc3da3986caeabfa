package e2e

import (
	"encoding/json"
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
	last, since := int64(-1), time.Now()
	until(t, "the sender to be held up", func() (bool, string) {
		if n := f.sent.Load(); n != last {
			last, since = n, time.Now()
		}
		return last > 0 && time.Since(since) > 500*time.Millisecond, fmt.Sprint(last, " sent")
	})
	return last
}

func (f *flood) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-f.done:
		must(t, err)
	case <-time.After(2 * time.Minute):
		t.Fatalf("the sender was not done after two minutes: %d sent", f.sent.Load())
	}
}

// 200,000 messages at full speed into a rule that first stands still and then is slower than the sender: the sender is
// held up instead of anything being lost.
func TestSlowRuleGetsEverythingInOrder(t *testing.T) {
	t.Parallel()
	const n, window = 200_000, 100
	for _, mode := range []string{"server", "client"} {
		t.Run(mode, func(t *testing.T) {
			h := ownHost(t, kuiper.Options{Plugin: true})
			rows := newCollector(t)
			s := stream{}
			var p *peer
			if mode == "client" {
				p = newPeer(t)
				s.Props = map[string]any{"addr": p.addr}
			}
			id := s.create(t, h)
			// A window gathers numbers into one row, since a request for each message would take a minute.
			createRule(t, h, fmt.Sprintf("SELECT collect(seq) AS seqs FROM %s GROUP BY COUNTWINDOW(%d)", id, window),
				kuiper.RuleOptions{Collector: rows, Options: map[string]any{"disableBufferFullDiscard": true, "bufferLength": 64}})
			var conn *peerConn
			if mode == "client" {
				conn = p.next(t)
			} else {
				conn = dial(t, h.ServerPort(), s.Path)
			}

			rows.Hold()
			f := startFlood(conn, n, 400)
			stalled := f.waitStall(t)
			if stalled == n {
				t.Fatalf("%d messages went out although the rule stood still: nothing held the sender up", n)
			}
			t.Logf("held up after %d messages", stalled)
			rows.Release()

			f.wait(t)
			must(t, rows.WaitN(n/window, 2*time.Minute))
			next := 0
			for _, raw := range rows.Raw() {
				var row struct{ Seqs []int }
				must(t, json.Unmarshal(raw, &row))
				for _, seq := range row.Seqs {
					if seq != next {
						t.Fatalf("message %d came where %d was due", seq, next)
					}
					next++
				}
			}
			equal(t, next, n)
		})
	}
}
