package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
	"ekuiper-websocket/tests/support/link"
)

func newLink(t *testing.T, target string, q link.Quality) *link.Link {
	t.Helper()
	l, err := link.New(target, q)
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// SIGTERM of the host: everybody is told 1001, and that does not take long.
func TestHostEndsInOrderWithAThousandConnections(t *testing.T) {
	t.Parallel()
	const peers = 1000
	keepsPromise(t, 4*time.Second, func(t *testing.T) time.Duration {
		h, err := start(kuiper.Options{Plugin: true})
		must(t, err)
		t.Cleanup(func() { h.Stop() })
		must(t, h.CreateStream(`CREATE STREAM thousand () WITH (TYPE="websocket", DATASOURCE="/thousand", FORMAT="json")`))
		must(t, h.CreateRule("thousand", "SELECT * FROM thousand", kuiper.RuleOptions{}))
		conns := []*peerConn{dial(t, h.ServerPort(), "/thousand")}
		for len(conns) < peers {
			conns = append(conns, dialURL(t, fmt.Sprintf("ws://127.0.0.1:%d/thousand", h.ServerPort())))
		}
		conns[0].text(t, `{"n":1}`)
		began := time.Now()
		must(t, endHost(h))
		took := time.Since(began)
		for i, conn := range conns {
			var closed *websocket.CloseError
			if err := conn.waitEnd(t); !errors.As(err, &closed) || closed.Code != websocket.CloseGoingAway {
				t.Fatalf("connection %d ended with %v instead of 1001", i, err)
			}
			conn.Close()
		}
		return took
	})
}

// The same while the rule stands still, its senders are blocked and what they have sent lies unread in the kernel: that
// must not turn our close into a reset, which would take the 1001 with it. One rule a host: it stops one after the
// other, and waits five seconds for a sink that stands still.
func TestHostEndsInOrderWithSendersBlocked(t *testing.T) {
	t.Parallel()
	ca := newCA(t, "Plant CA")
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		endWithSendersBlocked(t, map[string]any{}, func(port int, path string) *peerConn { return dial(t, port, path) })
	})
	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		endWithSendersBlocked(t, ca.issue(t, "server").write(t).server(), func(port int, path string) *peerConn {
			return dialTLS(t, port, path, ca.trusts(t))
		})
	})
}

func endWithSendersBlocked(t *testing.T, props map[string]any, dial func(port int, path string) *peerConn) {
	const peers = 50
	keepsPromise(t, 4*time.Second, func(t *testing.T) time.Duration {
		h, err := start(kuiper.Options{Plugin: true})
		must(t, err)
		t.Cleanup(func() { h.Stop() })
		must(t, h.ConfKey("blocked", with(props, "queueBytes", "64KiB")))
		must(t, h.CreateStream(`CREATE STREAM blocked () WITH (TYPE="websocket", DATASOURCE="/blocked", FORMAT="json", CONF_KEY="blocked")`))
		rows := newCollector(t)
		must(t, h.CreateRule("blocked", "SELECT seq FROM blocked", kuiper.RuleOptions{Collector: rows,
			Options: map[string]any{"disableBufferFullDiscard": true, "bufferLength": 16}, Sink: map[string]any{"bufferLength": 16}}))
		f := &flow{h: h, rule: "blocked", stream: "blocked"}
		f.waitConnection(t, connected)
		rows.Hold()
		var conns []*peerConn
		var floods []*flood
		for range peers {
			conn := dial(h.ServerPort(), "/blocked")
			conns, floods = append(conns, conn), append(floods, startFlood(conn, 1<<30, 10_000))
		}
		waitStalls(t, floods)
		began := time.Now()
		ended := make(chan error, 1)
		go func() { ended <- endHost(h) }()
		for i, conn := range conns {
			var closed *websocket.CloseError
			if err := conn.waitEnd(t); !errors.As(err, &closed) || closed.Code != websocket.CloseGoingAway {
				t.Errorf("connection %d ended with %v instead of 1001", i, err)
			}
		}
		told := time.Since(began)
		rows.Release()
		must(t, <-ended)
		took := time.Since(began)
		t.Logf("all were told after %v, the host had ended after %v", told, took)
		return took
	})
}

