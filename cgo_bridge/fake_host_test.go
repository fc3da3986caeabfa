package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// patience is what a test waits at most for something that should come at once.
const patience = time.Minute

// fakeContext is as much of a StreamContext as a source may use; the embedded nil interface supplies the rest, whatever
// the version of the contract, and makes its use a panic.
type fakeContext struct {
	api.StreamContext
	ctx      context.Context
	log      *fakeLogger
	rule, op string
	root     string
}

func newFakeContext(t *testing.T) (*fakeContext, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return &fakeContext{ctx: ctx, log: &fakeLogger{}, rule: "r1", op: "demo", root: t.TempDir()}, cancel
}

func (c *fakeContext) Deadline() (time.Time, bool) { return c.ctx.Deadline() }
func (c *fakeContext) Done() <-chan struct{}       { return c.ctx.Done() }
func (c *fakeContext) Err() error                  { return c.ctx.Err() }
func (c *fakeContext) Value(key any) any           { return c.ctx.Value(key) }
func (c *fakeContext) GetLogger() api.Logger       { return c.log }
func (c *fakeContext) GetRuleId() string           { return c.rule }
func (c *fakeContext) GetOpId() string             { return c.op }
func (c *fakeContext) GetRootPath() string         { return c.root }

// fakeLogger keeps lines as "level: text".
type fakeLogger struct {
	mu    sync.Mutex
	lines []string
}

func (l *fakeLogger) add(level, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, level+": "+text)
}

func (l *fakeLogger) Debug(a ...any)            { l.add("debug", fmt.Sprint(a...)) }
func (l *fakeLogger) Info(a ...any)             { l.add("info", fmt.Sprint(a...)) }
func (l *fakeLogger) Warn(a ...any)             { l.add("warn", fmt.Sprint(a...)) }
func (l *fakeLogger) Error(a ...any)            { l.add("error", fmt.Sprint(a...)) }
func (l *fakeLogger) Debugf(f string, a ...any) { l.add("debug", fmt.Sprintf(f, a...)) }
func (l *fakeLogger) Infof(f string, a ...any)  { l.add("info", fmt.Sprintf(f, a...)) }
func (l *fakeLogger) Warnf(f string, a ...any)  { l.add("warn", fmt.Sprintf(f, a...)) }
func (l *fakeLogger) Errorf(f string, a ...any) { l.add("error", fmt.Sprintf(f, a...)) }

// matching are the lines of a level that contain part.
func (l *fakeLogger) matching(level, part string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for _, line := range l.lines {
		if strings.HasPrefix(line, level+": ") && strings.Contains(line, part) {
			found = append(found, line)
		}
	}
	return found
}

// message is one call of ingest.
type message struct {
	payload []byte
	meta    map[string]any
	at      time.Time
}

// fakeRule is the host behind a source: it collects what the source reports. The hooks may block or panic.
type fakeRule struct {
	mu       sync.Mutex
	messages []message
	errors   []string
	states   []string
	onIngest func(n int)
	onState  func(status string)
}

// atIngest has hook called within each ingest from now on, with the number of the message (the first is 1).
func (r *fakeRule) atIngest(hook func(n int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.onIngest = hook
}

func (r *fakeRule) ingest(_ api.StreamContext, payload []byte, meta map[string]any, at time.Time) {
	r.mu.Lock()
	r.messages = append(r.messages, message{payload, meta, at})
	n, hook := len(r.messages), r.onIngest
	r.mu.Unlock()
	if hook != nil {
		hook(n)
	}
}

func (r *fakeRule) ingestError(_ api.StreamContext, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, err.Error())
}

func (r *fakeRule) status(status, message string) {
	r.mu.Lock()
	r.states = append(r.states, strings.TrimSpace(status+" "+message))
	hook := r.onState
	r.mu.Unlock()
	if hook != nil {
		hook(status)
	}
}

func (r *fakeRule) received() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]message(nil), r.messages...)
}

func (r *fakeRule) reported() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.errors...)
}

func (r *fakeRule) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.states...)
}

// eventually fails the test unless condition comes true.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %v: %s", patience, what)
		case <-tick.C:
		}
	}
}

// within fails the test unless f returns in time, and says how long it took.
func within(t *testing.T, limit time.Duration, what string, f func()) {
	t.Helper()
	begin := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		if took := time.Since(begin); took > limit {
			t.Errorf("%s took %v, allowed are %v", what, took, limit)
		}
	case <-time.After(patience):
		t.Fatalf("%s hangs", what)
	}
}

// running is a provisioned, connected and subscribed source on a fake core.
func running(t *testing.T) (*source, *fakeCore, *fakeRule, *fakeContext, context.CancelFunc) {
	t.Helper()
	core := newFakeCore(t)
	ctx, cancel := newFakeContext(t)
	rule := &fakeRule{}
	s := sourceOf(core)
	begin(t, s, ctx, rule)
	t.Cleanup(func() { _ = s.Close(ctx) })
	return s, core, rule, ctx, cancel
}

func begin(t *testing.T, s *source, ctx *fakeContext, rule *fakeRule) {
	t.Helper()
	if err := s.Provision(ctx, map[string]any{"datasource": "/a"}); err != nil {
		t.Fatalf("Provision: %v", err)
	}
	if err := s.Connect(ctx, rule.status); err != nil {
		t.Fatalf("Connect: %v", err)
	}
	if err := s.Subscribe(ctx, rule.ingest, rule.ingestError); err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
}
