package main

import "os"

// wake waits for one channel of a subscription. The eventfd sits in Go's poller, so a source that waits holds no
// thread; close ends a wait.
type wake struct {
	file    *os.File
	counter [8]byte
}

func openWake(c core, s subscription, ch channel) (*wake, error) {
	fd, err := c.wakeDescriptor(s, ch)
	if err != nil {
		return nil, err
	}
	// The descriptor is a duplicate: the file closes it without touching the core's own. It is non-blocking, which is
	// what makes NewFile hand it to the poller.
	return &wake{file: os.NewFile(uintptr(fd), "ekws eventfd")}, nil
}

// wait returns nil once the channel has gone from empty to not empty; drain until nothing is left before the next
// wait. After close it returns os.ErrClosed.
func (w *wake) wait() error {
	_, err := w.file.Read(w.counter[:])
	return err
}

// close may be called from any goroutine and more than once.
func (w *wake) close() { _ = w.file.Close() }
