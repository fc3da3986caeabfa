package main

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProvisionChecksAndKeepsNothingOpen(t *testing.T) {
	core := newFakeCore(t)
	core.warnings = []string{"property colour is not known"}
	ctx, _ := newFakeContext(t)
	s := sourceOf(core)
	if err := s.Provision(ctx, map[string]any{"datasource": "/a"}); err != nil {
		t.Fatal(err)
	}
	if core.open() != 0 {
		t.Error("Provision left a subscription open")
	}
	if got := ctx.log.matching("warn", "colour"); len(got) != 1 {
		t.Errorf("warnings: %q", got)
	}
	rule := &fakeRule{}
	if err := s.Connect(ctx, rule.status); err != nil {
		t.Fatal(err)
	}
	core.push(channelEvents, fakeRecord{kind: kindLog, arg: logInfo, payload: []byte("marker")})
	eventually(t, "the marker", func() bool { return len(ctx.log.matching("info", "marker")) == 1 })
	if got := ctx.log.matching("warn", "colour"); len(got) != 1 {
		t.Errorf("Connect warned again: %q", got)
	}
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestProvisionFailsWithTheCoresError(t *testing.T) {
	core := newFakeCore(t)
	core.createErr = &coreError{code: 102, text: "pingInterval: 7x is not a duration"}
	ctx, _ := newFakeContext(t)
	err := sourceOf(core).Provision(ctx, nil)
	if err == nil || err.Error() != "websocket: pingInterval: 7x is not a duration" || classOf(err) != classConfig {
		t.Errorf("got %v of class %d", err, classOf(err))
	}
}

func TestConnectNamesItsUser(t *testing.T) {
	for _, c := range []struct{ rule, op, want string }{
		{"r1", "demo", "rule r1, stream demo"},
		{"r1", "", "rule r1"},
		{"$$subtopo_demo", "demo", "shared stream demo"},
	} {
		core := newFakeCore(t)
		provision, _ := newFakeContext(t)
		provision.op = ""
		s := sourceOf(core)
		if err := s.Provision(provision, map[string]any{}); err != nil {
			t.Fatal(err)
		}
		ctx, _ := newFakeContext(t)
		ctx.rule, ctx.op = c.rule, c.op
		if err := s.Connect(ctx, func(string, string) {}); err != nil {
			t.Fatal(err)
		}
		var d document
		if err := json.Unmarshal([]byte(core.documents[1]), &d); err != nil || d.Label != c.want {
			t.Errorf("label is %q, want %q (%v)", d.Label, c.want, err)
		}
		_ = s.Close(ctx)
	}
}

func TestConnectFailsOnWhatCannotHeal(t *testing.T) {
	core := newFakeCore(t)
	core.startErr = &coreError{code: 103, text: "the listener on 0.0.0.0:10081 has another limit"}
	ctx, _ := newFakeContext(t)
	s := sourceOf(core)
	if err := s.Provision(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Connect(ctx, func(string, string) {}); !errors.Is(err, core.startErr) {
		t.Errorf("Connect answered %v", err)
	}
	if core.open() != 0 {
		t.Error("a failed Connect left a subscription open")
	}
	core.startErr = nil
	if err := s.Connect(ctx, func(string, string) {}); err != nil {
		t.Errorf("Connect after a failed one: %v", err)
	}
	if err := s.Close(ctx); err != nil || core.open() != 0 {
		t.Errorf("Close: %v, open: %d", err, core.open())
	}
}

func TestMisuseIsAnError(t *testing.T) {
	ctx, _ := newFakeContext(t)
	s := sourceOf(newFakeCore(t))
	rule := &fakeRule{}
	if err := s.Close(ctx); err != nil {
		t.Errorf("Close of a new source: %v", err)
	}
	if err := s.Connect(ctx, rule.status); err == nil {
		t.Error("Connect without Provision went through")
	}
	if err := s.Subscribe(ctx, rule.ingest, rule.ingestError); err == nil {
		t.Error("Subscribe without Connect went through")
	}
	begin(t, s, ctx, rule)
	if err := s.Connect(ctx, rule.status); err == nil {
		t.Error("a second Connect went through")
	}
	if err := s.Subscribe(ctx, rule.ingest, rule.ingestError); err == nil {
		t.Error("a second Subscribe went through")
	}
	for range 2 {
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	begin(t, s, ctx, rule) // a closed source can be used again
	if err := s.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// expectPrompt fails the test where Close had to wait for its patience to end.
func expectPrompt(t *testing.T, ctx *fakeContext) {
	t.Helper()
	if got := ctx.log.matching("warn", "still holds"); len(got) != 0 {
		t.Errorf("Close gave up waiting: %q", got)
	}
}

// A close that fails for want of memory has done nothing: given up, it would leave the port bound for good.
func TestStopWhileMemoryIsShort(t *testing.T) {
	s, core, _, ctx, _ := running(t)
	short := &coreError{code: codeMemory, text: "out of memory"}
	core.mu.Lock()
	core.closeErrs = []error{short}
	core.mu.Unlock()
	within(t, patience, "Close", func() {
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if core.open() != 0 {
		t.Error("the subscription is still open")
	}
}

func TestStopFailsAtOnceWhereRepeatingDoesNotHelp(t *testing.T) {
	s, core, _, ctx, _ := running(t)
	broken := &coreError{code: codeInternal, text: "internal error: x"}
	core.mu.Lock()
	core.closeErrs = []error{broken}
	core.mu.Unlock()
	if err := s.Close(ctx); !errors.Is(err, broken) {
		t.Errorf("Close answered %v", err)
	}
	if core.open() != 1 {
		t.Error("it was tried again")
	}
	_ = core.close(core.last)
}

func TestStopWhileIdle(t *testing.T) {
	s, core, _, ctx, cancel := running(t)
	cancel()
	within(t, patience, "Close", func() { _ = s.Close(ctx) })
	if core.open() != 0 {
		t.Error("the subscription is still open")
	}
	expectPrompt(t, ctx)
}

func TestStopWithoutCancelledContext(t *testing.T) {
	s, core, _, ctx, _ := running(t)
	within(t, patience, "Close", func() { _ = s.Close(ctx) })
	if core.open() != 0 {
		t.Error("the subscription is still open")
	}
	expectPrompt(t, ctx)
}

func TestStopWhileConnectedOnly(t *testing.T) {
	core := newFakeCore(t)
	ctx, cancel := newFakeContext(t)
	s := sourceOf(core)
	if err := errors.Join(s.Provision(ctx, nil), s.Connect(ctx, func(string, string) {})); err != nil {
		t.Fatal(err)
	}
	cancel()
	within(t, patience, "Close", func() { _ = s.Close(ctx) })
	expectPrompt(t, ctx)
}

func TestStopWhileIngestWaitsForTheRule(t *testing.T) {
	s, core, rule, ctx, cancel := running(t)
	rule.atIngest(func(int) { <-ctx.Done() })
	core.push(channelData, numbered(1000)...)
	eventually(t, "a blocked ingest", func() bool { return len(rule.received()) == 1 })
	cancel()
	within(t, patience, "Close", func() { _ = s.Close(ctx) })
	if got := len(rule.received()); got != 1 {
		t.Errorf("%d more messages were handed over after the stop", got-1)
	}
	expectPrompt(t, ctx)
}

// The host should never hold a call for ever; a rule must stop all the same, and nothing may come after that.
func TestStopWhileTheHostHoldsCalls(t *testing.T) {
	s, core, rule, ctx, cancel := running(t)
	hold := make(chan struct{})
	rule.mu.Lock()
	rule.onIngest = func(int) { <-hold }
	rule.onState = func(string) { <-hold }
	rule.mu.Unlock()
	core.push(channelData, numbered(10)...)
	for range 3 {
		core.push(channelEvents, fakeRecord{kind: kindState, arg: stateDisconnected, payload: []byte("reset")})
	}
	eventually(t, "both calls held", func() bool { return len(rule.received()) == 1 && len(rule.seen()) == 1 })
	run := s.run
	cancel()
	s.patience = newSource(core, nil, nil).patience
	if s.patience <= 0 || s.patience > time.Second/2 {
		t.Errorf("patience is %v: a rule must stop within a second", s.patience)
	}
	within(t, patience, "Close, which waits for so long once", func() { _ = s.Close(ctx) })
	if core.open() != 0 {
		t.Error("the subscription is still open")
	}
	close(hold)
	<-run.pump.ended
	<-run.watcher.ended
	if len(rule.received()) != 1 || len(rule.seen()) != 1 || len(rule.reported()) != 0 {
		t.Errorf("after Close came: %d messages, states %q, errors %q", len(rule.received())-1, rule.seen()[1:], rule.reported())
	}
	if got := ctx.log.matching("warn", "still holds"); len(got) != 2 {
		t.Errorf("log: %q", got)
	}
}

func TestCloseFromManyGoroutines(t *testing.T) {
	s, core, _, ctx, _ := running(t)
	within(t, patience, "Close", func() {
		done := make(chan error)
		for range 8 {
			go func() { done <- s.Close(ctx) }()
		}
		for range 8 {
			if err := <-done; err != nil {
				t.Errorf("Close: %v", err)
			}
			if core.open() != 0 {
				t.Error("Close returned before the subscription was closed")
			}
		}
	})
	expectPrompt(t, ctx)
}

func TestCloseTellsOnceWhatWasCounted(t *testing.T) {
	s, core, rule, ctx, _ := running(t)
	core.count = counted{connections: 3, messages: 20, bytes: 4711, tooBigMessages: 2, pongTimeouts: 1}
	core.push(channelData, numbered(20)...)
	eventually(t, "20 messages", func() bool { return len(rule.received()) == 20 })
	for range 2 {
		if err := s.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"info: websocket: stopped; counted since the start: connections 3, messages 20, bytes 4711, " +
		"pings not answered (pongTimeout) 1, messages too big (maxMessageBytes) 2"}
	if got := ctx.log.matching("info", "stopped"); !slices.Equal(got, want) {
		t.Errorf("log %q\nwant %q", got, want)
	}
}

func TestCloseTellsWhatTheRuleHadNotTaken(t *testing.T) {
	s, core, rule, ctx, cancel := running(t)
	rule.atIngest(func(n int) {
		if n == 3 {
			cancel()
		}
	})
	joined := textMessage(1, `[{"n":1},{"n":2}]`)
	joined.arg = 2
	core.count = counted{connections: 1, messages: 104, bytes: 300}
	core.push(channelData, append([]fakeRecord{joined}, numbered(102)...)...)
	<-s.run.pump.ended
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	want := []string{"warn: websocket: stopped; counted since the start: connections 1, messages 104, bytes 300, " +
		"messages dropped that the rule had not taken 101"}
	if got := ctx.log.matching("warn", "stopped"); !slices.Equal(got, want) {
		t.Errorf("log %q\nwant %q", got, want)
	}
}

func TestHundredRoundsLeaveNothing(t *testing.T) {
	core := newFakeCore(t)
	if err := core.loop.run(); err != nil { // which stays
		t.Fatal(err)
	}
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	for i := range 100 {
		ctx, cancel := newFakeContext(t)
		rule := &fakeRule{}
		s := sourceOf(core)
		begin(t, s, ctx, rule)
		core.push(channelData, numbered(i)...)
		core.push(channelEvents, fakeRecord{kind: kindState, arg: stateConnected})
		if i%2 == 0 {
			eventually(t, "all messages", func() bool { return len(rule.received()) == i })
			cancel()
		}
		if err := s.Close(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	if core.open() != 0 {
		t.Errorf("%d subscriptions are open", core.open())
	}
	eventually(t, "no goroutine left", func() bool { return runtime.NumGoroutine() <= goroutines })
	eventually(t, "no descriptor left", func() bool { return openDescriptors(t) <= descriptors })
}

func openDescriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestStatesAndLinesReachTheRule(t *testing.T) {
	_, core, rule, ctx, _ := running(t)
	long := strings.Repeat("x", 3*eventBytes)
	core.push(channelEvents,
		fakeRecord{kind: kindState, arg: stateConnecting},
		fakeRecord{kind: kindLog, arg: logError, payload: []byte("one")},
		fakeRecord{kind: kindLog, arg: logWarn, payload: []byte(long)},
		fakeRecord{kind: kindLog, arg: logInfo, payload: []byte("three")},
		fakeRecord{kind: kindLog, arg: logDebug, payload: []byte("four")},
		fakeRecord{kind: kindState, arg: stateDisconnected, payload: []byte("HTTP 404; next try in 2s")},
		fakeRecord{kind: kindState, arg: stateConnected},
	)
	eventually(t, "3 states", func() bool { return len(rule.seen()) == 3 })
	if want := []string{"connecting", "disconnected HTTP 404; next try in 2s", "connected"}; !slices.Equal(rule.seen(), want) {
		t.Errorf("states %q, want %q", rule.seen(), want)
	}
	if want := []string{"error: one", "warn: " + long, "info: three", "debug: four"}; !slices.Equal(ctx.log.lines, want) {
		t.Errorf("lines %.200q, want %.200q", ctx.log.lines, want)
	}
}

func TestPanicInStatusHandlerLosesOneState(t *testing.T) {
	_, core, rule, ctx, _ := running(t)
	rule.mu.Lock()
	rule.onState = func(status string) {
		if status == "connecting" {
			panic("closed channel")
		}
	}
	rule.mu.Unlock()
	core.push(channelEvents, fakeRecord{kind: kindState, arg: stateConnecting}, fakeRecord{kind: kindState, arg: stateConnected})
	eventually(t, "2 states", func() bool { return len(rule.seen()) == 2 })
	if got := ctx.log.matching("error", "panic while reporting the state of the connection: closed channel"); len(got) != 1 {
		t.Errorf("log: %q", ctx.log.lines)
	}
}