// The peer's machine is gone without a word: found by the heartbeat, in both modes.
func TestHalfOpenPeerIsFound(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	heartbeat := map[string]any{"pingInterval": "200ms", "pongTimeout": "3s"}
	t.Run("client", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t)
		l := newLink(t, p.addr, link.Quality{})
		props := quick(l.Addr())
		props["pingInterval"], props["pongTimeout"] = heartbeat["pingInterval"], heartbeat["pongTimeout"]
		f := newFlow(t, h, stream{Props: props}, kuiper.RuleOptions{})
		p.next(t).text(t, `{"n":0}`)
		f.waitRows(t, 1)
		l.Silence()
		p.next(t).text(t, `{"n":1}`) // the next connection
		f.waitRows(t, 2)
		contains(t, f.waitConnection(t, connected), "3000 ms (pongTimeout)")
	})
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		own := ownHost(t, kuiper.Options{Plugin: true})
		f := newFlow(t, own, stream{Props: heartbeat}, kuiper.RuleOptions{})
		bystander := dial(t, own.ServerPort(), f.path)
		l := newLink(t, fmt.Sprintf("127.0.0.1:%d", own.ServerPort()), link.Quality{})
		dialURL(t, "ws://"+l.Addr()+f.path).text(t, `{"n":0}`)
		f.waitRows(t, 1)
		l.Silence()
		until(t, "the host to give the connection up", func() (bool, string) { return l.Ended() == 1, fmt.Sprint(l.Ended()) })
		bystander.text(t, `{"n":1}`)
		f.waitRows(t, 2)
	})
}

// A link that delays, and cuts what it carries into tiny segments: slow, but right.
func TestSlowLink(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	quality := link.Quality{Segment: 7, Delay: 100 * time.Microsecond}
	send := func(t *testing.T, conn *peerConn, rows *kuiper.Collector) {
		t.Helper()
		var want []string
		for n := range 100 {
			text := fmt.Sprintf(`{"n":%d,"text":"%s"}`, n, strings.Repeat("ü", n*3%200))
			conn.text(t, text)
			want = append(want, text)
		}
		conn.ping(t, "and back")
		must(t, rows.WaitN(len(want), patience))
		equal(t, rawRows(rows), want)
	}
	t.Run("client", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t)
		f := newFlow(t, h, stream{Props: quick(newLink(t, p.addr, quality).Addr())}, kuiper.RuleOptions{})
		send(t, p.next(t), f.rows)
	})
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
		dial(t, h.ServerPort(), f.path).end(t) // it is up
		l := newLink(t, fmt.Sprintf("127.0.0.1:%d", h.ServerPort()), quality)
		send(t, dialURL(t, "ws://"+l.Addr()+f.path), f.rows)
	})
	ca := newCA(t, "Plant CA")
	t.Run("client over TLS", func(t *testing.T) {
		t.Parallel()
		p := newTLSPeer(t, ca.issue(t, "server").shows(t))
		f := newFlow(t, h, stream{Props: tlsClient(t, newLink(t, p.addr, quality).Addr(), ca)}, kuiper.RuleOptions{})
		send(t, p.next(t), f.rows)
	})
	t.Run("server over TLS", func(t *testing.T) {
		t.Parallel()
		s := newTLSServer(t, h, ca.issue(t, "server").write(t).server())
		_, port, err := net.SplitHostPort(newLink(t, fmt.Sprintf("127.0.0.1:%d", s.port), quality).Addr())
		must(t, err)
		through, err := strconv.Atoi(port)
		must(t, err)
		send(t, dialTLS(t, through, s.path, ca.trusts(t)), s.rows)
	})
}

// A link that breaks off again and again.
func TestLinkThatResets(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	l := newLink(t, p.addr, link.Quality{Segment: 100})
	f := newFlow(t, h, stream{Props: quick(l.Addr())}, kuiper.RuleOptions{})
	for n := range 20 {
		p.next(t).text(t, fmt.Sprintf(`{"n":%d}`, n))
		f.waitRows(t, n+1)
		l.Reset()
	}
	status, err := h.Status(f.rule)
	must(t, err)
	equal(t, status["status"], "running")
}

// kill -9 of a process in the middle of a frame: what was whole is delivered, the half is not, others are not touched.
func TestPeersKilledInTheMiddleOfAFrame(t *testing.T) {
	t.Parallel()
	const peers = 50
	h := ownHost(t, kuiper.Options{Plugin: true})
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	bystander := dial(t, h.ServerPort(), f.path)
	before, err := h.Usage()
	must(t, err)
	url := fmt.Sprintf("ws://127.0.0.1:%d%s", h.ServerPort(), f.path)
	// Masked with zeroes; the second one announces 100 bytes.
	child := startChild(t, url, peers, "\x81\x87\x00\x00\x00\x00"+`{"n":1}`+"\x81\xe4\x00\x00\x00\x00"+`{"n":`)
	f.waitRows(t, peers)
	child.kill()
	until(t, "their descriptors to be gone", func() (bool, string) {
		now, err := h.Usage()
		must(t, err)
		return now.Descriptors <= before.Descriptors+2, fmt.Sprintf("%+v, before %+v", now, before)
	})
	bystander.text(t, `{"n":2}`)
	f.waitRows(t, peers+1)
	equal(t, f.rows.Len(), peers+1)
	equal(t, f.rows.Last(), `{"n":2}`)
}

