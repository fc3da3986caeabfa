package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const stockGroups = "default:\n  addr: \"\"\n" // eKuiper's own websocket.yaml

// swap replaces a text that has to be there.
func swap(t *testing.T, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("there is no %q in\n%s", from, text)
	}
	return strings.Replace(text, from, to, 1)
}

// Whatever a user has done by hand to the websocket.yaml that make install wrote: when the plugin goes, all of that file
// goes that came with it, comments too, and what the user wrote stays.
func TestUninstallTakesOursOutOfAnEditedFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(t *testing.T, text string) string
		want string
		told string
	}{
		"a group more": {func(t *testing.T, text string) string {
			return text + "\n# hall 4\nplant:\n  addr: 192.0.2.1:8080\n"
		}, stockGroups + "# hall 4\nplant:\n  addr: 192.0.2.1:8080\n", ""},
		"signs taken off": {func(t *testing.T, text string) string {
			text = swap(t, text, "  # pingInterval: 30s", "  pingInterval: 5s")
			return swap(t, text, "# client:\n#   addr: 192.0.2.10:8080\n", "client:\n  addr: 192.0.2.10:8080\n")
		}, "default:\n  pingInterval: 5s\n  addr: \"\"\nclient:\n  addr: 192.0.2.10:8080\n", ""},
		"a value of ours": {func(t *testing.T, text string) string {
			return swap(t, text, "  addr: \"\"\n", "  addr: 192.0.2.1:8080 # hall 5\n")
		}, "default:\n  addr: 192.0.2.1:8080 # hall 5\n", ""},
		"nested values": {func(t *testing.T, text string) string {
			return swap(t, text, "  # requestHeader: {}\n", "  requestHeader:\n    X-Site: \"4\" # ours\n    X-Hall: \"5\"\n")
		}, "default:\n  requestHeader:\n    X-Site: \"4\" # ours\n    X-Hall: \"5\"\n  addr: \"\"\n", ""},
		"the port": {func(t *testing.T, text string) string {
			return swap(t, text, "  httpServerPort: 10081\n  # make install: end", "  httpServerPort: 10500\n  # make install: end")
		}, "default:\n  httpServerPort: 10500\n  addr: \"\"\n", "websocket.yaml, line 2, `httpServerPort: 10500` was changed since it was installed, so it stays; there was none before"},
		"our marks": {func(t *testing.T, text string) string {
			return regexp.MustCompile(`(?m)^  # make install.*\n`).ReplaceAllString(text, "")
		}, stockGroups, ""},
		"the head of the group": {func(t *testing.T, text string) string {
			return swap(t, text, "\ndefault:\n", "\ndefault: # hall 4\n  path: /a\n")
		}, "default: # hall 4\n  path: /a\n  addr: \"\"\n", ""},
		"a comment at the top": {func(t *testing.T, text string) string { return "# hall 4\n" + text }, "# hall 4\n" + stockGroups, ""},
		"nothing but comments removed": {func(t *testing.T, text string) string {
			return regexp.MustCompile(`(?m)^ *#.*\n`).ReplaceAllString(text, "")
		}, stockGroups, ""},
		"lines of Windows": {func(t *testing.T, text string) string {
			return strings.ReplaceAll(text+"plant:\n  addr: a:1\n", "\n", "\r\n")
		}, stockGroups + "plant:\r\n  addr: a:1\r\n", ""},
		"a form that cannot be edited by lines": {func(t *testing.T, text string) string {
			_, comments, _ := strings.Cut(text, "  addr: \"\"\n")
			return "default: {addr: \"a:1\", httpServerIp: 0.0.0.0, httpServerPort: 10081}\n" + comments
		}, "default: {addr: \"a:1\", httpServerIp: 0.0.0.0, httpServerPort: 10081}\n",
			"websocket.yaml, line 1, `default: {addr: \"a:1\", httpServerIp: 0.0.0.0, httpServerPort: 10081}` stays, since the file has a form that cannot be edited by lines; take it out by hand"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			want := e.files(t)
			e.install(t)
			e.write(t, "etc/sources/websocket.yaml", c.edit(t, e.read(t, "etc/sources/websocket.yaml")))
			text := e.uninstall(t)
			contains(t, text, "it was changed since it was installed; the edits stay", c.told)
			equal(t, strings.Contains(text, "Not as it was before"), c.told != "")
			want["ekuiper/etc/sources/websocket.yaml"] = c.want
			same(t, e.files(t), want)
		})
	}
}

