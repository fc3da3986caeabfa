package main

import (
	"encoding/json"
	"fmt"
)

// counts says how many messages were sent and how far they came. Every rule has to see every message.
type counts struct {
	sent     uint64
	filtered uint64 // looked at by the filter's condition
	entered  uint64 // taken into a window
	windowed uint64 // counted in windows that are over
	seqs     uint64 // sum of their sequence numbers
}

// received is what the slower of the two rules had.
func (c counts) received() uint64 { return min(c.filtered, c.windowed) }

func (c counts) lost() uint64 { return c.sent - min(c.sent, c.received()) }

// exact: the messages 1 to sent, each once. Equal numbers could hide one that is lost and one that came twice.
func (c counts) exact() bool {
	return c.filtered == c.sent && c.windowed == c.sent && c.seqs == c.sent*(c.sent+1)/2
}

// tally adds up the rows of a window rule.
type tally struct {
	rows     int
	messages uint64
	seqs     uint64
}

// add takes the rows there are now; those that it has seen before are left out.
func (t *tally) add(rows []map[string]any) error {
	for _, row := range rows[t.rows:] {
		if len(row) == 0 { // a window without messages
			continue
		}
		messages, err := number(row, "messages")
		if err != nil {
			return err
		}
		seqs, err := number(row, "seqs")
		if err != nil {
			return err
		}
		t.messages += messages
		t.seqs += seqs
	}
	t.rows = len(rows)
	return nil
}

func number(row map[string]any, name string) (uint64, error) {
	value, ok := row[name].(json.Number)
	if !ok {
		return 0, fmt.Errorf("row %v: no number %q", row, name)
	}
	n, err := value.Int64()
	if err != nil || n < 0 {
		return 0, fmt.Errorf("row %v: %q is no count", row, name)
	}
	return uint64(n), nil
}
