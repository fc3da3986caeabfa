package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	coder "github.com/coder/websocket"
	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// compressor is a peer that compresses what it sends, with a library that is not ours.
type compressor struct {
	dial func(url string, wire *wire) (send sendText, extensions string, err error)
	// accept answers the handshake of a client.
	accept func(w http.ResponseWriter, r *http.Request) (sendText, error)
}

type sendText func(payload string) error

// wire counts what a peer writes to its connections.
type wire struct{ bytes atomic.Int64 }

type countedConn struct {
	net.Conn
	wire *wire
}

func (c countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.wire.bytes.Add(int64(n))
	return n, err
}

type countedListener struct {
	net.Listener
	wire *wire
}

func (l countedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return countedConn{conn, l.wire}, err
}

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	return countedConn{conn, w}, err
}

func gorillaSend(ws *websocket.Conn) sendText {
	go func() { // reads, so that control frames are answered
		for {
			if _, _, err := ws.ReadMessage(); err != nil {
				return
			}
		}
	}()
	return func(payload string) error { return ws.WriteMessage(websocket.TextMessage, []byte(payload)) }
}

func gorillaCompressor() compressor {
	return compressor{
		dial: func(url string, wire *wire) (sendText, string, error) {
			dialer := websocket.Dialer{EnableCompression: true, NetDialContext: wire.dial}
			ws, resp, err := dialer.Dial(url, nil)
			if err != nil {
				return nil, "", err
			}
			return gorillaSend(ws), resp.Header.Get("Sec-WebSocket-Extensions"), nil
		},
		accept: func(w http.ResponseWriter, r *http.Request) (sendText, error) {
			upgrader := websocket.Upgrader{EnableCompression: true}
			ws, err := upgrader.Upgrade(w, r, nil)
			if err != nil {
				return nil, err
			}
			return gorillaSend(ws), nil
		},
	}
}

func coderSend(ws *coder.Conn) sendText {
	ctx := ws.CloseRead(context.Background())
	return func(payload string) error { return ws.Write(ctx, coder.MessageText, []byte(payload)) }
}

func coderCompressor(mode coder.CompressionMode) compressor {
	const all = 1 // messages of so many bytes and more are compressed
	return compressor{
		dial: func(url string, wire *wire) (sendText, string, error) {
			client := &http.Client{Transport: &http.Transport{DialContext: wire.dial}}
			ws, resp, err := coder.Dial(context.Background(), url,
				&coder.DialOptions{HTTPClient: client, CompressionMode: mode, CompressionThreshold: all})
			if err != nil {
				return nil, "", err
			}
			return coderSend(ws), resp.Header.Get("Sec-WebSocket-Extensions"), nil
		},
		accept: func(w http.ResponseWriter, r *http.Request) (sendText, error) {
			ws, err := coder.Accept(w, r, &coder.AcceptOptions{CompressionMode: mode, CompressionThreshold: all})
			if err != nil {
				return nil, err
			}
			return coderSend(ws), nil
		},
	}
}

// Peers that compress, with and without context take-over, and every setting of ours, in both roles. That they did
// compress is seen on the wire.
func TestPeersThatCompress(t *testing.T) {
	t.Parallel()
	peers := map[string]compressor{
		"gorilla":      gorillaCompressor(),
		"coder":        coderCompressor(coder.CompressionContextTakeover),
		"coder afresh": coderCompressor(coder.CompressionNoContextTakeover),
	}
	for name, peer := range peers {
		for _, bits := range []int{15, 9, 0} {
			t.Run(fmt.Sprint(name, ", server, ", bits, " bits"), func(t *testing.T) {
				t.Parallel()
				port, err := kuiper.FreePort()
				must(t, err)
				f := newFlow(t, sharedHost(t), stream{Props: map[string]any{
					"httpServerPort": port, "compression": true, "compressionWindowBits": bits,
				}}, kuiper.RuleOptions{})
				f.waitConnection(t, connected)
				var wire wire
				send, extensions, err := peer.dial(fmt.Sprintf("ws://127.0.0.1:%d%s", port, f.path), &wire)
				must(t, err)
				contains(t, extensions, "permessage-deflate")
				expectCompressed(t, f, send, &wire)
			})
			t.Run(fmt.Sprint(name, ", client, ", bits, " bits"), func(t *testing.T) {
				t.Parallel()
				var wire wire
				listener, err := net.Listen("tcp4", "127.0.0.1:0")
				must(t, err)
				senders := make(chan sendText, 10)
				server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if send, err := peer.accept(w, r); err == nil {
						senders <- send
					}
				})}
				go server.Serve(countedListener{listener, &wire})
				t.Cleanup(func() { server.Close() })
				f := newFlow(t, sharedHost(t), stream{Props: map[string]any{
					"addr": listener.Addr().String(), "compression": true, "compressionWindowBits": bits,
				}}, kuiper.RuleOptions{})
				f.waitConnection(t, connected)
				expectCompressed(t, f, <-senders, &wire)
			})
		}
	}
}

// expectCompressed sends small messages and large ones and checks that all arrive, and that less went over the wire.
func expectCompressed(t *testing.T, f *flow, send sendText, wire *wire) {
	t.Helper()
	const n = 50
	before, total := wire.bytes.Load(), 0
	var want []string
	for i := range n {
		size := 50
		if i%10 == 9 {
			size = 200_000
		}
		payload := fmt.Sprintf(`{"seq":%d,"pad":"%s"}`, i, strings.Repeat("température ", size/12))
		must(t, send(payload))
		total += len(payload)
		want = append(want, payload)
	}
	f.waitRows(t, n)
	for i, row := range f.rows.Rows() {
		if got := fmt.Sprintf(`{"seq":%v,"pad":"%v"}`, row["seq"], row["pad"]); got != want[i] {
			t.Fatalf("row %d is %.100s, not %.100s", i, got, want[i])
		}
	}
	if sent := wire.bytes.Load() - before; sent*5 > int64(total) {
		t.Errorf("%d bytes went over the wire for %d: they were not compressed", sent, total)
	}
}

// A server that offers nothing of the kind, and clients that do not ask.
func TestCompressionIsNoCondition(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	client := newFlow(t, h, stream{Props: map[string]any{"addr": p.addr, "compression": true}}, kuiper.RuleOptions{})
	conn := p.next(t)
	contains(t, conn.request.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate")
	conn.text(t, `{"n":1}`)
	client.waitRows(t, 1)

	port, err := kuiper.FreePort()
	must(t, err)
	server := newFlow(t, h, stream{Props: map[string]any{"httpServerPort": port, "compression": true}}, kuiper.RuleOptions{})
	dial(t, port, server.path).text(t, `{"n":2}`)
	server.waitRows(t, 1)
}
