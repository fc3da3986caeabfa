package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"ekuiper-websocket/bench/rig"
)

// latencyTick is finer than that of rates, so that at 10,000 a second each message goes by itself.
const latencyTick = 50 * time.Microsecond

var latencySetups = []rig.Setup{{Source: rig.Ours}, {Source: rig.Builtin}, {Source: rig.Ours, Batch: true}}

// runLatency measures from the sender's stamp, just before the message is written to the socket, to the sink.
func (b *bench) runLatency() error {
	for _, rate := range b.rates {
		for round := 1; round <= b.times.rounds && b.ctx.Err() == nil; round++ {
			b.book.Say("latency at %.0f/s: round %d of %d", rate, round, b.times.rounds)
			for i := range latencySetups {
				if err := b.latency(latencySetups[(i+round)%len(latencySetups)], rate, round); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *bench) latency(s rig.Setup, rate float64, round int) (err error) {
	s.Rule, s.Payload = rig.Stamps, b.cases[0].payload
	file := filepath.Join(b.dir, fmt.Sprintf("latency%d", b.flows))
	s.Sink = rig.LatencySink(file, b.times.warm)
	flow, err := b.newFlow(b.plain, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, flow.Close()) }()
	target := flow.Target(1)
	target.Stamped = true
	client, err := rig.Dial(target)
	if err != nil {
		return err
	}
	defer client.Close()
	r, err := flow.Measure(client, rig.Plan{Rate: rate, Warm: b.times.warm, For: b.times.latency, Tick: latencyTick})
	if err != nil {
		return err
	}
	p, err := flow.ReadLatency(file)
	if err != nil {
		return err
	}
	return b.book.Keep(map[string]any{"case": "latency", "contender": s.Contender(), "measure": "latency", "round": round, "asked": rate,
		"p50": p.P50, "p99": p.P99, "p99.9": p.P999, "max": p.Max, "count": p.Count}, r)
}
