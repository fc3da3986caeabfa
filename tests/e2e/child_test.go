package e2e

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// childPeers are connections to our server held by another process: this test program, started once more. It can be
// killed, and has descriptors of its own.
type childPeers struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

const (
	childURL   = "EKWS_CHILD_URL"
	childCount = "EKWS_CHILD_COUNT"
	childSays  = "EKWS_CHILD_SAYS" // in hexadecimal: what each sends after the handshake, as it is
)

// startChild returns when all connections are open.
func startChild(t *testing.T, url string, count int, says string) *childPeers {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childURL+"="+url, childCount+"="+strconv.Itoa(count), childSays+"="+hex.EncodeToString([]byte(says)))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	c := &childPeers{cmd: cmd, ended: make(chan struct{})}
	line := make(chan string, 1)
	must(t, kuiper.StartTied(cmd, func() {
		text, _ := bufio.NewReader(stdout).ReadString('\n')
		line <- text
		cmd.Wait()
		close(c.ended)
	}))
	t.Cleanup(func() {
		stdin.Close()
		c.kill()
	})
	select {
	case text := <-line:
		equal(t, text, "open\n")
	case <-time.After(2 * time.Minute):
		t.Fatalf("%d connections of another process were not open within two minutes", count)
	}
	return c
}

// kill -9: the kernel closes its connections, the process does not get to say anything.
func (c *childPeers) kill() {
	c.cmd.Process.Kill()
	<-c.ended
}

// beChild is what the child does: it connects, says its piece, and reads until its stdin ends.
func beChild() error {
	count, err := strconv.Atoi(os.Getenv(childCount))
	if err != nil {
		return err
	}
	says, err := hex.DecodeString(os.Getenv(childSays))
	if err != nil {
		return err
	}
	for i := range count {
		ws, resp, err := websocket.DefaultDialer.Dial(os.Getenv(childURL), http.Header{})
		if err != nil {
			return fmt.Errorf("connection %d: %w (%v)", i, err, resp)
		}
		if _, err := ws.NetConn().Write(says); err != nil {
			return err
		}
		go func() {
			for {
				if _, _, err := ws.ReadMessage(); err != nil {
					return
				}
			}
		}()
	}
	fmt.Println("open")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
