package main

import (
	"context"
	"time"
)

// worker is a goroutine that waits on a channel of the core. It ends when its context does.
type worker struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// startWorker runs body on a goroutine. The context body gets is done when parent is or when the worker is told to
// stop; either also ends a wait on w.
func startWorker(parent context.Context, w *wake, body func(own context.Context)) *worker {
	own, cancel := context.WithCancel(parent)
	context.AfterFunc(own, w.close)
	k := &worker{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(k.ended)
		defer w.close()
		defer cancel()
		body(own)
	}()
	return k
}

// awaitEnd reports whether the worker has ended before the deadline comes.
func (k *worker) awaitEnd(deadline <-chan time.Time) bool {
	select {
	case <-k.ended:
		return true
	default:
	}
	select {
	case <-k.ended:
		return true
	case <-deadline:
		return false
	}
}
