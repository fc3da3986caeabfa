package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// inTree prepares a command in the tree as a user would start it: what `make test` hands down to the makes below it
// (variables of its command line) is not for this one.
func inTree(name string, args ...string) *exec.Cmd {
	command := exec.Command(name, args...)
	command.Dir = os.Getenv("EKWS_ROOT")
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "MAKE") && !strings.HasPrefix(variable, "MFLAGS=") {
			command.Env = append(command.Env, variable)
		}
	}
	return command
}

// runMake runs a make that has to succeed and returns what it wrote.
func runMake(t *testing.T, args ...string) string {
	t.Helper()
	out, err := inTree("make", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("make %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// hostPair is what a release of eKuiper was built with.
type hostPair struct{ ekuiper, golang, contract string }

// One of each that the README promises.
var hostPairs = []hostPair{
	{"2.2", "go1.24.5", "v2.0.0"},
	{"2.3", "go1.24.1", "v2.3.1"},
	{"2.4", "go1.25.4", "v2.3.1"},
}

// download fetches what the builds need of this pair; the network may fail some times.
func (p hostPair) download(t *testing.T) {
	t.Helper()
	inNoModule := t.TempDir()
	for try := 1; ; try++ {
		command := inTree("go", "mod", "download", "github.com/lf-edge/ekuiper/contract/v2@"+p.contract)
		command.Dir, command.Env = inNoModule, append(command.Env, "GOTOOLCHAIN="+p.golang)
		out, err := command.CombinedOutput()
		if err == nil {
			return
		}
		if try == 4 {
			t.Fatalf("%s and the contract %s: %v\n%s", p.golang, p.contract, err, out)
		}
		time.Sleep(time.Duration(try) * 3 * time.Second)
	}
}

// standIn builds tests/standin with the Go and the contract of a host, further flags and variables (NAME=value), and
// returns the program.
func (p hostPair) standIn(t *testing.T, options ...string) string {
	t.Helper()
	source := filepath.Join(os.Getenv("EKWS_ROOT"), "tests", "standin")
	dir := t.TempDir()
	var flags, variables []string
	for _, option := range options {
		if strings.HasPrefix(option, "-") {
			flags = append(flags, option)
		} else {
			variables = append(variables, option)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	goRun := func(in string, args ...string) {
		t.Helper()
		command := inTree("go", args...)
		command.Dir = in
		// Without the core that the plugin is linked with.
		command.Env = append(append(command.Env, "GOTOOLCHAIN="+p.golang, "CGO_LDFLAGS="), variables...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	p.download(t)
	mod, program := filepath.Join(dir, "go.mod"), filepath.Join(dir, "kuiperd")
	goRun(dir, "mod", "edit", "-go="+strings.TrimPrefix(p.golang, "go"), "-toolchain=none",
		"-require=github.com/lf-edge/ekuiper/contract/v2@"+p.contract, mod)
	build := append([]string{"build", "-modfile=" + mod, "-mod=mod"}, flags...)
	goRun(source, append(build, "-o", program, "./kuiperd")...)
	return program
}
