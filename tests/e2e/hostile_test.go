package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// shakeHands connects to our server by hand.
func shakeHands(t *testing.T, port int, path string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = conn.Write([]byte(upgradeRequest(path)))
	must(t, err)
	must(t, conn.SetReadDeadline(time.Now().Add(patience)))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	equal(t, resp.StatusCode, 101)
	return conn
}

// A hundred peers that send pings without end and never read a pong: they are answered as long as the kernel takes it,
// the host does not grow by what it does not, and others are served as before.
func TestFloodOfPings(t *testing.T) {
	t.Parallel()
	const peers, each, most = 100, 20_000, 32 * mebibyte
	h := ownHost(t, kuiper.Options{Plugin: true})
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	healthy := dial(t, h.ServerPort(), f.path)
	healthy.text(t, `{"n":1}`)
	f.waitRows(t, 1)
	ping := "\x89\xfd\x00\x00\x00\x00" + strings.Repeat("x", 125) // masked with zeros
	flood := []byte(strings.Repeat(ping, 100))
	must(t, h.ForgetMemoryPeak())
	before, err := h.Memory("VmRSS")
	must(t, err)
	sent := make(chan error, peers)
	for range peers {
		conn := shakeHands(t, h.ServerPort(), f.path)
		go func() {
			for range each / 100 {
				if _, err := conn.Write(flood); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
	}
	for range peers {
		must(t, <-sent) // pings are taken, though nobody takes the pongs
	}
	healthy.ping(t, "and me?")
	healthy.text(t, `{"n":2}`)
	f.waitRows(t, 2)
	peak, err := h.Memory("VmHWM")
	must(t, err)
	t.Logf("%d MiB of pings; the host grew by %d KiB", peers*each*len(ping)>>20, (peak-before)/1024)
	if peak-before > most {
		t.Errorf("the host grew by %d KiB", (peak-before)/1024)
	}
}

// The host starts child processes: none of the descriptors that the plugin opens would be theirs, or a listener's port
// stayed taken when the host has ended.
func TestChildrenInheritNoDescriptor(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	before := restingDescriptors(t, h)
	ca := newCA(t, "Plant CA")
	p, secure := newPeer(t), newTLSPeer(t, ca.issue(t, "server").shows(t))
	server := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	for _, f := range []*flow{
		server,
		newFlow(t, h, stream{Props: quick(p.addr)}, kuiper.RuleOptions{}),
		newFlow(t, h, stream{Props: tlsClient(t, secure.addr, ca)}, kuiper.RuleOptions{}),
	} {
		f.waitConnection(t, connected)
	}
	dial(t, h.ServerPort(), server.path).text(t, `{"n":1}`)
	server.waitRows(t, 1)
	looked := 0
	for fd := range descriptors(t, h) {
		info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", h.PID(), fd))
		if before[fd] || os.IsNotExist(err) {
			continue
		}
		must(t, err)
		_, after, _ := strings.Cut(string(info), "flags:")
		flags, err := strconv.ParseUint(strings.Fields(after)[0], 8, 64)
		must(t, err)
		const closeOnExec = 0o2000000
		if flags&closeOnExec == 0 {
			target, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", h.PID(), fd))
			t.Errorf("descriptor %d (%s) would be inherited", fd, target)
		}
		looked++
	}
	// A loop's own, six, a listener, three connections.
	if looked < 10 {
		t.Errorf("only %d descriptors were there to be looked at", looked)
	}
}
