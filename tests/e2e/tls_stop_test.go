package e2e

import (
	"fmt"
	"net"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// The server accepts TCP and never answers in the TLS handshake.
func TestTLSStopsDuringTheHandshakeOfAClient(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	listener := silentServer(t)
	f := newFlow(t, h, stream{Props: tlsClient(t, listener.Addr().String(), newCA(t, "Plant CA"))}, kuiper.RuleOptions{})
	measureStops(t, func(t *testing.T) time.Duration {
		conn, err := listener.Accept()
		must(t, err)
		defer conn.Close()
		must(t, conn.SetReadDeadline(time.Now().Add(patience)))
		const handshake = 22 // content type (RFC 8446 section 5.1)
		first := make([]byte, 1)
		_, err = conn.Read(first)
		must(t, err)
		equal(t, first[0], handshake)
		took := f.stopTook(t, func() (bool, string) { return ended(conn) })
		must(t, h.StartRule(f.rule))
		return took
	})
}

// A client that connects and says nothing, one that stops in the middle of the handshake, and one that is open and
// answers nothing: none of them keeps the port.
func TestTLSStopsWithSilentClients(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	s := newTLSServer(t, h, ca.issue(t, "server").write(t).server())
	measureStops(t, func(t *testing.T) time.Duration {
		s.waitConnection(t, connected)
		silent := s.connectPlain(t)
		half := s.connectPlain(t)
		_, err := half.Write([]byte("\x16\x03\x01\x02\x00\x01")) // the beginning of a ClientHello
		must(t, err)
		open, err := tryTLS("127.0.0.1", s.port, s.path, ca.trusts(t))
		must(t, err)
		defer open.Close()
		began := time.Now()
		must(t, h.StopRule(s.rule))
		waitPortFree(t, s.port)
		for _, conn := range []net.Conn{silent, half, open.NetConn()} {
			until(t, "the end of a connection", func() (bool, string) { return ended(conn) })
		}
		took := time.Since(began)
		must(t, h.StartRule(s.rule))
		return took
	})
}

func (s *tlsServer) connectPlain(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", s.port))
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

// As TestSlowRuleGetsEverythingInOrder, over TLS: what is read but not yet decrypted is held up, too.
func TestTLSSlowRuleGetsEverythingInOrder(t *testing.T) {
	t.Parallel()
	const n = 100_000
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	server := ca.issue(t, "server")
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		port, err := kuiper.FreePort()
		must(t, err)
		c := newCounted(t, h, stream{Props: with(with(server.write(t).server(), "httpServerPort", port), "queueBytes", "1 MiB")})
		c.waitConnection(t, connected)
		c.holdUp(t, n, func() *peerConn { return dialTLS(t, port, c.path, ca.trusts(t)) })
	})
	t.Run("client", func(t *testing.T) {
		t.Parallel()
		p := newTLSPeer(t, server.shows(t))
		c := newCounted(t, h, stream{Props: tlsClient(t, p.addr, ca, map[string]any{"queueBytes": "1 MiB"})})
		c.holdUp(t, n, func() *peerConn { return p.next(t) })
	})
}
