//go:build cgo

package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// peer is a WebSocket client of few words (RFC 6455 sections 4.1 and 5), enough to send messages to a real core.
type peer struct {
	conn net.Conn
	in   *bufio.Reader
}

// Opcodes of RFC 6455 section 5.2.
const (
	opText   = 1
	opBinary = 2
)

func dialPeer(t *testing.T, address, path string) *peer {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		t.Fatal(err)
	}
	// The key is the one of RFC 6455 section 1.3.
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, address)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the opening handshake was answered %s", answer.Status)
	}
	return &peer{conn, in}
}

// send writes one whole message, masked with zeros.
func (p *peer) send(opcode byte, payload []byte) error {
	frame := []byte{0x80 | opcode}
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, 0x80|byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 0x80|127), uint64(n))
	}
	frame = append(frame, 0, 0, 0, 0)
	_, err := p.conn.Write(append(frame, payload...))
	return err
}

// closeCode waits for a close frame and gives its code.
func (p *peer) closeCode() (uint16, error) {
	var frame [4]byte
	if _, err := io.ReadFull(p.in, frame[:]); err != nil {
		return 0, err
	}
	if frame[0] != 0x88 {
		return 0, fmt.Errorf("not a close frame: % x", frame)
	}
	return binary.BigEndian.Uint16(frame[2:]), nil
}
