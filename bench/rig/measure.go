package rig

import (
	"fmt"
	"time"
)

// Plan of one measurement.
type Plan struct {
	Rate float64 // offered, messages a second; 0: as fast as they are taken
	Warm time.Duration
	For  time.Duration // measured
	Tick time.Duration // of the sender
}

// What is missing after so many looks without any progress is lost: a loss cannot be told from a delay but by waiting,
// and time alone passes while the machine stands still as well. Of the built-in source something is missing often.
const (
	look         = 20 * time.Millisecond
	quiet        = 1000
	quietBuiltin = 50
)

// Result of one measurement. The names are those of the raw results.
type Result struct {
	Offered   float64 `json:"offered,omitempty"` // as the sender reached it
	Rate      float64 `json:"rate"`              // messages a second out of the decoding
	CPUus     float64 `json:"cpu_us"`            // of kuiperd, a message
	Cores     float64 `json:"cores"`             // of kuiperd
	Batch     float64 `json:"batch,omitempty"`   // messages in a payload
	Sent      int64   `json:"sent,omitempty"`
	Handled   int64   `json:"handled"`
	Lost      int64   `json:"lost"`
	LostPart  float64 `json:"lost_part"` // of what was sent
	Failed    int64   `json:"failed"`
	SenderCPU float64 `json:"sender_cpu_us,omitempty"` // a message
	LateP99   float64 `json:"late_p99_us"`             // of the sender, behind its own schedule
	Beside    float64 `json:"beside_part,omitempty"`   // of its rate, as the sender beside a generator reached it
}

type sample struct {
	Counts
	at  time.Time
	cpu time.Duration
}

func (f *Flow) sample() (s sample, err error) {
	before := time.Now()
	if s.Counts, err = f.Counts(); err != nil {
		return s, err
	}
	s.at = before.Add(time.Since(before) / 2)
	s.cpu, err = cpu(f.Host.PID())
	return s, err
}

// between fills in what two samples tell.
func (r *Result) between(a, b sample) {
	messages, seconds := float64(b.Handled-a.Handled), b.at.Sub(a.at).Seconds()
	r.Rate, r.Cores = messages/seconds, (b.cpu-a.cpu).Seconds()/seconds
	if messages > 0 {
		r.CPUus = float64((b.cpu - a.cpu).Microseconds()) / messages
	}
}

// samples are taken at both ends of the measured time.
func (f *Flow) samples(p Plan) (a, b sample, err error) {
	time.Sleep(p.Warm)
	if a, err = f.sample(); err != nil {
		return a, b, err
	}
	time.Sleep(p.For)
	b, err = f.sample()
	return a, b, err
}

// Measure sends to the flow and counts what comes out.
func (f *Flow) Measure(c *Client, p Plan) (r Result, err error) {
	first, err := f.Counts()
	if err != nil {
		return r, err
	}
	answer := c.Send(p.Rate, p.Warm+p.For+100*time.Millisecond, p.Tick)
	a, b, err := f.samples(p)
	if err != nil {
		return r, err
	}
	sent := <-answer
	if sent.Err != nil {
		return r, sent.Err
	}
	last, err := f.Settle(first.Handled + sent.Messages)
	if err != nil {
		return r, err
	}
	r.between(a, b)
	r.sender(sent.Sent)
	r.Handled, r.Failed = last.Handled-first.Handled, last.Failed-first.Failed
	// Of the whole, not of the measured time: between source and decoding there may be a thousand payloads.
	if payloads := last.Source - first.Source; payloads > 0 {
		r.Batch = float64(r.Handled) / float64(payloads)
	}
	if r.Lost = r.Sent - r.Handled; r.Lost < 0 {
		if f.Source != Builtin {
			return r, fmt.Errorf("%s: %d messages sent, %d counted", f.Contender(), r.Sent, r.Handled)
		}
		r.Lost = 0 // some that were taken for lost before
	}
	if r.Sent > 0 {
		r.LostPart = float64(r.Lost) / float64(r.Sent)
	}
	return r, nil
}

func (r *Result) sender(s Sent) {
	r.Sent, r.Offered, r.LateP99 = s.Messages, s.Rate(), s.LateP99
	if s.Messages > 0 {
		r.SenderCPU = s.CPUus / float64(s.Messages)
	}
}

// Settle returns when all have come, or none has for long enough.
func (f *Flow) Settle(all int64) (Counts, error) {
	patience := quiet
	if f.Source == Builtin {
		patience = quietBuiltin
	}
	var before int64
	for looks := 0; ; looks++ {
		now, err := f.Counts()
		if err != nil || now.Handled >= all {
			return now, err
		}
		if now.Handled != before {
			before, looks = now.Handled, 0
		}
		if looks == patience {
			return now, nil
		}
		time.Sleep(look)
	}
}
