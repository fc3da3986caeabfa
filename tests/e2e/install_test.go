package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// The whole way by `make`, on a real host: both ways to settle the port lead to a plugin that listens where kuiper.yaml
// said and a data server beside it; and after `make uninstall` eKuiper is as it was.
func TestInstallOnARealHost(t *testing.T) {
	t.Parallel()
	for name, service := range map[string]bool{"by group": false, "by service": true} {
		t.Run(name, func(t *testing.T) {
			h := stockHost(t)
			linkKuiperd(t, h.Dir())
			e := &ekuiper{h.Dir(), t.TempDir()}
			environment := "KUIPER__SOURCE__HTTPSERVERPORT"
			if service {
				e.service(t, "ek.service", "[Service]\nExecStart="+e.path("bin/kuiperd")+"\n")
			}
			before := configuration(e.files(t))
			data, err := kuiper.FreePort()
			must(t, err)
			args := []string{"KUIPER=" + e.dir, "YES=1", "SYSTEMD_DIR=" + e.systemd, fmt.Sprintf("DATA_PORT=%d", data)}

			runMake(t, append([]string{"install"}, args...)...)
			if service {
				dropIn := readFile(t, filepath.Join(e.systemd, "ek.service.d/ekuiper-websocket.conf"))
				environment = regexp.MustCompile(`(?m)^Environment=(.*)$`).FindStringSubmatch(dropIn)[1]
			}
			restart(t, h, environment) // for the group a mere name: nothing but the files decides
			t.Run("both listen", func(t *testing.T) {
				equal(t, sourceKind(t, h, "websocket"), "native")
				ours := newFlow(t, h, stream{}, kuiper.RuleOptions{})
				dial(t, h.ServerPort(), ours.path).text(t, `{"to":"ours"}`)
				ours.waitRows(t, 1)
				builtin := newFlow(t, h, stream{Type: "websocketBuiltin"}, kuiper.RuleOptions{})
				settleBuiltin(t, dial(t, data, builtin.path), builtin) // has seen rows
				// The check asks about the same address, whether a form leaves it out or sends it empty; and a group that
				// was made with such a form is ours, too.
				empty := map[string]any{"addr": "", "httpServerIp": "", "httpServerPort": "", "httpServerTls": map[string]any{}}
				for _, form := range []map[string]any{{}, empty} {
					check(t, h.Ping("websocket", maps.Clone(form)))
				}
				formed := newFlow(t, h, stream{Props: empty}, kuiper.RuleOptions{})
				dial(t, h.ServerPort(), formed.path).text(t, `{"to":"formed"}`)
				formed.waitRows(t, 1)
			})

			contains(t, runMake(t, append([]string{"install"}, args...)...), "nothing to do")
			runMake(t, append([]string{"uninstall"}, args...)...)
			same(t, configuration(e.files(t)), before)
			restart(t, h, fmt.Sprintf("KUIPER__SOURCE__HTTPSERVERPORT=%d", h.ServerPort()))
			equal(t, sourceKind(t, h, "websocket"), "internal")
		})
	}
}

// configuration leaves out what the host itself writes.
func configuration(files map[string]string) map[string]string {
	found := map[string]string{}
	for name, text := range files {
		if !regexp.MustCompile(`^[^/]+/(data|log|output\.txt)`).MatchString(name) {
			found[name] = text
		}
	}
	return found
}

// Comments and all other lines stay; what was there before can be had again, byte for byte.
func TestInstallByGroup(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	before, kuiperYAML := e.files(t), e.read(t, "etc/kuiper.yaml")
	text := e.install(t, "--data-port", "10091")
	contains(t, text, "from now on", "port 10091", "httppush", e.path("plugins/sources/Websocket.so"), e.path("etc/websocket-install"))

	equal(t, changedLines(kuiperYAML, e.read(t, "etc/kuiper.yaml")), []string{"+  httpServerPort: 10091\n", "-  httpServerPort: 10081\n"})
	contains(t, e.read(t, "etc/sources/websocket.yaml"), "\n  httpServerIp: 0.0.0.0\n  httpServerPort: 10081\n", "# Examples.")
	equalFiles(t, e.path("etc/sources/websocket.json"), filepath.Join(os.Getenv("EKWS_ROOT"), "websocket.json"))
	equalFiles(t, e.path("plugins/sources/Websocket.so"), os.Getenv("EKWS_PLUGIN"))

	installed := e.files(t)
	contains(t, e.install(t), "nothing to do")
	same(t, e.files(t), installed)
	e.uninstall(t)
	same(t, e.files(t), before)
}

