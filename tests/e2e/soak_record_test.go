package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

const mebibyte = 1 << 20

// moment is what the host held at one moment.
type moment struct {
	at            time.Duration
	memory, inUse int64 // bytes: resident, and those of the Go heap
	kuiper.Usage
}

func (s moment) rss() float64         { return float64(s.memory) }
func (s moment) goHeap() float64      { return float64(s.inUse) }
func (s moment) descriptors() float64 { return float64(s.Descriptors) }
func (s moment) threads() float64     { return float64(s.Threads) }
func (s moment) goroutines() float64  { return float64(s.Goroutines) }

type record []moment

// slack is how much more of something is no leak. Go starts a thread whenever all others happen to be in system calls,
// and keeps it.
var slack = []struct {
	what string
	of   func(moment) float64
	more float64
}{
	{"descriptors", moment.descriptors, 3},
	{"threads", moment.threads, 5},
	{"goroutines", moment.goroutines, 5},
}

func (r record) after(start time.Duration) record {
	for i, s := range r {
		if s.at >= start {
			return r[i:]
		}
	}
	return nil
}

// slope is the growth in 10 minutes by least squares.
func (r record) slope(of func(moment) float64) float64 {
	var x, y, xx, xy float64
	for _, s := range r {
		at, value := s.at.Minutes()/10, of(s)
		x, y, xx, xy = x+at, y+value, xx+at*at, xy+at*value
	}
	n := float64(len(r))
	if n < 2 {
		return 0
	}
	return (n*xy - x*y) / (n*xx - x*x)
}

// least over some samples: what is there between the visits of peers.
func (r record) least(of func(moment) float64) float64 {
	least := of(r[0])
	for _, s := range r {
		least = min(least, of(s))
	}
	return least
}

// grown names what the last third has more of than the first.
func (r record) grown() (found []string) {
	third := len(r) / 3
	if third == 0 {
		return []string{"too few samples to tell"}
	}
	for _, s := range slack {
		before, after := r[:third].least(s.of), r[len(r)-third:].least(s.of)
		if after > before+s.more {
			found = append(found, fmt.Sprintf("%s: %.0f in the last third, %.0f in the first", s.what, after, before))
		}
	}
	return found
}

func (r record) csv() string {
	var text strings.Builder
	text.WriteString("seconds,rss,go_heap,descriptors,threads,goroutines\n")
	for _, s := range r {
		fmt.Fprintf(&text, "%.1f,%d,%d,%d,%d,%d\n", s.at.Seconds(), s.memory, s.inUse, s.Descriptors, s.Threads, s.Goroutines)
	}
	return text.String()
}

// line is a record of one sample a minute.
func line(memory func(minute int) int64, usage func(minute int) kuiper.Usage) (r record) {
	for minute := range 30 {
		r = append(r, moment{time.Duration(minute) * time.Minute, memory(minute), 0, usage(minute)})
	}
	return r
}

func TestSoakSeesWhatGrows(t *testing.T) {
	t.Parallel()
	steady := func(int) kuiper.Usage { return kuiper.Usage{Descriptors: 50, Threads: 20, Goroutines: 90} }
	r := line(func(minute int) int64 { return 100*mebibyte + int64(minute)*mebibyte/5 }, steady)
	equal(t, fmt.Sprintf("%.3f", r.slope(moment.rss)/mebibyte), "2.000")
	equal(t, len(r.after(5*time.Minute)), 25)
	equal(t, r.grown(), []string{})

	// Ups and downs are no growth; a descriptor in two minutes is, however it goes up and down meanwhile.
	r = line(func(int) int64 { return 0 }, func(minute int) kuiper.Usage {
		return kuiper.Usage{Descriptors: 50 + minute/2 + minute%3*10, Threads: 20 + minute%5, Goroutines: 90 + minute%7*10}
	})
	equal(t, r.grown(), []string{"descriptors: 60 in the last third, 50 in the first"})
}
