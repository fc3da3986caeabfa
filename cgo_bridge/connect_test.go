package main

import (
	"strings"
	"testing"
	"time"
)

var noDescriptor = &coreError{code: codeDescriptors, text: "no descriptor to watch sockets with: Too many open files"}

// short has the core lack a descriptor at create, for a loop, or at start; no error has it have one again.
func (f *fakeCore) short(create, loop, start error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.createErr, f.loopErr, f.startErr = create, loop, start
}

func (f *fakeCore) created() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.documents)
}

func TestConnectWaitsForWhatTheMachineLacks(t *testing.T) {
	for what, lack := range map[string]struct{ create, loop, start error }{
		"create": {create: noDescriptor},
		"a loop": {loop: noDescriptor},
		"start":  {start: &coreError{code: codeMemory, text: "out of memory"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			core := newFakeCore(t)
			ctx, _ := newFakeContext(t)
			rule := &fakeRule{}
			s := sourceOf(core)
			if err := s.Provision(ctx, map[string]any{"datasource": "/a"}); err != nil {
				t.Fatal(err)
			}
			core.short(lack.create, lack.loop, lack.start)
			connected := make(chan error, 1)
			go func() { connected <- s.Connect(ctx, rule.status) }()
			eventually(t, "several tries", func() bool { return core.created() >= 4 })
			if seen := rule.seen(); len(seen) != 1 || !strings.Contains(seen[0], "; next try 20") {
				t.Errorf("the rule was told %q", seen)
			}
			core.short(nil, nil, nil)
			if err := <-connected; err != nil {
				t.Fatalf("Connect: %v", err)
			}
			if n := core.open(); n != 1 {
				t.Errorf("%d subscriptions are open", n)
			}
			if err := s.Subscribe(ctx, rule.ingest, rule.ingestError); err != nil {
				t.Fatal(err)
			}
			core.push(channelData, fakeRecord{kind: kindText, payload: []byte("x")})
			eventually(t, "the message", func() bool { return len(rule.received()) == 1 })
			if err := s.Close(ctx); err != nil || core.open() != 0 {
				t.Errorf("Close: %v, open: %d", err, core.open())
			}
		})
	}
}

// A rule may be stopped while its source waits; that is no fault of anybody.
func TestStopWhileTheMachineLacksSomething(t *testing.T) {
	for _, how := range []string{"context", "Close"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			core := newFakeCore(t)
			ctx, cancel := newFakeContext(t)
			rule := &fakeRule{}
			s := sourceOf(core)
			if err := s.Provision(ctx, nil); err != nil {
				t.Fatal(err)
			}
			core.short(noDescriptor, nil, nil)
			connected := make(chan error, 1)
			go func() { connected <- s.Connect(ctx, rule.status) }()
			eventually(t, "the status", func() bool { return len(rule.seen()) == 1 })
			within(t, patience, "the stop", func() {
				if how == "context" {
					cancel()
				}
				if err := s.Close(ctx); err != nil {
					t.Errorf("Close: %v", err)
				}
				if err := <-connected; err != nil {
					t.Errorf("Connect: %v", err)
				}
			})
			if how == "context" {
				if err := s.Subscribe(ctx, rule.ingest, rule.ingestError); err != nil {
					t.Errorf("Subscribe of a stopped rule: %v", err)
				}
			}
			core.short(nil, nil, nil)
			time.Sleep(10 * time.Millisecond) // nothing may happen any more
			if core.open() != 0 {
				t.Error("it connected after it was stopped")
			}
		})
	}
}

// Where Provision cannot have the properties checked, the rule starts all the same, and hears of them later.
func TestProvisionWhereTheMachineLacksSomething(t *testing.T) {
	core := newFakeCore(t)
	core.warnings = []string{"property colour is not known"}
	core.short(noDescriptor, nil, nil)
	ctx, _ := newFakeContext(t)
	rule := &fakeRule{}
	s := sourceOf(core)
	if err := s.Provision(ctx, map[string]any{"datasource": "/a"}); err != nil {
		t.Fatal(err)
	}
	core.short(nil, nil, nil)
	if err := s.Connect(ctx, rule.status); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the warning", func() bool { return len(ctx.log.matching("warn", "colour")) == 1 })
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}