func TestInstallByService(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	e.service(t, "other.service", "[Service]\nExecStart=/usr/bin/other\n")
	e.service(t, "ek.service", "[Service]\nUser=ek\nWorkingDirectory="+e.dir+"\nExecStart=/bin/sh -c \\\n  'exec bin/kuiperd'\n")
	before, kuiperYAML := e.files(t), e.read(t, "etc/kuiper.yaml")
	text := e.install(t, "--data-port", "10092")
	contains(t, text, "ek.service gets a drop-in", "systemctl daemon-reload && systemctl restart ek.service")
	dropIn := filepath.Join(e.systemd, "ek.service.d/ekuiper-websocket.conf")
	contains(t, readFile(t, dropIn), "[Service]\nEnvironment=KUIPER__SOURCE__HTTPSERVERPORT=10092\n")
	equal(t, e.read(t, "etc/kuiper.yaml") == kuiperYAML, true)
	equalFiles(t, e.path("etc/sources/websocket.yaml"), filepath.Join(os.Getenv("EKWS_ROOT"), "websocket.yaml"))
	contains(t, e.install(t), "nothing to do") // with the port that it had chosen

	// The other way instead: nothing of the first remains.
	text = e.install(t, "--port-by", "group")
	contains(t, text, "systemctl daemon-reload && systemctl restart ek.service")
	if _, err := os.Stat(filepath.Dir(dropIn)); !os.IsNotExist(err) {
		t.Errorf("the drop-in is still there: %v", err)
	}
	contains(t, e.read(t, "etc/kuiper.yaml"), "httpServerPort: 10092")
	e.uninstall(t)
	same(t, e.files(t), before)
}

func TestInstallIntoAPackage(t *testing.T) {
	t.Parallel()
	root := unpackPackage(t)
	before := root.files(t)
	for _, kuiper := range []string{root.dir, root.path("etc/kuiper")} {
		e := &ekuiper{dir: kuiper}
		contains(t, e.install(t), "of a package", "kuiper.service gets a drop-in")
		contains(t, root.read(t, "etc/systemd/system/kuiper.service.d/ekuiper-websocket.conf"), "KUIPER__SOURCE__HTTPSERVERPORT=")
		equalFiles(t, root.path("var/lib/kuiper/plugins/sources/Websocket.so"), os.Getenv("EKWS_PLUGIN"))
		equalFiles(t, root.path("etc/kuiper/sources/websocket.json"), filepath.Join(os.Getenv("EKWS_ROOT"), "websocket.json"))
		e.uninstall(t)
		must(t, os.RemoveAll(root.path("etc/systemd"))) // folders that were not there
		same(t, root.files(t), before)
	}
}

const usersGroups = `# The plant's own.
default:
    addr: ""   # a server
    requestHeader: {}

plant: # hall 4
    addr: 192.0.2.1:8080
`

