package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// remote is a network namespace with one cable (a pair of veth interfaces) to this one: another machine, whose cable
// can be pulled. It ends with the test.
type remote struct {
	near, far string // addresses, here and there
	device    string // our end of the cable
	pid       int    // of a process that lives there
}

// newRemote skips the test where namespaces cannot be made.
func newRemote(t *testing.T) *remote {
	t.Helper()
	idle := exec.Command("sleep", "infinity")
	idle.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if err := kuiper.StartTied(idle, func() { idle.Wait() }); err != nil {
		t.Skip("a network namespace needs root here:", err)
	}
	t.Cleanup(func() { idle.Process.Kill() })
	// 198.18.0.0/15 is for tests of networks (RFC 2544): no route leads there.
	subnet, host := rand.IntN(256), 4*rand.IntN(64)
	address := func(n int) string { return fmt.Sprintf("198.18.%d.%d", subnet, host+n) }
	r := &remote{address(1), address(2), fmt.Sprintf("ekws%d", rand.IntN(1e6)), idle.Process.Pid}
	if out, err := exec.Command("ip", "link", "add", r.device, "type", "veth", "peer", "name", "far", "netns", fmt.Sprint(r.pid)).CombinedOutput(); err != nil {
		t.Skipf("a pair of veth interfaces cannot be made here: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("ip", "link", "delete", r.device).Run() })
	// With the cable pulled, what is for that machine must not leave by another way.
	dark := []string{"unreachable", fmt.Sprintf("%s/30", address(0)), "metric", "9999"}
	r.ip(t, append([]string{"route", "add"}, dark...)...)
	t.Cleanup(func() { exec.Command("ip", append([]string{"route", "delete"}, dark...)...).Run() })
	r.ip(t, "address", "add", r.near+"/30", "dev", r.device)
	r.there(t, func() { r.ip(t, "address", "add", r.far+"/30", "dev", "far") })
	r.plug(t)
	r.there(t, func() { r.ip(t, "link", "set", "far", "up") })
	return r
}

func (r *remote) ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (r *remote) pull(t *testing.T) { r.ip(t, "link", "set", r.device, "down") }
func (r *remote) plug(t *testing.T) { r.ip(t, "link", "set", r.device, "up") }

// there runs do in the namespace: sockets that it makes are that machine's, and so are processes that it starts.
func (r *remote) there(t *testing.T, do func()) {
	t.Helper()
	setns := map[string]uintptr{"amd64": 308, "arm64": 268}[runtime.GOARCH] // the syscall package has no name for it
	enter := func(path string) error {
		namespace, err := os.Open(path)
		if err != nil {
			return err
		}
		defer namespace.Close()
		if _, _, errno := syscall.RawSyscall(setns, namespace.Fd(), syscall.CLONE_NEWNET, 0); errno != 0 {
			return errno
		}
		return nil
	}
	runtime.LockOSThread()
	home := fmt.Sprintf("/proc/self/task/%d/ns/net", syscall.Gettid())
	here, err := os.Open(home)
	must(t, err)
	defer here.Close()
	must(t, enter(fmt.Sprintf("/proc/%d/ns/net", r.pid)))
	defer func() {
		// A thread that cannot go back stays locked and ends with its goroutine.
		if enter(fmt.Sprintf("/proc/self/fd/%d", here.Fd())) == nil {
			runtime.UnlockOSThread()
		}
	}()
	do()
}

// The cable is pulled, and plugged in again: both ends are found to be gone by the heartbeat, the client comes back, the
// listener is still there, and no rule has ended.
func TestInterfaceGoesAndComes(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	h := sharedHost(t)
	heartbeat := func(props map[string]any) map[string]any {
		return with(with(props, "pingInterval", "200ms"), "pongTimeout", "3s")
	}
	port, err := kuiper.FreePort()
	must(t, err)
	p := unopenedPeer(t)
	p.addr = fmt.Sprintf("%s:%d", r.far, port)
	r.there(t, func() { p.listen(t) })
	client := newFlow(t, h, stream{Props: heartbeat(quick(p.addr))}, kuiper.RuleOptions{})
	server := newFlow(t, h, stream{Props: heartbeat(map[string]any{"httpServerIp": r.near, "httpServerPort": port})}, kuiper.RuleOptions{})
	server.waitConnection(t, connected)
	visit := func() (conn *peerConn) {
		t.Helper()
		r.there(t, func() {
			until(t, "a connection", func() (bool, string) {
				ws, _, err := websocket.DefaultDialer.Dial(fmt.Sprintf("ws://%s:%d%s", r.near, port, server.path), nil)
				if err == nil {
					conn = watch(ws, nil)
				}
				return err == nil, fmt.Sprint(err)
			})
		})
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	startedClient, startedServer := client.startedAt(t), server.startedAt(t)
	for n := range 2 {
		visitor := visit()
		visitor.text(t, fmt.Sprintf(`{"n":%d}`, n))
		server.waitRows(t, n+1)
		p.next(t).text(t, fmt.Sprintf(`{"n":%d}`, n))
		client.waitRows(t, n+1)
		addr := visitor.NetConn().LocalAddr().(*net.TCPAddr).String()
		if yes, seen := h.Connected(addr); !yes {
			t.Error(seen)
		}

		r.pull(t)
		until(t, "the server to give its peer up", func() (bool, string) {
			yes, seen := h.Connected(addr)
			return !yes, seen
		})
		client.waitLossWith(t, "cannot connect to "+p.addr)
		logLine(t, h, "rule="+client.rule, "3000 ms (pongTimeout)")
		until(t, "the client to give its peer up", func() (bool, string) { // the text above may be of the first round
			yes, seen := h.Connected(p.addr)
			return !yes, seen
		})
		r.plug(t)
	}
	visit().text(t, `{"n":2}`)
	server.waitRows(t, 3)
	p.next(t).text(t, `{"n":2}`)
	client.waitRows(t, 3)
	equal(t, rawRows(client.rows), []string{`{"n":0}`, `{"n":1}`, `{"n":2}`})
	equal(t, rawRows(server.rows), []string{`{"n":0}`, `{"n":1}`, `{"n":2}`})
	equal(t, []any{client.startedAt(t), server.startedAt(t)}, []any{startedClient, startedServer})
}
