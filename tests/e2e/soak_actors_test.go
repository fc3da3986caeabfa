package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// soakFlow is a rule that stays, and how its peers come about.
type soakFlow struct {
	*flow
	name   string
	ledger *ledger
	peer   *peer             // client mode
	url    string            // server mode
	dialer *websocket.Dialer // server mode
}

type soakFlows []*soakFlow

func (all soakFlows) connections() (n int) {
	for _, f := range all {
		n += len(f.ledger.sent)
	}
	return n
}

// newSoakFlows makes four rules: both modes, with and without TLS; two of them compress, two have batch on.
func newSoakFlows(t *testing.T, h *kuiper.Host) soakFlows {
	t.Helper()
	ca := newCA(t, "Soak CA")
	identity := ca.issue(t, "peer")
	port, err := kuiper.FreePort()
	must(t, err)
	plain, secure := unopenedPeer(t), unopenedPeer(t)
	plain.compress = true
	secure.secure(identity.shows(t))

	heartbeat := func(props map[string]any) map[string]any {
		return with(with(props, "pingInterval", "3s"), "pongTimeout", patience.String())
	}
	server := map[string]any{"batch": true} // the rest as soakRule's: they share a listener
	serverTLS := heartbeat(with(with(identity.write(t).server(), "httpServerPort", port), "compression", true))
	client := heartbeat(with(quick(plain.addr), "compression", true))
	clientTLS := heartbeat(tlsClient(t, secure.addr, ca, map[string]any{"batch": true}))
	flows := soakFlows{
		{name: "server", flow: newSoakRule(t, h, server), dialer: &websocket.Dialer{}},
		{name: "serverTLS", flow: newSoakRule(t, h, serverTLS),
			dialer: &websocket.Dialer{EnableCompression: true, TLSClientConfig: ca.trusts(t)}},
		{name: "client", flow: newSoakRule(t, h, client), peer: plain},
		{name: "clientTLS", flow: newSoakRule(t, h, clientTLS), peer: secure},
	}
	flows[0].url = fmt.Sprintf("ws://127.0.0.1:%d%s", h.ServerPort(), flows[0].path)
	flows[1].url = fmt.Sprintf("wss://127.0.0.1:%d%s", port, flows[1].path)
	for _, f := range flows {
		f.ledger = newLedger()
		if f.peer == nil {
			f.waitConnection(t, connected)
		}
	}
	return flows
}

// newSoakRule sends a row a second, whatever comes.
func newSoakRule(t *testing.T, h *kuiper.Host, props map[string]any) *flow {
	t.Helper()
	s := stream{Props: props}
	f := &flow{h: h, rows: newCollector(t)}
	f.stream = s.create(t, h)
	f.path = s.Path
	f.rule = createRule(t, h, "SELECT collect(who) AS whos, collect(seq) AS seqs FROM "+f.stream+" GROUP BY TUMBLINGWINDOW(ss, 1)",
		kuiper.RuleOptions{Collector: f.rows, Options: map[string]any{"disableBufferFullDiscard": true}})
	return f
}

// soakActor does one thing over and over; act is one round of it.
type soakActor struct {
	name string
	act  func(t *testing.T, n int, over func() bool)
}

func soakActors(h *kuiper.Host, flows soakFlows) (all []soakActor) {
	for _, f := range flows {
		if f.peer != nil {
			all = append(all, soakActor{f.name + " peer", f.serve})
			continue
		}
		all = append(all, soakActor{f.name + " visitors", f.visit}, soakActor{f.name + " guest who stays", f.stay})
	}
	return append(all,
		soakActor{"peer that is killed", flows[0].kill},
		soakActor{"strangers", func(t *testing.T, n int, _ func() bool) { soakStranger(t, flows[n%2], n) }},
		soakRule(h), soakMistake(h),
	)
}

const (
	soakVisit = 20                    // messages
	soakPace  = 25 * time.Millisecond // between two of them: a machine has other things to do
	// between two mistakes, or two stops of a rule: those cost the host itself memory that it does not give back
	soakSeldom = 8 * time.Second
)

func (f *soakFlow) dial(t *testing.T) *peerConn {
	t.Helper()
	ws, _, err := f.dialer.Dial(f.url, nil)
	must(t, err)
	return watch(ws, nil)
}

// visit connects, says its piece and leaves.
func (f *soakFlow) visit(t *testing.T, n int, _ func() bool) { f.talk(t, f.dial(t), n) }

// serve is the same for a peer that is connected to; now and then the whole server goes away for a while.
func (f *soakFlow) serve(t *testing.T, n int, _ func() bool) {
	const often = 10
	if n%often == 0 {
		f.peer.shut()
		for len(f.peer.conns) > 0 { // connections that nobody has talked to yet
			(<-f.peer.conns).Close()
		}
		time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond)
		f.peer.listen(t)
	}
	f.talk(t, f.peer.next(t), n)
}

