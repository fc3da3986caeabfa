package kuiper

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"strings"
)

// Usage is what a process can leak without anybody seeing it.
type Usage struct {
	Descriptors int
	Threads     int
	Goroutines  int
}

// Usage counts what the host holds right now.
func (h *Host) Usage() (Usage, error) {
	descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", h.PID()))
	if err != nil {
		return Usage{}, err
	}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", h.PID()))
	if err != nil {
		return Usage{}, err
	}
	profile, err := h.Goroutines()
	if err != nil {
		return Usage{}, err
	}
	// The first line reads "goroutine profile: total 87".
	u := Usage{Descriptors: len(descriptors), Threads: len(threads)}
	if _, err := fmt.Sscanf(profile, "goroutine profile: total %d", &u.Goroutines); err != nil {
		return Usage{}, fmt.Errorf("reading the goroutine profile: %w: %.100q", err, profile)
	}
	return u, nil
}

// Memory is a line of the host's /proc/PID/status in bytes: VmRSS, or VmHWM, the most since ForgetMemoryPeak.
func (h *Host) Memory(line string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.PID()))
	if err != nil {
		return 0, err
	}
	var kib int64
	_, after, _ := strings.Cut(string(status), "\n"+line+":")
	if _, err := fmt.Sscan(after, &kib); err != nil {
		return 0, fmt.Errorf("no %s in the host's status: %w", line, err)
	}
	return kib * 1024, nil
}

// ForgetMemoryPeak has VmHWM start again at what the host takes now.
func (h *Host) ForgetMemoryPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", h.PID()), []byte("5"), 0)
}

// Goroutines is the host's goroutine profile as text: what to read when the numbers do not fit.
func (h *Host) Goroutines() (string, error) { return h.pprof("goroutine?debug=1") }

// CollectGarbage has the host's Go runtime do so before this returns.
func (h *Host) CollectGarbage() error {
	_, err := h.pprof("heap?gc=1")
	return err
}

// GoHeap is how many bytes the host's Go heap holds: what of its memory is not the C++ core's.
func (h *Host) GoHeap() (int64, error) {
	profile, err := h.pprof("heap?debug=1")
	if err != nil {
		return 0, err
	}
	const line = "\n# HeapInuse = "
	_, after, found := strings.Cut(profile, line)
	if !found {
		return 0, fmt.Errorf("the heap profile has no %q", line)
	}
	var bytes int64
	_, err = fmt.Sscan(after, &bytes)
	return bytes, err
}

func (h *Host) pprof(what string) (string, error) {
	resp, err := h.client.Get(fmt.Sprintf("http://127.0.0.1:%d/debug/pprof/%s", h.pprofPort, what))
	if err != nil {
		return "", h.withEnd(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("profile %s: status %d", what, resp.StatusCode)
	}
	return string(text), err
}

// DescriptorTargets lists what the host's descriptors point to, sorted: files, sockets, eventfds.
func (h *Host) DescriptorTargets() string {
	dir := fmt.Sprintf("/proc/%d/fd", h.PID())
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error()
	}
	var targets []string
	for _, entry := range entries {
		if target, err := os.Readlink(dir + "/" + entry.Name()); err == nil {
			targets = append(targets, target)
		}
	}
	sort.Strings(targets)
	return strings.Join(targets, "\n")
}

// Connecting tells whether the host has a TCP connection to addr (127.0.0.1:port) for which it has sent a SYN and got
// no answer yet, as the kernel's table has it.
func (h *Host) Connecting(addr string) (yes bool, seen string) {
	const synSent = "02"
	return h.hasTCP(addr, synSent, "SYN sent")
}

// Connected tells whether the host's side of a TCP connection with addr is open, whatever the other side is.
func (h *Host) Connected(addr string) (yes bool, seen string) {
	const established = "01"
	return h.hasTCP(addr, established, "established")
}

func (h *Host) hasTCP(addr, state, called string) (yes bool, seen string) {
	table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", h.PID()))
	if err != nil {
		return false, err.Error()
	}
	tcp, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return false, err.Error()
	}
	ip := tcp.IP.To4()
	remote := fmt.Sprintf("%02X%02X%02X%02X:%04X", ip[3], ip[2], ip[1], ip[0], tcp.Port)
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) > 3 && fields[2] == remote && fields[3] == state {
			return true, called
		}
	}
	return false, fmt.Sprintf("not %s: %s", called, addr)
}
