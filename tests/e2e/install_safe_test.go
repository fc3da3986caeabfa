package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

const stranger = 12345 // a user that owns an eKuiper and is not the one who installs

// belongTo gives all of an eKuiper to a user, as a service's files are.
func (e *ekuiper) belongTo(t *testing.T, user int) {
	t.Helper()
	must(t, filepath.WalkDir(e.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, user, user)
	}))
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can install into another user's eKuiper")
	}
}

// owned is owner and mode of a file or folder.
func owned(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	status := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d %v", status.Uid, status.Gid, info.Mode())
}

// What only eKuiper's user may read stays so: in the backup, in place, and when it is restored.
func TestInstallKeepsModes(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	me := fmt.Sprintf("%d:%d", os.Geteuid(), os.Getegid())
	must(t, os.Chmod(e.path("etc/kuiper.yaml"), 0o600))
	must(t, os.Chmod(e.path("etc/sources/websocket.json"), 0o640))
	e.install(t)
	modes := map[string]string{
		"etc/websocket-install":                "drwx------",
		"etc/websocket-install/receipt.json":   "-rw-------",
		"etc/websocket-install/kuiper.yaml":    "-rw-------",
		"etc/websocket-install/websocket.json": "-rw-r-----",
		"etc/kuiper.yaml":                      "-rw-------",
		"etc/sources/websocket.json":           "-rw-r-----",
		"plugins/sources/Websocket.so":         "-rw-r--r--",
	}
	for name, mode := range modes {
		equal(t, name+" "+owned(t, e.path(name)), name+" "+me+" "+mode)
	}
	// A version that others have changed is copied with its mode, and a file that is gone comes back with its own.
	e.write(t, "plugins/sources/Websocket.so", "an older one")
	must(t, os.Chmod(e.path("plugins/sources/Websocket.so"), 0o600))
	must(t, os.Remove(e.path("etc/kuiper.yaml")))
	must(t, os.WriteFile(e.path("etc/kuiper.yaml"), []byte("basic:\n"), 0o600))
	e.install(t)
	equal(t, owned(t, e.path("etc/websocket-install/Websocket.so.changed")), me+" -rw-------")
	must(t, os.Remove(e.path("etc/sources/websocket.json")))
	e.uninstall(t)
	equal(t, owned(t, e.path("etc/kuiper.yaml")), me+" -rw-------")
	equal(t, owned(t, e.path("etc/sources/websocket.json")), me+" -rw-r-----")
}

// Root gives nobody more than they had: new files are the service's, what is kept is root's or as it was.
func TestInstallAsRootKeepsOwners(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	e := unpack(t)
	e.belongTo(t, stranger)
	must(t, os.Chmod(e.path("etc/kuiper.yaml"), 0o600))
	before := e.files(t)
	e.install(t)
	for name, want := range map[string]string{
		"etc/websocket-install":              "0:0 drwx------",
		"etc/websocket-install/receipt.json": "0:0 -rw-------",
		"etc/websocket-install/kuiper.yaml":  "12345:12345 -rw-------",
		"etc/kuiper.yaml":                    "12345:12345 -rw-------",
		"etc/sources/websocket.yaml":         "12345:12345 -rw-r--r--",
		"plugins/sources/Websocket.so":       "12345:12345 -rw-r--r--",
	} {
		equal(t, name+" "+owned(t, e.path(name)), name+" "+want)
	}
	e.uninstall(t)
	same(t, e.files(t), before)
	equal(t, owned(t, e.path("etc/kuiper.yaml")), "12345:12345 -rw-------")
}

// Whoever may write to eKuiper's folders cannot have root write, read or remove something elsewhere.
func TestInstallAsRootFollowsNoLinkOut(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	link := func(name string) func(t *testing.T, e *ekuiper, victim string) {
		return func(t *testing.T, e *ekuiper, victim string) {
			must(t, os.RemoveAll(e.path(name)))
			must(t, os.Symlink(filepath.Join(victim, filepath.Base(name)), e.path(name)))
		}
	}
	for name, c := range map[string]struct {
		plant func(t *testing.T, e *ekuiper, victim string)
		want  string
	}{
		"kuiper.yaml":          {link("etc/kuiper.yaml"), "root does not follow it"},
		"websocket.yaml":       {link("etc/sources/websocket.yaml"), "root does not follow it"},
		"the plugin":           {link("plugins/sources/Websocket.so"), "root does not follow it"},
		"a folder":             {link("etc/sources"), "root does not follow it"},
		"the folder above all": {link("etc"), "root does not follow it"},
		"the receipt's folder": {link("etc/websocket-install"), "websocket-install"},
		"a pipe": {func(t *testing.T, e *ekuiper, _ string) {
			must(t, os.Remove(e.path("etc/sources/websocket.yaml")))
			must(t, syscall.Mkfifo(e.path("etc/sources/websocket.yaml"), 0o644))
		}, "it is no regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, victim := unpack(t), t.TempDir()
			must(t, os.CopyFS(victim, os.DirFS(e.path("etc"))))
			must(t, os.CopyFS(filepath.Join(victim, "etc"), os.DirFS(e.path("etc"))))
			must(t, os.Mkdir(filepath.Join(victim, "websocket-install"), 0o755))
			must(t, os.WriteFile(filepath.Join(victim, "websocket-install/precious"), []byte("precious"), 0o600))
			c.plant(t, e, victim)
			e.belongTo(t, stranger)
			untouched := (&ekuiper{dir: victim}).files(t)
			ok, text := e.run(t, "install", "", "--yes", "1")
			equal(t, ok, false)
			contains(t, text, c.want)
			equal(t, strings.Contains(text, "Traceback"), false)
			same(t, (&ekuiper{dir: victim}).files(t), untouched)
			equal(t, owned(t, filepath.Join(victim, "kuiper.yaml")), "0:0 -rw-r--r--")
			if _, err := os.Lstat(e.path("etc/websocket-install/receipt.json")); err == nil {
				t.Error("there is a receipt of something that was refused")
			}
		})
	}
}

