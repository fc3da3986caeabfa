package main

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// stopPatience is how long Close waits for the goroutines of a source. Both leave at once unless the host holds them
// in a call that does not return; a rule must stop within a second all the same.
const stopPatience = 400 * time.Millisecond

// source is one use of the websocket source by one rule (or by one shared stream). The host calls Provision, Connect,
// Subscribe and Close in this order, and may leave the middle ones out.
type source struct {
	core     core
	note     *loadNote
	settings *document // checked; nil before Provision

	mu  sync.Mutex
	run *connected // nil: not connected
}

// connected is what lives from Connect to Close.
type connected struct {
	sub     subscription
	watcher *watcher
	pump    *worker // nil: not subscribed
}

func newSource(c core, note *loadNote) *source { return &source{core: c, note: note} }

// Provision checks the properties and keeps them. No socket, no thread.
func (s *source) Provision(ctx api.StreamContext, props map[string]any) error {
	s.note.tell(ctx.GetLogger())
	settings, err := ruleDocument(ctx, props)
	if err != nil {
		return err
	}
	sub, err := s.create(settings)
	if err != nil {
		return err
	}
	// Warnings about the properties wait in the events.
	events := newEvents(s.core, sub)
	err = events.drain(func(r *record, text string) {
		if r.kind == kindLog {
			logLine(ctx.GetLogger(), r.arg, text)
		}
	})
	if err = errors.Join(err, s.core.close(sub)); err != nil {
		return err
	}
	s.settings = &settings
	return nil
}

func (s *source) create(settings document) (subscription, error) {
	text, err := settings.json()
	if err != nil {
		return 0, err
	}
	return s.core.create(text)
}

// Connect joins or opens the endpoint in the background; how that goes is told through status. It fails only with
// what time cannot heal.
func (s *source) Connect(ctx api.StreamContext, status api.StatusChangeHandler) error {
	err := s.connect(ctx, status)
	if err != nil {
		// The host shows this, the error itself only in its log. It may block: not under the lock, which Close wants.
		status(api.ConnectionDisconnected, err.Error())
	}
	return err
}

func (s *source) connect(ctx api.StreamContext, status api.StatusChangeHandler) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settings == nil {
		return fmt.Errorf("websocket: Connect without a successful Provision")
	}
	if s.run != nil {
		return fmt.Errorf("websocket: Connect while connected")
	}
	settings := *s.settings
	settings.Label = label(ctx)
	sub, err := s.create(settings)
	if err != nil {
		return err
	}
	run := &connected{sub: sub}
	if err := s.begin(ctx, run, status); err != nil {
		return errors.Join(err, s.end(ctx, run))
	}
	s.run = run
	return nil
}

func (s *source) begin(ctx api.StreamContext, run *connected, status api.StatusChangeHandler) error {
	// What create had to warn of was in the rule's log at Provision already.
	events := newEvents(s.core, run.sub)
	if err := events.drain(func(*record, string) {}); err != nil {
		return err
	}
	watcher, err := startWatcher(s.core, run.sub, ctx, status)
	if err != nil {
		return err
	}
	run.watcher = watcher
	return s.core.start(run.sub)
}

// Subscribe starts handing messages to ingest and returns.
func (s *source) Subscribe(ctx api.StreamContext, ingest api.BytesIngest, ingestError api.ErrorIngest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return fmt.Errorf("websocket: Subscribe without Connect")
	}
	if s.run.pump != nil {
		return fmt.Errorf("websocket: Subscribe while subscribed")
	}
	pump, err := startPump(s.core, s.run.sub, ctx, ingest, ingestError)
	if err != nil {
		return err
	}
	s.run.pump = pump
	return nil
}

// Close may be called at any time and more than once. When it returns, neither ingest nor status is called any more.
func (s *source) Close(ctx api.StreamContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.run
	if run == nil {
		return nil
	}
	s.run = nil
	return s.end(ctx, run)
}

// end stops the goroutines, then the core: it must not free what they may be draining.
func (s *source) end(ctx api.StreamContext, run *connected) error {
	if run.watcher != nil {
		run.watcher.silence()
		run.watcher.cancel()
	}
	if run.pump != nil {
		run.pump.cancel()
	}
	deadline := time.NewTimer(stopPatience)
	defer deadline.Stop()
	if run.pump != nil && !run.pump.awaitEnd(deadline.C) {
		ctx.GetLogger().Warn("websocket: stopped while the rule still holds a message; it is the last one")
		deadline.Reset(0)
	}
	if run.watcher != nil && !run.watcher.awaitEnd(deadline.C) {
		ctx.GetLogger().Warn("websocket: stopped while the rule still holds a status report; it is the last one")
	}
	if err := s.core.close(run.sub); err != nil && classOf(err) != classClosed {
		return err
	}
	return nil
}

var _ api.BytesSource = (*source)(nil)
