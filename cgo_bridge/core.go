//go:build cgo

package main

/*
#cgo CFLAGS: -I${SRCDIR}/../plugin/include

// The core is polled: it never calls Go and keeps no pointer, so arguments may stay on the goroutine's stack.
#cgo noescape ekws_create
#cgo nocallback ekws_create
#cgo noescape ekws_start
#cgo nocallback ekws_start
#cgo noescape ekws_drain
#cgo nocallback ekws_drain
#cgo noescape ekws_stats_get
#cgo nocallback ekws_stats_get
#cgo noescape ekws_close
#cgo nocallback ekws_close
#cgo noescape ekws_probe
#cgo nocallback ekws_probe
#cgo noescape ekws_loop_fd
#cgo nocallback ekws_loop_fd
#cgo noescape ekws_run
#cgo nocallback ekws_run
#cgo noescape ekws_shim_symbol

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>

#include "ekws/ekws.h"

// RTLD_DEFAULT is a cast to a pointer, which cgo cannot say.
static void *ekws_shim_symbol(const char *name) { return dlsym(RTLD_DEFAULT, name); }
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"
)

// The numbers and layouts of abi.go are those of the header: a difference is an index out of range here.
var (
	_ = [1]struct{}{}[C.EKWS_CHANNEL_DATA-channelData]
	_ = [1]struct{}{}[C.EKWS_CHANNEL_EVENTS-channelEvents]
	_ = [1]struct{}{}[C.EKWS_OPENED-kindOpened]
	_ = [1]struct{}{}[C.EKWS_TEXT-kindText]
	_ = [1]struct{}{}[C.EKWS_BINARY-kindBinary]
	_ = [1]struct{}{}[C.EKWS_CLOSED-kindClosed]
	_ = [1]struct{}{}[C.EKWS_STATE-kindState]
	_ = [1]struct{}{}[C.EKWS_LOG-kindLog]
	_ = [1]struct{}{}[C.EKWS_STATE_CONNECTING-stateConnecting]
	_ = [1]struct{}{}[C.EKWS_STATE_CONNECTED-stateConnected]
	_ = [1]struct{}{}[C.EKWS_STATE_DISCONNECTED-stateDisconnected]
	_ = [1]struct{}{}[C.EKWS_LOG_ERROR-logError]
	_ = [1]struct{}{}[C.EKWS_LOG_WARN-logWarn]
	_ = [1]struct{}{}[C.EKWS_LOG_INFO-logInfo]
	_ = [1]struct{}{}[C.EKWS_LOG_DEBUG-logDebug]
	_ = [1]struct{}{}[C.EKWS_CLASS_CONFIG-classConfig]
	_ = [1]struct{}{}[C.EKWS_CLASS_CLOSED-classClosed]
	_ = [1]struct{}{}[C.EKWS_CLASS_INTERNAL-classInternal]
	_ = [1]struct{}{}[C.EKWS_E_DESCRIPTORS-codeDescriptors]
	_ = [1]struct{}{}[C.EKWS_E_MEMORY-codeMemory]
	_ = [1]struct{}{}[C.EKWS_E_INTERNAL-codeInternal]

	_ = [1]struct{}{}[C.sizeof_ekws_record-unsafe.Sizeof(record{})]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_record{}.offset)-unsafe.Offsetof(record{}.offset)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_record{}.length)-unsafe.Offsetof(record{}.length)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_record{}.received_ns)-unsafe.Offsetof(record{}.receivedNs)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_record{}.connection)-unsafe.Offsetof(record{}.connection)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_record{}.kind)-unsafe.Offsetof(record{}.kind)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_record{}.arg)-unsafe.Offsetof(record{}.arg)]
	_ = [1]struct{}{}[C.sizeof_ekws_woken-unsafe.Sizeof(woken{})]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_woken{}.subscription)-unsafe.Offsetof(woken{}.sub)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_woken{}.channel)-unsafe.Offsetof(woken{}.ch)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_woken{}.reserved)-unsafe.Offsetof(woken{}.reserved)]
	_ = [1]struct{}{}[C.sizeof_ekws_turn-unsafe.Sizeof(turn{})]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_turn{}.woken)-unsafe.Offsetof(turn{}.woken)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_turn{}.more)-unsafe.Offsetof(turn{}.more)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_turn{}.within_ms)-unsafe.Offsetof(turn{}.withinMs)]
	_ = [1]struct{}{}[C.sizeof_ekws_drained-unsafe.Sizeof(drained{})]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_drained{}.records)-unsafe.Offsetof(drained{}.records)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_drained{}.bytes)-unsafe.Offsetof(drained{}.bytes)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_drained{}.needed)-unsafe.Offsetof(drained{}.needed)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.ekws_drained{}.more)-unsafe.Offsetof(drained{}.more)]
)

// linkedCore is the C core in this file's link. Each method is one crossing into C.
type linkedCore struct{}

// loadCore gives the linked core, or one that answers why it cannot be used.
func loadCore() core {
	if got := uint32(C.ekws_abi_version()); got != C.EKWS_ABI_VERSION {
		return noCore{fmt.Sprintf("the plugin was put together from parts of different versions: "+
			"its core has ABI %d, its shim was built for %d; build it again", got, uint32(C.EKWS_ABI_VERSION))}
	}
	return linkedCore{}
}

// hostSymbol is the address of a symbol of the running executable, or nil.
func hostSymbol(name string) unsafe.Pointer {
	return C.ekws_shim_symbol((*C.char)(unsafe.Pointer(unsafe.StringData(name + "\x00"))))
}

func (linkedCore) buildInfo() string { return C.GoString(C.ekws_build_info()) }

func (linkedCore) create(document []byte) (subscription, error) {
	var out C.ekws_subscription
	var e C.ekws_error
	code := C.ekws_create(text(document), C.size_t(len(document)), &out, &e)
	return subscription(out.id), failure(code, &e)
}

func (linkedCore) start(s subscription) error {
	var e C.ekws_error
	return failure(C.ekws_start(handle(s), &e), &e)
}

func (linkedCore) drain(s subscription, ch channel, bytes []byte, records []record) (drained, error) {
	var out drained
	var e C.ekws_error
	code := C.ekws_drain(handle(s), C.int32_t(ch),
		unsafe.Pointer(unsafe.SliceData(bytes)), C.size_t(len(bytes)),
		(*C.ekws_record)(unsafe.Pointer(unsafe.SliceData(records))), C.size_t(len(records)),
		(*C.ekws_drained)(unsafe.Pointer(&out)), &e)
	return out, failure(code, &e)
}

func (linkedCore) counted(s subscription) (counted, error) {
	out := C.ekws_stats{struct_size: C.sizeof_ekws_stats}
	var e C.ekws_error
	code := C.ekws_stats_get(handle(s), &out, &e)
	return counted{
		connections:        uint64(out.connections_opened),
		messages:           uint64(out.messages),
		bytes:              uint64(out.bytes),
		pauses:             uint64(out.pauses),
		refusedConnections: uint64(out.refused_connections),
		handshakeTimeouts:  uint64(out.handshake_timeouts),
		failedHandshakes:   uint64(out.failed_handshakes),
		failedTLS:          uint64(out.failed_tls),
		pongTimeouts:       uint64(out.pong_timeouts),
		idleTimeouts:       uint64(out.idle_timeouts),
		protocolErrors:     uint64(out.protocol_errors),
		tooBigMessages:     uint64(out.too_big_messages),
		tooManyFragments:   uint64(out.too_many_fragments),
		fragmentTimeouts:   uint64(out.fragment_timeouts),
		bufferLimits:       uint64(out.buffer_limits),
	}, failure(code, &e)
}

func (linkedCore) close(s subscription) error {
	var e C.ekws_error
	return failure(C.ekws_close(handle(s), &e), &e)
}

func (linkedCore) probe(document []byte, timeout time.Duration) (string, error) {
	var e C.ekws_error
	code := C.ekws_probe(text(document), C.size_t(len(document)), C.uint32_t(timeout.Milliseconds()), &e)
	if err := failure(code, &e); err != nil {
		return "", err
	}
	return errorText(&e), nil
}

func (linkedCore) loops() int { return int(C.ekws_loops()) }

func (linkedCore) loopDescriptor(loop int) (int, error) {
	var fd C.int32_t = -1
	var e C.ekws_error
	code := C.ekws_loop_fd(C.uint32_t(loop), &fd, &e)
	return int(fd), failure(code, &e)
}

func (linkedCore) runLoop(loop int, told []woken) (turn, error) {
	var out turn
	// Nothing but misuse fails here, and clearing a text costs more than most turns.
	code := C.ekws_run(C.uint32_t(loop), (*C.ekws_woken)(unsafe.Pointer(unsafe.SliceData(told))), C.size_t(len(told)),
		(*C.ekws_turn)(unsafe.Pointer(&out)), nil)
	if code != C.EKWS_OK {
		return turn{}, &coreError{code: int32(code), text: fmt.Sprintf("ekws_run of loop %d: code %d", loop, code)}
	}
	return out, nil
}

func handle(s subscription) C.ekws_subscription { return C.ekws_subscription{id: C.uint64_t(s)} }

func text(b []byte) *C.char { return (*C.char)(unsafe.Pointer(unsafe.SliceData(b))) }

func failure(code C.int32_t, e *C.ekws_error) error {
	if code == C.EKWS_OK {
		return nil
	}
	return &coreError{code: int32(code), text: errorText(e)}
}

func errorText(e *C.ekws_error) string {
	n := min(int(e.text_len), len(e.text))
	// With C.GoStringN *e would be on the heap, a KiB of garbage for each call that has one.
	return string(unsafe.Slice((*byte)(unsafe.Pointer(&e.text[0])), n))
}
