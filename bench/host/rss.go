package main

import (
	"errors"
	"slices"
	"time"

	"ekuiper-websocket/bench/rig"
	"ekuiper-websocket/tests/e2e/kuiper"
)

// rssRate is one that every contender stands.
const rssRate = 40000

// rssEach is how often kuiperd's memory is looked at while messages flow.
const rssEach = 50 * time.Millisecond

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
	watched := watch(h, b.times.warm, b.times.warm+b.times.rss)
	r, err := flow.Measure(client, rig.Plan{Rate: rssRate, Warm: b.times.warm, For: b.times.rss, Tick: tick})
	during := <-watched
	if err = errors.Join(err, during.err); err != nil {
		return err
	}
	peak, err := h.Memory("VmHWM")
	if err != nil {
		return err
	}
	return b.book.Keep(map[string]any{"case": "rss", "contender": s.Contender(), "measure": "rss", "round": round,
		"idle_bytes": before, "rss_bytes": during.median, "peak_bytes": peak}, r)
}

type memory struct {
	median int64 // RSS
	err    error
}

// watch looks at the memory between these two times from now.
func watch(h *kuiper.Host, from, to time.Duration) <-chan memory {
	answer, start := make(chan memory, 1), time.Now()
	go func() {
		var seen []int64
		time.Sleep(from)
		for len(seen) == 0 || time.Since(start) < to {
			bytes, err := h.Memory("VmRSS")
			if err != nil {
				answer <- memory{err: err}
				return
			}
			seen = append(seen, bytes)
			time.Sleep(rssEach)
		}
		slices.Sort(seen)
		answer <- memory{median: seen[len(seen)/2]}
	}()
	return answer
}
