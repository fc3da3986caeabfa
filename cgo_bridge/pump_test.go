package main

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

func TestMessagesArriveInOrderWithMetadata(t *testing.T) {
	_, core, rule, _, _ := running(t)
	core.push(channelData,
		openedRecord(7, `{"remoteAddress":"1.2.3.4:5","pathParams":{"id":"x"},"connectionId":7}`),
		textMessage(7, `{"a":1}`),
		fakeRecord{kind: kindBinary, connection: 7, payload: []byte{0, 255}, ns: 5},
		textMessage(7, ""),
		fakeRecord{kind: kindClosed, connection: 7},
		textMessage(7, "after"),
	)
	eventually(t, "4 messages", func() bool { return len(rule.received()) == 4 })
	got := rule.received()
	for i, want := range []string{`{"a":1}`, "\x00\xff", "", "after"} {
		if string(got[i].payload) != want {
			t.Errorf("message %d is %q, want %q", i, got[i].payload, want)
		}
	}
	want := map[string]any{
		"remoteAddress": "1.2.3.4:5", "pathParams": map[string]any{"id": "x"}, "connectionId": int64(7),
		"messageType": "text",
	}
	if !reflect.DeepEqual(got[0].meta, want) {
		t.Errorf("meta is %v, want %v", got[0].meta, want)
	}
	if got[1].meta["messageType"] != "binary" || !got[1].at.Equal(time.Unix(0, 5)) {
		t.Errorf("binary message has meta %v, time %v", got[1].meta, got[1].at)
	}
	if _, kept := got[3].meta["remoteAddress"]; kept {
		t.Errorf("metadata is still there after CLOSED: %v", got[3].meta)
	}
}

func TestNoTwoMessagesShareMetadata(t *testing.T) {
	_, core, rule, _, _ := running(t)
	core.push(channelData, openedRecord(1, `{"query":{"k":["v"]},"pathParams":{"id":"x"}}`))
	core.push(channelData, numbered(3)...)
	eventually(t, "3 messages", func() bool { return len(rule.received()) == 3 })
	first, second, third := rule.received()[0].meta, rule.received()[1].meta, rule.received()[2].meta
	first["traceId"] = 1
	first["pathParams"].(map[string]any)["id"] = "changed"
	first["query"].(map[string]any)["k"].([]any)[0] = "changed"
	if !reflect.DeepEqual(second, third) || second["traceId"] != nil ||
		second["pathParams"].(map[string]any)["id"] != "x" ||
		second["query"].(map[string]any)["k"].([]any)[0] != "v" {
		t.Errorf("a change in one message's metadata shows in another's: %v", second)
	}
}

// Payloads belong to the host: none may overlap another or grow into it, and none may change later.
func TestPayloadsNeverShareMemory(t *testing.T) {
	_, core, rule, _, _ := running(t)
	var want [][]byte
	for i, size := range []int{1, 100, 0, 3000, slabBytes - 1, slabBytes, slabBytes + 1, 5, 300_000, 7, 20_000} {
		for range 40 {
			want = append(want, bytes.Repeat([]byte{byte(i + 1)}, size))
		}
	}
	for _, payload := range want {
		core.push(channelData, fakeRecord{kind: kindBinary, connection: 1, payload: payload})
	}
	eventually(t, "all messages", func() bool { return len(rule.received()) == len(want) })
	used := map[uintptr]int{}
	for i, m := range rule.received() {
		if !bytes.Equal(m.payload, want[i]) {
			t.Fatalf("message %d arrived changed (%d bytes, want %d)", i, len(m.payload), len(want[i]))
		}
		if cap(m.payload) != len(m.payload) {
			t.Fatalf("message %d of %d bytes can grow to %d, into the next one", i, len(m.payload), cap(m.payload))
		}
		start := uintptr(unsafe.Pointer(unsafe.SliceData(m.payload)))
		for at := start; at < start+uintptr(len(m.payload)); at++ {
			if other, taken := used[at]; taken {
				t.Fatalf("messages %d and %d share memory", other, i)
			}
			if at-start > 4096 { // the ends are enough for large ones
				at = max(at, start+uintptr(len(m.payload))-2)
			}
			used[at] = i
		}
	}
}

