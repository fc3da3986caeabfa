package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestGroupsAreBesideKuiperYaml(t *testing.T) {
	folder := t.TempDir()
	kuiper := filepath.Join(folder, "kuiper.yaml")
	for _, none := range []string{"", kuiper} {
		if got := groupsBeside(none); got != "" {
			t.Errorf("beside %q: %q", none, got)
		}
	}
	groups := touch(t, folder, "sources", "websocket.yaml")
	if got := groupsBeside(kuiper); got != groups {
		t.Errorf("%q, want %q", got, groups)
	}
}

func TestDefaultGroupOfTheEnvironment(t *testing.T) {
	got := defaultGroup([]string{
		"PATH=/bin", "WEBSOCKET__DEFAULT__ADDR=h:1", "WEBSOCKET__PLANT__ADDR=h:2", "MQTT__DEFAULT__ADDR=h:3",
		"WEBSOCKET__DEFAULT__HTTPSERVERTLS__CERTFILE=/c", "WEBSOCKET__DEFAULT__HTTPSERVERTLS__KEYFILE=/k",
		"WEBSOCKET__DEFAULT__PATH=/a?b=c", "WEBSOCKET__DEFAULT__SCHEME=",
	})
	want := map[string]any{"addr": "h:1", "scheme": "", "httpservertls": map[string]any{"certfile": "/c", "keyfile": "/k"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestFindKuiperYaml(t *testing.T) {
	if isFile(filepath.Join(packageEtc, "kuiper.yaml")) {
		t.Skip("this machine has an eKuiper installed from a package")
	}
	top := t.TempDir()
	deep := filepath.Join(top, "a", "b")
	if err := os.MkdirAll(filepath.Join(deep, "etc", "kuiper.yaml"), 0o755); err != nil { // a folder of that name
		t.Fatal(err)
	}
	packaged := touch(t, top, "packaged", "kuiper.yaml")
	args := []string{"-etc", filepath.Dir(packaged)}
	absolute := append([]string{"--loadFileType=absolute"}, args...)

	for _, step := range []struct {
		make string // created before the step
		args []string
		want string
	}{
		{want: ""},
		{args: args, want: packaged},
		{args: absolute, want: packaged},
		{args: []string{"-data", "/d", "-log", "/l", "-plugins", "/p", "-etc", filepath.Dir(packaged)}, want: packaged},
		{args: []string{"-unknown", "-etc", filepath.Dir(packaged)}, want: ""},
		{make: filepath.Join(top, "etc", "kuiper.yaml"), args: args, want: filepath.Join(top, "etc", "kuiper.yaml")},
		{make: filepath.Join(top, "a", "etc", "kuiper.yaml"), want: filepath.Join(top, "a", "etc", "kuiper.yaml")},
		{args: absolute, want: packaged},
	} {
		if step.make != "" {
			touch(t, step.make)
		}
		if got := findKuiperYaml(deep, step.args); got != step.want {
			t.Errorf("with %q: %q, want %q", step.args, got, step.want)
		}
	}
}
