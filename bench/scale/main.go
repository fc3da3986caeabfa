// The scale bench: thousands of idle connections on our source and on the built-in one, each in a kuiperd of its own.
// Raw results go into the file that is named, progress to stderr. make bench runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"ekuiper-websocket/bench/rig"
	"ekuiper-websocket/tests/e2e/kuiper"
)

// The traffic of connections that are then idle: messages of 1 KiB, each connection in its turn, at a rate that both
// sources stand.
const (
	eachSends = 2
	together  = 8000 // a second
)

func main() {
	out := flag.String("out", "", "file for the raw results")
	connections := flag.Int("connections", 10000, "that are idle")
	rounds := flag.Int("rounds", 5, "of each")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	if err := run(ctx, *out, *connections, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "scale bench:", err)
		os.Exit(1)
	}
}

// bench is what everything here needs.
type bench struct {
	ctx         context.Context
	dir         string
	book        *rig.Book
	connections int
}

func run(ctx context.Context, out string, connections, rounds int) (err error) {
	dir, err := os.MkdirTemp("", "ekws-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	book, err := rig.NewBook(out, "scale")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	b := &bench{ctx: ctx, dir: dir, book: book, connections: connections}
	for round := 1; round <= rounds; round++ {
		for _, secure := range []bool{false, true} {
			for i := range 2 {
				source := []string{rig.Ours, rig.Builtin}[(i+round)%2]
				b.book.Say("round %d of %d: %d connections, TLS %v, %s", round, rounds, connections, secure, source)
				if err := b.measure(source, secure, round); err != nil {
					return fmt.Errorf("%s, TLS %v: %w", source, secure, err)
				}
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
	}
	return nil
}

// result is of one kuiperd. The names are those of the raw results.
type result struct {
	Connections int     `json:"connections"`
	Start       int64   `json:"start_bytes"`   // of kuiperd, before the first connection
	Fresh       int64   `json:"fresh_bytes"`   // with all of them, before any message
	Traffic     int64   `json:"traffic_bytes"` // after messages on each of them
	Sent        int64   `json:"sent"`          // these
	Lost        int64   `json:"lost"`          // of these
	PerSecond   float64 `json:"accepted_per_second"`
	UpgradeP50  float64 `json:"upgrade_p50_us"` // SYN to the answered upgrade, one at a time beside the idle ones
	UpgradeP99  float64 `json:"upgrade_p99_us"`
	MessageP50  float64 `json:"message_p50_us"` // SYN to the first message at the rule's sink
	MessageP99  float64 `json:"message_p99_us"`
}

func (b *bench) measure(source string, secure bool, round int) (err error) {
	host, err := rig.StartHost(b.ctx, b.dir, secure)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.Stop()) }()
	var r result
	if err := b.idle(host, source, secure, &r); err != nil {
		return err
	}
	return b.book.Keep(map[string]any{"contender": source, "tls": secure, "round": round}, r)
}

// idle fills in what the connections cost.
func (b *bench) idle(host *kuiper.Host, source string, secure bool, r *result) error {
	payload, err := rig.JSON(b.dir, 1024)
	if err != nil {
		return err
	}
	flow, err := rig.NewFlow(host, b.dir, "idle", rig.Setup{Source: source, Rule: rig.Filter, Payload: payload, TLS: secure})
	if err != nil {
		return err
	}
	if r.Start, err = restingMemory(host); err != nil {
		return err
	}
	client, err := rig.Dial(flow.Target(b.connections))
	if err != nil {
		return err
	}
	defer client.Close()
	r.Connections, r.PerSecond = client.Opened.Opened, float64(client.Opened.Opened)/client.Opened.Seconds
	if r.Fresh, err = restingMemory(host); err != nil {
		return err
	}
	sent := <-client.SendCount(together, b.connections*eachSends, time.Minute, time.Millisecond)
	if sent.Err != nil {
		return sent.Err
	}
	counts, err := flow.Settle(sent.Messages)
	if err != nil {
		return err
	}
	// The built-in source may lose some: they have come over their connections all the same.
	r.Sent, r.Lost = sent.Messages, sent.Messages-counts.Handled
	if r.Sent != int64(b.connections*eachSends) || r.Lost == r.Sent || (source == rig.Ours && r.Lost != 0) {
		return fmt.Errorf("%d messages sent on %d connections, %d did not arrive", r.Sent, b.connections, r.Lost)
	}
	if r.Traffic, err = restingMemory(host); err != nil {
		return err
	}
	return b.subscribe(host, source, secure, r)
}

// subscribe opens connections one after the other, each with a message, while the others are idle.
func (b *bench) subscribe(host *kuiper.Host, source string, secure bool, r *result) error {
	payload, err := rig.JSON(b.dir, 100)
	if err != nil {
		return err
	}
	file := filepath.Join(host.Dir(), "subscribed")
	flow, err := rig.NewFlow(host, b.dir, "first", rig.Setup{Source: source, Rule: rig.Stamps, Payload: payload, TLS: secure,
		Sink: rig.LatencySink(file, 0)})
	if err != nil {
		return err
	}
	const few = 200
	enough := int64(few)
	if source == rig.Builtin {
		enough = few * 9 / 10 // it may lose some
	}
	target := flow.Target(few)
	target.Window, target.First = 1, true
	client, err := rig.Dial(target)
	if err != nil {
		return err
	}
	defer client.Close()
	err = kuiper.Until(time.Minute, "the first message of each connection", func() (bool, string) {
		now, err := flow.Counts()
		return err == nil && now.Handled >= enough, fmt.Sprint(now, err)
	})
	if err != nil {
		return err
	}
	p, err := flow.ReadLatency(file)
	r.UpgradeP50, r.UpgradeP99 = client.Opened.P50us, client.Opened.P99us
	r.MessageP50, r.MessageP99 = p.P50, p.P99
	return err
}

// restingMemory is what the host takes when it does not move any more: garbage gone, memory given back.
func restingMemory(host *kuiper.Host) (int64, error) {
	const close, tries = 0.002, 20
	var before int64
	for range tries {
		if err := host.CollectGarbage(); err != nil {
			return 0, err
		}
		time.Sleep(300 * time.Millisecond)
		now, err := host.Memory("VmRSS")
		if err != nil {
			return 0, err
		}
		if float64(max(now, before)-min(now, before)) < close*float64(now) {
			return now, nil
		}
		before = now
	}
	return before, nil
}