func TestPanicInIngestLosesOneMessage(t *testing.T) {
	_, core, rule, ctx, _ := running(t)
	rule.atIngest(func(n int) {
		if n == 2 || n == 3 {
			panic("bad tuple")
		}
	})
	core.push(channelData, numbered(5)...)
	eventually(t, "5 messages", func() bool { return len(rule.received()) == 5 })
	want := "websocket: panic while handing a message over: bad tuple"
	if got := rule.reported(); !reflect.DeepEqual(got, []string{want, want}) {
		t.Errorf("ingestError got %q", got)
	}
	stacks := ctx.log.matching("error", want)
	if len(stacks) != 1 || !strings.Contains(stacks[0], "pump_test.go") {
		t.Errorf("want one log line with the stack, got %q", stacks)
	}
}

func TestUnreadableMetadataIsAWarning(t *testing.T) {
	_, core, rule, ctx, _ := running(t)
	core.push(channelData, openedRecord(3, `{"path":`), textMessage(3, "x"), openedRecord(4, `null`), textMessage(4, "y"))
	eventually(t, "2 messages", func() bool { return len(rule.received()) == 2 })
	if got := rule.received()[0].meta; got["connectionId"] != int64(3) || got["messageType"] != "text" {
		t.Errorf("meta is %v", got)
	}
	if got := ctx.log.matching("warn", "metadata of connection 3"); len(got) != 1 {
		t.Errorf("warnings: %q", got)
	}
}

// brokenDrain answers drains of one channel with something of the test's choice.
type brokenDrain struct {
	*fakeCore
	answer drained
	err    error
}

func (b *brokenDrain) drain(s subscription, ch channel, bytes []byte, records []record) (drained, error) {
	if ch == channelEvents {
		return b.fakeCore.drain(s, ch, bytes, records)
	}
	return b.answer, b.err
}

func TestBrokenDrainIsReportedOnceAndEndsThePump(t *testing.T) {
	for name, broken := range map[string]*brokenDrain{
		"an internal error":            {err: &coreError{code: codeInternal, text: "an internal error"}},
		"the core has more":            {answer: drained{more: 1}},
		"the core asks for a buffer":   {answer: drained{needed: 1}},
		"panic while reading messages": {answer: drained{records: recordsPerDrain + 1}},
	} {
		t.Run(name, func(t *testing.T) {
			broken.fakeCore = newFakeCore(t)
			ctx, _ := newFakeContext(t)
			rule := &fakeRule{}
			s := sourceOf(broken)
			begin(t, s, ctx, rule)
			broken.push(channelData, numbered(1)...)
			<-s.run.pump.ended
			if got := rule.reported(); len(got) != 1 || !strings.Contains(got[0], name) {
				t.Errorf("ingestError got %q", got)
			}
			if err := s.Close(ctx); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

func TestNoCancelledPumpGoesOnWithItsBatch(t *testing.T) {
	s, core, rule, ctx, cancel := running(t)
	rule.atIngest(func(n int) {
		if n == 3 {
			cancel()
		}
	})
	core.push(channelData, numbered(100)...)
	<-s.run.pump.ended
	if got := len(rule.received()); got != 3 {
		t.Errorf("%d messages were handed over, the rule was stopped in the third", got)
	}
	if got := rule.reported(); len(got) != 0 {
		t.Errorf("a stop is not an error: %q", got)
	}
	if err := s.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func BenchmarkPump(b *testing.B) {
	for _, meta := range []string{`{"remoteAddress":"1.2.3.4:5","path":"/a","host":"h:1","connectionId":7}`,
		`{"remoteAddress":"1.2.3.4:5","path":"/a","pathParams":{"id":"x"},"query":{"k":"v"},"host":"h:1","connectionId":7}`} {
		b.Run(fmt.Sprintf("meta of %d bytes", len(meta)), func(b *testing.B) {
			ctx := &fakeContext{log: &fakeLogger{}}
			n := 0
			p := &pump{ctx: ctx, connections: connections{}, ingest: func(_ api.StreamContext, _ []byte, m map[string]any, _ time.Time) { n += len(m) }}
			_ = p.connections.opened(7, []byte(meta))
			room := make([]byte, 100*recordsPerDrain)
			records := make([]record, recordsPerDrain)
			for i := range records {
				records[i] = record{offset: uint64(i) * 100, length: 100, connection: 7, kind: kindText}
			}
			b.ReportAllocs()
			for i := 0; i < b.N; i += recordsPerDrain {
				p.handOver(room, records[:min(recordsPerDrain, b.N-i)])
			}
		})
	}
}
