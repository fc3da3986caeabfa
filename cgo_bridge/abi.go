package main

import "time"

// This file is ekws.h as the rest of the shim sees it. core.go checks at compile time that numbers and layouts here
// are those of the header, so everything but core.go is plain Go and runs in tests on a fake core.

// core is the C core behind the ABI. Its functions may be called from any goroutine; only drain is for one goroutine
// at a time per channel. Errors are *coreError.
type core interface {
	looper
	// buildInfo is a line for people: versions of the core and of what is linked into it.
	buildInfo() string
	// create parses and checks a configuration document; the subscription it makes has no socket yet.
	create(document []byte) (subscription, error)
	start(s subscription) error
	// drain moves what fits into bytes and records and never blocks.
	drain(s subscription, ch channel, bytes []byte, records []record) (drained, error)
	// counted is of a subscription that is not closed yet.
	counted(s subscription) (counted, error)
	close(s subscription) error
	// probe is the connectivity check; it blocks for up to timeout. The remark is for people and may be empty.
	probe(document []byte, timeout time.Duration) (remark string, err error)
}

// looper is what the core leaves to whoever uses it: it has no thread of its own for sockets.
type looper interface {
	// loops says how many there are, numbered from 0.
	loops() int
	// loopDescriptor gives a descriptor (non-blocking, close-on-exec) that the caller owns and that is readable when the
	// loop has something to do.
	loopDescriptor(loop int) (int, error)
	// runLoop does what the loop has to do, for a bounded time, and writes who has something to drain. One goroutine at
	// a time on each loop.
	runLoop(loop int, told []woken) (turn, error)
}

type subscription uint64

type channel int32

const (
	channelData   channel = 0
	channelEvents channel = 1
)

// Kinds of records: the first four on the data channel, the others on the event channel.
const (
	kindOpened int32 = 1
	kindText   int32 = 2
	kindBinary int32 = 3
	kindClosed int32 = 4
	kindState  int32 = 16
	kindLog    int32 = 17
)

// What arg says in a kindState record.
const (
	stateConnecting   int32 = 1
	stateConnected    int32 = 2
	stateDisconnected int32 = 3
)

// What arg says in a kindLog record.
const (
	logError int32 = 1
	logWarn  int32 = 2
	logInfo  int32 = 3
	logDebug int32 = 4
)

// record has the layout of ekws_record: the core writes straight into a slice of these.
type record struct {
	offset     uint64
	length     uint64
	receivedNs int64
	connection uint64
	kind       int32
	arg        int32
}

// payload is the record's share of the buffer that was drained into. Its capacity ends with it, so that an append by
// whoever keeps it cannot run into the next message.
func (r *record) payload(buffer []byte) []byte {
	end := r.offset + r.length
	return buffer[r.offset:end:end]
}

// woken has the layout of ekws_woken.
type woken struct {
	sub      subscription
	ch       channel
	reserved int32
}

// turn has the layout of ekws_turn.
type turn struct {
	woken    uint64
	more     uint64
	withinMs uint64
}

// drained has the layout of ekws_drained.
type drained struct {
	records uint64
	bytes   uint64
	needed  uint64
	more    uint64
}
