package main

// recordsPerDrain bounds a batch. One drain is one crossing into C, about 100 ns for up to this many messages.
const recordsPerDrain = 256

// checkDrained refuses answers that would make a drain loop spin; the core never gives them unless it is broken.
func checkDrained(d drained, room []byte) error {
	switch {
	case d.needed > 0 && d.needed <= uint64(len(room)):
		return &coreError{code: codeInternal, text: "the core asks for a buffer that it has"}
	case d.needed == 0 && d.records == 0 && d.more != 0:
		return &coreError{code: codeInternal, text: "the core has more, but gives nothing"}
	}
	return nil
}
