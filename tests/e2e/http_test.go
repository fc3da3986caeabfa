package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// upgradeRequest is an opening handshake, to which headers can be added or, with an empty value, be taken away.
func upgradeRequest(path string, changes ...string) string {
	headers := map[string]string{
		"Host": "test", "Upgrade": "websocket", "Connection": "Upgrade",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
	}
	for i := 0; i < len(changes); i += 2 {
		headers[changes[i]] = changes[i+1]
	}
	text := "GET " + path + " HTTP/1.1\r\n"
	for key, value := range headers {
		if value != "" {
			text += key + ": " + value + "\r\n"
		}
	}
	return text + "\r\n"
}

// httpAnswer sends a request as it is and reads the answer's head.
func httpAnswer(t *testing.T, port int, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = conn.Write([]byte(request))
	must(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	return resp
}

func httpStatus(t *testing.T, port int, request string) int {
	t.Helper()
	return httpAnswer(t, port, request).StatusCode
}

func TestAnswersWhatIsNoWebSocket(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	port, err := kuiper.FreePort() // a listener warns of so many causes a minute, and others look in at the shared one
	must(t, err)
	f := newFlow(t, h, stream{Props: map[string]any{"httpServerPort": port}}, kuiper.RuleOptions{})
	dial(t, port, f.path)

	equal(t, httpStatus(t, port, upgradeRequest(f.path)), 101)
	equal(t, httpStatus(t, port, upgradeRequest(f.path+"?a=b")), 101)
	equal(t, httpStatus(t, port, upgradeRequest("/not"+f.path)), 404)
	equal(t, httpStatus(t, port, upgradeRequest(f.path+"/deeper")), 404)
	equal(t, httpStatus(t, port, "GET "+f.path+" HTTP/1.1\r\nHost: test\r\n\r\n"), 426)
	for _, version := range []string{"8", "7", "0", "14", ""} {
		resp := httpAnswer(t, port, upgradeRequest(f.path, "Sec-WebSocket-Version", version))
		if resp.StatusCode != 426 || resp.Header.Get("Sec-WebSocket-Version") != "13" {
			t.Errorf("version %q: %s, Sec-WebSocket-Version %q; want 426 and 13",
				version, resp.Status, resp.Header.Get("Sec-WebSocket-Version"))
		}
	}
	// Who mistyped the path finds it in the log.
	logLine(t, h, "level=warning", "rule="+f.rule, "did not get in", fmt.Sprintf(`no stream listens on \"/not%s\"`, f.path))
	// Whatever they asked, the next client is served.
	conn := dial(t, port, f.path)
	conn.text(t, `{"n":1}`)
	f.waitRows(t, 1)
}

// Pings are answered while nothing else goes on, and between the fragments of a message.
func TestAnswersPings(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	p := newPeer(t)
	server := newFlow(t, h, stream{Format: "binary"}, kuiper.RuleOptions{})
	client := newFlow(t, h, stream{Format: "binary", Props: map[string]any{"addr": p.addr}}, kuiper.RuleOptions{})
	modes := map[string]struct {
		f    *flow
		conn *peerConn
	}{
		"server": {server, dial(t, h.ServerPort(), server.path)},
		"client": {client, p.next(t)},
	}
	for mode, m := range modes {
		t.Run(mode, func(t *testing.T) {
			m.conn.ping(t, "idle")
			m.conn.ping(t, "")
			m.conn.ping(t, strings.Repeat("x", 125))

			w, err := m.conn.NextWriter(websocket.TextMessage)
			must(t, err)
			_, err = w.Write(make([]byte, 5000)) // more than gorilla's buffer: a first fragment goes out
			must(t, err)
			m.conn.ping(t, "between fragments")
			must(t, w.Close())
			m.f.waitRows(t, 1)
		})
	}
}
