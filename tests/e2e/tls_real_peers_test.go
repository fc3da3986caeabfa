package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// numbered is how many messages each peer sends.
const numbered = 2000

// implementation is a WebSocket implementation that sends numbered messages in either role and then closes in order.
type implementation struct {
	client func(t *testing.T, url string, ca *identity)
	// server returns host:port; finish waits until all was sent and closed.
	server func(t *testing.T, shown *identity) (addr string, finish func())
}

func number(seq int) []byte { return fmt.Appendf(nil, `{"seq":%d,"from":"go"}`, seq) }

var implementations = map[string]implementation{
	"Go gorilla": {
		client: func(t *testing.T, url string, ca *identity) {
			dialer := websocket.Dialer{TLSClientConfig: ca.trusts(t), HandshakeTimeout: patience}
			ws, _, err := dialer.Dial(url, nil)
			must(t, err)
			watch(ws, nil).sendNumbered(t)
		},
		server: func(t *testing.T, shown *identity) (string, func()) {
			p := newTLSPeer(t, shown.shows(t))
			return p.addr, func() { p.next(t).sendNumbered(t) }
		},
	},
	"Go coder": {
		client: func(t *testing.T, url string, ca *identity) {
			options := &coder.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: ca.trusts(t)}}}
			ws, _, err := coder.Dial(context.Background(), url, options)
			must(t, err)
			must(t, sendCoder(ws))
		},
		server: func(t *testing.T, shown *identity) (string, func()) {
			listener, err := tls.Listen("tcp4", "127.0.0.1:0", shown.shows(t))
			must(t, err)
			outcome := make(chan error, 1)
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ws, err := coder.Accept(w, r, nil)
				if err == nil {
					err = sendCoder(ws)
				}
				outcome <- err
			})}
			t.Cleanup(func() { server.Close() })
			go server.Serve(listener)
			return listener.Addr().String(), func() {
				served(t, outcome)
			}
		},
	},
	"Python websockets": program("/usr/bin/python3", "peers/peer.py"),
	"Node ws":           program("node", "peers/peer.js"),
}

func (c *peerConn) sendNumbered(t *testing.T) {
	t.Helper()
	for seq := range numbered {
		must(t, c.WriteMessage(websocket.TextMessage, number(seq)))
	}
	c.end(t)
}

func sendCoder(ws *coder.Conn) error {
	for seq := range numbered {
		if err := ws.Write(context.Background(), coder.MessageText, number(seq)); err != nil {
			return err
		}
	}
	return ws.Close(coder.StatusNormalClosure, "")
}

// program is a peer in another language; scripts/deps.sh e2e installs what it needs.
func program(interpreter, script string) implementation {
	return implementation{
		client: func(t *testing.T, url string, ca *identity) {
			_, finish := runPeer(t, interpreter, script, "client", url, ca.writeCert(t), fmt.Sprint(numbered))
			finish()
		},
		server: func(t *testing.T, shown *identity) (string, func()) {
			files := shown.write(t)
			out, finish := runPeer(t, interpreter, script, "server", files.cert, files.key, fmt.Sprint(numbered))
			port, err := out.ReadString('\n')
			if err != nil {
				finish() // says why
				t.Fatal(err)
			}
			return "127.0.0.1:" + port[:len(port)-1], finish
		},
	}
}

func runPeer(t *testing.T, args ...string) (out *bufio.Reader, finish func()) {
	t.Helper()
	path, err := exec.LookPath(args[0])
	if err != nil {
		t.Fatalf("%v: scripts/deps.sh e2e installs it", err)
	}
	cmd := exec.Command(path, args[1:]...)
	// Where Debian puts modules of Node; its own node looks there, others do not.
	cmd.Env = append(os.Environ(), "NODE_PATH=/usr/share/nodejs")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	pipe, err := cmd.StdoutPipe()
	must(t, err)
	outcome := make(chan error, 1)
	read, whenRead := context.WithCancel(context.Background())
	must(t, kuiper.StartTied(cmd, func() {
		<-read.Done() // Wait closes the pipe
		outcome <- cmd.Wait()
	}))
	t.Cleanup(func() {
		cmd.Process.Kill()
		whenRead()
	})
	finish = func() {
		t.Helper()
		whenRead()
		if err := <-outcome; err != nil {
			t.Fatalf("%s: %v\n%s", filepath.Base(args[1]), err, complaints.String())
		}
	}
	return bufio.NewReader(pipe), finish
}

// Peers that are not our code, in both roles: every message comes, once and in order.
func TestTLSRealPeers(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	ca := newCA(t, "Plant CA")
	files := ca.issue(t, "our server").write(t)
	for who, peer := range implementations {
		t.Run("client "+who, func(t *testing.T) {
			t.Parallel()
			port, err := kuiper.FreePort()
			must(t, err)
			c := newCounted(t, h, stream{Props: with(files.server(), "httpServerPort", port)})
			c.waitConnection(t, connected)
			peer.client(t, fmt.Sprintf("wss://localhost:%d%s", port, c.path), ca)
			c.whole(t, numbered)
		})
		t.Run("server "+who, func(t *testing.T) {
			t.Parallel()
			addr, finish := peer.server(t, ca.issue(t, "their server"))
			// Once: a server that has sent all does not do it again.
			c := newCounted(t, h, stream{Props: tlsClient(t, addr, ca, map[string]any{"reconnectInitial": "1h", "reconnectMax": "1h"})})
			finish()
			c.whole(t, numbered)
		})
	}
}

// served waits until a peer has come and gone, and for how that went.
func served(t *testing.T, outcome <-chan error) {
	t.Helper()
	select {
	case err := <-outcome:
		must(t, err)
	case <-time.After(patience):
		t.Fatal("nobody came")
	}
}
