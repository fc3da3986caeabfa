package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// What the README tells a user to type works as written, but for ports and folders.
func TestReadme(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	e := unpack(t)
	e.addFolders(t)
	peer, err := kuiper.FreePort()
	must(t, err)
	p := openPage(t, "README.md")
	p.here = strings.NewReplacer(
		"127.0.0.1:8080", fmt.Sprintf("127.0.0.1:%d", peer),
		"http://127.0.0.1:9081", h.URL(),
		"ws://127.0.0.1:10081", fmt.Sprintf("ws://127.0.0.1:%d", h.ServerPort()),
		"build/core/release/tools/ekws-load", os.Getenv("EKWS_LOAD"),
	)
	p.env = []string{"EKUIPER=" + e.dir}
	p.do = map[string]command{
		"make demo":      p.with("MESSAGES=500"), // all of it, but for how much
		"make test":      skip,                   // runs this
		"make install":   p.with("SYSTEMD_DIR=" + e.systemd),
		"make uninstall": p.shell,
		"(cd":            func(t *testing.T, line string) { e.startBy(t, p, line, "native") },
		"curl":           p.shell,
		"build/core/release/tools/ekws-load client": func(t *testing.T, line string) {
			waitListening(t, h)
			p.shell(t, line)
		},
		// All of it, but for how fast: it ends when the rule's client has taken it.
		"build/core/release/tools/ekws-load server": p.with("--rate 1000"),
	}
	p.do["(cd $EKUIPER && EKUIPER_WEBSOCKET_TAKEOVER=off"] = func(t *testing.T, line string) { e.startBy(t, p, line, "internal") }
	before := e.files(t)
	install := p.do["make install"]
	p.do["make install"] = func(t *testing.T, line string) {
		install(t, line)
		for _, name := range []string{"plugins/sources/Websocket.so", "etc/websocket-install/kuiper.yaml"} {
			_, err := os.Stat(filepath.Join(e.dir, name))
			check(t, err)
		}
	}
	p.run(t)
	same(t, configuration(e.files(t)), configuration(before))
	equal(t, p.ran, map[string]int{
		"make demo": 1, "make test": 1, "make install": 1, "make uninstall": 1, "curl": 6,
		"(cd": 1, "(cd $EKUIPER && EKUIPER_WEBSOCKET_TAKEOVER=off": 1,
		"build/core/release/tools/ekws-load client": 1, "build/core/release/tools/ekws-load server": 1,
	})
}

// addFolders makes those that kuiperd does not start without.
func (e *ekuiper) addFolders(t *testing.T) {
	t.Helper()
	for _, folder := range []string{"data", "log", "plugins/sinks", "plugins/functions", "plugins/portable", "plugins/wasm"} {
		must(t, os.MkdirAll(e.path(folder), 0o755))
	}
}

// startBy starts this eKuiper by a line of a page, on ports of its own, looks whose source `websocket` is there, and
// ends it as Ctrl-C in its terminal does.
func (e *ekuiper) startBy(t *testing.T, p *page, line, kind string) {
	t.Helper()
	var ports []any
	for range 4 {
		port, err := kuiper.FreePort()
		must(t, err)
		ports = append(ports, port)
	}
	run := inTree("bash", "-ec", line)
	run.Env = append(append(run.Env, p.env...), strings.Fields(fmt.Sprintf("KUIPER__BASIC__RESTIP=127.0.0.1 "+
		"KUIPER__BASIC__RESTPORT=%d KUIPER__BASIC__PORT=%d KUIPER__BASIC__PPROFPORT=%d KUIPER__SOURCE__HTTPSERVERPORT=%d", ports...))...)
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var output bytes.Buffer
	run.Stdout, run.Stderr = &output, &output
	ended := make(chan error, 1)
	must(t, kuiper.StartTied(run, func() { ended <- run.Wait() }))
	defer func() {
		must(t, syscall.Kill(-run.Process.Pid, syscall.SIGINT))
		select {
		case <-ended: // bash says as the signal does
		case <-time.After(patience):
			syscall.Kill(-run.Process.Pid, syscall.SIGKILL)
			t.Errorf("%s: still there after Ctrl-C", line)
		}
	}()
	until(t, "the source websocket to be "+kind, func() (bool, string) {
		resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metadata/sources", ports[0]))
		if err != nil {
			return false, err.Error()
		}
		defer resp.Body.Close()
		var listed []struct{ Name, Type string }
		if err := json.NewDecoder(resp.Body).Decode(&listed); err != nil {
			return false, err.Error()
		}
		for _, source := range listed {
			if source.Name == "websocket" {
				return source.Type == kind, source.Type
			}
		}
		return false, "not listed"
	})
}

