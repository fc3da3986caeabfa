package e2e

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// sender sends whole messages to our source with one of the libraries.
type sender func(t *testing.T, binary bool, payload []byte)

// peerOf brings up a flow and a peer for it, in one mode with one library.
type peerOf func(t *testing.T, h *kuiper.Host, s stream) (*flow, sender)

func gorillaClient(t *testing.T, h *kuiper.Host, s stream) (*flow, sender) {
	f := newFlow(t, h, s, kuiper.RuleOptions{})
	return f, gorillaSender(dial(t, h.ServerPort(), f.path))
}

func gorillaServer(t *testing.T, h *kuiper.Host, s stream) (*flow, sender) {
	p := newPeer(t)
	s.Props = map[string]any{"addr": p.addr}
	f := newFlow(t, h, s, kuiper.RuleOptions{})
	return f, gorillaSender(p.next(t))
}

func gorillaSender(conn *peerConn) sender {
	return func(t *testing.T, binary bool, payload []byte) {
		t.Helper()
		if binary {
			conn.binary(t, payload)
		} else {
			conn.text(t, string(payload))
		}
	}
}

func coderClient(t *testing.T, h *kuiper.Host, s stream) (*flow, sender) {
	f := newFlow(t, h, s, kuiper.RuleOptions{})
	url := fmt.Sprintf("ws://127.0.0.1:%d%s", h.ServerPort(), f.path)
	var ws *websocket.Conn
	until(t, url, func() (bool, string) {
		var err error
		ws, _, err = websocket.Dial(context.Background(), url, nil)
		return err == nil, fmt.Sprint(err)
	})
	t.Cleanup(func() { ws.CloseNow() })
	return f, coderSender(ws)
}

func coderServer(t *testing.T, h *kuiper.Host, s stream) (*flow, sender) {
	conns := make(chan *websocket.Conn, 1)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		conns <- ws
		<-ws.CloseRead(context.Background()).Done()
	})}
	t.Cleanup(func() { server.Close() })
	go server.Serve(listener)

	s.Props = map[string]any{"addr": listener.Addr().String()}
	f := newFlow(t, h, s, kuiper.RuleOptions{})
	select {
	case ws := <-conns:
		return f, coderSender(ws)
	case <-time.After(patience):
		t.Fatalf("nobody connected within %v", patience)
		return nil, nil
	}
}

func coderSender(ws *websocket.Conn) sender {
	return func(t *testing.T, binary bool, payload []byte) {
		t.Helper()
		kind := websocket.MessageText
		if binary {
			kind = websocket.MessageBinary
		}
		must(t, ws.Write(context.Background(), kind, payload))
	}
}

var peers = map[string]peerOf{
	"server mode, gorilla client": gorillaClient,
	"server mode, coder client":   coderClient,
	"client mode, gorilla server": gorillaServer,
	"client mode, coder server":   coderServer,
}

func TestDeliversTextAndBinary(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	for mode, bringUp := range peers {
		t.Run(mode+", json", func(t *testing.T) {
			t.Parallel()
			f, send := bringUp(t, h, stream{})
			send(t, false, []byte(`{"n":1,"kind":"text"}`))
			send(t, true, []byte(`{"n":2,"kind":"binary"}`))
			send(t, false, []byte(`{"n":3,"kind":"text"}`))
			f.waitRows(t, 3)
			equal(t, rawRows(f.rows), []string{
				`{"kind":"text","n":1}`, `{"kind":"binary","n":2}`, `{"kind":"text","n":3}`,
			})
		})
		t.Run(mode+", binary", func(t *testing.T) {
			t.Parallel()
			f, send := bringUp(t, h, stream{Format: "binary"})
			all := make([]byte, 256)
			for i := range all {
				all[i] = byte(i)
			}
			send(t, true, all)
			send(t, false, []byte("grüße"))
			f.waitRows(t, 2)
			equal(t, rawRows(f.rows), []string{
				fmt.Sprintf(`{"self":"%s"}`, base64.StdEncoding.EncodeToString(all)),
				fmt.Sprintf(`{"self":"%s"}`, base64.StdEncoding.EncodeToString([]byte("grüße"))),
			})
		})
	}
}

// A message is a message however it is cut into frames, and however large it is.
func TestDeliversFragmentsAndLargeMessages(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	f := newFlow(t, h, stream{Format: "binary"}, kuiper.RuleOptions{})
	conn := dial(t, h.ServerPort(), f.path)

	// gorilla sends a frame each time its 4 KiB buffer is full: 1 MiB is some 256 fragments.
	large := make([]byte, 1<<20)
	for i := range large {
		large[i] = byte(i * i >> 8)
	}
	w, err := conn.NextWriter(2)
	must(t, err)
	for part := large; len(part) > 0; part = part[1<<16:] {
		_, err := w.Write(part[:1<<16])
		must(t, err)
	}
	must(t, w.Close())
	conn.binary(t, large[:3])
	f.waitRows(t, 2)
	equal(t, rawRows(f.rows)[0] == fmt.Sprintf(`{"self":"%s"}`, base64.StdEncoding.EncodeToString(large)), true)
	equal(t, rawRows(f.rows)[1], fmt.Sprintf(`{"self":"%s"}`, base64.StdEncoding.EncodeToString(large[:3])))
}

// Many clients on one path: every message of every client, each client's in its order.
func TestManyClientsOnOnePath(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{Options: map[string]any{"disableBufferFullDiscard": true}})
	const clients, each = 20, 50
	done := make(chan struct{})
	for c := range clients {
		conn := dial(t, h.ServerPort(), f.path)
		go func() {
			defer func() { done <- struct{}{} }()
			for n := range each {
				if err := conn.WriteMessage(1, fmt.Appendf(nil, `{"c":%d,"n":%d}`, c, n)); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for range clients {
		<-done
	}
	f.waitRows(t, clients*each)
	next := map[string]int{}
	for _, row := range f.rows.Rows() {
		c := fmt.Sprint(row["c"])
		if fmt.Sprint(row["n"]) != fmt.Sprint(next[c]) {
			t.Fatalf("client %s: got message %v, want %d", c, row["n"], next[c])
		}
		next[c]++
	}
	equal(t, len(next), clients)
}