// The same where the installation had to write into a file that was the user's already.
func TestUninstallTakesOurLinesOutOfTheUsersFile(t *testing.T) {
	t.Parallel()
	const tls = "source:\n  httpServerPort: 10081\n  httpServerTls:\n    certfile: /a.crt\n    keyfile: /a.key\n"
	const groups = "default:\n    addr: \"\"\n    httpServerIp: ''\nplant:\n    addr: a:1\n"
	for name, c := range map[string]struct{ from, to, want, told string }{
		"elsewhere":   {"addr: a:1", "addr: b:1", strings.Replace(groups, "a:1", "b:1", 1), ""},
		"in our part": {"certfile: /a.crt", "certfile: /b.crt", "default:\n    httpServerTls:\n      certfile: /b.crt\n      keyfile: /a.key\n" + groups[9:], "line 2, `httpServerTls:` was changed"},
		"the IP": {"    httpServerIp: 0.0.0.0", "    httpServerIp: 192.0.2.7",
			"default:\n    httpServerIp: 192.0.2.7\n    addr: \"\"\nplant:\n    addr: a:1\n", "line 2, `httpServerIp: 192.0.2.7` was changed"},
		"above it": {"default:\n", "default:\n    path: /a\n", "default:\n    path: /a\n" + groups[9:], ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			e.write(t, "etc/kuiper.yaml", tls)
			e.write(t, "etc/sources/websocket.yaml", groups)
			want := e.files(t)
			e.install(t)
			e.edit(t, "etc/sources/websocket.yaml", c.from, c.to)
			contains(t, e.uninstall(t), c.told)
			want["ekuiper/etc/sources/websocket.yaml"] = c.want
			same(t, e.files(t), want)
		})
	}
}

// kuiper.yaml gets its port back whatever else was written into it, in the very form that it had.
func TestUninstallGivesAnEditedKuiperYAMLItsPortBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, from, to, want, told string }{
		"as it was written": {"basic:\n  debug: false\nsource:\n  httpserverport: \"10081\" # devices\n", "false", "true", "basic:\n  debug: true\nsource:\n  httpserverport: \"10081\" # devices\n", ""},
		"where none was":    {"basic:\n  debug: false\n", "false", "true", "basic:\n  debug: true\n", ""},
		"a section of ours": {"basic:\n  debug: false\n", "source:\n", "source:\n  httpServerIp: 127.0.0.1\n", "basic:\n  debug: false\nsource:\n  httpServerIp: 127.0.0.1\n", ""},
		"changed": {"source:\n  httpServerPort: 10081\n", "10091", "10300", "source:\n  httpServerPort: 10300\n",
			"kuiper.yaml, line 2, `httpServerPort: 10300` was changed since it was installed, so it stays; before it was 10081"},
		"in a form that cannot be edited": {"source:\n  httpServerPort: 10081\n", "source:\n  httpServerPort: 10091\n", "source: {httpServerPort: 10091}\n", "source: {httpServerPort: 10091}\n",
			"kuiper.yaml, line 1, `source: {httpServerPort: 10091}` stays, since the file has a form that cannot be edited by lines; set it to 10081 by hand, as it was"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			e.write(t, "etc/kuiper.yaml", c.before)
			want := e.files(t)
			e.install(t, "--data-port", "10091")
			e.edit(t, "etc/kuiper.yaml", c.from, c.to)
			text := e.uninstall(t)
			contains(t, text, c.told)
			equal(t, strings.Contains(text, "but for the lines that are named above"), c.told != "")
			want["ekuiper/etc/kuiper.yaml"] = c.want
			same(t, e.files(t), want)
		})
	}
}

// The installed file invites to take the sign off any property: none may then be there twice, or eKuiper reads no group.
func TestInstalledGroupTakesEveryProperty(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	e.install(t)
	text := e.read(t, "etc/sources/websocket.yaml")
	contains(t, text, "\n  httpServerPort: 10081\n  # make install: end\n")
	edited := regexp.MustCompile(`(?m)^  # (\w+:)`).ReplaceAllString(text, "  $1")
	var groups map[string]map[string]any
	must(t, yaml.Unmarshal([]byte(edited), &groups)) // which refuses a name that is there twice
	equal(t, groups["default"]["httpServerPort"], any(10081))
	equal(t, len(groups["default"]) > 30, true)
}

