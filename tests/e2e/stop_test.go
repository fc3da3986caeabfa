package e2e

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// silentServer accepts by the kernel's grace and never says a word.
func silentServer(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener
}

// blackHole is an address whose SYNs are not answered: a listening socket whose queue is full drops them.
func blackHole(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { syscall.Close(fd) })
	must(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(t, syscall.Listen(fd, 0))
	bound, err := syscall.Getsockname(fd)
	must(t, err)
	addr := fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
	unanswered := 0 // in a row: one may be the machine's standing still
	for range 30 {
		conn, err := net.DialTimeout("tcp4", addr, 300*time.Millisecond)
		if err == nil {
			unanswered = 0
			t.Cleanup(func() { conn.Close() })
		} else if unanswered++; unanswered == 3 {
			return addr
		}
	}
	t.Fatal("the queue of a listening socket does not fill up here")
	return ""
}

// stopTook stops a rule and waits until a condition shows that the source has let go.
func (f *flow) stopTook(t *testing.T, gone func() (bool, string)) time.Duration {
	t.Helper()
	began := time.Now()
	must(t, f.h.StopRule(f.rule))
	until(t, "the source to let go", gone)
	return time.Since(began)
}

func atOnce() (bool, string) { return true, "" }

func TestStopsWhileDialling(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	addr := blackHole(t)
	f := newFlow(t, h, stream{Props: map[string]any{"addr": addr}}, kuiper.RuleOptions{})
	measureStops(t, func(t *testing.T) time.Duration {
		f.waitConnection(t, connecting)
		until(t, "a SYN on its way to "+addr, func() (bool, string) { return f.h.Connecting(addr) })
		took := f.stopTook(t, func() (bool, string) {
			dialling, seen := f.h.Connecting(addr)
			return !dialling, seen
		})
		must(t, h.StartRule(f.rule))
		return took
	})
}

func TestStopsWhileWaitingForTheNextTry(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	p.shut()
	f := newFlow(t, h, stream{Props: map[string]any{"addr": p.addr, "reconnectInitial": "1h", "reconnectMax": "2h"}},
		kuiper.RuleOptions{})
	measureStops(t, func(t *testing.T) time.Duration {
		f.waitLoss(t)
		took := f.stopTook(t, atOnce)
		must(t, h.StartRule(f.rule))
		return took
	})
}

// The peer accepts the TCP connection and never answers the opening handshake.
func TestStopsDuringTheHandshake(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	listener := silentServer(t)
	f := newFlow(t, h, stream{Props: map[string]any{"addr": listener.Addr().String()}}, kuiper.RuleOptions{})
	measureStops(t, func(t *testing.T) time.Duration {
		conn, err := listener.Accept()
		must(t, err)
		defer conn.Close()
		must(t, conn.SetReadDeadline(time.Now().Add(patience)))
		_, err = conn.Read(make([]byte, 1)) // the handshake has begun
		must(t, err)
		took := f.stopTook(t, func() (bool, string) { return ended(conn) })
		must(t, h.StartRule(f.rule))
		return took
	})
}

// The peer is open, but answers neither a close frame nor anything else, and never closes.
func TestStopsWithASilentPeer(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	measureStops(t, func(t *testing.T) time.Duration {
		f.waitConnection(t, connected)
		conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", h.ServerPort()))
		must(t, err)
		defer conn.Close()
		_, err = conn.Write([]byte(upgradeRequest(f.path)))
		must(t, err)
		must(t, conn.SetReadDeadline(time.Now().Add(patience)))
		_, err = conn.Read(make([]byte, 1)) // the answer has begun
		must(t, err)
		took := f.stopTook(t, func() (bool, string) { return ended(conn) })
		must(t, h.StartRule(f.rule))
		return took
	})
}

// The rule's sink stands still, the rule's buffers are full and ingest blocks, our queue is full and the sender is held
// up. The whole chain has to let go.
func TestStopsWhileIngestIsBlocked(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{Options: map[string]any{
		"disableBufferFullDiscard": true, "bufferLength": 16,
	}})
	measureStops(t, func(t *testing.T) time.Duration {
		conn := dial(t, h.ServerPort(), f.path)
		f.rows.Hold()
		flood := startFlood(conn, 1_000_000, 1000)
		flood.waitStall(t)
		// The host's answer waits for the sink as well, which waits for us: measure what is ours, the port.
		stopped := make(chan error, 1)
		began := time.Now()
		go func() { stopped <- h.StopRule(f.rule) }()
		waitPortFree(t, h.ServerPort())
		took := time.Since(began)
		if err := <-flood.done; err == nil {
			t.Error("the sender got rid of everything: nothing was blocked")
		}
		f.rows.Release()
		must(t, <-stopped)
		must(t, h.StartRule(f.rule))
		return took
	})
}

// ended reads what is there and tells whether the other side has closed.
func ended(conn net.Conn) (bool, string) {
	buffer := make([]byte, 4096)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			return true, err.Error()
		}
		if _, err := conn.Read(buffer); err != nil {
			timeout, ok := err.(net.Error)
			return !ok || !timeout.Timeout(), err.Error()
		}
	}
}
