package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every form of kuiper.yaml's source section that can be edited, and what it becomes.
func TestInstallReadsTheSourceSection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ kuiper, want, group string }{
		"tls": {
			"source:\n  httpServerIp: 192.0.2.7\n  httpServerPort: 10443 # ours\n  httpServerTls:\n    certfile: /a b.crt\n    keyfile: /a.key\n",
			"source:\n  httpServerIp: 192.0.2.7\n  httpServerPort: 10091 # ours\n  httpServerTls:\n    certfile: /a b.crt\n    keyfile: /a.key\n",
			"  httpServerIp: 192.0.2.7\n  httpServerPort: 10443\n  httpServerTls:\n    certfile: /a b.crt\n    keyfile: /a.key\n",
		},
		"other case": {
			"SOURCE:\n    httpserverport: \"10500\"\n", "SOURCE:\n    httpserverport: 10091\n",
			"  httpServerIp: 0.0.0.0\n  httpServerPort: 10500\n",
		},
		"no port": {
			"source:\n    httpServerIp: 127.0.0.1\nbasic:\n", "source:\n    httpServerPort: 10091\n    httpServerIp: 127.0.0.1\nbasic:\n",
			"  httpServerIp: 127.0.0.1\n  httpServerPort: 10081\n",
		},
		"no section, no last newline": {
			"basic:\n  debug: false", "basic:\n  debug: false\nsource:\n  httpServerPort: 10091\n",
			"  httpServerIp: 0.0.0.0\n  httpServerPort: 10081\n",
		},
		"lines of Windows": {
			"source: # s\r\n  httpServerPort: 10081\r\nx: 1\r\n", "source: # s\r\n  httpServerPort: 10091\r\nx: 1\r\n",
			"  httpServerIp: 0.0.0.0\n  httpServerPort: 10081\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			e.write(t, "etc/kuiper.yaml", c.kuiper)
			before := e.files(t)
			e.install(t, "--data-port", "10091")
			equal(t, fmt.Sprintf("%q", e.read(t, "etc/kuiper.yaml")), fmt.Sprintf("%q", c.want))
			contains(t, e.read(t, "etc/sources/websocket.yaml"), "\n"+c.group+"  # make install: end\n")
			e.uninstall(t)
			same(t, e.files(t), before)
		})
	}
}

// Every form of the group default that can be edited.
func TestInstallReadsTheDefaultGroup(t *testing.T) {
	t.Parallel()
	const begin, end = "# make install: the address that kuiper.yaml had for eKuiper's data server. From now on this group decides.", "# make install: end"
	for name, c := range map[string]struct{ groups, want string }{
		"none":           {"plant:\n  addr: a:1", "plant:\n  addr: a:1\ndefault:\n  BEGIN\n  httpServerIp: 0.0.0.0\n  httpServerPort: 10081\n  END\n"},
		"nothing in it":  {"default: # s\nplant:\n  addr: a:1\n", "default: # s\n  BEGIN\n  httpServerIp: 0.0.0.0\n  httpServerPort: 10081\n  END\nplant:\n  addr: a:1\n"},
		"empty values":   {"default:\n   path: /a\n   httpServerIp: ''\n", "default:\n   BEGIN\n   httpServerIp: 0.0.0.0\n   httpServerPort: 10081\n   END\n   path: /a\n"},
		"an IP":          {"default:\n  httpserverip: 192.0.2.7\n", "default:\n  BEGIN\n  httpServerPort: 10081\n  END\n  httpserverip: 192.0.2.7\n"},
		"IP and port":    {"default:\n  httpServerIp: 192.0.2.7\n  httpServerPort: 10081\n", "default:\n  httpServerIp: 192.0.2.7\n  httpServerPort: 10081\n"},
		"nested, quoted": {"\"default\":\n  requestHeader:\n    httpServerPort: [x]\n", "\"default\":\n  BEGIN\n  httpServerIp: 0.0.0.0\n  httpServerPort: 10081\n  END\n  requestHeader:\n    httpServerPort: [x]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			e.write(t, "etc/sources/websocket.yaml", c.groups)
			before := e.files(t)
			e.install(t, "--data-port", "10091")
			equal(t, e.read(t, "etc/sources/websocket.yaml"), strings.NewReplacer("BEGIN", begin, "END", end).Replace(c.want))
			contains(t, e.read(t, "etc/kuiper.yaml"), "httpServerPort: 10091")
			e.uninstall(t)
			same(t, e.files(t), before)
		})
	}
}

