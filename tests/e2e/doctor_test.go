package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// doctor runs `make doctor` and returns whether it says that the plugin loads, and what it wrote.
func doctor(t *testing.T, args ...string) (loads bool, text string) {
	t.Helper()
	out, err := inTree("make", append([]string{"doctor"}, args...)...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return err == nil, string(out)
}

// row is the doctor's verdict in the line of that name.
func row(t *testing.T, text, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^(\S+) +` + regexp.QuoteMeta(name) + ` `).FindStringSubmatch(text)
	if found == nil {
		t.Errorf("no line for %s in\n%s", name, text)
		return ""
	}
	return found[1]
}

func TestDoctorOnTheRealHost(t *testing.T) {
	t.Parallel()
	loads, text := doctor(t, "HOST="+os.Getenv("EKWS_KUIPERD"))
	equal(t, loads, true)
	contains(t, text, "This plugin loads into this host.")
	equal(t, regexp.MustCompile(`(?m)^(DIFFERENT|differs)`).FindString(text), "")
}

// What the doctor says of a pair is what the loader does with it, and the line that differs is marked.
func TestDoctorKnowsWhatTheLoaderDoes(t *testing.T) {
	t.Parallel()
	now := hostPairs[len(hostPairs)-1]
	for name, c := range map[string]struct {
		pair    hostPair
		options []string
		rows    map[string]string // line, verdict
	}{
		"as ours":          {now, []string{"-trimpath"}, map[string]string{"Go": "same", "contract": "same", "-trimpath": "same", "glibc": "same"}},
		"other Go":         {hostPairs[1], []string{"-trimpath"}, map[string]string{"Go": "DIFFERENT", "contract": "same"}},
		"other contract":   {hostPair{"", now.golang, "v2.0.0"}, []string{"-trimpath"}, map[string]string{"Go": "same", "contract": "DIFFERENT"}},
		"not trimmed":      {now, nil, map[string]string{"-trimpath": "DIFFERENT"}},
		"race":             {now, []string{"-trimpath", "-race"}, map[string]string{"-race": "DIFFERENT"}},
		"tags":             {now, []string{"-trimpath", "-tags=edgex"}, map[string]string{"-tags": "differs"}},
		"stripped":         {now, []string{"-trimpath", "-ldflags=-s -w"}, map[string]string{"Go": "same", "-trimpath": "same"}},
		"flags of its own": {now, []string{"-trimpath", "-gcflags=-N"}, map[string]string{"-gcflags": "differs"}},
		"flags for all":    {now, []string{"-trimpath", "-gcflags=all=-N"}, map[string]string{"-gcflags": "DIFFERENT"}},
		"experiment":       {now, []string{"-trimpath", "GOEXPERIMENT=synctest"}, map[string]string{"GOEXPERIMENT": "DIFFERENT"}},
		"newer processor":  {now, []string{"-trimpath", "GOAMD64=v2"}, map[string]string{"GOAMD64": "differs"}},
		"no cgo":           {now, []string{"-trimpath", "CGO_ENABLED=0"}, map[string]string{"CGO_ENABLED": "DIFFERENT", "libc": "DIFFERENT"}},
	} {
		if runtime.GOARCH != "amd64" && strings.Contains(strings.Join(c.options, " "), "GOAMD64") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := c.pair.standIn(t, c.options...)
			loads, text := doctor(t, "HOST="+host)
			out, err := exec.Command(host, os.Getenv("EKWS_PLUGIN")).CombinedOutput()
			if loads != (err == nil) {
				t.Errorf("the doctor said\n%s\nthe loader\n%s", text, out)
			}
			for line, verdict := range c.rows {
				if got := row(t, text, line); got != verdict {
					t.Errorf("%s: %q, want %q, in\n%s", line, got, verdict, text)
				}
			}
			if !loads {
				contains(t, text, "will not load")
			}
		})
	}
}

// Where Go's answer is no more than "different version of package", ours says what to do.
func TestDoctorSaysWhatToDo(t *testing.T) {
	t.Parallel()
	now := hostPairs[len(hostPairs)-1]
	older := hostPairs[0].standIn(t, "-trimpath")
	musl := now.muslStandIn(t, "/lib/ld-musl-x86_64.so.1")
	packed := filepath.Join(t.TempDir(), "kuiperd")
	must(t, os.WriteFile(packed, []byte("\x7fELF UPX!"), 0o755))
	text := filepath.Join(t.TempDir(), "kuiperd")
	must(t, os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755))
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"older host":  {[]string{"HOST=" + older}, []string{"because of: Go, contract", "make plugin HOST=" + older}},
		"musl":        {[]string{"HOST=" + musl}, []string{"because of: libc", "runs on musl", "not supported", "-slim"}},
		"no cgo":      {[]string{"HOST=" + now.standIn(t, "-trimpath", "CGO_ENABLED=0")}, []string{"cannot load any plugin"}},
		"not trimmed": {[]string{"HOST=" + now.standIn(t)}, []string{"built without -trimpath"}},
		"old glibc":   {[]string{"HOST=" + os.Getenv("EKWS_KUIPERD"), "GLIBC=2.31"}, []string{"because of: glibc", "too old"}},
		"not Go":      {[]string{"HOST=/bin/true"}, []string{"not a Go binary"}},
		"no program":  {[]string{"HOST=" + text}, []string{text + ": it is no program of Linux"}},
		"packed":      {[]string{"HOST=" + packed}, []string{"packed with UPX"}},
		"another plugin": {
			[]string{"HOST=" + os.Getenv("EKWS_KUIPERD"), "PLUGIN=" + os.Getenv("EKWS_CODEC")},
			[]string{"not the websocket plugin", "another Go plugin: ekuiper-websocket.test/host/codec", "make plugin HOST="},
		},
		"a program as plugin": {
			[]string{"HOST=" + os.Getenv("EKWS_KUIPERD"), "PLUGIN=" + os.Getenv("EKWS_KUIPERD")},
			[]string{"not the websocket plugin", "another Go program: github.com/lf-edge/ekuiper"},
		},
		"not there":   {[]string{"HOST=" + text + ".no"}, []string{text + ".no: there is no such file"}},
		"no plugin":   {[]string{"HOST=" + older, "PLUGIN=" + text}, []string{text + ": it is no program of Linux"}},
		"no eKuiper":  {[]string{"KUIPER=" + filepath.Dir(text)}, []string{"is no eKuiper", "etc/kuiper.yaml"}},
		"not eKuiper": {[]string{"HOST=" + goTool(t)}, []string{"not use the contract"}},
		"no host":     {nil, []string{"KUIPER=/path/to/ekuiper"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loads, answer := doctor(t, c.args...)
			equal(t, loads, false)
			contains(t, answer, c.want...)
		})
	}
}

// muslStandIn is a host as Alpine has it, as far as can be told from the file.
func (p hostPair) muslStandIn(t *testing.T, loader string) string {
	t.Helper()
	return p.standIn(t, "-trimpath", "-ldflags=-linkmode=external '-extldflags=-Wl,--dynamic-linker="+loader+"'")
}

// A host on musl is refused before anything is built or written, and also where musl happens to be installed: what
// builds here builds for glibc.
func TestInstallRefusesMusl(t *testing.T) {
	t.Parallel()
	there := filepath.Join(t.TempDir(), "ld-musl-x86_64.so.1")
	must(t, os.WriteFile(there, nil, 0o755))
	for name, loader := range map[string]string{"musl is not here": "/lib/ld-musl-nowhere.so.1", "musl is here": there} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			must(t, os.Remove(e.path("bin/kuiperd")))
			must(t, os.Rename(hostPairs[len(hostPairs)-1].muslStandIn(t, loader), e.path("bin/kuiperd")))
			before := e.files(t)
			for _, args := range [][]string{
				{"install", "KUIPER=" + e.dir, "YES=1", "SYSTEMD_DIR=" + e.systemd},
				{"plugin", "HOST=" + e.path("bin/kuiperd"), "OUT=" + t.TempDir()},
			} {
				out, err := inTree("make", args...).CombinedOutput()
				equal(t, err != nil, true)
				contains(t, string(out), e.path("bin/kuiperd"), "it runs on musl ("+loader+")", "not supported", "-slim")
				lacks(t, string(out), "building Websocket.so")
			}
			same(t, e.files(t), before)
		})
	}
}

// Of an installed eKuiper it looks at the plugin that is there.
func TestDoctorOfAnInstalledPlugin(t *testing.T) {
	t.Parallel()
	e, out := unpack(t), t.TempDir()
	e.install(t)
	loads, text := doctor(t, "KUIPER="+e.dir)
	equal(t, loads, true)
	contains(t, text, "plugin  "+e.path("plugins/sources/Websocket.so"))

	// Another's, under our name.
	e.write(t, "plugins/sources/Websocket.so", readFile(t, os.Getenv("EKWS_CODEC")))
	loads, text = doctor(t, "KUIPER="+e.dir)
	equal(t, loads, false)
	contains(t, text, e.path("plugins/sources/Websocket.so"), "not the websocket plugin", "make install KUIPER="+e.dir)

	runMake(t, "plugin", "HOST="+hostPairs[0].standIn(t, "-trimpath"), "OUT="+out)
	e.write(t, "plugins/sources/Websocket.so", readFile(t, filepath.Join(out, "Websocket.so")))
	loads, text = doctor(t, "KUIPER="+e.dir)
	equal(t, loads, false)
	equal(t, row(t, text, "Go"), "DIFFERENT")
	contains(t, text, "make install KUIPER="+e.dir)
}

// The order of the lines is the reader's: host and plugin by name first.
func TestDoctorNamesBothFiles(t *testing.T) {
	t.Parallel()
	_, text := doctor(t, "HOST="+os.Getenv("EKWS_KUIPERD"), "PLUGIN="+os.Getenv("EKWS_PLUGIN"))
	lines := strings.Split(text, "\n")
	equal(t, lines[0], "host    "+os.Getenv("EKWS_KUIPERD"))
	equal(t, lines[1], "plugin  "+os.Getenv("EKWS_PLUGIN"))
}

// goTool is a Go program that is no eKuiper.
func goTool(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	must(t, err)
	return filepath.Join(strings.TrimSpace(string(root)), "bin", "go")
}
