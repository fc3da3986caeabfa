package e2e

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// A thousand clients at once, each with 64 KiB that would inflate to 64 MiB: every one is thrown out with 1009, the
// process grows by 64 MiB at most, and the rule goes on.
func TestThousandBombs(t *testing.T) {
	t.Parallel()
	const peers, most = 1000, 64 << 20
	h := ownHost(t, kuiper.Options{Plugin: true})
	// No pings: the first frame that a peer gets is to be that which ends it.
	props := map[string]any{"compression": true, "maxMessageBytes": "1 MiB", "pingInterval": "0"}
	f := newFlow(t, h, stream{Props: props}, kuiper.RuleOptions{})
	healthy := dial(t, h.ServerPort(), f.path)
	healthy.text(t, `{"n":1}`)
	f.waitRows(t, 1)

	conns := make([]net.Conn, peers)
	for i := range conns {
		conns[i] = connectCompressing(t, h.ServerPort(), f.path)
	}
	bomb := compressedFrame(t, make([]byte, 64<<20))
	must(t, h.ForgetMemoryPeak())
	before, err := h.Memory("VmRSS")
	must(t, err)
	for _, conn := range conns {
		go conn.Write(bomb) // fails halfway where it is thrown out before the end
	}
	for i, conn := range conns {
		must(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
		frame := make([]byte, 4)
		if _, err := io.ReadFull(conn, frame); err != nil {
			t.Fatalf("peer %d got no close frame: %v", i, err)
		}
		equal(t, []any{frame[0], binary.BigEndian.Uint16(frame[2:])}, []any{0x88, 1009})
	}
	peak, err := h.Memory("VmHWM")
	must(t, err)
	t.Logf("the host grew by %d KiB", (peak-before)/1024)
	if peak-before > most {
		t.Errorf("the host grew by %d KiB", (peak-before)/1024)
	}

	healthy.text(t, `{"n":2}`)
	f.waitRows(t, 2)
}

// connectCompressing shakes hands with a server of ours that accepts permessage-deflate.
func connectCompressing(t *testing.T, port int, path string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", path)
	must(t, err)
	must(t, conn.SetReadDeadline(time.Now().Add(patience)))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	equal(t, resp.StatusCode, 101)
	equal(t, resp.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate")
	return conn
}

// compressedFrame is one binary message: FIN and RSV1 set, masked with zeros, which change nothing.
func compressedFrame(t *testing.T, payload []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	must(t, err)
	_, err = w.Write(payload)
	must(t, err)
	must(t, w.Flush())
	compressed := out.Bytes()[:out.Len()-4]
	if len(compressed) < 126 || len(compressed) > 65535 {
		t.Fatalf("%d bytes need another form of length", len(compressed))
	}
	header := binary.BigEndian.AppendUint16([]byte{0xc2, 0xfe}, uint16(len(compressed)))
	return append(append(header, 0, 0, 0, 0), compressed...)
}