// Every form in which a unit names this eKuiper; and those of another.
func TestInstallFindsTheService(t *testing.T) {
	t.Parallel()
	for unit, found := range map[string]bool{
		"ExecStart=DIR/bin/kuiperd":                                  true,
		"ExecStart=-DIR/bin/kuiperd -loadFileType relative":          true,
		"ExecStart=/bin/sh -c \"exec 'DIR/bin/kuiperd'\"":            true,
		"ExecStart=/usr/bin/env \\\n  A=1 DIR/bin/kuiperd":           true,
		"ExecStart=LINK/bin/kuiperd":                                 true,
		"WorkingDirectory=LINK/\nExecStart=/bin/sh -c ./bin/kuiperd": true,
		"ExecStart=DIR2/bin/kuiperd":                                 false,
		"ExecStart=DIR/bin/kuiperd2":                                 false,
		"# ExecStart=DIR/bin/kuiperd\nExecStart=/bin/true":           false,
		"WorkingDirectory=DIR\nExecStart=/bin/true":                  false,
		"ExecStart=/usr/bin/kuiperd":                                 false, // a package's
	} {
		t.Run(unit, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			link := filepath.Join(t.TempDir(), "link")
			must(t, os.Symlink(e.dir, link))
			e.service(t, "ek.service", "[Service]\n"+strings.NewReplacer("DIR", e.dir, "LINK", link).Replace(unit)+"\n")
			text := e.install(t)
			if got := strings.Contains(text, "ek.service gets a drop-in"); got != found {
				t.Errorf("found: %v, want %v\n%s", got, found, text)
			}
		})
	}
}

// What cannot be settled is said, and nothing is changed.
func TestInstallRefuses(t *testing.T) {
	t.Parallel()
	unit := func(e *ekuiper) string { return "[Service]\nExecStart=" + e.path("bin/kuiperd") + "\n" }
	for name, c := range map[string]struct {
		prepare func(t *testing.T, e *ekuiper)
		args    []string
		want    []string
	}{
		"flow style": {func(t *testing.T, e *ekuiper) { e.write(t, "etc/kuiper.yaml", "source: {httpServerPort: 10081}\n") }, nil, []string{"`source`", "httpServerPort", "by hand"}},
		"no YAML":    {func(t *testing.T, e *ekuiper) { e.write(t, "etc/kuiper.yaml", "a: [\n") }, nil, []string{"kuiper.yaml is no valid YAML"}},
		"bad groups": {func(t *testing.T, e *ekuiper) { e.write(t, "etc/sources/websocket.yaml", "- a\n") }, nil, []string{"websocket.yaml is no mapping"}},
		"two services": {func(t *testing.T, e *ekuiper) {
			e.service(t, "a.service", unit(e))
			e.service(t, "b.service", unit(e))
		}, nil, []string{"a.service, b.service", "SERVICE="}},
		"service with that port": {func(t *testing.T, e *ekuiper) {
			e.service(t, "a.service", unit(e)+"Environment=KUIPER__SOURCE__HTTPSERVERPORT=10081\n")
		}, nil, []string{"a.service sets KUIPER__SOURCE__HTTPSERVERPORT=10081"}},
		"unknown service": {nil, []string{"--service", "nope"}, []string{"SERVICE=nope", e2eSystemd}},
		"no service":      {nil, []string{"--port-by", "service"}, []string{"no service starts this eKuiper"}},
		"unknown way":     {nil, []string{"--port-by", "magic"}, []string{"PORT_BY=magic", "service, group or env"}},
		"the same port":   {nil, []string{"--data-port", "10081"}, []string{"DATA_PORT=10081"}},
		"no port":         {nil, []string{"--data-port", "x"}, []string{"DATA_PORT=x", "from 1 to 65535"}},
		"no such port":    {nil, []string{"--data-port", "70000"}, []string{"DATA_PORT=70000", "from 1 to 65535"}},
		"no kuiperd":      {func(t *testing.T, e *ekuiper) { must(t, os.Remove(e.path("bin/kuiperd"))) }, nil, []string{"there is no kuiperd in"}},
		"no eKuiper":      {func(t *testing.T, e *ekuiper) { must(t, os.Remove(e.path("etc/kuiper.yaml"))) }, nil, []string{"is no eKuiper", "/etc/kuiper"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, before := prepared(t, c.prepare)
			ok, text := e.run(t, "install", "", append(c.args, "--yes", "1")...)
			equal(t, ok, false)
			for i, want := range c.want {
				if want == e2eSystemd {
					c.want[i] = e.systemd
				}
			}
			contains(t, text, c.want...)
			equal(t, strings.Contains(text, "Traceback"), false)
			same(t, e.files(t), before)
		})
	}
	e := unpack(t)
	ok, text := e.run(t, "uninstall", "", "--yes", "1")
	equal(t, ok, false)
	contains(t, text, "make install has not been used", e.dir)
}

