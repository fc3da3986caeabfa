package e2e

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// A million messages over one connection into a rule that first stands still: each comes once, in its order.
func TestMillionMessages(t *testing.T) {
	t.Parallel()
	const n, window = 1_000_000, 1000
	h := ownHost(t, kuiper.Options{Plugin: true})
	rows := newCollector(t)
	s := stream{Props: map[string]any{"batch": true}}
	id := s.create(t, h)
	createRule(t, h, fmt.Sprintf("SELECT collect(seq) AS seqs FROM %s GROUP BY COUNTWINDOW(%d)", id, window), heldUp(rows))
	conn := dial(t, h.ServerPort(), s.Path)
	rows.Hold()
	f := startFlood(conn, n, 40)
	if stalled := f.waitStall(t); stalled == n {
		t.Fatal("nothing held the sender up")
	}
	rows.Release()
	f.waitFor(t, manyMinutes)
	must(t, rows.WaitN(n/window, manyMinutes))
	checkSequence(t, rows, n)
}

// manyMinutes is for what takes half a minute where nothing else runs.
const manyMinutes = 8 * time.Minute

// heldUp are options of a rule that discards nothing and takes little while its collector is held.
func heldUp(rows *kuiper.Collector) kuiper.RuleOptions {
	return kuiper.RuleOptions{
		Collector: rows,
		Options:   map[string]any{"disableBufferFullDiscard": true, "bufferLength": 16},
		Sink:      map[string]any{"bufferLength": 16},
	}
}

// A thousand connections that send as fast as they can, without end, into a rule that stands still: every one of them
// is held up by TCP, the host does not grow by what they have to send, and nothing is missing or out of order.
func TestThousandSendersAreHeldUp(t *testing.T) {
	t.Parallel()
	ca := newCA(t, "Plant CA")
	for _, c := range []struct {
		what   string
		props  map[string]any
		dialer websocket.Dialer
	}{
		{"plain", map[string]any{}, websocket.Dialer{}},
		{"TLS", ca.issue(t, "server").write(t).server(), websocket.Dialer{TLSClientConfig: ca.trusts(t)}},
		{"compression", map[string]any{"compression": true}, websocket.Dialer{EnableCompression: true}},
	} {
		t.Run(c.what, func(t *testing.T) {
			h := ownHost(t, kuiper.Options{Plugin: true})
			props := maps.Clone(c.props)
			props["queueBytes"] = "64 KiB"
			holdUpThousand(t, h, props, c.dialer)
		})
	}
}

func holdUpThousand(t *testing.T, h *kuiper.Host, props map[string]any, dialer websocket.Dialer) {
	const peers, size, window = 1000, 8000, 10
	// Of each connection: what OpenSSL reads ahead (66 KiB) or inflating keeps, and a message in pieces.
	const most = peers*(64+32)<<10 + 64*mebibyte
	rows := newCollector(t)
	s := stream{Props: props}
	id := s.create(t, h)
	f := &flow{h: h, stream: id, rows: rows}
	f.rule = createRule(t, h, fmt.Sprintf("SELECT collect(who) AS whos, collect(seq) AS seqs FROM %s GROUP BY COUNTWINDOW(%d)", id, window), heldUp(rows))
	f.waitConnection(t, connected)
	scheme := "ws"
	if dialer.TLSClientConfig != nil {
		scheme = "wss"
	}
	dialer.NetDial = func(network, addr string) (net.Conn, error) {
		conn, err := net.Dial(network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetWriteBuffer(16 << 10) // or the kernel takes far more
		}
		return conn, err
	}
	before, err := h.Memory("VmRSS")
	must(t, err)
	rows.Hold()
	l := newLedger()
	var sent atomic.Int64
	var enough atomic.Bool
	var senders sync.WaitGroup
	for i := range peers {
		ws, _, err := dialer.Dial(fmt.Sprintf("%s://127.0.0.1:%d%s", scheme, h.ServerPort(), s.Path), nil)
		must(t, err)
		conn := watch(ws, nil)
		t.Cleanup(func() { conn.Close() })
		who := fmt.Sprint("peer ", i)
		senders.Go(func() {
			seq := 0
			for ; !enough.Load(); seq++ {
				if err := conn.WriteMessage(websocket.TextMessage, noise(who, seq, size)); err != nil {
					t.Errorf("%s, message %d: %v", who, seq, err)
					return
				}
				sent.Add(1)
			}
			l.note(who, seq, false)
		})
	}
	last := waitStill(t, sent.Load)
	after, err := h.Memory("VmRSS")
	must(t, err)
	t.Logf("all are held up after %d messages; the host grew by %d KiB", last, (after-before)/1024)
	if after-before > most {
		t.Errorf("the host grew by %d KiB", (after-before)/1024)
	}
	enough.Store(true)
	rows.Release()
	senders.Wait()
	total := int(sent.Load())
	must(t, rows.WaitN(total/window, manyMinutes))
	// What does not fill a window stays there.
	_, missing, err := l.count(rows.Raw())
	must(t, err)
	equal(t, missing, total%window)
}

// noise is a message that cannot be compressed much.
func noise(who string, seq, size int) []byte {
	random := make([]byte, size*3/4)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	return fmt.Appendf(nil, `{"who":"%s","seq":%d,"pad":"%s"}`, who, seq, base64.StdEncoding.EncodeToString(random))
}
