package kuiper

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCollectorKeepsOrderAndTakesArrays(t *testing.T) {
	c, err := NewCollector()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, body := range []string{`{"n":1}`, `[{"n":2},{"n":9007199254740993}]`, ` {"n":4}`} {
		resp, err := http.Post(c.URL(), "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if err := c.WaitN(4, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	want := `[{"n":1} {"n":2} {"n":9007199254740993} {"n":4}]`
	var got []string
	for _, row := range c.Raw() {
		got = append(got, string(row))
	}
	if text := "[" + strings.Join(got, " ") + "]"; text != want {
		t.Errorf("got %s, want %s", text, want)
	}
	if err := c.WaitN(5, 50*time.Millisecond); err == nil {
		t.Error("waited for a fifth row and got it")
	}
}

func TestCollectorTellsWhatIsNoJSON(t *testing.T) {
	c, err := NewCollector()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	resp, err := http.Post(c.URL(), "application/json", strings.NewReader(`{"n":`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := c.WaitN(1, time.Minute); err == nil || !strings.Contains(err.Error(), "no JSON") {
		t.Errorf("got %v", err)
	}
}

func TestFreePortsDiffer(t *testing.T) {
	seen := map[int]bool{}
	for range 200 {
		port, err := FreePort()
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] {
			t.Fatalf("port %d was given twice", port)
		}
		seen[port] = true
	}
}

// A host that does not come up is told with its last words, and its folder is gone.
func TestStartTellsWhyAHostEnded(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "kuiperd")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho cannot go on >&2\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EKWS_KUIPERD", script)
	scratch := filepath.Join(dir, "scratch")
	_, err := Start(context.Background(), Options{Dir: scratch})
	if err == nil || !strings.Contains(err.Error(), "cannot go on") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(scratch); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}
