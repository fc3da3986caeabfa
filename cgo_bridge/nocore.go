package main

import "time"

// noCore stands in for a core that cannot be used, so that the plugin loads and a rule that wants it is told why.
type noCore struct{ reason string }

var _ core = noCore{}

func (n noCore) err() error { return &coreError{code: codeInternal, text: n.reason} }

func (n noCore) buildInfo() string                   { return n.reason }
func (n noCore) create([]byte) (subscription, error) { return 0, n.err() }
func (n noCore) start(subscription) error            { return n.err() }
func (n noCore) loops() int                          { return 0 }
func (n noCore) loopDescriptor(int) (int, error)     { return -1, n.err() }
func (n noCore) runLoop(int, []woken) (turn, error)  { return turn{}, n.err() }
func (n noCore) drain(subscription, channel, []byte, []record) (drained, error) {
	return drained{}, n.err()
}
func (n noCore) counted(subscription) (counted, error)       { return counted{}, n.err() }
func (n noCore) close(subscription) error                    { return n.err() }
func (n noCore) probe([]byte, time.Duration) (string, error) { return "", n.err() }
