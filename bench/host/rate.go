package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"ekuiper-websocket/bench/rig"
)

const tick = time.Millisecond

// contender is a flow with its sender; a generator has none.
type contender struct {
	flow   *rig.Flow
	client *rig.Client
}

// stand is a case: all contenders side by side. Those that are not measured have nothing to do.
type stand struct {
	*bench
	k          kase
	names      []string // of the contenders
	contenders map[string]*contender
	generators map[string]string     // to whose messages they compare
	last       map[string]rig.Result // of a contender and measure
	beside     *rig.Client           // feeds a recv loop while a generator is measured
	undo       []func() error
}

func (b *bench) runCase(k kase) (err error) {
	s := &stand{bench: b, k: k, contenders: map[string]*contender{}, generators: map[string]string{}, last: map[string]rig.Result{}}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(); err != nil {
		return err
	}
	equal, err := s.search()
	if err != nil {
		return err
	}
	if err := s.calibrate(equal); err != nil {
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
	if !s.k.ceiling {
		return nil
	}
	return s.openCeilings()
}

func (s *stand) openCeilings() error {
	if err := s.add(rig.Setup{Source: rig.Ceiling}); err != nil {
		return err
	}
	s.generators[rig.Ceiling] = rig.Ours
	if s.json() {
		if err := s.add(rig.Setup{Source: rig.Ceiling, Batch: true}); err != nil {
			return err
		}
		s.generators[rig.Ceiling+" batch"] = rig.Ours + " batch"
	}
	drain, err := rig.StartRecv()
	if err != nil {
		return err
	}
	s.undo = append(s.undo, drain.Close)
	s.beside, err = rig.Dial(rig.Target{Port: drain.Port, Path: "/", Payload: s.k.payload, Binary: s.k.payload.Format != "json"})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { s.beside.Close(); return nil })
	answer := <-s.beside.Send(0, s.k.equal, tick)
	if answer.Err != nil {
		return answer.Err
	}
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
	s.names = append(s.names, setup.Contender())
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

// turn is who is measured in a round, one after the other: another first each time, and every second round backwards, so
// that nobody always comes behind the same one.
func turn(names []string, round int) []string {
	first := round % len(names)
	turned := slices.Concat(names[first:], names[:first])
	if round%2 == 0 {
		slices.Reverse(turned[1:])
	}
	return turned
}

// round measures each at the rate that all of them stand and at full speed.
func (s *stand) round(round int, equal float64) error {
	for _, name := range turn(s.names, round) {
		for _, measure := range []string{"equal", "flat"} {
			if err := s.one(name, measure, round, equal); err != nil {
				return err
			}
		}
	}
	return nil
}

// one keeps its result for the generator that stands for it, in this round or the next.
func (s *stand) one(name, measure string, round int, equal float64) (err error) {
	plan := s.plan(equal, s.k.equal)
	if measure == "flat" {
		plan = s.plan(s.more(name), s.k.flat)
		if name == rig.Builtin {
			plan.For = s.k.equal // what it loses then is no figure of its own
		}
	}
	if ours, ok := s.generators[name]; ok {
		return s.ceiling(name, measure, round, plan, s.last[ours+measure])
	}
	s.last[name+measure], err = s.measure(name, measure, round, plan)
	return err
}

// calibrate finds out what the generators are to do in the first round.
func (s *stand) calibrate(equal float64) error {
	if len(s.generators) == 0 {
		return nil
	}
	for _, name := range s.generators {
		for measure, rate := range map[string]float64{"equal": equal, "flat": 0} {
			r, err := s.contenders[name].flow.Measure(s.contenders[name].client, s.plan(rate, s.k.equal))
			if err != nil {
				return err
			}
			s.last[name+measure] = r
		}
	}
	return nil
}

// more is a rate that nothing here stands. One connection is sent as much as it takes; of many, each would take
// megabytes into the kernel's buffers, and the measurement would end minutes later. Where no CPU was measured it is twice
// what the built-in is guessed to stand.
func (s *stand) more(name string) float64 {
	r := s.last[name+"equal"]
	if s.k.connections == 1 {
		return 0
	}
	if r.CPUus == 0 { // less than a tick of the clock
		return 2 * s.k.guess
	}
	return 1.5 * float64(runtime.NumCPU()) * 1e6 / r.CPUus
}

// ceiling measures the generator with payloads of as many messages as ours had, while the sender is as busy as it was
// with ours.
func (s *stand) ceiling(name, measure string, round int, plan rig.Plan, ours rig.Result) error {
	c := rig.CeilingPlan{Plan: plan, Array: int(math.Round(ours.Batch)), BesideRate: ours.Rate}
	r, err := s.contenders[name].flow.MeasureCeiling(s.beside, c)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", name, measure, err)
	}
	if r.Beside < rig.Enough {
		s.book.Say("%s: %s, %s: the sender beside it reached %.2f of its rate, twice", s.k.name, name, measure, r.Beside)
	}
	return s.keep(name, measure, round, plan.Rate, r)
}
