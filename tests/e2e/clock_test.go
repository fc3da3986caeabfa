package e2e

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// wallClock is the one that the C++ core of a host reads. Go's runtime asks the kernel itself: the host's own clock
// stays right.
type wallClock struct{ library, file string }

func newWallClock(t *testing.T) wallClock {
	t.Helper()
	library := filepath.Join(os.Getenv("EKWS_ROOT"), "build/core/release/tests/support/libekws_clock.so")
	if _, err := os.Stat(library); err != nil {
		t.Fatal(err, "; make test builds it")
	}
	c := wallClock{library, filepath.Join(t.TempDir(), "offset")}
	c.jump(t, 0)
	return c
}

func (c wallClock) options() kuiper.Options {
	return kuiper.Options{Plugin: true, Env: []string{"LD_PRELOAD=" + c.library, "EKWS_CLOCK=" + c.file}}
}

// jump sets the clock wrong by so much.
func (c wallClock) jump(t *testing.T, by time.Duration) {
	t.Helper()
	file, err := os.OpenFile(c.file, os.O_CREATE|os.O_WRONLY, 0o644) // in place: it is mapped
	must(t, err)
	defer file.Close()
	_, err = file.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(int64(by/time.Second))), 0)
	must(t, err)
}

// The wall clock jumps a day ahead, then two back. Times of messages follow it; nothing else does: connections stay,
// heartbeats go on, and who was lost is dialled again after the same short while.
func TestWallClockJumps(t *testing.T) {
	t.Parallel()
	clock := newWallClock(t)
	h := ownHost(t, clock.options())
	heartbeat := func(props map[string]any) map[string]any {
		return with(with(props, "pingInterval", "100ms"), "pongTimeout", "20s")
	}
	p := newPeer(t)
	rows := newCollector(t)
	flow := func(props map[string]any) *flow {
		s := stream{Props: heartbeat(props)}
		f := &flow{h: h, rows: rows, stream: s.create(t, h), path: s.Path}
		f.rule = createRule(t, h, "SELECT n, event_time() AS at FROM "+f.stream, kuiper.RuleOptions{Collector: rows})
		return f
	}
	flow(quick(p.addr))
	server := flow(map[string]any{})
	ours, theirs := dial(t, h.ServerPort(), server.path), p.next(t)

	n := 0
	send := func(conn *peerConn, wrongBy time.Duration) {
		t.Helper()
		conn.text(t, fmt.Sprintf(`{"n":%d}`, n))
		n++
		must(t, rows.WaitN(n, patience))
		var row struct{ At int64 }
		must(t, json.Unmarshal([]byte(rows.Last()), &row))
		if off := time.Until(time.UnixMilli(row.At)) - wrongBy; off.Abs() > time.Minute {
			t.Errorf("message %d came at %v: the clock is off by %v, want %v", n-1, time.UnixMilli(row.At), off+wrongBy, wrongBy)
		}
	}
	const day = 24 * time.Hour
	for _, wrongBy := range []time.Duration{0, day, -day, 0} {
		clock.jump(t, wrongBy)
		send(ours, wrongBy)
		send(theirs, wrongBy)
		for range 3 {
			ours.waitPing(t)
			theirs.waitPing(t)
		}
		theirs.breakOff(t)
		theirs = p.next(t)
		send(theirs, wrongBy)
	}
	equal(t, int(p.accepted.Load()), 5) // one to begin with, one for each that was broken off
}
