package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"ekuiper-websocket/bench/rig"
)

const (
	step = 1.1 // between two rates that are offered
	tick = time.Millisecond
)

// contender is a flow with its sender; a generator has the sender that feeds the recv loop beside it.
type contender struct {
	flow   *rig.Flow
	client *rig.Client
}

// stand is a case: all contenders side by side. Those that are not measured have nothing to do.
type stand struct {
	*bench
	k          kase
	contenders map[string]*contender
	undo       []func() error
}

func (b *bench) runCase(k kase) (err error) {
	s := &stand{bench: b, k: k, contenders: map[string]*contender{}}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(); err != nil {
		return err
	}
	equal, err := s.search()
	if err != nil {
		return err
	}
	for round := 1; round <= b.times.rounds && b.ctx.Err() == nil; round++ {
		b.book.Say("%s: round %d of %d", k.name, round, b.times.rounds)
		if err := s.round(round, equal); err != nil {
			return err
		}
	}
	return nil
}

func (s *stand) json() bool { return s.k.payload.Format == "json" }

func (s *stand) open() error {
	if err := s.add(rig.Setup{Source: rig.Builtin}); err != nil {
		return err
	}
	if err := s.add(rig.Setup{Source: rig.Ours}); err != nil {
		return err
	}
	if s.json() {
		if err := s.add(rig.Setup{Source: rig.Ours, Batch: true}); err != nil {
			return err
		}
	}
	if !s.k.ceiling() {
		return nil
	}
	drain, err := rig.StartRecv()
	if err != nil {
		return err
	}
	s.undo = append(s.undo, drain.Close)
	beside, err := rig.Dial(rig.Target{Port: drain.Port, Path: "/", Payload: s.k.payload, Binary: s.k.payload.Format != "json"})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { beside.Close(); return nil })
	answer := <-beside.Send(0, s.times.other, tick)
	if answer.Err != nil {
		return answer.Err
	}
	s.contenders["beside"] = &contender{client: beside}
	return s.book.Keep(map[string]any{"measure": "sender", "case": s.k.name},
		map[string]float64{"rate": answer.Rate(), "cpu_us": answer.CPUus / float64(answer.Messages)})
}

func (s *stand) add(setup rig.Setup) error {
	setup.Rule, setup.Payload, setup.TLS = s.k.rule, s.k.payload, s.k.secure
	flow, err := s.newFlow(s.k.host, setup)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, flow.Close)
	c := &contender{flow: flow}
	s.contenders[setup.Contender()] = c
	if setup.Source == rig.Ceiling {
		return nil
	}
	if c.client, err = rig.Dial(flow.Target(s.k.connections)); err != nil {
		return fmt.Errorf("%s: %w", setup.Contender(), err)
	}
	s.undo = append(s.undo, func() error { c.client.Close(); return nil })
	return nil
}

func (s *stand) close() (err error) {
	for i := len(s.undo) - 1; i >= 0; i-- {
		err = errors.Join(err, s.undo[i]())
	}
	return err
}

func (s *stand) plan(rate float64, d time.Duration) rig.Plan {
	return rig.Plan{Rate: rate, Warm: s.times.warm, For: d, Tick: tick}
}

// measure keeps one result of one contender.
func (s *stand) measure(name, measure string, round int, plan rig.Plan) (rig.Result, error) {
	c := s.contenders[name]
	r, err := c.flow.Measure(c.client, plan)
	if err != nil {
		return r, fmt.Errorf("%s, %s: %w", name, measure, err)
	}
	return r, s.keep(name, measure, round, plan.Rate, r)
}

func (s *stand) keep(name, measure string, round int, asked float64, r rig.Result) error {
	return s.book.Keep(map[string]any{"case": s.k.name, "contender": name, "measure": measure, "round": round, "asked": asked}, r)
}

