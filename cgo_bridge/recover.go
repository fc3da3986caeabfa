package main

import (
	"fmt"
	"runtime/debug"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// A panic on a goroutine of ours would end kuiperd with all its rules. So every goroutine, and every call out of it
// into the host, ends in one of these.

// contain is deferred: it turns a panic into a log entry with the stack, and a report.
func contain(log api.Logger, doing string, report func(error)) {
	if v := recover(); v != nil {
		panicked(log, doing, report, v)
	}
}

func panicked(log api.Logger, doing string, report func(error), v any) {
	// Logger and report are the host's: if they are what panics, nobody is left to tell.
	defer func() { _ = recover() }()
	err := panicError(doing, v)
	log.Errorf("%v\n%s", err, debug.Stack())
	if report != nil {
		report(err)
	}
}

func panicError(doing string, v any) error {
	return fmt.Errorf("websocket: panic while %s: %v", doing, v)
}
