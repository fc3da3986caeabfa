package main

import (
	"runtime"
	"strings"
)

// maxRepeats bounds how often one message is handed over again: a host that fails every time is told.
const maxRepeats = 100

// hostLostItsTrace reports whether the panic that is being recovered from comes out of the host's start of a trace.
// When tracing is switched off between two looks at the setting, the host uses a span that it did not get (2.2 to 2.4,
// SourceNode.traceStart). That is before the message goes on into the rule, so it can be handed over again. Call it in
// the deferred function: the stack is that of the panic there.
func hostLostItsTrace() bool {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, ".(*SourceNode).traceStart") {
			return true
		}
		if !more {
			return false
		}
	}
}