// Edits outlive upgrades, with all that stands around them, and are still told from ours when the plugin goes.
func TestUpgradesKeepEditsApart(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	want := e.files(t)
	e.install(t)
	e.edit(t, "etc/sources/websocket.yaml", "  # pingInterval: 30s", "  pingInterval: 5s")
	e.edit(t, "etc/sources/websocket.yaml", "default:\n", "default:\n  path: /a\n")
	edited := e.read(t, "etc/sources/websocket.yaml")
	contains(t, e.install(t), "your edits of websocket.yaml stay", "nothing to do")

	// Another version, twice, with an edit between.
	e.install(t, "--data-port", "10093")
	equal(t, e.read(t, "etc/sources/websocket.yaml"), edited)
	e.edit(t, "etc/sources/websocket.yaml", "  pingInterval: 5s", "  pingInterval: 6s")
	e.write(t, "etc/sources/websocket.yaml", e.read(t, "etc/sources/websocket.yaml")+"plant:\n  addr: a:1\n")
	e.install(t, "--data-port", "10094")
	contains(t, e.read(t, "etc/sources/websocket.yaml"), "# Examples.", "\n  pingInterval: 6s\n", "\nplant:\n  addr: a:1\n", "\n  httpServerPort: 10081\n  # make install: end\n")
	contains(t, e.install(t), "nothing to do")

	e.uninstall(t)
	want["ekuiper/etc/sources/websocket.yaml"] = "default:\n  path: /a\n  pingInterval: 6s\n  addr: \"\"\nplant:\n  addr: a:1\n"
	same(t, e.files(t), want)
}

// What an earlier installation wrote and cannot be told from the user's own by lines is not built upon.
func TestNoUpgradeOfWhatCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	e.write(t, "etc/kuiper.yaml", "source:\n  httpServerPort: 10081\n")
	e.install(t, "--data-port", "10091")
	e.write(t, "etc/kuiper.yaml", "source: {httpServerPort: 10091}\n")
	before := e.files(t)
	ok, text := e.run(t, "install", "", "--yes", "1")
	equal(t, ok, false)
	contains(t, text, "there is no upgrade", "kuiper.yaml, line 1, `source: {httpServerPort: 10091}`", "set it to 10081 by hand")
	same(t, e.files(t), before)
}

// An installation with nothing to do says so, in words for what is, and asks nothing.
func TestInstallTwice(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{"by group": "", "by service": "ek.service"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			if unit != "" {
				e.service(t, unit, "[Service]\nExecStart="+e.path("bin/kuiperd")+"\n")
			}
			e.install(t, "--data-port", "10091")
			installed := e.files(t)
			ok, text := e.run(t, "install", "") // no --yes, nobody who answers
			equal(t, ok, true)
			contains(t, text, "everything is in place", "stays     "+e.path("plugins/sources/Websocket.so"), "port 10091", "the plugin listens on port 10081", "nothing to do")
			for _, word := range []string{"Go on?", " gets ", "from now on", "restart", "writes", "replaces"} {
				lacks(t, text, word)
			}
			same(t, e.files(t), installed)

			// Only the plugin is another build: it is replaced, and that was what make install was started for.
			so := filepath.Join(t.TempDir(), "Websocket.so")
			must(t, os.WriteFile(so, []byte("the next build"), 0o644))
			ok, text = e.run(t, "install", "", "--so", so)
			equal(t, ok, true)
			contains(t, text, "another build", "replaces  "+e.path("plugins/sources/Websocket.so"), "installed")
			lacks(t, text, "Go on?")
			installed[filepath.Base(e.dir)+"/plugins/sources/Websocket.so"] = "the next build"
			got := e.files(t)
			delete(got, "ekuiper/etc/websocket-install/receipt.json")
			delete(installed, "ekuiper/etc/websocket-install/receipt.json")
			same(t, got, installed)

			// One that somebody else has put there is asked about.
			e.write(t, "plugins/sources/Websocket.so", "somebody's")
			ok, text = e.run(t, "install", "")
			equal(t, ok, false)
			contains(t, text, "Go on?", "that version goes to")
			equal(t, e.read(t, "plugins/sources/Websocket.so"), "somebody's")
		})
	}
}
