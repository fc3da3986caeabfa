package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// What may come in: what can be joined, what cannot, and what is no JSON at all.
var mixed = []func(n int) string{
	func(n int) string { return fmt.Sprintf(`{"n":%d}`, n) },
	func(n int) string {
		return fmt.Sprintf(` {"n":%d,"deep":{"a":[1,[2,{"b":null}]],"s":"ä\"]}"}}`+"\n", n)
	},
	func(n int) string { return fmt.Sprintf(`[{"n":%d},{"n":%d.5}]`, n, n) },
	func(n int) string { return fmt.Sprintf("\t[ {\"n\":%d} ] ", n) },
	func(int) string { return `{}` },
	func(int) string { return `[]` },
	func(n int) string { return fmt.Sprint(n) },
	func(n int) string { return fmt.Sprintf(`[{"n":%d},1]`, n) },
	func(n int) string { return fmt.Sprintf(`[[{"n":%d}]]`, n) },
	func(int) string { return `null` },
	func(n int) string { return fmt.Sprintf(`{"n":%d`, n) },
	func(n int) string { return fmt.Sprintf(`{"n":%d}}`, n) },
	func(n int) string { return fmt.Sprintf(`{"n":%d},{"n":0}`, n) },
	func(int) string { return `no json` },
	func(int) string { return `{"n":1e999}` },
	func(int) string { return ` ` },
	func(n int) string { return fmt.Sprintf("{\"n\":%d}\x00", n) },
	func(n int) string { return fmt.Sprintf("{\"n\":%d}\x00}}", n) },
}

// Any mix of messages gives the same rows in the same order, and the same errors, joined or not.
func TestBatchChangesNothing(t *testing.T) {
	t.Parallel()
	const n = 3000
	h := sharedHost(t)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed ", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	odd := corpus(400)
	var messages []string
	for i := range n {
		message := mixed[0](i) // half of them plain objects, so that there is something to join
		switch random.IntN(4) {
		case 0:
			message = mixed[random.IntN(len(mixed))](i)
		case 1:
			message = odd[random.IntN(len(odd))]
		}
		messages = append(messages, message)
	}
	options := kuiper.RuleOptions{Options: map[string]any{"disableBufferFullDiscard": true, "bufferLength": 16},
		Sink: map[string]any{"bufferLength": 16}}
	play := func(batch bool) (*flow, []string) {
		f, conn := openFlow(t, h, stream{Props: map[string]any{"batch": batch}}, "server", options)
		f.rows.Hold() // what is sent meanwhile waits, and so is there to be joined
		for i, message := range messages {
			must(t, conn.WriteMessage(websocket.TextMessage+i/100%2, []byte(message)))
		}
		conn.text(t, `{"end":true}`)
		conn.ping(t, "all sent")
		f.rows.Release()
		until(t, "the last row", func() (bool, string) {
			return f.rows.Len() > 0 && f.rows.Last() == `{"end":true}`, fmt.Sprint(f.rows.Len(), " rows")
		})
		return f, rawRows(f.rows)
	}
	alone, want := play(false)
	joined, got := play(true)
	equal(t, len(got), len(want))
	if !slices.Equal(got, want) {
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("row %d is %s, and %s without batch", i, got[i], want[i])
			}
		}
	}
	var errors []string
	until(t, "the same errors", func() (bool, string) {
		errors = sorted(operatorErrors(h, alone.rule))
		theirs := sorted(operatorErrors(h, joined.rule))
		return slices.Equal(errors, theirs), fmt.Sprint(len(errors), " and ", len(theirs))
	})
	if len(errors) == 0 {
		t.Error("nothing was invalid: the test shows little")
	}
	equal(t, alone.metric(t, alone.stream+"_0_records_out_total"), int64(n+1))
	if calls := joined.metric(t, joined.stream+"_0_records_out_total"); calls >= n*3/4 {
		t.Errorf("%d messages went to the host in %d pieces: hardly anything was joined", n+1, calls)
	}
}

// A lone message goes at once, and as it came.
func TestBatchDoesNotDelayALoneMessage(t *testing.T) {
	t.Parallel()
	f, conn := openFlow(t, sharedHost(t), stream{Props: map[string]any{"batch": true}}, "server", kuiper.RuleOptions{})
	for i := range 5 {
		conn.text(t, fmt.Sprintf(`{"n":%d}`, i))
		f.waitRows(t, i+1)
	}
	until(t, "five pieces", func() (bool, string) { // counted behind the row
		pieces := f.metric(t, f.stream+"_0_records_out_total")
		return pieces == 5, fmt.Sprint(pieces)
	})
}

// Where a joined payload would be taken for something else, nothing is joined, and the rule's log says why.
func TestBatchIsForPlainJSON(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	for what, s := range map[string]stream{
		"format":        {Format: "binary", Props: map[string]any{"batch": true}},
		"decompression": {Props: map[string]any{"batch": true, "decompression": "gzip"}},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFlow(t, h, s, kuiper.RuleOptions{})
			until(t, "the warning", func() (bool, string) {
				for line := range strings.Lines(h.Log()) {
					if containsAll(line, "batch is ignored", what, f.rule) {
						return true, ""
					}
				}
				return false, "not in the log of " + f.rule
			})
		})
	}
}