// Ten thousand connections that are just there.
func TestTenThousandIdleConnections(t *testing.T) {
	const peers = 10_000
	h := ownHost(t, kuiper.Options{Plugin: true})
	f := newFlow(t, h, stream{Props: map[string]any{"maxConnections": peers + 1}}, kuiper.RuleOptions{})
	conn := dial(t, h.ServerPort(), f.path)
	before, err := h.Memory("VmRSS")
	must(t, err)
	child := startChild(t, fmt.Sprintf("ws://127.0.0.1:%d%s", h.ServerPort(), f.path), peers, "")
	after, err := h.Memory("VmRSS")
	must(t, err)
	t.Logf("%.1f KiB a connection", float64(after-before)/1024/peers)
	conn.text(t, `{"n":1}`)
	f.waitRows(t, 1)
	usage, err := h.Usage()
	must(t, err)
	if usage.Descriptors < peers {
		t.Errorf("%d descriptors: not all connections are held", usage.Descriptors)
	}
	child.kill()
	until(t, "their descriptors to be gone", func() (bool, string) {
		usage, err := h.Usage()
		must(t, err)
		return usage.Descriptors < 200, fmt.Sprintf("%+v", usage)
	})
	conn.text(t, `{"n":2}`)
	f.waitRows(t, 2)
}

// The host is restarted while its peers send: they see 1001, come back, and the rule goes on with what they send then.
func TestHostRestartsUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := newPeer(t)
	rows := newCollector(t)
	first, err := start(kuiper.Options{Plugin: true, Dir: dir, Keep: true})
	must(t, err)
	must(t, first.ConfKeyOf("websocket", "load", quick(p.addr)))
	must(t, first.CreateStream(`CREATE STREAM load () WITH (TYPE="websocket", DATASOURCE="/load", FORMAT="json", CONF_KEY="load")`))
	must(t, first.CreateRule("load", "SELECT max(seq) AS seq FROM load GROUP BY COUNTWINDOW(100)", kuiper.RuleOptions{
		Collector: rows, Options: map[string]any{"disableBufferFullDiscard": true}}))
	conn := p.next(t)
	f := startFlood(conn, 1<<30, 100)
	must(t, rows.WaitN(10, patience))
	must(t, endHost(first))
	var closed *websocket.CloseError
	if err := conn.waitEnd(t); !errors.As(err, &closed) || closed.Code != websocket.CloseGoingAway {
		t.Errorf("the peer saw %v instead of 1001", err)
	}
	<-f.done // it cannot send any more
	rows.Reset()
	must(t, os.RemoveAll(filepath.Join(dir, "etc"))) // is laid out anew; streams and rules are in data
	second, err := start(kuiper.Options{Plugin: true, Dir: dir, Keep: true})
	must(t, err)
	defer func() { check(t, endHost(second)) }()
	showLogOnFailure(t, second)
	startFlood(p.next(t), 1000, 100)
	last := `{"seq":999}`
	until(t, "the last row", func() (bool, string) { return rows.Last() == last, rows.Last() })
	if rows.Len() < 10 { // there may be a late one of the first host
		t.Errorf("%d rows of 10", rows.Len())
	}
}

// Two rules on one path, one of them slow: both get everything in order, and the peer is held up by the slow one.
func TestFanOutWithOneSlowRule(t *testing.T) {
	t.Parallel()
	const n, window = 30_000, 10 // a sink keeps a thousand rows
	h := ownHost(t, kuiper.Options{Plugin: true})
	options := func(c *kuiper.Collector) kuiper.RuleOptions {
		return kuiper.RuleOptions{Collector: c, Options: map[string]any{"disableBufferFullDiscard": true, "bufferLength": 64}}
	}
	path := "/" + name("p")
	small := map[string]any{"queueBytes": "64KiB"}
	slow, fast := newCollector(t), newCollector(t)
	for _, c := range []*kuiper.Collector{slow, fast} {
		s := stream{Path: path, Props: small}
		id := s.create(t, h)
		createRule(t, h, fmt.Sprintf("SELECT collect(seq) AS seqs FROM %s GROUP BY COUNTWINDOW(%d)", id, window), options(c))
	}
	conn := dial(t, h.ServerPort(), path)
	slow.Hold()
	f := startFlood(conn, n, 4000) // more than the kernel takes
	if stalled := f.waitStall(t); stalled == n {
		t.Fatal("nothing held the sender up")
	}
	slow.Release()
	f.wait(t)
	for _, c := range []*kuiper.Collector{slow, fast} {
		must(t, c.WaitN(n/window, manyMinutes))
		checkSequence(t, c, n)
	}
}

// checkSequence wants the numbers 0 to n-1 in their order, gathered in rows.
func checkSequence(t *testing.T, c *kuiper.Collector, n int) {
	t.Helper()
	next := 0
	for _, raw := range c.Raw() {
		var row struct{ Seqs []int }
		must(t, json.Unmarshal(raw, &row))
		for _, seq := range row.Seqs {
			if seq != next {
				t.Fatalf("message %d came where %d was due", seq, next)
			}
			next++
		}
	}
	equal(t, next, n)
}
