package main

import (
	"errors"

	"ekuiper-websocket/bench/rig"
)

// rssRate is one that every contender stands.
const rssRate = 40000

// runRSS measures what kuiperd takes while messages flow, in a process of its own for each.
func (b *bench) runRSS() error {
	for round := 1; round <= b.times.rounds && b.ctx.Err() == nil; round++ {
		b.book.Say("rss: round %d of %d", round, b.times.rounds)
		for i := range latencySetups {
			if err := b.rss(latencySetups[(i+round)%len(latencySetups)], round); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) rss(s rig.Setup, round int) (err error) {
	h, err := rig.StartHost(b.ctx, b.dir, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Stop()) }()
	s.Rule, s.Payload = rig.Filter, b.cases[0].payload
	before, err := h.Memory("VmRSS")
	if err != nil {
		return err
	}
	flow, err := b.newFlow(h, s)
	if err != nil {
		return err
	}
	client, err := rig.Dial(flow.Target(1))
	if err != nil {
		return err
	}
	defer client.Close()
	r, err := flow.Measure(client, rig.Plan{Rate: rssRate, Warm: b.times.warm, For: b.times.rss, Tick: tick})
	if err != nil {
		return err
	}
	after, err := h.Memory("VmRSS")
	if err != nil {
		return err
	}
	peak, err := h.Memory("VmHWM")
	if err != nil {
		return err
	}
	return b.book.Keep(map[string]any{"case": "rss", "contender": s.Contender(), "measure": "rss", "round": round,
		"idle_bytes": before, "rss_bytes": after, "peak_bytes": peak}, r)
}
