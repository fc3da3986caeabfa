package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// uncommented takes the comment signs off the examples of websocket.yaml, as their heading says: each example is what
// stands behind a line "#".
func uncommented(text string) string {
	from := strings.Index(text, "# Examples")
	lines := []string{text[:from]}
	in := false
	for line := range strings.Lines(text[from:]) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "#":
			in = true
		case in && strings.HasPrefix(line, "# "):
			line = strings.TrimPrefix(line, "# ")
		default:
			in = false
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n") + "\n"
}

// Each example of the shipped websocket.yaml works when its comment signs are taken away: the rule runs, and no
// property in it is unknown. Only addresses, ports and files are those of this machine.
func TestExamplesOfWebsocketYAML(t *testing.T) {
	t.Parallel()
	shipped, err := os.ReadFile(filepath.Join(os.Getenv("EKWS_ROOT"), "websocket.yaml"))
	must(t, err)
	text := uncommented(string(shipped))
	folder := t.TempDir()
	writeCertificate(t, folder)
	nobody, err := kuiper.FreePort()
	must(t, err)
	text = regexp.MustCompile(`192\.0\.2\.\d+:\d+`).ReplaceAllString(text, fmt.Sprintf("127.0.0.1:%d", nobody))
	text = regexp.MustCompile(`httpServerPort: \d+`).ReplaceAllStringFunc(text, func(string) string {
		port, err := kuiper.FreePort()
		must(t, err)
		return fmt.Sprintf("httpServerPort: %d", port)
	})
	text = regexp.MustCompile(`\S+/(\w+\.(crt|key|txt))`).ReplaceAllString(text, folder+"/$1")

	var groups map[string]map[string]any
	must(t, yaml.Unmarshal([]byte(text), &groups))
	delete(groups, "default")
	h := ownHost(t, kuiper.Options{Plugin: true, Files: map[string]string{"etc/sources/websocket.yaml": text}})
	for group, props := range groups {
		t.Run(group, func(t *testing.T) {
			id := rawStream(t, h, fmt.Sprintf(`DATASOURCE="/%s", CONF_KEY="%s"`, group, group))
			rule := createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{})
			state := connected
			if props["addr"] != "" {
				state = disconnected // nobody listens there, and it says so
			}
			_, err := h.WaitStatus(rule, func(s map[string]any) bool {
				text, _ := connection(s, id, "last_disconnected_message").(string)
				return connection(s, id, "status") == float64(state) || state == disconnected && strings.Contains(text, "refused")
			}, patience)
			must(t, err)
			for line := range strings.Lines(h.Log()) {
				if containsAll(line, "level=warning", "rule="+rule) {
					t.Error(line)
				}
			}
		})
	}
	for _, group := range exampleGroups {
		if groups[group] == nil {
			t.Errorf("websocket.yaml has no example %q", group)
		}
	}
}

var exampleGroups = []string{"client", "token", "otherport", "tlsclient", "tlsserver"}

// writeCertificate makes the files that examples name: a key, and a certificate for it that is its own CA.
func writeCertificate(t *testing.T, folder string) {
	t.Helper()
	example := makeIdentity(t, "example", ecKey(t), nil, isCA)
	for file, text := range map[string][]byte{
		"client.crt": example.chain, "server.crt": example.chain, "ca.crt": example.chain,
		"client.key": example.keyPEM(t), "server.key": example.keyPEM(t),
	} {
		must(t, os.WriteFile(filepath.Join(folder, file), text, 0o600))
	}
	must(t, os.WriteFile(filepath.Join(folder, "headers.txt"), []byte("Authorization: Bearer token\n"), 0o600))
}
