package e2e

import (
	"fmt"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// Rounds of a stream's whole life in both modes must leave nothing behind.
func TestHundredRoundsLeakNothing(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	p := newPeer(t)
	round := func(n int) {
		server := life{h: h, stream: fmt.Sprintf("server%d", n), path: fmt.Sprintf("/leak/%d", n)}
		client := life{h: h, stream: fmt.Sprintf("client%d", n), path: "/leak", addr: p.addr}
		server.begin(t)
		client.begin(t)
		dialled := dial(t, h.ServerPort(), server.path)
		dialled.text(t, `{"n":1}`)
		accepted := p.next(t)
		accepted.text(t, `{"n":1}`)
		must(t, server.rows.WaitN(1, patience))
		must(t, client.rows.WaitN(1, patience))
		server.end(t)
		client.end(t)
		dialled.waitEnd(t)
		accepted.waitEnd(t)
		dialled.Close()
		accepted.Close()
	}
	// The first rounds make what stays for good: threads of Go's runtime and of our io pool, the host's database
	// handles and caches.
	const warmUp, rounds = 15, 100
	for n := range warmUp {
		round(n)
	}
	waitQuiet(t, h)
	before, err := h.Usage()
	must(t, err)
	for n := range rounds {
		round(warmUp + n)
	}
	waitQuiet(t, h)
	// A leak of one in ten rounds would be 10 here, a thread a round 100. Below that: a descriptor and a goroutine or two
	// belong to the request that asks; Go starts a thread whenever all others happen to be in system calls, and keeps it.
	most := kuiper.Usage{
		Descriptors: before.Descriptors + 2, Threads: before.Threads + 25, Goroutines: before.Goroutines + 3,
	}
	var after kuiper.Usage
	err = kuiper.Until(patience, fmt.Sprintf("no more than %+v", most), func() (bool, string) {
		after, err = h.Usage()
		must(t, err)
		return after.Descriptors <= most.Descriptors && after.Threads <= most.Threads &&
			after.Goroutines <= most.Goroutines, fmt.Sprintf("%+v", after)
	})
	t.Logf("before %+v, after %d rounds %+v", before, rounds, after)
	if err != nil {
		profile, _ := h.Goroutines()
		t.Fatalf("%v\n%s\n%.5000s", err, h.DescriptorTargets(), profile)
	}
}

// waitQuiet waits for goroutines that the host itself leaves behind a stopped rule for three seconds, to give memory
// back then.
func waitQuiet(t *testing.T, h *kuiper.Host) {
	t.Helper()
	until(t, "the host to be done with stopped rules", func() (bool, string) {
		profile, err := h.Goroutines()
		must(t, err)
		return !strings.Contains(profile, "(*Topo).doClean"), "goroutines in doClean"
	})
}

// life is a stream with its rule, from creation to deletion, with a stop and a start between.
type life struct {
	h                  *kuiper.Host
	stream, path, addr string
	rows               *kuiper.Collector
}

func (l *life) begin(t *testing.T) {
	t.Helper()
	l.rows = newCollector(t)
	extra := ""
	if l.addr != "" {
		extra = fmt.Sprintf(`, EXTRA="{\"addr\":\"%s\"}"`, l.addr)
	}
	must(t, l.h.CreateStream(fmt.Sprintf(`CREATE STREAM %s () WITH (TYPE="websocket", DATASOURCE="%s", FORMAT="json"%s)`,
		l.stream, l.path, extra)))
	must(t, l.h.CreateRule(l.stream, "SELECT * FROM "+l.stream, kuiper.RuleOptions{Collector: l.rows, Stopped: true}))
	must(t, l.h.StartRule(l.stream))
}

func (l *life) end(t *testing.T) {
	t.Helper()
	must(t, l.h.StopRule(l.stream))
	must(t, l.h.DeleteRule(l.stream))
	must(t, l.h.DropStream(l.stream))
	must(t, l.rows.Close())
}
