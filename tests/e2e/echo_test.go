package e2e

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// echoChecker is a WebSocket implementation that compresses messages to an echo, over TLS, and wants them back.
type echoChecker struct {
	client func(t *testing.T, url string, ca *identity)
	// server returns host:port; finish waits until all was checked.
	server func(t *testing.T, shown *identity) (addr string, finish func())
}

var echoCheckers = map[string]echoChecker{
	"Go gorilla": {
		client: func(t *testing.T, url string, ca *identity) {
			dialer := websocket.Dialer{TLSClientConfig: ca.trusts(t), HandshakeTimeout: patience, EnableCompression: true}
			ws, resp, err := dialer.Dial(url, nil)
			must(t, err)
			contains(t, resp.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate")
			must(t, checkEcho(ws))
		},
		server: func(t *testing.T, shown *identity) (string, func()) {
			listener, err := tls.Listen("tcp4", "127.0.0.1:0", shown.shows(t))
			must(t, err)
			outcome := make(chan error, 1)
			upgrader := websocket.Upgrader{EnableCompression: true}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if offer := r.Header.Get("Sec-WebSocket-Extensions"); !strings.Contains(offer, "permessage-deflate") {
					outcome <- fmt.Errorf("it offers %q", offer)
				} else if ws, err := upgrader.Upgrade(w, r, nil); err != nil {
					outcome <- err
				} else {
					outcome <- checkEcho(ws)
				}
			})}
			t.Cleanup(func() { server.Close() })
			go server.Serve(listener)
			return listener.Addr().String(), func() {
				served(t, outcome)
			}
		},
	},
	"Python websockets": {
		client: func(t *testing.T, url string, ca *identity) {
			_, finish := runPeer(t, "/usr/bin/python3", "peers/echo.py", "client", url, ca.writeCert(t))
			finish()
		},
		server: func(t *testing.T, shown *identity) (string, func()) {
			files := shown.write(t)
			out, finish := runPeer(t, "/usr/bin/python3", "peers/echo.py", "server", files.cert, files.key)
			port, err := out.ReadString('\n')
			if err != nil {
				finish() // says why
				t.Fatal(err)
			}
			return "127.0.0.1:" + strings.TrimSpace(port), finish
		},
	},
}

func checkEcho(ws *websocket.Conn) error {
	defer ws.Close()
	ws.SetReadDeadline(time.Now().Add(patience))
	for i := range 200 {
		kind, payload := websocket.TextMessage, strings.Repeat("température ", i*i/10)
		if i%2 == 1 {
			kind, payload = websocket.BinaryMessage, payload+"\xff"
		}
		if err := ws.WriteMessage(kind, []byte(payload)); err != nil {
			return err
		}
		gotKind, got, err := ws.ReadMessage()
		if err != nil {
			return err
		}
		if gotKind != kind || string(got) != payload {
			return fmt.Errorf("message %d came back as %.60q", i, got)
		}
	}
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := ws.WriteMessage(websocket.CloseMessage, bye); err != nil {
		return err
	}
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		return fmt.Errorf("the close frame was answered with %v", err)
	}
	return nil
}

// ekws-echo with all its options, as a suite of others would be pointed at it.
func TestEchoProgram(t *testing.T) {
	t.Parallel()
	ca := newCA(t, "Suite CA")
	program, files := os.Getenv("EKWS_ECHO"), ca.issue(t, "echo").write(t)
	for who, checker := range echoCheckers {
		t.Run("server, "+who, func(t *testing.T) {
			t.Parallel()
			out, _ := runPeer(t, program, "--listen", "127.0.0.1:0", "--tls", files.cert, files.key, "--compression",
				"--max-message-bytes", "1000000")
			address, err := out.ReadString('\n')
			must(t, err)
			checker.client(t, "wss://"+strings.TrimSpace(address)+"/any?path", ca)
		})
		t.Run("client, "+who, func(t *testing.T) {
			t.Parallel()
			addr, checked := checker.server(t, ca.issue(t, "suite"))
			_, ended := runPeer(t, program, "--connect", "wss://"+addr+"/", "--ca", ca.writeCert(t), "--compression")
			checked()
			ended() // with status 0
		})
	}
}

// What docs/develop.md says of it: every option, and the commands.
func TestEchoInDevelopPage(t *testing.T) {
	t.Parallel()
	program := os.Getenv("EKWS_ECHO")
	page := openPage(t, "docs/develop.md")
	usage, _ := exec.Command(program).CombinedOutput()
	for _, option := range regexp.MustCompile(`--[a-z-]+`).FindAllString(string(usage), -1) {
		contains(t, page.text, option)
	}
	commands := regexp.MustCompile(`(?m)^\S+/ekws-echo (--\w+) '?([^'\n]+)'?$`).FindAllStringSubmatch(page.text, -1)
	if len(commands) != 2 {
		t.Fatalf("commands of the page: %q", commands)
	}
	for _, command := range commands {
		if command[1] == "--listen" {
			out, _ := runPeer(t, program, command[1], command[2])
			address, err := out.ReadString('\n')
			must(t, err)
			ws, _, err := websocket.DefaultDialer.Dial("ws://"+strings.TrimSpace(address)+"/", nil)
			must(t, err)
			must(t, checkEcho(ws))
			continue
		}
		p := newPeer(t)
		_, ended := runPeer(t, program, command[1], strings.Replace(command[2], "127.0.0.1:9001", p.addr, 1))
		conn := p.next(t)
		contains(t, conn.request.URL.String(), "/runCase?case=1&agent=ekws")
		conn.end(t)
		ended()
	}
}
