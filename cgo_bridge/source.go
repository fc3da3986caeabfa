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

// closeRest is between two tries of a close for which there is no memory.
const closeRest = 10 * time.Millisecond

// source is one use of the websocket source by one rule (or by one shared stream). The host calls Provision, Connect,
// Subscribe and Close in this order, and may leave the middle ones out.
type source struct {
	core     core
	loops    *loops // of this core
	note     *loadNote
	patience time.Duration // of Close: for the goroutines, and for memory
	settings *document     // nil before Provision

	unchecked bool // Provision could not have the core look at them: what it has to warn of is still to be told

	mu     sync.Mutex
	run    *connected // nil: not connected
	giveUp func()     // ends the wait of a Connect
}

// connected is what lives from Connect to Close.
type connected struct {
	sub     subscription
	wake    *wake // of the messages; the pump's once that is there
	watcher *watcher
	pump    *pump // nil: not subscribed
}

func newSource(c core, l *loops, note *loadNote) *source {
	return &source{core: c, loops: l, note: note, patience: stopPatience}
}

// Provision checks the properties and keeps them. No socket. Where the machine lacks what it takes to check
// them, Connect does so.
func (s *source) Provision(ctx api.StreamContext, props map[string]any) error {
	s.note.tell(ctx.GetLogger())
	settings, err := ruleDocument(ctx, props)
	if err != nil {
		return err
	}
	sub, err := s.create(settings)
	if s.unchecked = err != nil && passes(err); s.unchecked {
		s.settings = &settings
		return nil
	}
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
	if err = errors.Join(err, s.close(sub)); err != nil {
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

// Subscribe starts handing messages to ingest and returns.
func (s *source) Subscribe(ctx api.StreamContext, ingest api.BytesIngest, ingestError api.ErrorIngest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil && ctx.Err() != nil {
		return nil // stopped before Connect was through
	}
	if s.run == nil {
		return fmt.Errorf("websocket: Subscribe without Connect")
	}
	if s.run.pump != nil {
		return fmt.Errorf("websocket: Subscribe while subscribed")
	}
	s.run.pump = startPump(s.core, s.run.sub, s.run.wake, ctx, ingest, ingestError)
	return nil
}

// Close may be called at any time and more than once. When it returns, neither ingest nor status is called any more.
func (s *source) Close(ctx api.StreamContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.giveUp != nil {
		s.giveUp()
	}
	run := s.run
	if run == nil {
		return nil
	}
	s.run = nil
	s.halt(ctx, run)
	s.tellCounted(ctx, run)
	return s.close(run.sub)
}

// halt stops the goroutines. Before the core is closed: it must not free what they may be draining.
func (s *source) halt(ctx api.StreamContext, run *connected) {
	if run.watcher != nil {
		run.watcher.silence()
		run.watcher.cancel()
	}
	if run.pump != nil {
		run.pump.cancel()
	} else if run.wake != nil {
		run.wake.close()
	}
	deadline := time.NewTimer(s.patience)
	defer deadline.Stop()
	if run.pump != nil && !run.pump.awaitEnd(deadline.C) {
		ctx.GetLogger().Warn("websocket: stopped while the rule still holds a message; it is the last one")
		deadline.Reset(0)
	}
	if run.watcher != nil && !run.watcher.awaitEnd(deadline.C) {
		ctx.GetLogger().Warn("websocket: stopped while the rule still holds a status report; it is the last one")
	}
}

// tellCounted belongs behind halt: until then the pump goes on handing over.
func (s *source) tellCounted(ctx api.StreamContext, run *connected) {
	counted, err := s.core.counted(run.sub)
	if err != nil {
		return
	}
	counted.dropped = counted.messages
	if run.pump != nil {
		counted.dropped -= min(run.pump.handed.Load(), counted.messages)
	}
	if counted.dropped != 0 { // to be expected by whoever stops a rule, but not to be overlooked
		ctx.GetLogger().Warn(counted.String())
	} else {
		ctx.GetLogger().Info(counted.String())
	}
}

// close repeats one for which there was no memory: it has done nothing, and what it leaves keeps its port until the
// host ends.
func (s *source) close(sub subscription) error {
	for end := time.Now().Add(s.patience); ; time.Sleep(closeRest) {
		err := s.core.close(sub)
		if err == nil || classOf(err) == classClosed {
			return nil
		}
		if !passes(err) || time.Now().After(end) {
			return err
		}
	}
}

var _ api.BytesSource = (*source)(nil)
