//go:build cgo

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The tests in this file run the shim on the C core it is linked with, over real sockets of this machine.

func linked(t *testing.T) core {
	t.Helper()
	c := loadCore()
	if broken, ok := c.(noCore); ok {
		t.Fatal(broken.reason)
	}
	return c
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func serverProps(t *testing.T, address, path string) map[string]any {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"httpServerIp": host, "httpServerPort": number, "datasource": path, "format": "json"}
}

// serving is a source that listens.
func serving(t *testing.T, address, path string) (*source, *fakeRule, *fakeContext, func()) {
	t.Helper()
	ctx, cancel := newFakeContext(t)
	rule := &fakeRule{}
	s := sourceOf(linked(t))
	if err := s.Provision(ctx, serverProps(t, address, path)); err != nil {
		t.Fatal(err)
	}
	if err := s.Connect(ctx, rule.status); err != nil {
		t.Fatal(err)
	}
	if err := s.Subscribe(ctx, rule.ingest, rule.ingestError); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(ctx) })
	eventually(t, "a listener", func() bool { return canDial(address) })
	return s, rule, ctx, cancel
}

func canDial(address string) bool {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func TestLinkedCoreDelivers(t *testing.T) {
	address := freeAddress(t)
	s, rule, ctx, cancel := serving(t, address, "/devices/{id}/data")
	before := time.Now()
	p := dialPeer(t, address, "/devices/d1/data?k=v")
	want := [][]byte{[]byte(`{"a":1}`), bytes.Repeat([]byte{0, 1, 2, 255}, 100_000), {}, []byte("last")}
	opcodes := []byte{opText, opBinary, opBinary, opText}
	for i, payload := range want {
		if err := p.send(opcodes[i], payload); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "4 messages", func() bool { return len(rule.received()) == 4 })
	for i, m := range rule.received() {
		if !bytes.Equal(m.payload, want[i]) {
			t.Errorf("message %d has %d bytes and differs, sent were %d", i, len(m.payload), len(want[i]))
		}
		if m.at.Before(before) || m.at.After(time.Now()) {
			t.Errorf("message %d was received at %v", i, m.at)
		}
		if kind := []string{"text", "binary", "binary", "text"}[i]; m.meta["messageType"] != kind {
			t.Errorf("message %d has type %v", i, m.meta["messageType"])
		}
	}
	meta := rule.received()[0].meta
	if meta["remoteAddress"] != p.conn.LocalAddr().String() || meta["path"] != "/devices/d1/data" || meta["host"] != address ||
		fmt.Sprint(meta["pathParams"]) != "map[id:d1]" || fmt.Sprint(meta["query"]) != "map[k:v]" {
		t.Errorf("metadata %v", meta)
	}
	if id, ok := meta["connectionId"].(int64); !ok || id <= 0 {
		t.Errorf("connectionId is %T %v", meta["connectionId"], meta["connectionId"])
	}
	eventually(t, "state connected", func() bool { return slices.Contains(rule.seen(), "connected") })
	cancel()
	within(t, patience, "Close", func() { _ = s.Close(ctx) })
	expectPrompt(t, ctx)
	if canDial(address) {
		t.Error("the listener is still there")
	}
	if code, err := p.closeCode(); err != nil || code != 1001 {
		t.Errorf("the peer was told %d, %v; want 1001", code, err)
	}
}

func TestLinkedCoreCounts(t *testing.T) {
	address := freeAddress(t)
	s, rule, ctx, _ := serving(t, address, "/a")
	p := dialPeer(t, address, "/a")
	for _, payload := range []string{"first", "2"} {
		if err := p.send(opText, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.send(opText, []byte{0xff}); err != nil { // not UTF-8
		t.Fatal(err)
	}
	if code, err := p.closeCode(); err != nil || code != 1007 {
		t.Errorf("the peer was told %d, %v; want 1007", code, err)
	}
	eventually(t, "2 messages", func() bool { return len(rule.received()) == 2 })
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	lines := ctx.log.matching("info", "counted since the start: connections 1, messages 2, bytes 6")
	if len(lines) != 1 || !strings.Contains(lines[0], "protocol errors 1") {
		t.Errorf("log: %q", ctx.log.lines)
	}
}

func TestLinkedCoreKeepsOrderThroughFullQueues(t *testing.T) {
	const count = 20_000
	address := freeAddress(t)
	_, rule, _, _ := serving(t, address, "/a")
	p := dialPeer(t, address, "/a")
	sent := make(chan error, 1)
	go func() {
		for i := range count {
			if err := p.send(opText, fmt.Appendf(nil, "%d", i)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	eventually(t, "all messages", func() bool { return len(rule.received()) == count })
	for i, m := range rule.received() {
		if string(m.payload) != strconv.Itoa(i) {
			t.Fatalf("message %d is %q", i, m.payload)
		}
	}
}

// Who waits for a loop must not keep its goroutine from the only processor.
func TestLinkedCoreOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 5 {
		address := freeAddress(t)
		s, rule, ctx, cancel := serving(t, address, "/a")
		p := dialPeer(t, address, "/a")
		for i := range 1000 {
			if err := p.send(opText, fmt.Appendf(nil, "%d", i)); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "all messages", func() bool { return len(rule.received()) == 1000 })
		if err := sourceOf(linked(t)).Ping(ctx, map[string]any{"addr": address, "datasource": "/a"}); err != nil {
			t.Error(err)
		}
		cancel()
		within(t, patience, "Close", func() { _ = s.Close(ctx) })
	}
}

func TestLinkedCoreStopsWhileTheRuleIsBehind(t *testing.T) {
	address := freeAddress(t)
	s, rule, ctx, cancel := serving(t, address, "/a")
	rule.atIngest(func(int) { <-ctx.Done() })
	p := dialPeer(t, address, "/a")
	for range 1000 {
		if err := p.send(opText, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "a blocked ingest", func() bool { return len(rule.received()) == 1 })
	cancel()
	within(t, patience, "Close", func() { _ = s.Close(ctx) })
	expectPrompt(t, ctx)
	if canDial(address) {
		t.Error("the listener is still there")
	}
	if got := len(rule.received()); got != 1 {
		t.Errorf("%d messages came after the stop", got-1)
	}
}

func TestLinkedCoreStopsWhileDialling(t *testing.T) {
	address := freeAddress(t)
	ctx, cancel := newFakeContext(t)
	rule := &fakeRule{}
	s := sourceOf(linked(t))
	if err := s.Provision(ctx, map[string]any{"addr": address, "datasource": "/a"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Connect(ctx, rule.status); err != nil {
		t.Fatalf("a peer that is not there yet is a state, not an error: %v", err)
	}
	eventually(t, "state disconnected with the reason", func() bool {
		return slices.ContainsFunc(rule.seen(), func(s string) bool {
			return strings.HasPrefix(s, "disconnected ") && strings.Contains(s, address)
		})
	})
	cancel()
	within(t, patience, "Close", func() { _ = s.Close(ctx) })
	expectPrompt(t, ctx)
	states := len(rule.seen())
	runtime.Gosched()
	if got := rule.seen(); len(got) != states {
		t.Errorf("states after Close: %q", got[states:])
	}
}

func TestLinkedCoreRefusesBadProperties(t *testing.T) {
	ctx, _ := newFakeContext(t)
	props := serverProps(t, freeAddress(t), "/a")
	props["pingInterval"] = "soon"
	props["colour"] = "red"
	err := sourceOf(linked(t)).Provision(ctx, props)
	if err == nil || classOf(err) != classConfig || !strings.Contains(err.Error(), "pingInterval") || !strings.Contains(err.Error(), "soon") {
		t.Errorf("got class %d: %v", classOf(err), err)
	}
	delete(props, "pingInterval")
	if err := sourceOf(linked(t)).Provision(ctx, props); err != nil {
		t.Fatal(err)
	}
	if got := ctx.log.matching("warn", "colour"); len(got) != 1 {
		t.Errorf("log: %q", ctx.log.lines)
	}
}

func TestLinkedCorePings(t *testing.T) {
	ctx, _ := newFakeContext(t)
	address := freeAddress(t)
	s := sourceOf(linked(t))
	if err := s.Ping(ctx, serverProps(t, address, noPath)); err != nil {
		t.Errorf("a free port: %v", err)
	}
	client := map[string]any{"addr": address, "datasource": noPath}
	if err := s.Ping(ctx, client); err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("a dead peer: %v", err)
	}
	_, _, _, _ = serving(t, address, "/a")
	if err := s.Ping(ctx, client); err != nil {
		t.Errorf("a peer that answers 404 on another path is reached: %v", err)
	}
	client["datasource"] = "/b"
	if err := s.Ping(ctx, client); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a path that is not there: %v", err)
	}
	client["datasource"] = "/a"
	if err := s.Ping(ctx, client); err != nil {
		t.Errorf("a path that is there: %v", err)
	}
}

func TestLinkedCoreAnswersClosedHandles(t *testing.T) {
	c := linked(t)
	if err := loopsOf(c).run(); err != nil {
		t.Fatal(err)
	}
	sub, err := c.create([]byte(`{"props":{"datasource":"/a"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.close(sub); err != nil {
		t.Fatal(err)
	}
	buffer, records := make([]byte, 10), make([]record, 1)
	_, drainErr := c.drain(sub, channelData, buffer, records)
	_, countedErr := c.counted(sub)
	for what, err := range map[string]error{
		"close": c.close(sub), "start": c.start(sub), "drain": drainErr, "counted": countedErr, "invented": c.start(1 << 60),
	} {
		var ce *coreError
		if !errors.As(err, &ce) || ce.class() != classClosed || ce.text == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestLinkedCoreLeavesNothing(t *testing.T) {
	address := freeAddress(t)
	round := func() {
		s, rule, ctx, cancel := serving(t, address, "/a")
		p := dialPeer(t, address, "/a")
		if err := p.send(opText, []byte("x")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a message", func() bool { return len(rule.received()) == 1 })
		cancel()
		if err := s.Close(ctx); err != nil {
			t.Fatal(err)
		}
		_ = p.conn.Close()
	}
	round() // what lives as long as the process is there now
	goroutines, descriptors, threads := runtime.NumGoroutine(), openDescriptors(t), threadCount(t)
	for range 20 {
		round()
	}
	eventually(t, "no goroutine left", func() bool { return runtime.NumGoroutine() <= goroutines })
	eventually(t, "no descriptor left", func() bool { return openDescriptors(t) <= descriptors })
	// Go starts one whenever all others happen to be in system calls, and keeps it.
	eventually(t, "no thread left", func() bool { return threadCount(t) <= threads+10 })
}

func threadCount(t *testing.T) int {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		t.Fatal(err)
	}
	return len(tasks)
}

// What a drain allocates, each message pays that comes by itself.
func TestADrainAllocatesNothing(t *testing.T) {
	c := linked(t)
	sub, err := c.create([]byte(`{"props":{"httpServerIp":"127.0.0.1","datasource":"/x"}}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.close(sub) }()
	room, records := make([]byte, slabBytes), make([]record, recordsPerDrain)
	allocs := testing.AllocsPerRun(100, func() { _, err = c.drain(sub, channelData, room, records) })
	if allocs != 0 || err != nil {
		t.Errorf("%v allocations, error %v", allocs, err)
	}
}
