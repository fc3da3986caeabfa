package main

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
)

// relay stands between ekws-load, which speaks plain WebSocket, and a source that speaks TLS. It passes bytes on.
type relay struct {
	listener net.Listener
	dial     func() (net.Conn, error)
	mutex    sync.Mutex
	open     map[net.Conn]bool
	closed   bool
	done     sync.WaitGroup
}

// securingRelay listens without TLS and dials addr with it.
func securingRelay(addr string, c *credentials) (*relay, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return startRelay(listener, func() (net.Conn, error) { return tls.Dial("tcp4", addr, c.client) }), nil
}

// unveilingRelay listens with TLS and dials addr without.
func unveilingRelay(addr string, c *credentials) (*relay, error) {
	listener, err := tls.Listen("tcp4", "127.0.0.1:0", c.server)
	if err != nil {
		return nil, err
	}
	return startRelay(listener, func() (net.Conn, error) { return net.Dial("tcp4", addr) }), nil
}

func startRelay(listener net.Listener, dial func() (net.Conn, error)) *relay {
	r := &relay{listener: listener, dial: dial, open: map[net.Conn]bool{}}
	r.done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r.done.Go(func() { r.pass(conn) })
		}
	})
	return r
}

func (r *relay) address() string { return r.listener.Addr().String() }

// pass carries one connection, both ways, until both have ended.
func (r *relay) pass(from net.Conn) {
	defer r.forget(from)
	if !r.keep(from) {
		return
	}
	to, err := r.dial()
	if err != nil {
		return // the end of the connection says it; ekws-load tries again
	}
	defer r.forget(to)
	if !r.keep(to) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { transfer(to, from) })
	both.Go(func() { transfer(from, to) })
	both.Wait()
}

func transfer(to, from net.Conn) {
	io.Copy(to, from)
	// Both kinds of connection can be closed by halves.
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

func (r *relay) keep(conn net.Conn) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.open[conn] = true
	return !r.closed
}

func (r *relay) forget(conn net.Conn) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.open, conn)
	conn.Close()
}

// close breaks off what is still open.
func (r *relay) close() {
	r.mutex.Lock()
	r.closed = true
	r.listener.Close()
	for conn := range r.open {
		conn.Close()
	}
	r.mutex.Unlock()
	r.done.Wait()
}
