package main

import (
	"runtime"
	"testing"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// The figures here are those of docs/develop.md, "What a message costs".

const ordinaryMeta = `{"remoteAddress":"1.2.3.4:5","path":"/a","host":"h:1","connectionId":7}`

// countingCore counts crossings: every method of linkedCore is one.
type countingCore struct {
	*fakeCore
	drains int
}

func (c *countingCore) drain(s subscription, ch channel, bytes []byte, records []record) (drained, error) {
	c.drains++
	return c.fakeCore.drain(s, ch, bytes, records)
}

// queuedPump is a pump without a goroutine, with messages of one size waiting for it.
func queuedPump(t *testing.T, messages, size int) (*pump, *countingCore, *int) {
	t.Helper()
	fake := &countingCore{fakeCore: newFakeCore(t)}
	sub, err := fake.create(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fake.close(sub) })
	records := make([]fakeRecord, 0, messages+1)
	records = append(records, openedRecord(7, ordinaryMeta))
	payload := make([]byte, size)
	for range messages {
		records = append(records, fakeRecord{kind: kindText, connection: 7, payload: payload})
	}
	fake.push(channelData, records...)
	received := new(int)
	p := &pump{
		core: fake, sub: sub, ctx: &fakeContext{log: &fakeLogger{}}, connections: connections{},
		records: make([]record, recordsPerDrain),
		ingest:  func(_ api.StreamContext, payload []byte, _ map[string]any, _ time.Time) { *received++ },
	}
	return p, fake, received
}

func TestCrossingsAMessage(t *testing.T) {
	for _, c := range []struct{ size, messages, most int }{
		{size: 20, messages: 10_000, most: 10_000/200 + 1},
		{size: 100, messages: 10_000, most: 10_000/150 + 1},
		{size: 1024, messages: 10_000, most: 10_000/15 + 1},
		{size: slabBytes, messages: 100, most: 2*100 + 1}, // what it needs, and the message
		{size: 1_000_000, messages: 20, most: 2*20 + 1},
	} {
		p, fake, received := queuedPump(t, c.messages, c.size)
		if err := p.drain(); err != nil {
			t.Fatal(err)
		}
		if *received != c.messages || fake.drains > c.most {
			t.Errorf("%d messages of %d bytes: %d crossings, at most %d are wanted", *received, c.size, fake.drains, c.most)
		}
	}
}

// A fresh map is all: its header and its table. Payloads have no allocation of their own.
func TestAllocationsAMessage(t *testing.T) {
	const perMessage, runs = 2, 20
	p, _, received := queuedPump(t, 0, 0)
	if err := p.drain(); err != nil {
		t.Fatal(err)
	}
	const size = 100
	batch := make([]record, 100)
	for i := range batch {
		batch[i] = record{offset: uint64(i * size), length: size, connection: 7, kind: kindText}
	}
	allocs := testing.AllocsPerRun(runs, func() {
		room := p.slabs.room(uint64(len(batch) * size))
		p.handOver(room, batch)
		p.slabs.given(room, uint64(len(batch)*size))
	})
	if want := float64(perMessage*len(batch)) + 1; allocs > want {
		t.Errorf("%.0f allocations for %d messages, at most %.0f are wanted", allocs, len(batch), want)
	}
	if *received != (runs+1)*len(batch) {
		t.Errorf("%d messages were handed over", *received)
	}
}

// heldBy is how many bytes of heap are there because of what make_ returns.
func heldBy(t *testing.T, make_ func() [][]byte) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept := make_()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
}

// A window keeps payloads of format binary for as long as it is open.
func TestAKeptPayloadHoldsNoMoreThanItsSlab(t *testing.T) {
	const kept, slack = 100, 1 << 20
	take := func(s *slabs, size uint64) []byte {
		room := s.room(0)
		if uint64(len(room)) < size {
			room = s.room(size)
		}
		s.given(room, size)
		r := record{length: size}
		return r.payload(room)
	}
	for name, c := range map[string]struct {
		others uint64 // size of the messages between those that are kept
		most   uint64
	}{
		"between small ones": {others: 100, most: kept * slabBytes},
		"between large ones": {others: 1 << 20, most: kept*slabBytes/100 + 2*slabBytes},
	} {
		held := heldBy(t, func() [][]byte {
			var s slabs
			var all [][]byte
			for range kept {
				all = append(all, take(&s, 100))
				for n := uint64(0); n < 1<<20; n += c.others {
					take(&s, c.others)
				}
			}
			return all
		})
		if held > c.most+slack {
			t.Errorf("%s: %d payloads of 100 bytes hold %d bytes, at most %d are wanted", name, kept, held, c.most)
		}
	}
}
