package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const contract = "github.com/lf-edge/ekuiper/contract/v2"

// Any other Go package in the plugin would have to be the host's very build of it (docs: "plugin was built with a
// different version of package").
func TestOnlyStandardLibraryAndContract(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	required := 0
	for line := range strings.Lines(string(mod)) {
		line, _, _ = strings.Cut(line, "//")
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(words) != 2 || words[0] == "module" || words[0] == "go" || words[0] == "toolchain" || words[1] == "(" {
			continue
		}
		required++
		if words[0] != contract {
			t.Errorf("go.mod requires %s", words[0])
		}
	}
	if required != 1 {
		t.Errorf("go.mod requires %d modules, want the contract alone", required)
	}
	for file, imports := range importsOfTree(t) {
		for _, path := range imports {
			first, _, _ := strings.Cut(path, "/")
			if strings.Contains(first, ".") && path != contract+"/api" {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}

func TestOneFileImportsC(t *testing.T) {
	var found []string
	for file, imports := range importsOfTree(t) {
		for _, path := range imports {
			if path == "C" {
				found = append(found, file)
			}
		}
	}
	if len(found) != 1 || found[0] != "core.go" {
		t.Errorf("files with import \"C\": %q, want core.go alone", found)
	}
}

func importsOfTree(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files: %v", err)
	}
	all := map[string][]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			all[file] = append(all[file], strings.Trim(i.Path.Value, `"`))
		}
	}
	return all
}