// The name of a file on its way cannot be foretold: the process's number has been one that could.
func TestInstallMakesFilesThatNobodyCanPlant(t *testing.T) {
	t.Parallel()
	e, victim := unpack(t), filepath.Join(t.TempDir(), "victim")
	must(t, os.WriteFile(victim, []byte("precious"), 0o600))
	root := os.Getenv("EKWS_ROOT")
	run := inTree("sh", "-ec", `for file in plugins/sources/Websocket.so etc/kuiper.yaml etc/sources/websocket.yaml \
		etc/sources/websocket.json; do ln -s "$VICTIM" "$DIR/$file.$$"; done
		exec scripts/install.py install --kuiper "$DIR" --so "$EKWS_PLUGIN" --config . --systemd-dir "$SYSTEMD" --yes 1`)
	run.Dir = root
	run.Env = append(run.Env, "DIR="+e.dir, "VICTIM="+victim, "SYSTEMD="+e.systemd)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	equal(t, readFile(t, victim), "precious")
	equal(t, owned(t, victim), fmt.Sprintf("%d:%d -rw-------", os.Geteuid(), os.Getegid()))
	equalFiles(t, e.path("plugins/sources/Websocket.so"), os.Getenv("EKWS_PLUGIN"))
}

// Links within an eKuiper are its operator's way to arrange it.
func TestInstallFollowsLinksInside(t *testing.T) {
	t.Parallel()
	e := unpack(t)
	must(t, os.Rename(e.path("etc/kuiper.yaml"), e.path("etc/real.yaml")))
	must(t, os.Symlink("real.yaml", e.path("etc/kuiper.yaml")))
	before := e.files(t)
	e.install(t, "--data-port", "10091")
	contains(t, e.read(t, "etc/real.yaml"), "httpServerPort: 10091")
	target, err := os.Readlink(e.path("etc/kuiper.yaml"))
	must(t, err)
	equal(t, target, "real.yaml")
	e.uninstall(t)
	same(t, e.files(t), before)
}

