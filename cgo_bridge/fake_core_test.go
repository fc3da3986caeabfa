package main

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"
)

// fakeCore keeps the contract of ekws.h without sockets: tests put records in, the shim drains them.
type fakeCore struct {
	t *testing.T

	mu        sync.Mutex
	subs      map[subscription]*fakeSub
	last      subscription
	documents []string // what create was given
	warnings  []string // put on the event channel by create
	createErr error
	startErr  error
	probeErr  error
	closeErrs []error // of the closes to come; each changes nothing
	remark    string
	count     counted
	probed    []string
	patience  time.Duration

	loop    *loops
	loopErr error // of loopDescriptor
	fd      int   // of its one loop
	rung    []woken
}

type fakeSub struct {
	started bool
	queues  [2]fakeQueue
}

type fakeQueue struct {
	records []fakeRecord
	told    bool // and not drained since
	busy    bool
}

type fakeRecord struct {
	kind, arg  int32
	connection uint64
	ns         int64
	payload    []byte
}

var _ core = (*fakeCore)(nil)

func newFakeCore(t *testing.T) *fakeCore {
	f := &fakeCore{t: t, subs: map[subscription]*fakeSub{}, fd: eventDescriptor(t)}
	f.loop = newLoops(f, nil)
	return f
}

// eventDescriptor is an eventfd, which stands for a loop's descriptor; ring makes it readable.
func eventDescriptor(t *testing.T) int {
	t.Helper()
	fd, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 {
		t.Fatalf("eventfd: %v", errno)
	}
	return int(fd)
}

func ring(t *testing.T, fd int) {
	t.Helper()
	if _, err := syscall.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		t.Errorf("waking: %v", err)
	}
}

// sourceOf is a source of c, whose loops run. Its Close waits for its goroutines however slow the machine is.
func sourceOf(c core) *source {
	s := newSource(c, loopsOf(c), nil)
	s.patience = patience
	return s
}

var linkedLoops = newLoops(loadCore(), nil)

func loopsOf(c core) *loops {
	if fake, ok := c.(interface{ fakeLoops() *loops }); ok {
		return fake.fakeLoops()
	}
	return linkedLoops
}

func (f *fakeCore) fakeLoops() *loops { return f.loop }

func (f *fakeCore) loops() int { return 1 }

func (f *fakeCore) loopDescriptor(int) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fd, f.loopErr
}

func (f *fakeCore) runLoop(_ int, told []woken) (turn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var counter [8]byte
	_, _ = syscall.Read(f.fd, counter[:])
	n := copy(told, f.rung)
	f.rung = f.rung[n:]
	var out turn
	out.woken = uint64(n)
	if len(f.rung) > 0 {
		out.more = 1
	}
	return out, nil
}

func (f *fakeCore) buildInfo() string { return "fake core" }

func (f *fakeCore) create(document []byte) (subscription, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.documents = append(f.documents, string(document))
	if f.createErr != nil {
		return 0, f.createErr
	}
	f.last++
	f.subs[f.last] = &fakeSub{}
	for _, w := range f.warnings {
		f.put(f.last, channelEvents, fakeRecord{kind: kindLog, arg: logWarn, payload: []byte(w)})
	}
	return f.last, nil
}

func (f *fakeCore) start(s subscription) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	sub := f.subs[s]
	if sub == nil {
		return f.gone()
	}
	if sub.started {
		f.t.Error("a second start")
	}
	sub.started = f.startErr == nil
	return f.startErr
}

func (f *fakeCore) drain(s subscription, ch channel, bytes []byte, records []record) (drained, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sub := f.subs[s]
	if sub == nil {
		return drained{}, f.gone()
	}
	q := &sub.queues[ch]
	if q.busy {
		f.t.Error("two drains of one channel at a time")
	}
	q.busy = true
	q.told = false
	f.mu.Unlock() // as the real one, which would answer EKWS_E_BUSY
	f.mu.Lock()
	q.busy = false
	var d drained
	for len(q.records) > 0 && d.records < uint64(len(records)) {
		r := q.records[0]
		n := uint64(len(r.payload))
		if d.bytes+n > uint64(len(bytes)) {
			if d.records == 0 {
				d.needed = n
			}
			break
		}
		copy(bytes[d.bytes:], r.payload)
		records[d.records] = record{
			offset: d.bytes, length: n, receivedNs: r.ns, connection: r.connection, kind: r.kind, arg: r.arg,
		}
		d.bytes += n
		d.records++
		q.records = q.records[1:]
	}
	if len(q.records) > 0 {
		d.more = 1
	}
	return d, nil
}

func (f *fakeCore) counted(s subscription) (counted, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subs[s] == nil {
		return counted{}, f.gone()
	}
	return f.count, nil
}

func (f *fakeCore) close(s subscription) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	sub := f.subs[s]
	if sub == nil {
		return f.gone()
	}
	if len(f.closeErrs) != 0 {
		err := f.closeErrs[0]
		f.closeErrs = f.closeErrs[1:]
		return err
	}
	delete(f.subs, s)
	return nil
}

func (f *fakeCore) probe(document []byte, timeout time.Duration) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.probed = append(f.probed, string(document))
	f.patience = timeout
	return f.remark, f.probeErr
}

func (f *fakeCore) gone() error { return &coreError{code: 701, text: "the subscription is closed"} }

// put queues a record; f.mu is held.
func (f *fakeCore) put(s subscription, ch channel, r fakeRecord) {
	q := &f.subs[s].queues[ch]
	q.records = append(q.records, r)
	if q.told {
		return
	}
	q.told = true
	f.rung = append(f.rung, woken{sub: s, ch: ch})
	ring(f.t, f.fd)
}

// push queues records on the newest subscription.
func (f *fakeCore) push(ch channel, records ...fakeRecord) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subs[f.last] == nil {
		f.t.Error("push on a closed subscription")
		return
	}
	for _, r := range records {
		f.put(f.last, ch, r)
	}
}

func (f *fakeCore) open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.subs)
}

func (f *fakeCore) queued(ch channel) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if sub := f.subs[f.last]; sub != nil {
		return len(sub.queues[ch].records)
	}
	return 0
}

func textMessage(connection uint64, payload string) fakeRecord {
	return fakeRecord{kind: kindText, arg: 1, connection: connection, payload: []byte(payload), ns: 1_700_000_000_000_000_001}
}

func openedRecord(connection uint64, meta string) fakeRecord {
	return fakeRecord{kind: kindOpened, connection: connection, payload: []byte(meta)}
}

func numbered(n int) []fakeRecord {
	records := make([]fakeRecord, n)
	for i := range records {
		records[i] = textMessage(1, fmt.Sprint(i))
	}
	return records
}
