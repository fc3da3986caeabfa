package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// What the README tells a user to type works as written, but for ports and folders. `make` is left out: demo, test and
// plugin are what runs this test, and what it runs on.
func TestReadme(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	root := os.Getenv("EKWS_ROOT")
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	must(t, err)

	folder := t.TempDir()
	for _, sub := range []string{"plugins/sources", "etc/sources"} {
		must(t, os.MkdirAll(filepath.Join(folder, sub), 0o755))
	}
	here := strings.NewReplacer(
		"http://127.0.0.1:9081", h.URL(),
		"ws://127.0.0.1:10081", fmt.Sprintf("ws://127.0.0.1:%d", h.ServerPort()),
		"build/core/release/tools/ekws-load", os.Getenv("EKWS_LOAD"),
		"build/plugin/Websocket.so", os.Getenv("EKWS_PLUGIN"),
	)
	ran := map[string]int{}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
			word := strings.Fields(line)[0]
			switch word {
			case "make":
				continue
			case "cd": // starts eKuiper, as the harness does
				ran[word]++
				continue
			}
			command := exec.Command("bash", "-ec", here.Replace(strings.Replace(line, "curl ", "curl -sS --fail-with-body ", 1)))
			command.Dir = root
			command.Env = append(os.Environ(), "EKUIPER="+folder)
			if strings.Contains(word, "ekws-load") {
				word = "ekws-load"
				waitListening(t, h)
			}
			ran[word]++
			if out, err := command.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
	if ran["curl"] < 6 || ran["cp"] < 2 || ran["ekws-load"] != 1 || ran["cd"] != 2 {
		t.Errorf("the README has other commands than this test knows: %v", ran)
	}
	for _, name := range []string{"plugins/sources/Websocket.so", "etc/sources/websocket.yaml", "etc/sources/websocket.json"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
}

// waitListening waits for the rule `hot` of the README.
func waitListening(t *testing.T, h *kuiper.Host) {
	t.Helper()
	_, err := h.WaitStatus("hot", func(status map[string]any) bool {
		return fmt.Sprint(status["source_fleet_0_connection_status"]) == "1"
	}, patience)
	must(t, err)
}
