package rig

import (
	"encoding/json"
	"net"
	"time"
)

// CeilingPlan is what a generator does, and what the sender does beside it.
type CeilingPlan struct {
	Plan
	Array      int     // messages in a payload
	BesideRate float64 // of the sender, which feeds something else
}

// Enough of the rate that was asked of the sender beside.
const Enough = 0.95

// MeasureCeiling has the generator run while the sender feeds something else: the share of the machine that it takes
// from a source that reads from it. Where the sender does not get that share the generator had more than it should: this
// is done once more, and kept with how far the sender got.
func (f *Flow) MeasureCeiling(beside *Client, c CeilingPlan) (r Result, err error) {
	if r, err = f.measureCeiling(beside, c); err == nil && r.Beside < Enough {
		r, err = f.measureCeiling(beside, c)
	}
	return r, err
}

func (f *Flow) measureCeiling(beside *Client, c CeilingPlan) (r Result, err error) {
	answer := beside.Send(c.BesideRate, c.Warm+c.For+300*time.Millisecond, c.Tick)
	if err := f.order(map[string]any{"run": true, "rate": c.Rate, "array": c.Array}); err != nil {
		return r, err
	}
	a, b, err := f.samples(c.Plan)
	if err != nil {
		return r, err
	}
	if err := f.order(map[string]any{"run": false}); err != nil {
		return r, err
	}
	sent := <-answer
	if sent.Err != nil {
		return r, sent.Err
	}
	r.between(a, b)
	r.sender(sent.Sent)
	r.Beside, r.Offered, r.Sent = r.Offered/c.BesideRate, 0, 0
	r.Handled, r.Failed = b.Handled-a.Handled, b.Failed-a.Failed
	if payloads := b.Source - a.Source; payloads > 0 {
		r.Batch = float64(r.Handled) / float64(payloads)
	}
	return r, f.drained()
}

// order tells the generator what to do.
func (f *Flow) order(o map[string]any) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	conn, err := net.Dial("unixgram", f.spec+".sock")
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write(text)
	return err
}

// drained returns when what the generator had given is handled: the next to be measured has the host for itself.
func (f *Flow) drained() error {
	for before := int64(-1); ; time.Sleep(50 * time.Millisecond) {
		now, err := f.Counts()
		if err != nil || now.Handled == before {
			return err
		}
		before = now.Handled
	}
}
