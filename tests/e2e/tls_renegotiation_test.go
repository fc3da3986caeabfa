package e2e

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// A server may renegotiate TLS 1.2 never, once or freely. Go's server cannot ask for it: openssl s_server is the peer,
// to whose standard input this test writes the frames, and `r` for a renegotiation.
func TestTLSRenegotiation(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	for allowed, times := range map[string]int{"": 0, "never": 0, "once": 1, "freely": 3} {
		t.Run("allowed "+allowed, func(t *testing.T) {
			t.Parallel()
			server := startOpenSSL(t, ca.issue(t, "s_server"))
			props := tlsClient(t, server.addr, ca, map[string]any{"renegotiationSupport": allowed})
			f := newFlow(t, h, stream{Props: props}, kuiper.RuleOptions{})
			server.upgrade(t)
			server.says(t, "\x81\x07{\"n\":1}")
			f.waitRows(t, 1)
			for i := range times {
				server.says(t, "r\n")
				server.says(t, "\x81\x07{\"n\":2}")
				f.waitRows(t, i+2)
			}
			if allowed == "freely" {
				return
			}
			server.says(t, "r\n") // our refusal ends the connection on its side
			contains(t, f.waitLoss(t), "handshake failure")
		})
	}
}

type opensslServer struct {
	addr string
	in   io.Writer
	out  *bufio.Reader
}

func startOpenSSL(t *testing.T, shown *identity) *opensslServer {
	t.Helper()
	files := shown.write(t)
	cmd := exec.Command("openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cert", files.cert, "-key", files.key)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	ended := make(chan struct{})
	must(t, kuiper.StartTied(cmd, func() { // no Wait before all is read: it closes the pipe
		<-ended
		cmd.Wait()
	}))
	limit := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() }) // or a read could wait for ever
	t.Cleanup(func() {
		limit.Stop()
		cmd.Process.Kill()
		close(ended)
	})
	s := &opensslServer{in: in, out: bufio.NewReader(out)}
	s.addr = s.find(t, `^ACCEPT (127\.0\.0\.1:\d+)`)
	return s
}

// find reads what the server prints, up to a line that matches, and returns what stands in the parentheses.
func (s *opensslServer) find(t *testing.T, pattern string) string {
	t.Helper()
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			t.Fatalf("no line %s of openssl s_server: %v", pattern, err)
		}
		if found := regexp.MustCompile(pattern).FindStringSubmatch(line); found != nil {
			return found[1]
		}
	}
}

func (s *opensslServer) says(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(s.in, text)
	must(t, err)
	if text == "r\n" {
		s.find(t, `^(SSL_do_handshake) -> `) // taken, before what comes next is read along with it
	}
}

// upgrade answers the opening handshake (RFC 6455 section 4.2.2).
func (s *opensslServer) upgrade(t *testing.T) {
	t.Helper()
	key := s.find(t, `(?i)^Sec-WebSocket-Key: (\S+)`)
	s.find(t, `^(\r)\n$`)
	accept := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	s.says(t, fmt.Sprintf("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(accept[:])))
}
