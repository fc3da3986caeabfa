package main

import (
	"testing"
)

// SourceNode stands in for the host's type of that name, whose method fails when tracing is switched off under it.
type SourceNode struct{ span *struct{ id int } }

//go:noinline
func (n *SourceNode) traceStart() int { return n.span.id }

// The host panics before it has taken the message: it is handed over again, once, and nobody is told.
func TestMessageIsKeptWhenTheHostLosesItsTrace(t *testing.T) {
	_, core, rule, ctx, _ := running(t)
	rule.atIngest(func(n int) {
		if n == 2 {
			(&SourceNode{}).traceStart()
		}
	})
	core.push(channelData, numbered(3)...)
	eventually(t, "3 messages and a repeated one", func() bool { return len(rule.received()) == 4 })
	var got []string
	for _, m := range rule.received() {
		got = append(got, string(m.payload))
	}
	if got[1] != got[2] || got[0] == got[1] || got[2] == got[3] {
		t.Errorf("ingest got %q, want the second one twice", got)
	}
	if reports := rule.reported(); len(reports) != 0 {
		t.Errorf("ingestError got %q", reports)
	}
	if lines := ctx.log.matching("error", ""); len(lines) != 0 {
		t.Errorf("the log got %q", lines)
	}
}

// A host that fails every time is told, and the next message comes.
func TestMessageIsGivenUpWhenTheHostAlwaysLosesItsTrace(t *testing.T) {
	_, core, rule, _, _ := running(t)
	rule.atIngest(func(n int) {
		if n <= maxRepeats+1 {
			(&SourceNode{}).traceStart()
		}
	})
	core.push(channelData, numbered(2)...)
	eventually(t, "the second message", func() bool { return len(rule.received()) == maxRepeats+2 })
	if reports := rule.reported(); len(reports) != 1 {
		t.Errorf("ingestError got %q, want one report", reports)
	}
}
