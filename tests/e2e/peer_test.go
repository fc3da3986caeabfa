package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// peer is a WebSocket server that is not ours, for the source in client mode.
type peer struct {
	addr     string
	accepted atomic.Int32
	conns    chan *peerConn
	log      notes // of the HTTP server: TLS handshakes that failed
	compress bool  // permessage-deflate for who offers it; set it before listen

	mutex  sync.Mutex
	tls    *tls.Config // nil: plain
	server *http.Server
	open   []*peerConn
}

// peerConn is a connection on the side that is not ours, whoever dialled. It is read all the time, so that control
// frames are answered; ended gets what ended it.
type peerConn struct {
	*websocket.Conn
	request *http.Request // of the opening handshake; nil where the test dialled
	ended   chan error
	pongs   chan string
	pings   atomic.Int32 // that came
}

// peerSubprotocol is chosen where it is offered.
const peerSubprotocol = "tests.v1"

func newPeer(t *testing.T) *peer {
	t.Helper()
	p := unopenedPeer(t)
	p.listen(t)
	return p
}

func unopenedPeer(t *testing.T) *peer {
	t.Helper()
	port, err := kuiper.FreePort()
	must(t, err)
	p := &peer{addr: fmt.Sprintf("127.0.0.1:%d", port), conns: make(chan *peerConn, 100)}
	t.Cleanup(p.shut)
	return p
}

// listen opens the peer's address, for the first time or again.
func (p *peer) listen(t *testing.T) {
	t.Helper()
	var listener net.Listener
	until(t, "the peer's address "+p.addr, func() (ok bool, seen string) {
		var err error
		listener, err = net.Listen("tcp", p.addr)
		return err == nil, fmt.Sprint(err)
	})
	if config := p.tlsConfig(); config != nil {
		listener = tls.NewListener(listener, config)
	}
	server := &http.Server{Handler: http.HandlerFunc(p.upgrade), ErrorLog: log.New(&p.log, "", 0)}
	p.mutex.Lock()
	p.server = server
	p.mutex.Unlock()
	go server.Serve(listener)
}

func (p *peer) upgrade(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{Subprotocols: []string{peerSubprotocol}, EnableCompression: p.compress}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // gorilla has answered
	}
	conn := watch(ws, r)
	p.mutex.Lock()
	p.open = append(p.open, conn)
	p.mutex.Unlock()
	p.accepted.Add(1)
	p.conns <- conn
}

// shut closes the listener and breaks off all connections.
func (p *peer) shut() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.server == nil {
		return
	}
	p.server.Close()
	for _, conn := range p.open {
		conn.Close()
	}
	p.open = nil
}

// next is the next connection that the peer accepts.
func (p *peer) next(t *testing.T) *peerConn {
	t.Helper()
	select {
	case conn := <-p.conns:
		return conn
	case <-time.After(patience):
		t.Fatalf("nobody connected to %s within %v", p.addr, patience)
		return nil
	}
}

func watch(ws *websocket.Conn, r *http.Request) *peerConn {
	conn := &peerConn{Conn: ws, request: r, ended: make(chan error, 1), pongs: make(chan string, 10)}
	ws.SetPongHandler(func(text string) error {
		conn.pongs <- text
		return nil
	})
	pong := ws.PingHandler()
	ws.SetPingHandler(func(text string) error {
		conn.pings.Add(1)
		return pong(text)
	})
	go func() {
		for {
			if _, _, err := ws.ReadMessage(); err != nil {
				conn.ended <- err
				return
			}
		}
	}()
	return conn
}

// dial connects to our server. The listener is opened in the background and a path is known once a rule wants it, so it
// tries until it succeeds.
func dial(t *testing.T, port int, path string) *peerConn {
	t.Helper()
	url := fmt.Sprintf("ws://127.0.0.1:%d%s", port, path)
	var ws *websocket.Conn
	until(t, url, func() (bool, string) {
		var err error
		var resp *http.Response
		ws, resp, err = websocket.DefaultDialer.DialContext(context.Background(), url, nil)
		if resp != nil {
			err = errors.Join(err, errors.New(resp.Status))
		}
		return ws != nil, fmt.Sprint(err)
	})
	t.Cleanup(func() { ws.Close() })
	return watch(ws, nil)
}

func (c *peerConn) text(t *testing.T, text string) {
	t.Helper()
	must(t, c.WriteMessage(websocket.TextMessage, []byte(text)))
}

func (c *peerConn) binary(t *testing.T, payload []byte) {
	t.Helper()
	must(t, c.WriteMessage(websocket.BinaryMessage, payload))
}

// dialURL is for a path that is known to be up.
func dialURL(t *testing.T, url string) *peerConn {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial(url, nil)
	must(t, err)
	t.Cleanup(func() { ws.Close() })
	return watch(ws, nil)
}

// ping sends a ping and waits for its pong.
func (c *peerConn) ping(t *testing.T, text string) {
	t.Helper()
	must(t, c.WriteControl(websocket.PingMessage, []byte(text), time.Now().Add(patience)))
	select {
	case got := <-c.pongs:
		equal(t, got, text)
	case <-time.After(patience):
		t.Fatalf("no pong for %q within %v", text, patience)
	}
}

// waitPing waits for the next ping of the other side.
func (c *peerConn) waitPing(t *testing.T) {
	t.Helper()
	before := c.pings.Load()
	until(t, "a ping", func() (bool, string) { return c.pings.Load() > before, "none" })
}

// end closes the connection in order.
func (c *peerConn) end(t *testing.T) {
	t.Helper()
	must(t, c.WriteControl(websocket.CloseMessage,
		websocket.FormatCloseMessage(websocket.CloseNormalClosure, "bye"), time.Now().Add(patience)))
	c.waitEnd(t)
	c.Close()
}

// breakOff resets the TCP connection.
func (c *peerConn) breakOff(t *testing.T) {
	t.Helper()
	conn := c.NetConn()
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	must(t, conn.(*net.TCPConn).SetLinger(0))
	must(t, conn.Close())
}

// waitEnd waits until the other side has ended the connection and returns how.
func (c *peerConn) waitEnd(t *testing.T) error {
	t.Helper()
	select {
	case err := <-c.ended:
		return err
	case <-time.After(patience):
		t.Fatalf("the connection was still open after %v", patience)
		return nil
	}
}

// httpServer answers every request with a status and counts them.
func httpServer(t *testing.T, status int) (addr string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(status)
	})}
	t.Cleanup(func() { server.Close() })
	go server.Serve(listener)
	return listener.Addr().String(), requests
}
