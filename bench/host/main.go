// The host bench: our source, the built-in one and the engine's ceiling in one kuiperd, with the same rule and sender.
// Raw results go into the file that is named, progress to stderr. make bench runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ekuiper-websocket/bench/rig"
	"ekuiper-websocket/tests/e2e/kuiper"
)

func main() {
	out := flag.String("out", "", "file for the raw results")
	quick := flag.Bool("quick", false, "few cases and short measurements: to see that all of it works")
	only := flag.String("only", "", "one case, or latency, or rss")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	if err := run(ctx, *out, *quick, *only); err != nil {
		fmt.Fprintln(os.Stderr, "host bench:", err)
		os.Exit(1)
	}
}

// bench is what everything here needs.
type bench struct {
	ctx     context.Context
	dir     string // scratch
	book    *rig.Book
	times   times
	plain   *kuiper.Host
	secure  *kuiper.Host
	flows   int
	cases   []kase
	rates   []float64 // of the latency
	base    float64   // highest lossless rate of the built-in in the first case; 0: none was found
	failure error
}

// times are how long and how often.
type times struct {
	rounds  int
	runs    int           // that must all be lossless
	warm    time.Duration // before each measurement
	base    lengths
	large   lengths // of messages of 16 KiB
	other   lengths
	latency time.Duration // in less, Go's collector comes so seldom that a p99 is chance
	rss     time.Duration
}

// lengths are those of a case.
type lengths struct {
	confirm time.Duration // of each run that shows a rate to be lossless
	search  time.Duration // of that rate, at most, but for the last runs
	flat    time.Duration // of a measurement at full speed
	equal   time.Duration // of one at a rate that all stand
}

var full = times{
	rounds: 5, runs: 3, warm: 500 * time.Millisecond,
	base:    lengths{10 * time.Second, 300 * time.Second, 6 * time.Second, 2 * time.Second},
	large:   lengths{2 * time.Second, 40 * time.Second, 2 * time.Second, 2 * time.Second},
	other:   lengths{2 * time.Second, 40 * time.Second, 1200 * time.Millisecond, 800 * time.Millisecond},
	latency: 10 * time.Second, rss: 3 * time.Second,
}

// moment is for seeing that all of it works; what it measures means nothing.
const moment = 300 * time.Millisecond

var short = times{
	rounds: 1, runs: 1, warm: 100 * time.Millisecond,
	base:    lengths{moment, time.Second, moment, moment},
	large:   lengths{moment, time.Second, moment, moment},
	other:   lengths{moment, time.Second, moment, moment},
	latency: moment, rss: moment,
}

func run(ctx context.Context, out string, quick bool, only string) (err error) {
	dir, err := os.MkdirTemp("", "ekws-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	book, err := rig.NewBook(out, "host")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	b := &bench{ctx: ctx, dir: dir, book: book, times: full, rates: []float64{1000, 10000, 50000}}
	if quick {
		b.times, b.rates = short, []float64{1000, 10000}
	}
	if b.plain, err = rig.StartHost(ctx, dir, false); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.plain.Stop()) }()
	if b.secure, err = rig.StartHost(ctx, dir, true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.secure.Stop()) }()
	if b.cases, err = b.makeCases(quick); err != nil {
		return err
	}
	b.each(only)
	return b.failure
}

// each runs one part after the other, what the targets are about first. One that fails is told, and fails the whole in the end; the others still run.
func (b *bench) each(only string) {
	b.part(b.cases[0].name, only, func() error { return b.runCase(b.cases[0]) })
	b.scaleGuesses()
	b.part("latency", only, b.runLatency)
	b.part("rss", only, b.runRSS)
	for _, k := range b.cases[1:] {
		b.part(k.name, only, func() error { return b.runCase(k) })
	}
}

// scaleGuesses makes the others what they are on a machine that does so well in the first case.
func (b *bench) scaleGuesses() {
	if b.base == 0 {
		return
	}
	for i := range b.cases[1:] {
		b.cases[1+i].guess *= b.base / b.cases[0].guess
	}
}

func (b *bench) part(name, only string, do func() error) {
	if (only != "" && only != name) || b.ctx.Err() != nil {
		return
	}
	b.book.Say("%s", name)
	if err := do(); err != nil {
		b.book.Say("%s failed: %v", name, err)
		b.failure = errors.Join(b.failure, fmt.Errorf("%s: %w", name, err))
	}
	if err := b.ctx.Err(); err != nil {
		b.failure = errors.Join(b.failure, err)
	}
}

// newFlow makes one with a name of its own.
func (b *bench) newFlow(h *kuiper.Host, s rig.Setup) (*rig.Flow, error) {
	b.flows++
	return rig.NewFlow(h, b.dir, fmt.Sprintf("flow%d", b.flows), s)
}
