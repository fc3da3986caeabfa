package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// Between two tries to connect where the machine lacks what it takes; as a listener at its port.
const (
	firstConnectRetry = 500 * time.Millisecond
	lastConnectRetry  = 5 * time.Second
)

// Connect joins or opens the endpoint in the background; how that goes is told through status. It fails only with
// what time cannot heal. Where the machine has no descriptor or memory left, it waits: the host calls it on a
// goroutine of its own, and ends the wait by cancelling ctx or by Close.
func (s *source) Connect(ctx api.StreamContext, status api.StatusChangeHandler) error {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.giveUp = cancel
	s.mu.Unlock()
	told := ""
	for most := firstConnectRetry; ; most = min(2*most, lastConnectRetry) {
		err := s.connect(own, ctx, status)
		if err == nil || own.Err() != nil {
			return nil // where it was stopped meanwhile, nobody is to blame
		}
		if !passes(err) {
			// The host shows this, the error itself only in its log. It may block: not under the lock, which Close wants.
			status(api.ConnectionDisconnected, err.Error())
			return err
		}
		delay := rand.N(most)
		if text := err.Error(); text != told { // once a cause: each costs the rule an error
			told = text
			status(api.ConnectionDisconnected, fmt.Sprintf("%s; next try %s, later ones up to %.1f s apart", text,
				time.Now().Add(delay).UTC().Format(time.RFC3339), lastConnectRetry.Seconds()))
		}
		select {
		case <-time.After(delay):
		case <-own.Done():
			return nil
		}
	}
}

// passes tells what the machine lacks for now from what is wrong with the configuration or with us.
func passes(err error) bool {
	var ce *coreError
	return errors.As(err, &ce) && (ce.code == codeDescriptors || ce.code == codeMemory)
}

func (s *source) connect(own context.Context, ctx api.StreamContext, status api.StatusChangeHandler) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own.Err() != nil {
		return own.Err()
	}
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
		s.halt(ctx, run)
		return errors.Join(err, s.close(run.sub))
	}
	s.run = run
	return nil
}

// begin takes everything that a subscription needs, so that Subscribe lacks nothing.
func (s *source) begin(ctx api.StreamContext, run *connected, status api.StatusChangeHandler) error {
	if !s.unchecked {
		// What create had to warn of was in the rule's log at Provision already.
		events := newEvents(s.core, run.sub)
		if err := events.drain(func(*record, string) {}); err != nil {
			return err
		}
	}
	if err := s.loops.run(); err != nil {
		return err
	}
	run.wake = openWake(s.loops, run.sub, channelData)
	run.watcher = startWatcher(s.core, s.loops, run.sub, ctx, status)
	return s.core.start(run.sub)
}