// Groups that users wrote into websocket.yaml survive installation, upgrade and the way back, comments included.
func TestInstallKeepsTheUsersGroups(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	e.write(t, "etc/sources/websocket.yaml", usersGroups)
	before := e.files(t)
	contains(t, e.install(t), "your websocket.yaml")
	added := "+    httpServerIp: 0.0.0.0\n"
	changes := strings.Join(changedLines(usersGroups, e.read(t, "etc/sources/websocket.yaml")), "")
	contains(t, changes, added, "+    httpServerPort: 10081\n")
	equal(t, strings.Contains(changes, "\n-"), false)

	// A group more, and a line in kuiper.yaml, after the installation.
	more := "hall5:\n    addr: 192.0.2.2:8080\n"
	e.write(t, "etc/sources/websocket.yaml", e.read(t, "etc/sources/websocket.yaml")+more)
	e.edit(t, "etc/kuiper.yaml", "restPort: 9081", "restPort: 9082")
	contains(t, e.install(t), "nothing to do")
	e.write(t, "plugins/sources/Websocket.so", "an older one")
	contains(t, e.install(t), "it was changed since", "Websocket.so.changed")
	equal(t, e.read(t, "etc/websocket-install/Websocket.so.changed"), "an older one")
	contains(t, e.read(t, "etc/sources/websocket.yaml"), more, "httpServerPort: 10081")

	must(t, os.Remove(e.path("etc/websocket-install/Websocket.so.changed")))
	e.uninstall(t)
	want := before
	want["ekuiper/etc/sources/websocket.yaml"] += more
	want["ekuiper/etc/kuiper.yaml"] = strings.Replace(want["ekuiper/etc/kuiper.yaml"], "restPort: 9081", "restPort: 9082", 1)
	same(t, e.files(t), want)
}

// Groups that came after the installation, into our own websocket.yaml, stay when the plugin goes.
func TestUninstallKeepsLaterGroups(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	e.install(t)
	e.write(t, "etc/sources/websocket.yaml", e.read(t, "etc/sources/websocket.yaml")+"plant:\n  addr: 192.0.2.1:8080\n")
	contains(t, e.uninstall(t), "it was changed since")
	text := e.read(t, "etc/sources/websocket.yaml")
	contains(t, text, "plant:\n  addr: 192.0.2.1:8080\n")
	equal(t, strings.Contains(text, "httpServerPort: 10081\n  # make install"), false)
	contains(t, e.read(t, "etc/kuiper.yaml"), "httpServerPort: 10081")
}

func TestUninstallAfterAMove(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	before := e.files(t)
	e.install(t)
	moved := &ekuiper{filepath.Join(t.TempDir(), "ekuiper"), e.systemd}
	must(t, os.Rename(e.dir, moved.dir))
	moved.uninstall(t)
	same(t, moved.files(t), before)
}

func TestInstallAsks(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	before := e.files(t)
	for _, answer := range []string{"n\n", "\n", ""} {
		ok, text := e.run(t, "install", answer)
		equal(t, ok, false)
		contains(t, text, "Go on?", "nothing was changed")
		same(t, e.files(t), before)
	}
	ok, text := e.run(t, "install", "y\n")
	if !ok {
		t.Fatal(text)
	}
	installed := e.files(t)
	ok, _ = e.run(t, "uninstall", "n\n")
	equal(t, ok, false)
	same(t, e.files(t), installed)
}

// Paths as people have them. Only what names of targets are made of cannot have a space, and make says so.
func TestMakeTakesPathsWithSpaces(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	spaced := &ekuiper{filepath.Join(t.TempDir(), "my ekuiper"), filepath.Join(t.TempDir(), "my units")}
	must(t, os.Rename(e.dir, spaced.dir))
	must(t, os.Rename(e.systemd, spaced.systemd))
	before := spaced.files(t)
	where, out := []string{"KUIPER=" + spaced.dir, "YES=yes", "SYSTEMD_DIR=" + spaced.systemd}, t.TempDir()
	runMake(t, append([]string{"install"}, where...)...)
	plugin := spaced.path("plugins/sources/Websocket.so")
	contains(t, runMake(t, "doctor", "KUIPER="+spaced.dir), plugin, "This plugin loads into this host.")
	contains(t, runMake(t, "doctor", "HOST="+spaced.path("bin/kuiperd"), "PLUGIN="+plugin), plugin, "This plugin loads into this host.")
	runMake(t, out+"/host.txt", "HOST="+spaced.path("bin/kuiperd"), "OUT="+out)
	contains(t, readFile(t, filepath.Join(out, "host.txt")), "go=go1.25.4\n")
	runMake(t, append([]string{"uninstall"}, where...)...)
	same(t, spaced.files(t), before)

	text, err := inTree("make", "plugin", "OUT="+spaced.dir).CombinedOutput()
	equal(t, err != nil, true)
	contains(t, string(text), "OUT="+spaced.dir, "cannot have a space")
}
