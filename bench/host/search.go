package main

import (
	"math"
	"time"

	"ekuiper-websocket/bench/rig"
)

const (
	step   = 1.1  // between two rates that are offered
	nearly = 0.98 // of a rate is that rate
)

// search finds the highest rate, in steps of 10 %, at which the built-in source loses nothing in three runs of three. It
// gives up after a while: then 0 is the result, and the others are compared at a rate far below.
// Ours need not be searched: the rule holds it up, so that what it reaches is lossless, which its counts show.
func (s *stand) search() (equal float64, err error) {
	giveUp := time.Now().Add(s.k.search)
	level, err := s.climb(giveUp)
	if err != nil {
		return 0, err
	}
	best, err := s.highest(level, giveUp)
	if err != nil {
		return 0, err
	}
	if best == 0 {
		s.book.Say("%s: no lossless rate of the built-in was found in %v", s.k.name, s.k.search)
		return s.k.guess / 4, s.keepLossless(0)
	}
	if s.k.name == s.cases[0].name {
		s.base = best
	}
	s.book.Say("%s: built-in, highest lossless rate %.0f/s", s.k.name, best)
	return best, s.keepLossless(best)
}

// rate at that level, 0 being the guess.
func (s *stand) rate(level int) float64 { return s.k.guess * math.Pow(step, float64(level)) }

// climb goes by short runs to the level below the first that fails twice: by steps that double until it is between two
// levels, then by halves.
func (s *stand) climb(giveUp time.Time) (level int, err error) {
	const unknown = 1000
	good, bad := -unknown, unknown
	for stride := 1; bad-good > 1 && s.ctx.Err() == nil && time.Now().Before(giveUp); stride *= 2 {
		ok := false
		for try := 0; try < 2 && !ok; try++ {
			if ok, err = s.lossless(s.rate(level), min(s.k.confirm/2, time.Second)); err != nil {
				return 0, err
			}
		}
		if ok {
			good = level
		} else {
			bad = level
		}
		switch {
		case bad == unknown:
			level = good + stride
		case good == -unknown:
			level = bad - stride
		default:
			level = good + (bad-good)/2
		}
	}
	if good > -unknown {
		return good, nil
	}
	return level, nil
}

// highest is the highest rate from that level on. One fails when it has failed twice, and once more where the one below
// was reached from above: a noisy machine is no reason to call the built-in slower than it is.
func (s *stand) highest(level int, giveUp time.Time) (best float64, err error) {
	for failed := map[int]int{}; s.ctx.Err() == nil && time.Now().Before(giveUp); {
		ok, err := s.confirmed(s.rate(level))
		switch {
		case err != nil:
			return 0, err
		case ok:
			best = s.rate(level)
			if level++; failed[level] > 2 {
				return best, nil
			}
			continue
		}
		if failed[level]++; failed[level] < 2 {
			continue
		}
		if best > 0 {
			return best, nil
		}
		level--
	}
	return best, nil
}

// confirmed: so many runs of so many.
func (s *stand) confirmed(rate float64) (ok bool, err error) {
	ok = true
	for run := 0; run < s.times.runs && ok && err == nil; run++ {
		ok, err = s.lossless(rate, s.k.confirm)
	}
	return ok, err
}

// lossless: nothing is missing, and what was offered was also handled in that time, not kept in buffers.
func (s *stand) lossless(rate float64, d time.Duration) (bool, error) {
	r, err := s.measure(rig.Builtin, "search", 0, s.plan(rate, d))
	s.book.Say("%s: built-in offered %.0f/s: handled %.0f/s, %d of %d lost", s.k.name, rate, r.Rate, r.Lost, r.Sent)
	return r.Lost == 0 && r.Failed == 0 && r.Offered >= nearly*rate && r.Rate >= nearly*r.Offered, err
}

func (s *stand) keepLossless(rate float64) error {
	return s.book.Keep(map[string]any{"measure": "lossless", "case": s.k.name, "contender": rig.Builtin}, map[string]float64{"rate": rate})
}
