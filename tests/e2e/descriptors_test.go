package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// shortHost is a host whose descriptors are going to be short: then its own HTTP server says so on stderr.
func shortHost(t *testing.T) *kuiper.Host {
	t.Helper()
	h, err := start(kuiper.Options{Plugin: true})
	must(t, err)
	t.Cleanup(func() { check(t, h.Stop()) })
	showLogOnFailure(t, h)
	return h
}

// setLimit sets how many descriptors a running host may have.
func setLimit(t *testing.T, h *kuiper.Host, most int) {
	t.Helper()
	out, err := exec.Command("prlimit", "--pid", strconv.Itoa(h.PID()), fmt.Sprintf("--nofile=%d:", most)).CombinedOutput()
	if err != nil {
		t.Fatalf("prlimit: %v: %s", err, out)
	}
}

// leave lets the host have so many further descriptors, no more.
func leave(t *testing.T, h *kuiper.Host, free int) {
	t.Helper()
	used, most := restingDescriptors(t, h), 0
	for left := free; ; most++ {
		if used[most] {
			continue
		}
		if left == 0 {
			break
		}
		left--
	}
	setLimit(t, h, most)
}

// restingDescriptors waits until the host's descriptors stay the same.
func restingDescriptors(t *testing.T, h *kuiper.Host) map[int]bool {
	t.Helper()
	look := func() map[int]bool { return descriptors(t, h) }
	return untilSame(t, "the host's descriptors to stay the same", look, maps.Equal[map[int]bool])
}

func descriptors(t *testing.T, h *kuiper.Host) map[int]bool {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", h.PID()))
	must(t, err)
	used := map[int]bool{}
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		must(t, err)
		used[fd] = true
	}
	return used
}

const enoughDescriptors = 10_000

// A rule that starts while the process has no descriptors left waits for them, in both modes; its status says so. It is
// the first one: those after it take no more than a socket's.
func TestRuleStartsOutOfDescriptors(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"server", "client"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			h := shortHost(t)
			p := newPeer(t)
			s := stream{}
			if mode == "client" {
				s.Props = quick(p.addr)
			}
			leave(t, h, 4) // enough for requests, and for a rule but for its source
			defer setLimit(t, h, enoughDescriptors)
			f := newFlow(t, h, s, kuiper.RuleOptions{})
			text := f.waitLoss(t)
			contains(t, text, "no descriptor to watch sockets with: Too many open files", "; next try 20")
			f.waitConnection(t, disconnected)

			setLimit(t, h, enoughDescriptors)
			f.waitConnection(t, connected)
			var conn *peerConn
			if mode == "client" {
				conn = p.next(t)
			} else {
				conn = dial(t, h.ServerPort(), f.path)
			}
			conn.text(t, `{"n":1}`)
			f.waitRows(t, 1)
		})
	}
}

// Connections that the process has no descriptors for wait in the kernel, without keeping a processor busy, and are
// taken once there are some.
func TestListenerOutOfDescriptors(t *testing.T) {
	t.Parallel()
	const peers = 5
	h := shortHost(t)
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	dial(t, h.ServerPort(), f.path).text(t, `{"n":0}`)
	f.waitRows(t, 1)
	leave(t, h, 2)
	defer setLimit(t, h, enoughDescriptors)
	url := fmt.Sprintf("ws://127.0.0.1:%d%s", h.ServerPort(), f.path)
	for range peers {
		go func() {
			if ws, _, err := websocket.DefaultDialer.Dial(url, nil); err == nil {
				defer ws.Close()
				ws.WriteMessage(websocket.TextMessage, []byte(`{"n":1}`))
				<-t.Context().Done()
			}
		}()
	}
	logLine(t, h, "level=warning", "cannot accept connections: Too many open files; they wait until that is over")

	used, began := cpu(t, h), time.Now()
	until(t, "a second to pass", func() (bool, string) { return time.Since(began) > time.Second, "" })
	if share := (cpu(t, h) - used).Seconds() / time.Since(began).Seconds(); share > 0.5 {
		t.Errorf("the host takes %.0f %% of a processor while connections wait", 100*share)
	}

	setLimit(t, h, enoughDescriptors)
	f.waitRows(t, 1+peers)
	logLine(t, h, "accepting connections again")
	equal(t, strings.Count(h.Log(), "cannot accept connections"), 1)
}

// cpu is what the process has used of a processor.
func cpu(t *testing.T, h *kuiper.Host) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.PID()))
	must(t, err)
	fields := strings.Fields(string(text)[strings.LastIndexByte(string(text), ')')+2:])
	var ticks int64
	for _, field := range fields[11:13] { // utime and stime (proc_pid_stat(5))
		n, err := strconv.ParseInt(field, 10, 64)
		must(t, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
