package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// ownNames are options of a host that has an /etc/hosts and an /etc/resolv.conf of its own, which may be written while
// it runs. The test is skipped where a file cannot be put in another's place.
func ownNames(t *testing.T, hosts, resolv string) (o kuiper.Options, write func(hosts string)) {
	t.Helper()
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "hosts"), filepath.Join(dir, "resolv.conf")}
	write = func(hosts string) { // in place: it is the file that is mounted
		must(t, os.WriteFile(paths[0], []byte(hosts), 0o644))
	}
	write(hosts)
	must(t, os.WriteFile(paths[1], []byte(resolv), 0o644))
	const mount = `mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"`
	o = kuiper.Options{Plugin: true, Wrap: append([]string{"unshare", "--mount", "sh", "-c", mount, "sh"}, paths...)}
	if out, err := exec.Command(o.Wrap[0], append(o.Wrap[1:len(o.Wrap):len(o.Wrap)], "true")...).CombinedOutput(); err != nil {
		t.Skipf("a mount namespace needs root here: %v: %s", err, out)
	}
	return o, write
}

// A name gets another address: the old one goes away, the next dial finds the new one.
func TestNameGetsAnotherAddress(t *testing.T) {
	t.Parallel()
	const first, second = "127.0.0.1", "127.0.0.2"
	options, write := ownNames(t, first+" gateway.test\n", "")
	h := ownHost(t, options)
	port, err := kuiper.FreePort()
	must(t, err)
	before, after := unopenedPeer(t), unopenedPeer(t)
	before.addr, after.addr = fmt.Sprintf("%s:%d", first, port), fmt.Sprintf("%s:%d", second, port)
	before.listen(t)
	f := newFlow(t, h, stream{Props: quick(fmt.Sprintf("gateway.test:%d", port))}, kuiper.RuleOptions{})
	started := f.startedAt(t)
	before.next(t).text(t, `{"n":0}`)
	f.waitRows(t, 1)
	after.listen(t)
	write(second + " gateway.test\n")
	before.shut()
	after.next(t).text(t, `{"n":1}`)
	f.waitRows(t, 2)

	write("")
	after.shut()
	f.waitLossWith(t, "cannot resolve gateway.test: ")
	before.listen(t)
	write(first + " gateway.test\n")
	before.next(t).text(t, `{"n":2}`)
	f.waitRows(t, 3)
	equal(t, rawRows(f.rows), []string{`{"n":0}`, `{"n":1}`, `{"n":2}`})
	equal(t, f.startedAt(t), started)
}

// A name server that never answers: the status says so, other names are looked up all the same, and stopping the rule
// does not wait for it; nor does the host when the test ends it, or it would have to be killed.
func TestNameServerHangs(t *testing.T) {
	t.Parallel()
	const server = "127.53.53.53"
	silent, err := net.ListenPacket("udp4", server+":53")
	if err != nil {
		t.Skip("port 53 needs root here:", err)
	}
	defer silent.Close()
	options, _ := ownNames(t, "127.0.0.1 good.test\n", "nameserver "+server+"\noptions timeout:30 attempts:5\n")
	h := ownHost(t, options)
	p := newPeer(t)
	_, port, err := net.SplitHostPort(p.addr)
	must(t, err)
	hangs := newFlow(t, h, stream{Props: with(quick("hangs.test:80"), "connectTimeout", "300ms")}, kuiper.RuleOptions{})
	hangs.waitLossWith(t, "cannot resolve hangs.test within 300 ms (connectTimeout)")
	good := newFlow(t, h, stream{Props: quick("good.test:" + port)}, kuiper.RuleOptions{})
	p.next(t).text(t, `{"n":0}`)
	good.waitRows(t, 1)
	measureStops(t, func(t *testing.T) time.Duration {
		took := hangs.stopTook(t, atOnce)
		must(t, h.StartRule(hangs.rule))
		hangs.waitLossWith(t, "cannot resolve hangs.test within 300 ms (connectTimeout)")
		return took
	})
}
