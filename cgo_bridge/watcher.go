package main

import (
	"context"
	"sync/atomic"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

const eventBytes = 16 << 10

// watcher tells the host what the core has to say about a subscription: states of the connection through the status
// handler, lines through the rule's logger. It has a goroutine of its own, because the status handler may block (it
// sends error rows into the rule), and messages must not wait for that, nor it for them.
type watcher struct {
	*worker
	events events
	log    api.Logger
	status api.StatusChangeHandler
	quiet  atomic.Bool
}

func startWatcher(c core, l *loops, s subscription, ctx api.StreamContext, status api.StatusChangeHandler) *watcher {
	wake := openWake(l, s, channelEvents)
	w := &watcher{events: newEvents(c, s), log: ctx.GetLogger(), status: status}
	w.worker = startWorker(ctx, wake, func(own context.Context) { w.run(own, wake) })
	return w
}

func (w *watcher) run(own context.Context, wake *wake) {
	defer contain(w.log, "watching the connection", nil)
	for own.Err() == nil {
		err := wake.wait()
		if err == nil {
			err = w.events.drain(w.tell)
		}
		if err != nil {
			if own.Err() == nil {
				w.log.Errorf("websocket: no more news about the connection: %v", err)
			}
			return
		}
	}
}

func (w *watcher) tell(r *record, text string) {
	if w.quiet.Load() {
		return
	}
	switch r.kind {
	case kindLog:
		logLine(w.log, r.arg, text)
	case kindState:
		w.state(r.arg, text)
	}
}

func (w *watcher) state(state int32, reason string) {
	defer contain(w.log, "reporting the state of the connection", nil)
	switch state {
	case stateConnecting:
		w.status(api.ConnectionConnecting, reason)
	case stateConnected:
		w.status(api.ConnectionConnected, reason)
	case stateDisconnected:
		w.status(api.ConnectionDisconnected, reason)
	}
}

// silence keeps a watcher that could not be waited for from telling anything further.
func (w *watcher) silence() { w.quiet.Store(true) }
