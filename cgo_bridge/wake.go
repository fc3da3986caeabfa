package main

import (
	"os"
	"sync"
)

// wake waits for one channel of a subscription to be told by a loop; close ends a wait.
type wake struct {
	loops  *loops
	who    woken
	told   chan struct{} // holds one
	closed chan struct{}
	once   sync.Once
}

// openWake begins as if it had been told: what was told before is not known.
func openWake(l *loops, s subscription, ch channel) *wake {
	w := &wake{loops: l, who: woken{sub: s, ch: ch}, told: make(chan struct{}, 1), closed: make(chan struct{})}
	l.watch(w.who, w)
	w.tell()
	return w
}

// wait returns nil once the channel has gone from empty to not empty; drain until nothing is left before the next
// wait. After close it returns os.ErrClosed.
func (w *wake) wait() error {
	select {
	case <-w.told:
		if done(w.closed) {
			return os.ErrClosed
		}
		return nil
	case <-w.closed:
		return os.ErrClosed
	}
}

func (w *wake) tell() {
	select {
	case w.told <- struct{}{}:
	default: // it is told already
	}
}

// close may be called from any goroutine and more than once.
func (w *wake) close() {
	w.once.Do(func() {
		w.loops.forget(w.who)
		close(w.closed)
	})
}
