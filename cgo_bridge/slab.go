package main

const (
	// A payload that is kept keeps its slab: no more than this. Smaller ones than 16 KiB cost more than they save, larger
	// ones save nothing (allocation and crossings, measured).
	slabBytes = 16 << 10
	// With less than this left a slab is given up: a crossing that can hardly move anything costs more.
	slabTail = 512
)

// slabs is where payloads are put. The host keeps payloads for as long as it likes, so memory that was given out is
// never used again: small messages share a slab one after the other, a large one has an allocation of its own size.
// A slab is freed when the last message in it is.
type slabs struct {
	rest []byte // of the current slab: not given out yet
}

// room is memory for the next drain, with at least needed bytes.
func (s *slabs) room(needed uint64) []byte {
	if needed > slabBytes {
		return make([]byte, needed)
	}
	if uint64(len(s.rest)) < max(needed, slabTail) {
		s.rest = make([]byte, slabBytes)
	}
	return s.rest
}

// given says that the first n bytes of what room returned belong to the host now.
func (s *slabs) given(room []byte, n uint64) {
	if len(room) <= slabBytes { // else it was not the slab's
		s.rest = s.rest[n:]
	}
}
