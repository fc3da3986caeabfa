package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// soakMinutes is set by `make soak`; without it the soak is a short one that proves it works and that nothing is lost,
// but is too short to say anything about growth.
const soakMinutes = "SOAK_MINUTES"

// A soak is what one run lasts and how it is judged.
type soak struct {
	length, warmUp, every time.Duration
	long                  bool
	name                  string // of what it leaves in build/soak
}

func newSoak(t *testing.T) soak {
	t.Helper()
	text := os.Getenv(soakMinutes)
	if text == "" {
		return soak{20 * time.Second, 5 * time.Second, time.Second, false, "short"}
	}
	const warmUp, least = 5, 8
	minutes, err := strconv.Atoi(text)
	if err != nil || minutes < least {
		t.Fatalf("%s=%s: it must be a number of minutes, %d at least (%d of them warm it up)", soakMinutes, text, least, warmUp)
	}
	return soak{time.Duration(minutes) * time.Minute, warmUp * time.Minute, 5 * time.Second, true, "soak"}
}

// Everything at once, for long: both modes, TLS, compression, batch, peers that come and go in every way, rules that
// come and go, mistakes and strangers. Nothing is lost, and in the end of a long one the host takes no more of anything
// than in the beginning.
func TestSoak(t *testing.T) {
	if os.Getenv(soakMinutes) == "" {
		t.Parallel()
	}
	s := newSoak(t)
	h := ownHost(t, kuiper.Options{Plugin: true})
	flows := newSoakFlows(t, h)

	end := time.Now().Add(s.length)
	over := func() bool { return t.Failed() || time.Now().After(end) }
	var actors sync.WaitGroup
	for _, a := range soakActors(h, flows) {
		actors.Go(func() {
			t.Run(a.name, func(t *testing.T) {
				for n := 0; !over(); n++ {
					a.act(t, n, over)
				}
			})
		})
	}
	record := s.watch(t, h, over)
	actors.Wait()
	if t.Failed() {
		return
	}

	sent := 0
	for _, f := range flows {
		sent += f.ledger.settle(t, f.rows)
	}
	t.Logf("%d messages over %d connections, none lost", sent, flows.connections())
	s.judge(t, record)
}

// watch takes a sample again and again until it is over.
func (s soak) watch(t *testing.T, h *kuiper.Host, over func() bool) record {
	t.Helper()
	var r record
	began := time.Now()
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for !over() {
		usage, err := h.Usage()
		must(t, err)
		rss, err := h.Memory("VmRSS")
		must(t, err)
		heap, err := h.GoHeap()
		must(t, err)
		r = append(r, moment{time.Since(began), rss, heap, usage})
		<-tick.C
	}
	return r
}

func (s soak) judge(t *testing.T, r record) {
	t.Helper()
	dir := filepath.Join(os.Getenv("EKWS_ROOT"), "build", "soak")
	must(t, os.MkdirAll(dir, 0o755))
	plot := filepath.Join(dir, s.name+".svg")
	must(t, os.WriteFile(plot, []byte(r.svg(s.warmUp)), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, s.name+".csv"), []byte(r.csv()), 0o644))
	warm := r.after(s.warmUp)
	t.Logf("%d samples in %s", len(warm), plot)
	if !s.long {
		return // what grows by chance is as much as what grows in so short a time
	}
	for _, grown := range warm.grown() {
		t.Error(grown)
	}
	const most = 1
	slope := warm.slope(moment.rss) / mebibyte
	t.Logf("memory grew by %.2f MiB in 10 minutes, the Go heap by %.2f", slope, warm.slope(moment.goHeap)/mebibyte)
	if slope > most {
		t.Errorf("memory grew by %.2f MiB in 10 minutes, more than %d", slope, most)
	}
}