// round takes them in turn, another first each time, and each at the rate that all of them stand and at full speed.
func (s *stand) round(round int, equal float64) error {
	names := []string{rig.Ours, rig.Builtin}
	if s.json() {
		names = append(names, rig.Ours+" batch")
	}
	for i := range names {
		name := names[(i+round)%len(names)]
		r, err := s.measure(name, "equal", round, s.plan(equal, min(s.times.ceiling, s.k.measure)))
		if err != nil {
			return err
		}
		full := s.plan(s.more(r), s.k.measure)
		if name == rig.Builtin {
			full.For = min(s.times.ceiling, s.k.measure)
		}
		if r, err = s.measure(name, "flat", round, full); err != nil {
			return err
		}
		if name != rig.Builtin && s.k.ceiling() {
			if err := s.ceilingOf(name, round, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// more is a rate that nothing here stands. One connection is sent as much as it takes; of many, each would take
// megabytes into the kernel's buffers, and the measurement would end minutes later.
func (s *stand) more(r rig.Result) float64 {
	if s.k.connections == 1 || r.CPUus == 0 {
		return 0
	}
	return 1.5 * float64(runtime.NumCPU()) * 1e6 / r.CPUus
}

// ceilingOf measures the generator while the sender is as busy as it was with ours, with payloads of as many messages.
func (s *stand) ceilingOf(ours string, round int, r rig.Result) (err error) {
	setup := rig.Setup{Source: rig.Ceiling, Batch: ours != rig.Ours, Array: int(math.Round(r.Batch))}
	setup.Rule, setup.Payload = s.k.rule, s.k.payload
	flow, err := s.newFlow(s.k.host, setup)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, flow.Close()) }()
	plan := s.plan(r.Rate, min(s.times.ceiling, s.k.measure))
	result, err := flow.MeasureCeiling(s.contenders["beside"].client, plan)
	if err != nil {
		return err
	}
	return s.keep(setup.Contender(), "flat", round, plan.Rate, result)
}

// search finds the highest rate, in steps of 10 %, at which the built-in source loses nothing in three runs of three. It
// gives up after a while: then 0 is the result, and the others are compared at a rate far below.
// Ours need not be searched: the rule holds it up, so that what it reaches is lossless, which its counts show.
func (s *stand) search() (equal float64, err error) {
	giveUp := time.Now().Add(s.times.search)
	best, err := s.climb(giveUp)
	if err != nil {
		return 0, err
	}
	long := s.times.confirm
	if s.k.name == "base" {
		long = s.times.base
	}
	for best > 0 && s.ctx.Err() == nil && time.Now().Before(giveUp) {
		run, ok := 0, true
		for ; run < s.times.runs && ok; run++ {
			if ok, err = s.lossless(best, long); err != nil {
				return 0, err
			}
		}
		if ok {
			s.book.Say("%s: built-in, highest lossless rate %.0f/s", s.k.name, best)
			return best, s.keepLossless(best)
		}
		best /= step
	}
	s.book.Say("%s: no lossless rate of the built-in was found in %v", s.k.name, s.times.search)
	return s.k.guess / 4, s.keepLossless(0)
}

// climb goes by short runs to the rate below the first that loses.
func (s *stand) climb(giveUp time.Time) (best float64, err error) {
	rate := s.k.guess
	for s.ctx.Err() == nil && time.Now().Before(giveUp) {
		ok, err := s.lossless(rate, s.times.confirm/2)
		switch {
		case err != nil:
			return 0, err
		case ok && rate < s.k.guess: // the one above has failed already
			return rate, nil
		case ok:
			best = rate
			rate *= step
		case best > 0:
			return best, nil
		default:
			rate /= step
		}
	}
	return best, nil
}

func (s *stand) lossless(rate float64, d time.Duration) (bool, error) {
	r, err := s.measure(rig.Builtin, "search", 0, s.plan(rate, d))
	s.book.Say("%s: built-in offered %.0f/s: %d of %d lost", s.k.name, rate, r.Lost, r.Sent)
	return r.Lost == 0 && r.Failed == 0 && r.Offered > 0.98*rate, err
}

func (s *stand) keepLossless(rate float64) error {
	return s.book.Keep(map[string]any{"measure": "lossless", "case": s.k.name, "contender": rig.Builtin}, map[string]float64{"rate": rate})
}
