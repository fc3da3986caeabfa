package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

var packaged sync.Once

// makePackage makes the zip for the tests' host once, and returns it and the plugin in it.
func makePackage(t *testing.T) (zip, so string) {
	t.Helper()
	build := filepath.Join(os.Getenv("EKWS_ROOT"), "build")
	out := filepath.Join(build, "tests/package")
	packaged.Do(func() { runMake(t, "package", "HOST="+os.Getenv("EKWS_KUIPERD"), "OUT="+out) })
	return filepath.Join(build, "package/websocket.zip"), filepath.Join(out, "Websocket.so")
}

// stockHost is one as it is unpacked: its own data server is on the port that kuiper.yaml documents.
func stockHost(t *testing.T) *kuiper.Host {
	t.Helper()
	port, err := kuiper.FreePort()
	must(t, err)
	return ownHost(t, kuiper.Options{
		Env:        []string{fmt.Sprintf("KUIPER__SOURCE__HTTPSERVERPORT=%d", port)},
		KuiperYAML: func(doc map[string]any) { doc["source"].(map[string]any)["httpServerPort"] = port },
	})
}

func restart(t *testing.T, h *kuiper.Host, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	must(t, h.Restart(ctx, env...))
}

// The one zip installs on a stock host, after a delete, and as an upgrade.
func TestPackageInstallsOverREST(t *testing.T) {
	t.Parallel()
	zip, so := makePackage(t)
	h := stockHost(t)
	install := func() (int, string) {
		t.Helper()
		code, answer, err := h.Do(http.MethodPost, "/plugins/sources", map[string]string{"name": "websocket", "file": "file://" + zip})
		must(t, err)
		return code, string(answer)
	}
	remove := func() {
		t.Helper()
		code, answer, err := h.Do(http.MethodDelete, "/plugins/sources/websocket", nil)
		must(t, err)
		if code != http.StatusOK {
			t.Fatalf("delete: status %d: %s", code, answer)
		}
	}
	installed := func() {
		t.Helper()
		if code, answer := install(); code != http.StatusCreated {
			t.Fatalf("install: status %d: %s", code, answer)
		}
		equalFiles(t, filepath.Join(h.Dir(), "plugins/sources/Websocket.so"), so)
		equalFiles(t, filepath.Join(h.Dir(), "etc/sources/websocket.json"), filepath.Join(os.Getenv("EKWS_ROOT"), "websocket.json"))
		noLeftovers(t, h)
		equal(t, sourceKind(t, h, "websocket"), "native")
	}
	group := name("g") // made once, over REST: it outlives all that follows
	p := newPeer(t)
	delivers := func() {
		t.Helper()
		f := newFlow(t, h, stream{With: `, CONF_KEY="` + group + `"`}, kuiper.RuleOptions{})
		p.next(t).binary(t, []byte(`{"n":1}`)) // which the built-in throws away
		f.waitRows(t, 1)
		must(t, h.StopRule(f.rule))
	}

	equal(t, sourceKind(t, h, "websocket"), "internal")
	running := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	yaml := readFile(t, filepath.Join(h.Dir(), "etc/sources/websocket.yaml"))
	installed()
	equal(t, readFile(t, filepath.Join(h.Dir(), "etc/sources/websocket.yaml")), yaml)
	// A rule that runs already keeps the source that it has.
	dial(t, h.ServerPort(), running.path).text(t, `{"n":1}`)
	running.waitRows(t, 1)
	must(t, h.ConfKey(group, map[string]any{"addr": p.addr}))
	delivers()

	code, answer := install()
	equal(t, code, http.StatusBadRequest)
	contains(t, answer, "duplicate")
	restart(t, h)
	equal(t, sourceKind(t, h, "websocket"), "native")
	delivers()

	// An upgrade: delete, install, restart.
	remove()
	installed()
	restart(t, h)
	equal(t, sourceKind(t, h, "websocket"), "native")
	delivers()

	// After a delete and a restart eKuiper is stock, but without its two files.
	remove()
	restart(t, h)
	equal(t, sourceKind(t, h, "websocket"), "not listed")
	installed()
	delivers()
}

// After a REST install nobody has settled the port; the rule's status says what `make install` would.
func TestPackageLeavesThePortToTheStatus(t *testing.T) {
	t.Parallel()
	zip, _ := makePackage(t)
	h := stockHost(t)
	code, answer, err := h.Do(http.MethodPost, "/plugins/sources", map[string]string{"name": "websocket", "file": "file://" + zip})
	must(t, err)
	if code != http.StatusCreated {
		t.Fatalf("install: status %d: %s", code, answer)
	}
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	contains(t, f.waitLoss(t), fmt.Sprint(h.ServerPort()), "data server", "httpServerPort", "KUIPER__SOURCE__HTTPSERVERPORT")

	// The first way that it names; the container's or service's environment in the docs.
	port, err := kuiper.FreePort()
	must(t, err)
	restart(t, h, fmt.Sprintf("KUIPER__SOURCE__HTTPSERVERPORT=%d", port))
	f.waitConnection(t, connected)
	dial(t, h.ServerPort(), f.path).text(t, `{"n":1}`)
	f.waitRows(t, 1)
}

// noLeftovers looks for what an installation unpacks besides its files.
func noLeftovers(t *testing.T, h *kuiper.Host) {
	t.Helper()
	var names []string
	for _, dir := range []string{"plugins", "plugins/sources"} {
		entries, err := os.ReadDir(filepath.Join(h.Dir(), dir))
		must(t, err)
		for _, entry := range entries {
			if !entry.IsDir() {
				names = append(names, entry.Name())
			}
		}
	}
	equal(t, names, []string{"Websocket.so"})
	info, err := os.Stat(filepath.Join(h.Dir(), "plugins/sources/Websocket.so"))
	must(t, err)
	equal(t, info.Mode().Perm()&0o444, os.FileMode(0o444))
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

func equalFiles(t *testing.T, got, want string) {
	t.Helper()
	if !bytes.Equal([]byte(readFile(t, got)), []byte(readFile(t, want))) {
		t.Errorf("%s is not %s", got, want)
	}
}

// A zip for another host is refused, and costs the host no more than docs/install.md says.
func TestPackageForAnotherHost(t *testing.T) {
	t.Parallel()
	h, out := stockHost(t), t.TempDir()
	runMake(t, "plugin", "HOST="+hostPairs[0].standIn(t, "-trimpath"), "OUT="+out)
	zip := filepath.Join(out, "websocket.zip")
	run := inTree("scripts/package.py", filepath.Join(out, "Websocket.so"), "websocket.json", zip)
	if text, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	code, answer, err := h.Do(http.MethodPost, "/plugins/sources", map[string]string{"name": "websocket", "file": "file://" + zip})
	must(t, err)
	equal(t, code, http.StatusBadRequest)
	contains(t, string(answer), "different version of package")
	if _, err := os.Stat(filepath.Join(h.Dir(), "plugins/sources/Websocket.so")); !os.IsNotExist(err) {
		t.Errorf("the plugin is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(h.Dir(), "etc/sources/websocket.json")); !os.IsNotExist(err) {
		t.Errorf("the host kept its websocket.json after all: %v", err)
	}
	equal(t, sourceKind(t, h, "websocket"), "internal")
}