// A receipt is believed only about what make install writes, and only from who may be believed.
func TestInstallRefusesAForgedReceipt(t *testing.T) {
	t.Parallel()
	victim := filepath.Join(t.TempDir(), "victim")
	must(t, os.WriteFile(victim, []byte("precious"), 0o644))
	receipt := func(path, backup string) string {
		return fmt.Sprintf(`{"files": {%q: {"backup": %s, "written": null}}, "data_port": null, "moved_from": null}`, path, backup)
	}
	for name, c := range map[string]struct{ receipt, want string }{
		"a file elsewhere":      {receipt(victim, `"payload"`), victim},
		"from inside":           {receipt("etc/../../../victim", `"payload"`), "victim"},
		"another file of ours":  {receipt("etc/mqtt_source.yaml", `"payload"`), "etc/mqtt_source.yaml"},
		"a drop-in's neighbour": {receipt("SYSTEMD/a.service.d/other.conf", `"payload"`), "other.conf"},
		"a drop-in elsewhere":   {receipt(filepath.Dir(victim)+"/a.service.d/ekuiper-websocket.conf", `"payload"`), "SYSTEMD_DIR"},
		"a drop-in's name":      {receipt("SYSTEMD/a;b.service.d/ekuiper-websocket.conf", `"payload"`), "a;b"},
		"a backup elsewhere":    {receipt("etc/kuiper.yaml", `"../../../victim"`), "no name of a backup"},
		"an absolute backup":    {receipt("etc/kuiper.yaml", strconv.Quote(victim)), "no name of a backup"},
		"our text elsewhere": {
			`{"files": {"etc/kuiper.yaml": {"backup": null, "written": null, "ours": "../payload"}}, "data_port": null}`,
			"no name of a backup",
		},
		"an earlier version's":  {receipt("etc/kuiper.yaml", `"payload"`), "an earlier version of make install"},
		"a backup that is gone": {receipt("etc/kuiper.yaml", `"nothing"`), "is gone"},
		"no JSON":               {`{"files": `, "Expecting value"},
		"no mapping":            {`[]`, "receipt.json is damaged"},
		"files that are none":   {`{"files": 7, "data_port": null, "moved_from": null}`, "receipt.json is damaged"},
		"no port":               {`{"files": {}, "data_port": "x", "moved_from": null}`, "'x' is no port"},
		"half of it":            {`{"files": {}}`, "'data_port' is missing"},
		"bytes":                 {"\xff\xfe\xfd", "receipt.json is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			must(t, os.Mkdir(e.path("etc/websocket-install"), 0o700))
			e.write(t, "etc/websocket-install/receipt.json", strings.ReplaceAll(c.receipt, "SYSTEMD", e.systemd))
			e.write(t, "etc/websocket-install/payload", "owned")
			before := e.files(t)
			for _, command := range []string{"install", "uninstall"} {
				ok, text := e.run(t, command, "", "--yes", "1")
				equal(t, ok, false)
				contains(t, text, e.path("etc/websocket-install/receipt.json"), c.want)
				equal(t, strings.Contains(text, "Traceback"), false)
			}
			same(t, e.files(t), before)
			equal(t, readFile(t, victim), "precious")
		})
	}
}

func TestInstallRefusesAStrangersReceipt(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	for name, spoil := range map[string]func(e *ekuiper) error{
		"folder": func(e *ekuiper) error { return os.Chown(e.path("etc/websocket-install"), stranger, stranger) },
		"receipt": func(e *ekuiper) error {
			return os.Chown(e.path("etc/websocket-install/receipt.json"), stranger, stranger)
		},
		"mode": func(e *ekuiper) error { return os.Chmod(e.path("etc/websocket-install"), 0o777) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			e.install(t)
			must(t, spoil(e))
			before := e.files(t)
			for _, command := range []string{"install", "uninstall"} {
				ok, text := e.run(t, command, "", "--yes", "1")
				equal(t, ok, false)
				contains(t, text, e.path("etc/websocket-install"), "not trusted")
			}
			same(t, e.files(t), before)
		})
	}
}

// What this user cannot read is named, with the reason, and nothing is written.
func TestInstallNamesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"etc/kuiper.yaml", "etc/sources/websocket.yaml", "etc/websocket-install/receipt.json"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			e.install(t)
			before := e.files(t)
			must(t, os.Chmod(e.path(file), 0))
			for _, command := range []string{"install", "uninstall"} {
				out, err := withoutPrivilege(e.command(command, "--yes", "1")).CombinedOutput()
				equal(t, err != nil, true)
				contains(t, string(out), e.path(file)+" cannot be read: Permission denied")
				equal(t, strings.Contains(string(out), "Traceback"), false)
			}
			must(t, os.Chmod(e.path(file), 0o600))
			same(t, e.files(t), before)
		})
	}
	e := unpack(t)
	e.service(t, "a.service", "[Service]\nEnvironmentFile="+e.path("secret.env")+"\nExecStart="+e.path("bin/kuiperd")+"\n")
	e.write(t, "secret.env", "A=1\n")
	must(t, os.Chmod(e.path("secret.env"), 0))
	out, err := withoutPrivilege(e.command("install", "--yes", "1")).CombinedOutput()
	equal(t, err != nil, true)
	contains(t, string(out), e.path("secret.env")+" cannot be read: Permission denied")
}

// withoutPrivilege has modes count for root, too.
func withoutPrivilege(command *exec.Cmd) *exec.Cmd {
	if os.Geteuid() == 0 {
		bare := inTree("setpriv", append([]string{"--bounding-set=-dac_override,-dac_read_search", "--"}, command.Args...)...)
		bare.Stdin = command.Stdin
		return bare
	}
	return command
}

// Only a yes is one.
func TestInstallAsksUnlessYes(t *testing.T) {
	t.Parallel()
	for answer, goes := range map[string]bool{
		"1": true, "y": true, "yes": true, "YES": true, "": false, "0": false, "no": false, "n": false, "false": false, "x": false,
	} {
		t.Run(strconv.Quote(answer), func(t *testing.T) {
			t.Parallel()
			e := unpack(t)
			before := e.files(t)
			ok, text := e.run(t, "install", "", "--yes", answer)
			equal(t, ok, goes)
			equal(t, strings.Contains(text, "Go on?"), !goes)
			if !goes {
				same(t, e.files(t), before)
			}
		})
	}
}
