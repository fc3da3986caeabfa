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

// shellBlocks are the blocks of commands in a page.
func shellBlocks(t *testing.T, page string) []string {
	t.Helper()
	var blocks []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(readPage(t, page), -1) {
		blocks = append(blocks, block[1])
	}
	return blocks
}

func readPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(os.Getenv("EKWS_ROOT"), page))
	must(t, err)
	return string(text)
}

// What docs/secure.md tells an administrator to type works as written, one block after the other, but for the ports.
func TestSecurePage(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	port, err := kuiper.FreePort()
	must(t, err)
	here := strings.NewReplacer("http://127.0.0.1:9081", h.URL(), "10082", fmt.Sprint(port),
		"curl ", "curl -sS --fail-with-body ")
	blocks := shellBlocks(t, "docs/secure.md")
	equal(t, len(blocks), 6)
	after := map[int]func(){
		1: func() { // the rule has been made
			_, err := h.WaitStatus("secured", func(status map[string]any) bool {
				return fmt.Sprint(connection(status, "secured", "status")) == "1"
			}, patience)
			must(t, err)
		},
	}
	serials := map[string]bool{}
	for i, block := range blocks {
		// Pasted into a shell that the reader goes on using, which stays where and as it was.
		pasted := "umask 022; before=$(pwd; umask)\n" + here.Replace(block) + `
			[[ $(pwd; umask) == "$before" ]] || { echo "the shell is left with: $(pwd; umask)"; exit 1; }`
		command := exec.Command("bash", "-euo", "pipefail", "-c", pasted)
		command.Dir = t.TempDir()
		command.Env = append(os.Environ(), "EKUIPER="+h.Dir())
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", block, err, out)
		}
		if then := after[i]; then != nil {
			then()
		}
		if i >= 1 {
			serials[servedSerial(t, port, filepath.Join(h.Dir(), "etc/certs"))] = true
		}
	}
	equal(t, len(serials), 2) // the last block has renewed the server's certificate
	// The group that two blocks have written connects, with the encrypted key.
	must(t, h.CreateStream(`CREATE STREAM plant () WITH (TYPE="websocket", DATASOURCE="/api/data", CONF_KEY="securedplant")`))
	must(t, h.CreateRule("plant", "SELECT * FROM plant", kuiper.RuleOptions{}))
	_, err = h.WaitStatus("plant", func(status map[string]any) bool {
		return fmt.Sprint(connection(status, "plant", "status")) == "1"
	}, patience)
	must(t, err)
}

// servedSerial asks as a client with the page's certificates which one the server shows.
func servedSerial(t *testing.T, port int, certs string) string {
	t.Helper()
	out, err := exec.Command("bash", "-euo", "pipefail", "-c", fmt.Sprintf("cd %s; openssl s_client -connect 127.0.0.1:%d "+
		"-CAfile ca.crt -cert device.crt -key device.key </dev/null 2>/dev/null | openssl x509 -noout -serial", certs, port)).Output()
	must(t, err)
	return string(out)
}