// talk sends numbered messages and leaves in one of three ways.
func (f *soakFlow) talk(t *testing.T, conn *peerConn, n int) {
	t.Helper()
	defer conn.Close()
	who := fmt.Sprintf("%s-%d", f.name, n)
	const ways = 3
	cut := n%ways == ways-1
	f.ledger.note(who, soakVisit, cut)
	for seq := range soakVisit {
		conn.text(t, soakMessage(who, seq))
		time.Sleep(soakPace)
	}
	switch n % ways {
	case 0:
		conn.end(t)
	case 1:
		must(t, conn.NetConn().Close())
	default:
		conn.breakOff(t)
	}
}

func soakMessage(who string, seq int) string {
	return fmt.Sprintf(`{"who":"%s","seq":%d,"pad":"%s"}`, who, seq, strings.Repeat("ü", rand.IntN(1000)))
}

// stay is there from the beginning to the end, and answers our pings.
func (f *soakFlow) stay(t *testing.T, n int, over func() bool) {
	conn := f.dial(t)
	defer conn.Close()
	who := fmt.Sprintf("%s-guest-%d", f.name, n)
	for seq := 0; !over(); seq++ {
		f.ledger.note(who, seq+1, false)
		conn.text(t, soakMessage(who, seq))
		time.Sleep(10 * soakPace)
	}
	conn.end(t)
}

// kill has another process connect, and kills it in the middle of a message.
func (f *soakFlow) kill(t *testing.T, n int, over func() bool) {
	who := fmt.Sprintf("killed-%d", n)
	f.ledger.note(who, 1, false)
	text := fmt.Sprintf(`{"who":"%s","seq":0}`, who)
	whole := string([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}) + text // masked with zeros
	startChild(t, f.url, 1, whole+"\x81\xe4\x00\x00\x00\x00"+`{"who":`).kill()
	soakPause(over, soakSeldom)
}

// soakStranger is no peer at all, or one that breaks the rules.
func soakStranger(t *testing.T, f *soakFlow, n int) {
	defer time.Sleep(10 * soakPace)
	switch n / 2 % 3 {
	case 0: // another protocol
		address := strings.TrimPrefix(strings.TrimPrefix(f.url, "ws://"), "wss://")
		conn, err := net.Dial("tcp4", address[:strings.Index(address, "/")])
		must(t, err)
		defer conn.Close()
		_, err = conn.Write([]byte("HELO gateway\r\n\r\n"))
		must(t, err)
	case 1: // a path that nobody reads
		_, resp, err := f.dialer.Dial(f.url+"/nobody", nil)
		if err == nil || resp == nil || resp.StatusCode != 404 {
			t.Errorf("a path that nobody reads was answered with %v, %v", resp, err)
		}
	default: // text that is not UTF-8
		conn := f.dial(t)
		defer conn.Close()
		conn.text(t, "\xff")
		if err := conn.waitEnd(t); !websocket.IsCloseError(err, websocket.CloseInvalidFramePayloadData) {
			t.Errorf("text that is not UTF-8 ended the connection with %v instead of 1007", err)
		}
	}
}

// soakRule is a rule that is stopped and started, gets a message and has its connection ended. It is not made anew each
// time: kuiperd 2.4.0 keeps some KiB of SQLite's for every statement that writes to its store.
func soakRule(h *kuiper.Host) soakActor {
	var f *flow
	return soakActor{"rule that is stopped", func(t *testing.T, n int, over func() bool) {
		if n == 0 {
			f = newFlow(t, h, stream{}, kuiper.RuleOptions{})
		} else {
			must(t, h.StartRule(f.rule))
		}
		conn := dial(t, h.ServerPort(), f.path)
		defer conn.Close()
		conn.text(t, `{"n":1}`)
		f.waitRows(t, n+1)
		must(t, h.StopRule(f.rule))
		conn.waitEnd(t)
		soakPause(over, soakSeldom)
	}}
}

// soakMistake is a group that cannot be used, and a connectivity check of an address where nobody is.
func soakMistake(h *kuiper.Host) soakActor {
	var s stream
	var id string
	return soakActor{"mistakes", func(t *testing.T, n int, over func() bool) {
		if n == 0 {
			s = stream{Props: map[string]any{"queueMessages": "many"}}
			id = s.create(t, h)
		}
		err := h.CreateRule(name("mistake"), "SELECT * FROM "+id, kuiper.RuleOptions{})
		contains(t, fmt.Sprint(err), "queueMessages", "many")
		if err := h.Ping("websocket", checkProps("127.0.0.1:1", "/x")); err == nil {
			t.Error("the connectivity check of an address where nobody is has passed")
		}
		soakPause(over, soakSeldom)
	}}
}

// soakPause ends early where the soak does.
func soakPause(over func() bool, long time.Duration) {
	for began := time.Now(); time.Since(began) < long && !over(); {
		time.Sleep(soakPace)
	}
}
