package main

import "bytes"

// As in our shim (cgo_bridge/slab.go): small payloads share a slab, a large one has memory of its own. Were the same
// bytes handed over each time, nothing of what waits in the host would lie in Go's heap, and a small heap is collected
// more often: the engine was slower with that than with a real source.
const (
	slabBytes = 16 << 10
	slabTail  = 512
)

// memory makes payloads.
type memory struct {
	one  []byte // message
	many []byte // [one,one,… as long as was needed yet
	rest []byte // of the slab
}

// payload is so many messages: one as it is, more as a JSON array.
func (m *memory) payload(messages int) []byte {
	if messages == 1 {
		room := m.room(len(m.one))
		copy(room, m.one)
		return room
	}
	size := 1 + messages*(len(m.one)+1)
	if len(m.many) < size {
		m.many = append([]byte{'['}, bytes.Repeat(append(bytes.Clone(m.one), ','), messages)...)
	}
	room := m.room(size)
	copy(room, m.many[:size])
	room[size-1] = ']'
	return room
}

func (m *memory) room(size int) []byte {
	if size > slabBytes {
		return make([]byte, size)
	}
	if len(m.rest) < max(size, slabTail) {
		m.rest = make([]byte, slabBytes)
	}
	room := m.rest[:size:size]
	m.rest = m.rest[size:]
	return room
}
