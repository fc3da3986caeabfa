package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	readyDeadline  = time.Minute
	settleDeadline = time.Minute
	quiet          = 500 * time.Millisecond // no message for that long: the built-in source has lost the rest
	poll           = 100 * time.Millisecond
	progressEvery  = time.Second
	shownAlarms    = 2
	shownWindows   = 3
)

// run carries out one pass: stream and rules, traffic, count, and away with all of it.
func run(ctx context.Context, site site, p pass) (r result) {
	r.pass = p
	load, err := startLoad(ctx, p, site)
	if err != nil {
		r.err = err
		return r
	}
	defer load.stop()
	scene, err := newScene(site, p.source, p.server, load.address)
	if scene != nil {
		defer func() { r.err = errors.Join(r.err, scene.close()) }()
	}
	if err == nil {
		err = scene.waitReady(readyDeadline)
	}
	if err == nil {
		err = load.begin(ctx)
	}
	if err != nil {
		r.err = err
		return r
	}
	r.err = drive(ctx, load, scene, &r)
	return r
}

// drive lets the traffic go and watches it arrive.
func drive(ctx context.Context, load *load, scene *scene, r *result) error {
	watching, stopWatching := context.WithCancel(ctx)
	var watchers sync.WaitGroup
	defer watchers.Wait()
	defer stopWatching()
	watchers.Go(func() { show(watching, "alarm", scene.alarms, shownAlarms) })
	watchers.Go(func() { show(watching, "window", scene.windows, shownWindows) })
	watchers.Go(func() { showProgress(watching, load, scene) })

	begun := time.Now()
	last, err := settle(ctx, scene, load, r.source == builtin)
	if err != nil {
		return err
	}
	if r.sent, err = load.wait(); err != nil {
		return err
	}
	sent := r.sent
	r.counts, err = scene.count()
	r.sent = sent
	if seconds := last.Sub(begun).Seconds(); seconds > 0 {
		r.rate = float64(r.received()) / seconds
	}
	return err
}

// settle returns when the traffic is over and every message that reached the rules went through them, and says when
// the last one came. A loss cannot be told from a delay but by waiting.
func settle(ctx context.Context, scene *scene, load *load, loses bool) (time.Time, error) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	var before counts
	changed, over := time.Now(), time.Time{}
	for {
		select {
		case <-ctx.Done():
			return changed, ctx.Err()
		case <-tick.C:
		}
		now, err := scene.count()
		if err != nil {
			return changed, err
		}
		if now.filtered != before.filtered || now.entered != before.entered {
			changed = time.Now()
		}
		before = now
		if over.IsZero() && isClosed(load.ended) {
			over = time.Now()
		}
		late := time.Since(over) > settleDeadline
		lost := late || loses && time.Since(changed) > quiet && time.Since(over) > quiet
		switch {
		case over.IsZero():
		case now.received() >= load.sent.Load(), lost && now.windowed == now.entered:
			return changed, nil
		case late:
			return changed, fmt.Errorf("the rules still work %v after the last message: %+v", settleDeadline, now)
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
