package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// pump moves messages from the core to the rule, on one goroutine: a wait to be told, then one crossing into C a batch.
// While ingest blocks because the rule is behind, nothing is drained; the core's queue fills and it stops reading its
// sockets.
type pump struct {
	*worker
	core        core
	sub         subscription
	wake        *wake
	ctx         api.StreamContext // the rule's, as ingest expects it
	ruleStopped <-chan struct{}
	told        <-chan struct{} // by Close
	ingest      api.BytesIngest
	ingestError api.ErrorIngest

	slabs       slabs
	records     []record
	connections connections
	lastPanic   string
	handed      atomic.Uint64 // messages that the rule was given
}

func startPump(c core, s subscription, w *wake, ctx api.StreamContext, ingest api.BytesIngest, ingestError api.ErrorIngest) *pump {
	p := &pump{
		core: c, sub: s, wake: w, ctx: ctx, ruleStopped: ctx.Done(), ingest: ingest, ingestError: ingestError,
		records: make([]record, recordsPerDrain), connections: connections{},
	}
	p.worker = startWorker(ctx, w, p.run)
	return p
}

func (p *pump) run(own context.Context) {
	p.told = own.Done()
	defer contain(p.ctx.GetLogger(), "reading messages", p.report)
	for !p.stopped() {
		err := p.wake.wait()
		if err == nil {
			err = p.drain()
		}
		if err != nil {
			if !p.stopped() {
				p.report(err)
			}
			return
		}
	}
}

// drain hands over everything that is queued.
func (p *pump) drain() error {
	room := p.slabs.room(0)
	for !p.stopped() {
		d, err := p.core.drain(p.sub, channelData, room, p.records)
		if err == nil {
			err = checkDrained(d, room)
		}
		if err != nil {
			return err
		}
		if d.needed == 0 {
			p.slabs.given(room, d.bytes)
			p.handOver(room, p.records[:d.records])
			if d.more == 0 {
				return nil
			}
		}
		room = p.slabs.room(d.needed)
	}
	return nil
}

func (p *pump) handOver(room []byte, records []record) {
	for i := range records {
		if p.stopped() {
			return
		}
		r := &records[i]
		switch r.kind {
		case kindText, kindBinary:
			p.message(r, r.payload(room))
		case kindOpened:
			if err := p.connections.opened(r.connection, r.payload(room)); err != nil {
				p.ctx.GetLogger().Warn(err.Error())
			}
		case kindClosed:
			p.connections.closed(r.connection)
		}
	}
}

// message hands one message over. Should the host panic on it, that one is lost, and said so; the rule goes on. It is
// not lost where the host panicked before it had taken it.
func (p *pump) message(r *record, payload []byte) {
	for try := 0; !p.stopped(); try++ {
		if !p.tryMessage(r, payload, try < maxRepeats) {
			if !done(p.ruleStopped) { // else the host may have let go of it
				p.handed.Add(uint64(r.arg))
			}
			return
		}
	}
}

// tryMessage reports whether the message has to be handed over again.
func (p *pump) tryMessage(r *record, payload []byte, mayRepeat bool) (again bool) {
	defer func() {
		if v := recover(); v != nil {
			if again = mayRepeat && hostLostItsTrace(); !again {
				p.messagePanicked(v)
			}
		}
	}()
	p.ingest(p.ctx, payload, p.connections.meta(r.connection, r.kind), time.Unix(0, r.receivedNs))
	return false
}

// messagePanicked is panicked for what may happen to every message: the stack is logged once for each kind of panic in
// a row, or a busy stream would fill the disk.
func (p *pump) messagePanicked(v any) {
	err := panicError("handing a message over", v)
	if err.Error() == p.lastPanic {
		p.report(err)
		return
	}
	p.lastPanic = err.Error()
	panicked(p.ctx.GetLogger(), "handing a message over", p.report, v)
}

func (p *pump) report(err error) {
	defer contain(p.ctx.GetLogger(), "reporting an error", nil)
	p.ingestError(p.ctx, err)
}

// stopped looks at the rule's own channel too: when its context is done, a blocked ingest returns some time before the
// derived context of the worker is done as well. Two looks at one channel are cheaper than one at both.
func (p *pump) stopped() bool {
	return done(p.ruleStopped) || done(p.told)
}

func done(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