// prepared is an unpacked eKuiper as prepare (which may be nil) leaves it, and its files then.
func prepared(t *testing.T, prepare func(t *testing.T, e *ekuiper)) (*ekuiper, map[string]string) {
	t.Helper()
	e := unpack(t)
	if prepare != nil {
		prepare(t, e)
	}
	return e, e.files(t)
}

const e2eSystemd = "the folder of the services"

// Where the port is settled already, nothing is changed for it.
func TestInstallLeavesASettledPortAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, e *ekuiper)
		args    []string
		want    string
	}{
		"by the group": {func(t *testing.T, e *ekuiper) {
			e.write(t, "etc/sources/websocket.yaml", "default:\n  httpServerPort: 10500\n")
		}, nil, "port of its own, 10500: nothing to settle, eKuiper's own data server is on 10081"},
		"by the unit": {func(t *testing.T, e *ekuiper) {
			e.service(t, "a.service", "[Service]\nEnvironment=\"KUIPER__SOURCE__HTTPSERVERPORT=10300\"\nExecStart="+e.path("bin/kuiperd")+"\n")
		}, nil, "10300 already"},
		"by a drop-in": {func(t *testing.T, e *ekuiper) {
			e.service(t, "a.service", "[Service]\nExecStart="+e.path("bin/kuiperd")+"\n")
			must(t, os.Mkdir(filepath.Join(e.systemd, "a.service.d"), 0o755))
			e.service(t, "a.service.d/override.conf", "[Service]\nEnvironment=A=1 KUIPER__SOURCE__HTTPSERVERPORT=10301\n")
		}, nil, "10301 already"},
		"by a file of variables": {func(t *testing.T, e *ekuiper) {
			e.write(t, "environment", "KUIPER__SOURCE__HTTPSERVERPORT=10302\n")
			e.service(t, "a.service", "[Service]\nEnvironmentFile=-"+e.path("environment")+"\nExecStart="+e.path("bin/kuiperd")+"\n")
		}, nil, "10302 already"},
		"by the operator": {nil, []string{"--port-by", "env"}, "set KUIPER__SOURCE__HTTPSERVERPORT="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, before := prepared(t, c.prepare)
			contains(t, e.install(t, c.args...), c.want)
			equal(t, e.read(t, "etc/kuiper.yaml") == before["ekuiper/etc/kuiper.yaml"], true)
			equal(t, strings.Contains(e.read(t, "etc/sources/websocket.yaml"), "make install"), false)
			e.uninstall(t)
			same(t, e.files(t), before)
		})
	}
}

// An operator who gives the group another port after all gets the data server's back, and is told so before.
func TestInstallTellsOfAPortThatComesBack(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	before := e.read(t, "etc/kuiper.yaml")
	e.install(t, "--data-port", "10091")
	e.write(t, "etc/sources/websocket.yaml", strings.Replace(e.read(t, "etc/sources/websocket.yaml"), "httpServerPort: 10081", "httpServerPort: 10181", 1))
	contains(t, e.install(t), "is on 10081 again", "at port 10091")
	equal(t, e.read(t, "etc/kuiper.yaml"), before)
}
