package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// loopRest is between a loop that could not be run and the next try. It never comes to that unless we have a fault.
const loopRest = time.Second

// wokenPerTurn is how many readers one turn can tell; the next turn tells the others.
const wokenPerTurn = 64

// loops runs the core's loops, a goroutine each, for as long as the process lives. The descriptor of a loop sits in Go's
// poller, so that a loop with nothing to do holds no thread; what comes from a socket wakes its goroutine, and that one
// the readers, with no other thread in between.
type loops struct {
	core looper
	log  api.Logger // the host's; nil where there is none
	rest time.Duration

	mu      sync.Mutex
	running int
	wakes   map[woken]*wake
}

func newLoops(c looper, log api.Logger) *loops {
	return &loops{core: c, log: log, rest: loopRest, wakes: map[woken]*wake{}}
}

// run sees to it that loops run: all, or as many as there are descriptors for. The core needs one before it starts or
// probes anything.
func (l *loops) run() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.running < l.core.loops() {
		d, err := l.open(l.running)
		if err != nil && l.running > 0 {
			return nil // the next one tries again
		}
		if err != nil {
			return err
		}
		go d.drive()
		l.running++
	}
	return nil
}

func (l *loops) open(number int) (*driver, error) {
	fd, err := l.core.loopDescriptor(number)
	if err != nil {
		return nil, err
	}
	// The descriptor is non-blocking, which is what makes NewFile hand it to the poller.
	file := os.NewFile(uintptr(fd), "ekws loop")
	raw, err := file.SyscallConn()
	if err == nil {
		err = file.SetReadDeadline(time.Time{}) // fails where the poller has not taken it
	}
	if err != nil {
		_ = file.Close()
		// It does not say why; most of what there is passes.
		return nil, &coreError{code: codeMemory, text: fmt.Sprintf("Go cannot wait for sockets of the core: %v", err)}
	}
	return &driver{loops: l, number: number, file: file, raw: raw}, nil
}

// watch has w told of the channel, until forget.
func (l *loops) watch(who woken, w *wake) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wakes[who] = w
}

func (l *loops) forget(who woken) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.wakes, who)
}

func (l *loops) tell(told []woken) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, who := range told {
		if w := l.wakes[who]; w != nil {
			w.tell()
		}
	}
}

// driver runs one loop.
type driver struct {
	loops  *loops
	number int
	file   *os.File
	raw    syscall.RawConn

	told [wokenPerTurn]woken
	due  bool // a deadline is set
}

func (d *driver) drive() {
	for {
		if err := d.untilError(); err != nil {
			d.report(err)
		}
		time.Sleep(d.loops.rest)
	}
}

// untilError runs the loop whenever it has something to do. The poller tells edges: after each the loop is run until
// nothing is left, and before the first wait, too.
func (d *driver) untilError() (failed error) {
	defer func() {
		if v := recover(); v != nil {
			failed = panicError("running a loop", v)
		}
	}()
	for {
		var within time.Duration
		err := d.raw.Read(func(uintptr) bool {
			within, failed = d.turns()
			return failed != nil || (within > 0) != d.due
		})
		if failed != nil {
			return failed
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		var deadline time.Time
		if d.due = err == nil && within > 0; d.due {
			deadline = time.Now().Add(within)
		}
		if err := d.file.SetReadDeadline(deadline); err != nil {
			return err
		}
	}
}

// turns runs the loop until nothing is left. Where within is not 0, it is to be run again by then.
func (d *driver) turns() (within time.Duration, err error) {
	for {
		t, err := d.loops.core.runLoop(d.number, d.told[:])
		if err != nil {
			return 0, err
		}
		if t.woken != 0 {
			d.loops.tell(d.told[:t.woken])
		}
		if t.more == 0 {
			return time.Duration(t.withinMs) * time.Millisecond, nil
		}
	}
}

func (d *driver) report(err error) {
	defer func() { _ = recover() }() // the logger is the host's
	if d.loops.log != nil {
		d.loops.log.Errorf("websocket: connections stand still for %v: %v", d.loops.rest, err)
	}
}
