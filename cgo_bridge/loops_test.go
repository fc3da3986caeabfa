package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fakeLooper has one loop, which does what the test says.
type fakeLooper struct {
	fd     int
	turn   func(n int, told []woken) (turn, error) // n: the first is 1
	fdErr  error
	mu     sync.Mutex
	turned int
}

func (f *fakeLooper) loops() int                      { return 1 }
func (f *fakeLooper) loopDescriptor(int) (int, error) { return f.fd, f.fdErr }

func (f *fakeLooper) runLoop(_ int, told []woken) (turn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turned++
	return f.turn(f.turned, told)
}

func (f *fakeLooper) turns() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.turned
}

// running gives loops of f, and what makes their descriptor readable.
func (f *fakeLooper) running(t *testing.T, log *fakeLogger) (*loops, func()) {
	t.Helper()
	f.fd = eventDescriptor(t)
	l := newLoops(f, log)
	l.rest = time.Millisecond
	if err := l.run(); err != nil {
		t.Fatal(err)
	}
	return l, func() { ring(t, f.fd) }
}

func TestLoopRunsAtFirstAndForEachEdge(t *testing.T) {
	f := &fakeLooper{turn: func(int, []woken) (turn, error) { return turn{}, nil }}
	_, wake := f.running(t, &fakeLogger{})
	for n := 1; n <= 3; n++ {
		eventually(t, "a turn", func() bool { return f.turns() >= n })
		wake() // nothing is read: each is an edge
	}
	eventually(t, "a turn for the last edge", func() bool { return f.turns() >= 4 })
	expectRest(t, f)
}

// expectRest fails the test where turns come that nobody has asked for.
func expectRest(t *testing.T, f *fakeLooper) {
	t.Helper()
	before := f.turns()
	time.Sleep(20 * time.Millisecond) // of a loop that spins: thousands of turns
	if n := f.turns() - before; n > 10 {
		t.Errorf("%d turns that nobody has asked for", n)
	}
}

func TestLoopRunsUntilNothingIsLeft(t *testing.T) {
	f := &fakeLooper{turn: func(n int, _ []woken) (turn, error) {
		if n < 50 {
			return turn{more: 1}, nil
		}
		return turn{}, nil
	}}
	f.running(t, &fakeLogger{})
	eventually(t, "50 turns", func() bool { return f.turns() >= 50 })
	expectRest(t, f)
}

func TestLoopRunsAgainWithinTheTimeItAsksFor(t *testing.T) {
	f := &fakeLooper{turn: func(n int, _ []woken) (turn, error) {
		if n%5 != 0 { // each fifth is content
			return turn{withinMs: 1}, nil
		}
		return turn{}, nil
	}}
	_, wake := f.running(t, &fakeLogger{})
	for n := 5; n <= 15; n += 5 {
		eventually(t, "turns by time", func() bool { return f.turns() >= n })
		wake()
	}
}

func TestLoopTellsWhoIsWatching(t *testing.T) {
	f := &fakeLooper{turn: func(_ int, told []woken) (turn, error) {
		return turn{woken: uint64(copy(told, []woken{{sub: 1, ch: channelData}, {sub: 2, ch: channelEvents}}))}, nil
	}}
	l, tell := f.running(t, &fakeLogger{})
	eventually(t, "the first turn", func() bool { return f.turns() >= 1 })
	events, other := openWake(l, 2, channelEvents), openWake(l, 2, channelData)
	for range 2 { // at first, and when it is told
		within(t, patience, "being told", func() {
			if err := events.wait(); err != nil {
				t.Error(err)
			}
		})
		tell()
	}
	if err := other.wait(); err != nil {
		t.Error(err)
	}
	if len(other.told) != 0 {
		t.Error("one channel was told what is of the other")
	}
}

func TestWakeIsClosedForEveryWait(t *testing.T) {
	l := newLoops(&fakeLooper{}, nil)
	w := openWake(l, 1, channelData)
	for range 2 {
		w.close()
		if err := w.wait(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	if len(l.wakes) != 0 {
		t.Errorf("still watched: %v", l.wakes)
	}
}

func TestLoopGoesOnAfterAFault(t *testing.T) {
	log := &fakeLogger{}
	f := &fakeLooper{turn: func(n int, _ []woken) (turn, error) {
		switch n {
		case 1:
			panic("broken")
		case 2:
			return turn{}, &coreError{code: codeInternal, text: "a fault"}
		}
		return turn{}, nil
	}}
	_, wake := f.running(t, log)
	eventually(t, "the third turn", func() bool { return f.turns() >= 3 })
	wake()
	eventually(t, "another", func() bool { return f.turns() >= 4 })
	want := []string{
		"error: websocket: connections stand still for 1ms: websocket: panic while running a loop: broken",
		"error: websocket: connections stand still for 1ms: websocket: a fault",
	}
	if got := log.matching("error", "stand still"); !slices.Equal(got, want) {
		t.Errorf("log: %q", got)
	}
}

func TestLoopNeedsADescriptorThatGoCanWaitFor(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	l := newLoops(&fakeLooper{fd: fd}, nil)
	if err := l.run(); err == nil || !strings.Contains(err.Error(), "Go cannot wait for sockets of the core") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil {
		t.Error("the descriptor was left open")
	}
}

func TestLoopsRunOnceEach(t *testing.T) {
	f := &fakeLooper{turn: func(int, []woken) (turn, error) { return turn{}, nil }, fdErr: noDescriptor}
	l := newLoops(f, nil)
	if err := l.run(); !errors.Is(err, noDescriptor) {
		t.Errorf("got %v", err)
	}
	f.fdErr = nil
	l, _ = f.running(t, &fakeLogger{})
	f.fdErr = errors.New("asked again")
	if err := l.run(); err != nil {
		t.Error(err)
	}
}
