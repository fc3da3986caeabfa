package main

import (
	"encoding/json"
	"testing"
)

func row(messages, seqs string) map[string]any {
	return map[string]any{"messages": json.Number(messages), "seqs": json.Number(seqs), "mean": json.Number("1.5")}
}

func TestTallyAddsEachWindowOnce(t *testing.T) {
	var sum tally
	rows := []map[string]any{row("2", "3"), {}}
	for _, more := range []map[string]any{nil, row("3", "12")} {
		if more != nil {
			rows = append(rows, more)
		}
		if err := sum.add(rows); err != nil {
			t.Fatal(err)
		}
	}
	if sum.messages != 5 || sum.seqs != 15 {
		t.Fatalf("got %+v, want 5 messages with sum 15", sum)
	}
}

func TestTallyRefusesWhatIsNoCount(t *testing.T) {
	for _, bad := range []map[string]any{{"messages": json.Number("1")}, row("1.5", "1"), row("-1", "1")} {
		var sum tally
		if err := sum.add([]map[string]any{bad}); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestReceivedIsTheSlowerRule(t *testing.T) {
	c := counts{sent: 10, filtered: 7, entered: 10, windowed: 9}
	if c.received() != 7 || c.lost() != 3 {
		t.Fatalf("got %d received, %d lost", c.received(), c.lost())
	}
}

func TestExactSeesOneLostAndOneTwice(t *testing.T) {
	good := counts{sent: 4, filtered: 4, entered: 4, windowed: 4, seqs: 10}
	if !good.exact() {
		t.Fatal("1+2+3+4 was refused")
	}
	bad := good
	bad.seqs = 9 // 1+2+3+3
	if bad.exact() {
		t.Fatal("1+2+3+3 was taken")
	}
}