// waitListening waits for the rule `hot` of the README.
func waitListening(t *testing.T, h *kuiper.Host) {
	t.Helper()
	_, err := h.WaitStatus("hot", func(status map[string]any) bool {
		return fmt.Sprint(status["source_fleet_0_connection_status"]) == "1"
	}, patience)
	must(t, err)
}

// docs/install.md from top to bottom, on a stock host.
func TestInstallPage(t *testing.T) {
	t.Parallel()
	h := stockHost(t)
	linkKuiperd(t, h.Dir())
	systemd, out := t.TempDir(), t.TempDir()
	pack, neuronex := unpackPackage(t), unpack(t)
	data, err := kuiper.FreePort()
	must(t, err)
	p := openPage(t, "docs/install.md")
	p.here = strings.NewReplacer(
		"http://127.0.0.1:9081", h.URL(), "=10091", fmt.Sprintf("=%d", data),
		"/etc/kuiper", pack.path("etc/kuiper"), "/opt/neuronex/software/ekuiper", neuronex.dir,
	)
	p.env = []string{"EKUIPER=" + h.Dir()}
	// Nothing but the files decides the port.
	restarted := func(run command, kind string) command {
		return func(t *testing.T, line string) {
			run(t, line)
			restart(t, h, "KUIPER__SOURCE__HTTPSERVERPORT")
			equal(t, sourceKind(t, h, "websocket"), kind)
		}
	}
	p.do = map[string]command{
		"make install KUIPER=$EKUIPER": restarted(p.with("SYSTEMD_DIR="+systemd), "native"),
		"make install KUIPER=/":        p.with("SYSTEMD_DIR=" + systemd),
		"make uninstall":               restarted(p.shell, "internal"),
		"make doctor":                  p.with("OUT=" + out),
		"make plugin":                  p.with("OUT=" + out),
		"make package":                 p.with("OUT=" + out),
		"curl":                         p.shell,
		"(cd": func(t *testing.T, line string) {
			restart(t, h, variables(line)...)
			newFlow(t, h, stream{}, kuiper.RuleOptions{}).waitConnection(t, connected)
		},
	}
	p.do["make doctor KUIPER"] = p.shell // of what make install has put there, or make plugin
	p.run(t)
	equal(t, sourceKind(t, h, "websocket"), "native")
	equal(t, p.ran, map[string]int{
		"make install KUIPER=$EKUIPER": 1, "make install KUIPER=/": 2, "make uninstall": 1,
		"make doctor KUIPER": 1, "make doctor": 1, "make plugin": 1, "make package": 1, "curl": 3, "(cd": 1,
	})

	// What the image is made of is there, and goes where an unpacked eKuiper has it.
	image := unpack(t)
	for line := range strings.Lines(p.blocks("dockerfile")[0]) {
		if words := strings.Fields(line); words[0] == "COPY" {
			to := strings.Replace(words[len(words)-1], "/kuiper/", image.dir+"/", 1)
			p.shell(t, "cp "+strings.Join(words[1:len(words)-1], " ")+" "+to)
		}
	}
	_, err = os.Stat(image.path("plugins/sources/Websocket.so"))
	must(t, err)
	equalFiles(t, image.path("etc/sources/websocket.json"), filepath.Join(os.Getenv("EKWS_ROOT"), "websocket.json"))
	equalFiles(t, image.path("etc/sources/websocket.yaml"), filepath.Join(os.Getenv("EKWS_ROOT"), "websocket.yaml"))
}
