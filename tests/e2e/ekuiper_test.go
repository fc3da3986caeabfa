package e2e

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ekuiper is an unpacked eKuiper that does not run, and the folder of the services that might run it.
type ekuiper struct{ dir, systemd string }

func unpack(t *testing.T) *ekuiper {
	t.Helper()
	e := &ekuiper{filepath.Join(t.TempDir(), "ekuiper"), t.TempDir()}
	must(t, os.MkdirAll(filepath.Join(e.dir, "plugins/sources"), 0o755))
	must(t, os.CopyFS(filepath.Join(e.dir, "etc"), os.DirFS(os.Getenv("EKWS_HOST_ETC"))))
	linkKuiperd(t, e.dir)
	return e
}

// unpackPackage has the folders and the unit of eKuiper's own deb, below a root of the test's.
func unpackPackage(t *testing.T) *ekuiper {
	t.Helper()
	root := &ekuiper{dir: t.TempDir()}
	for _, dir := range []string{"var/lib/kuiper/plugins/sources", "usr/lib/kuiper/bin", "etc"} {
		must(t, os.MkdirAll(root.path(dir), 0o755))
	}
	must(t, os.CopyFS(root.path("etc/kuiper"), os.DirFS(os.Getenv("EKWS_HOST_ETC"))))
	must(t, os.Symlink(os.Getenv("EKWS_KUIPERD"), root.path("usr/lib/kuiper/bin/kuiperd")))
	root.write(t, "lib/systemd/system/kuiper.service", "[Service]\nType=forking\nExecStart=/bin/sh /usr/lib/kuiper/bin/service_helper.sh start\n")
	return root
}

func linkKuiperd(t *testing.T, dir string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(dir, "bin"), 0o755))
	must(t, os.Symlink(os.Getenv("EKWS_KUIPERD"), filepath.Join(dir, "bin/kuiperd")))
}

// run is what `make install` and `make uninstall` run when the plugin is built.
func (e *ekuiper) run(t *testing.T, command, stdin string, args ...string) (ok bool, text string) {
	t.Helper()
	run := e.command(command, args...)
	run.Stdin = strings.NewReader(stdin)
	out, err := run.CombinedOutput()
	return err == nil, string(out)
}

func (e *ekuiper) command(command string, args ...string) *exec.Cmd {
	root := os.Getenv("EKWS_ROOT")
	all := append([]string{
		command, "--kuiper", e.dir, "--so", os.Getenv("EKWS_PLUGIN"), "--config", root, "--systemd-dir", e.systemd,
	}, args...)
	return inTree(filepath.Join(root, "scripts/install.py"), all...)
}

func (e *ekuiper) install(t *testing.T, args ...string) string {
	t.Helper()
	return e.succeed(t, "install", args...)
}

func (e *ekuiper) uninstall(t *testing.T) string {
	t.Helper()
	return e.succeed(t, "uninstall")
}

func (e *ekuiper) succeed(t *testing.T, command string, args ...string) string {
	t.Helper()
	ok, text := e.run(t, command, "", append(args, "--yes", "1")...)
	if !ok {
		t.Fatalf("%s: %s", command, text)
	}
	return text
}

func (e *ekuiper) path(name string) string { return filepath.Join(e.dir, name) }

func (e *ekuiper) read(t *testing.T, name string) string {
	t.Helper()
	return readFile(t, e.path(name))
}

func (e *ekuiper) write(t *testing.T, name, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(e.path(name)), 0o755))
	must(t, os.WriteFile(e.path(name), []byte(text), 0o644))
}

// edit replaces a text that has to be there.
func (e *ekuiper) edit(t *testing.T, name, from, to string) {
	t.Helper()
	text := e.read(t, name)
	if !strings.Contains(text, from) {
		t.Fatalf("%s has no %q", name, from)
	}
	e.write(t, name, strings.Replace(text, from, to, 1))
}

// service writes a unit.
func (e *ekuiper) service(t *testing.T, name, text string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(e.systemd, name), []byte(text), 0o644))
}

// files is the content of every file of this eKuiper and its services, by name.
func (e *ekuiper) files(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, root := range []string{e.dir, e.systemd} {
		if root == "" {
			continue
		}
		must(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.Type()&fs.ModeSymlink != 0 {
				return err
			}
			name, _ := filepath.Rel(filepath.Dir(root), path)
			if entry.IsDir() {
				found[name+"/"] = ""
				return nil
			}
			text, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a host that runs takes its database's journal away
			}
			found[name] = string(text)
			return err
		}))
	}
	return found
}

// same compares two states of an eKuiper.
func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, text := range got {
		if before, there := want[name]; !there {
			t.Errorf("%s is new", name)
		} else if text != before {
			t.Errorf("%s is\n%.2000s\nwant\n%.2000s", name, text, before)
		}
	}
	for name := range want {
		if _, there := got[name]; !there {
			t.Errorf("%s is gone", name)
		}
	}
}

// changedLines are the lines that only one of two texts has, "-" those of the first, "+" those of the second.
func changedLines(before, after string) (changes []string) {
	count := map[string]int{}
	for line := range strings.Lines(before) {
		count[line]++
	}
	for line := range strings.Lines(after) {
		if count[line]--; count[line] < 0 {
			changes = append(changes, "+"+line)
		}
	}
	for line := range strings.Lines(before) {
		if count[line] > 0 {
			changes = append(changes, "-"+line)
			count[line]--
		}
	}
	return changes
}
