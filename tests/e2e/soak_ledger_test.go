package e2e

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// ledger knows what was sent over each connection, each of which numbers its messages from 0.
type ledger struct {
	mutex sync.Mutex
	sent  map[string]int
	cut   map[string]bool // broken off with messages on their way: the last ones may be missing
}

func newLedger() *ledger { return &ledger{sent: map[string]int{}, cut: map[string]bool{}} }

func (l *ledger) note(who string, sent int, cut bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.sent[who], l.cut[who] = sent, cut
}

// count goes over the rows of a rule that collects who and seq. It says how many messages are missing; one that comes
// twice, out of order or from nobody is an error.
func (l *ledger) count(rows []json.RawMessage) (sent, missing int, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	came := map[string]int{}
	for _, raw := range rows {
		var row struct {
			Whos []string
			Seqs []int
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			return 0, 0, fmt.Errorf("%w: %.200s", err, raw)
		}
		if len(row.Whos) != len(row.Seqs) {
			return 0, 0, fmt.Errorf("a row without a number or a name: %.200s", raw)
		}
		for i, who := range row.Whos {
			if row.Seqs[i] != came[who] {
				return 0, 0, fmt.Errorf("%s: message %d came where %d was due", who, row.Seqs[i], came[who])
			}
			came[who]++
		}
	}
	for who, n := range came {
		if n > l.sent[who] {
			return 0, 0, fmt.Errorf("%s: %d messages came, %d were sent", who, n, l.sent[who])
		}
	}
	for who, n := range l.sent {
		sent += n
		if !l.cut[who] {
			missing += n - came[who]
		}
	}
	return sent, missing, nil
}

// settle waits until nothing is missing and returns how many were sent.
func (l *ledger) settle(t *testing.T, rows *kuiper.Collector) (sent int) {
	t.Helper()
	var missing int
	var err error
	limit := time.Now().Add(patience)
	for {
		sent, missing, err = l.count(rows.Raw())
		must(t, err)
		if missing == 0 {
			return sent
		}
		if time.Now().After(limit) {
			t.Fatalf("%d of %d messages are missing", missing, sent)
		}
		time.Sleep(200 * time.Millisecond) // a whole count each time
	}
}

func TestSoakSeesWhatIsMissing(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.note("a", 3, false)
	l.note("b", 3, true)
	count := func(rows ...string) string {
		var raw []json.RawMessage
		for _, row := range rows {
			raw = append(raw, json.RawMessage(row))
		}
		sent, missing, err := l.count(raw)
		return fmt.Sprint(sent, missing, err)
	}
	equal(t, count(`{"whos":["a","b","a"],"seqs":[0,0,1]}`, `{"whos":["a"],"seqs":[2]}`), "6 0 <nil>")
	equal(t, count(`{"whos":["a"],"seqs":[0]}`), "6 2 <nil>")
	equal(t, count(`{"whos":["a"],"seqs":[1]}`), "0 0 a: message 1 came where 0 was due")
	equal(t, count(`{"whos":["a","a"],"seqs":[0,0]}`), "0 0 a: message 0 came where 1 was due")
	equal(t, count(`{"whos":["c"],"seqs":[0]}`), "0 0 c: 1 messages came, 0 were sent")
}
