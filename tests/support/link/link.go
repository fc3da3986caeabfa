// Package link is a TCP proxy that makes a good network bad: slow, cut into tiny segments, silent, broken off.
package link

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Quality of both directions. The zero value forwards what comes as it comes.
type Quality struct {
	Segment int           // bytes sent at a time; 0: as they came
	Delay   time.Duration // before each segment
}

// Link is a proxy on a loopback port of its own.
type Link struct {
	listener net.Listener
	target   string
	quality  Quality

	mutex sync.Mutex
	pipes map[*pipe]struct{}
	ended atomic.Int32
}

// pipe is one connection through the link.
type pipe struct {
	near, far net.Conn
	silent    atomic.Bool
}

// New starts a link to target (host:port). Close it.
func New(target string, q Quality) (*Link, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Link{listener: listener, target: target, quality: q, pipes: map[*pipe]struct{}{}}
	go l.accept()
	return l, nil
}

// Addr is what to connect to instead of the target.
func (l *Link) Addr() string { return l.listener.Addr().String() }

// Ended counts the connections that one of their ends has closed.
func (l *Link) Ended() int { return int(l.ended.Load()) }

// Silence swallows from now on what is sent over the connections that are there: each end believes that the other still
// exists, as with a cable that was pulled. Connections that come later are not concerned.
func (l *Link) Silence() {
	l.each(func(p *pipe) { p.silent.Store(true) })
}

// Reset breaks off the connections that are there.
func (l *Link) Reset() {
	l.each(func(p *pipe) {
		for _, conn := range []net.Conn{p.near, p.far} {
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}
	})
}

// Close ends the link and all its connections.
func (l *Link) Close() error {
	err := l.listener.Close()
	l.Reset()
	return err
}

func (l *Link) each(do func(*pipe)) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for p := range l.pipes {
		do(p)
	}
}

func (l *Link) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.carry(near)
	}
}

func (l *Link) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp4", l.target)
	if err != nil {
		return
	}
	defer far.Close()
	p := &pipe{near: near, far: far}
	l.mutex.Lock()
	l.pipes[p] = struct{}{}
	l.mutex.Unlock()
	defer func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		delete(l.pipes, p)
	}()
	var both sync.WaitGroup
	both.Go(func() { l.copy(p, far, near) })
	both.Go(func() { l.copy(p, near, far) })
	both.Wait()
	l.ended.Add(1)
}

// copy forwards one direction until its end, which it passes on.
func (l *Link) copy(p *pipe, to, from net.Conn) {
	buffer := make([]byte, 32*1024)
	for {
		n, err := from.Read(buffer)
		if !p.silent.Load() && l.send(to, buffer[:n]) != nil {
			return
		}
		if err == nil {
			continue
		}
		switch {
		case p.silent.Load(): // nobody hears of it, but this end is gone
			from.Close()
			to.Close()
		case err == io.EOF:
			to.(*net.TCPConn).CloseWrite()
		default:
			to.(*net.TCPConn).SetLinger(0)
			to.Close()
		}
		return
	}
}

func (l *Link) send(to net.Conn, data []byte) error {
	for len(data) > 0 {
		n := len(data)
		if l.quality.Segment > 0 {
			n = min(n, l.quality.Segment)
		}
		time.Sleep(l.quality.Delay)
		if _, err := to.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
