package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// blocks are the fenced blocks of a language in a page of docs/.
func blocks(t *testing.T, file, language string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(os.Getenv("EKWS_ROOT"), "docs", file))
	must(t, err)
	var found []string
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, block[1])
	}
	return found
}

// The groups and streams of docs/configure.md work as they are written, but for ports and files.
func TestConfigureMD(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	port, err := kuiper.FreePort()
	must(t, err)
	headers := filepath.Join(t.TempDir(), "headers.txt")
	must(t, os.WriteFile(headers, []byte("# renewed every hour\n\nAuthorization: Bearer token\n"), 0o600))
	inside, err := kuiper.FreePort()
	must(t, err)
	here := strings.NewReplacer("127.0.0.1:8080", p.addr, "10082", fmt.Sprint(port), "10083", fmt.Sprint(inside),
		"/etc/kuiper/headers.txt", headers)
	groups := here.Replace(strings.Join(blocks(t, "configure.md", "yaml"), ""))
	h := ownHost(t, kuiper.Options{Plugin: true, Files: map[string]string{
		// `default` is in one of the blocks, and the first block is one more group.
		"etc/sources/websocket.yaml": groups,
	}})
	streams := 0
	for _, block := range blocks(t, "configure.md", "sql") {
		for _, sql := range strings.Split(strings.TrimSpace(block), "\n") {
			must(t, h.CreateStream(sql))
			streams++
		}
	}
	equal(t, streams, 4)

	run := func(id string) *kuiper.Collector {
		rows := newCollector(t)
		createRule(t, h, "SELECT *, meta(pathParams) AS params FROM "+id, kuiper.RuleOptions{Collector: rows})
		return rows
	}
	rows := run("plant")
	conn := p.next(t)
	equal(t, conn.request.RequestURI, "/api/data")
	conn.text(t, `{"n":1}`)
	must(t, rows.WaitN(1, patience))
	for id, request := range map[string][2]string{
		"fleet": {"/api/data", "null"}, "devices": {"/devices/7/data", `{"id":"7"}`}, "numbered": {"/devices/8", `{"id":"8"}`},
	} {
		rows := run(id)
		dial(t, h.ServerPort(), request[0]).text(t, `{"n":1}`)
		must(t, rows.WaitN(1, patience))
		equal(t, toJSON(t, rows.Rows()[0]["params"]), request[1])
	}

	// The groups that no stream there takes.
	var all map[string]any
	must(t, yaml.Unmarshal([]byte(groups), &all))
	equal(t, len(all), 7)
	for group, header := range map[string][2]string{"site": {"X-Site", "4, 5"}, "secret": {"Authorization", "Bearer token"}} {
		run(rawStream(t, h, fmt.Sprintf(`DATASOURCE="/%s", CONF_KEY="%s"`, group, group)))
		equal(t, strings.Join(p.next(t).request.Header.Values(header[0]), ", "), header[1])
	}
	for group, at := range map[string]int{"otherport": port, "inside": inside} {
		run(rawStream(t, h, fmt.Sprintf(`DATASOURCE="/other", CONF_KEY="%s"`, group)))
		dial(t, at, "/other")
	}
}

// What docs/configure.md tells a reader to type makes, lists and removes a group, and the other addresses that it names
// answer with what it says.
func TestConfigureMDListsGroups(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	p := openPage(t, "docs/configure.md")
	p.here = strings.NewReplacer("http://127.0.0.1:9081", h.URL())
	listed := func() map[string]map[string]any {
		code, answer, err := h.Do(http.MethodGet, "/metadata/sources/yaml/websocket", nil)
		must(t, err)
		equal(t, code, http.StatusOK)
		var groups map[string]map[string]any
		must(t, json.Unmarshal(answer, &groups))
		return groups
	}
	p.do = map[string]command{
		"curl -X PUT": func(t *testing.T, line string) {
			must(t, h.ConfKey("hall", map[string]any{"idleTimeout": "1m"})) // which that then does not have any more
			p.shell(t, line)
		},
		"curl http": func(t *testing.T, line string) {
			contains(t, p.answer(t, line), `"default":{"addr":""`, `"hall":{"addr":"127.0.0.1:8080","pingInterval":"5s"}`)
		},
		"curl -X DELETE": func(t *testing.T, line string) {
			p.shell(t, line)
			equal(t, listed(), map[string]any{"default": map[string]any{"addr": ""}})
		},
	}
	p.run(t)
	equal(t, p.ran, map[string]int{"curl -X PUT": 1, "curl http": 1, "curl -X DELETE": 1})
	for path, want := range map[string]string{"connections/yaml": "{}", "sources": `"pingInterval"`} {
		code, answer, err := h.Do(http.MethodGet, "/metadata/"+path+"/websocket", nil)
		must(t, err)
		equal(t, code, http.StatusOK)
		contains(t, string(answer), want)
	}
}

// The texts that docs/configure.md shows are those that a user gets.
func TestConfigureMDShowsTheTexts(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	shown := strings.Join(blocks(t, "configure.md", "text"), "")
	client := "127.0.0.1:1"
	cases := []map[string]any{
		{"httpServerPort": 70000},
		{"maxMessageBytes": "16 MB"},
		{"addr": client, "reconnectInitial": "1m"},
		{"addr": client, "requestHeader": map[string]any{"Connection": "x"}},
	}
	count := 0
	for line := range strings.Lines(shown) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "unknown property") {
			s := stream{Props: map[string]any{"pingIntervall": "5s"}}
			rule := createRule(t, h, "SELECT * FROM "+s.create(t, h), kuiper.RuleOptions{})
			logLine(t, h, "level=warning", "rule="+rule, strings.ReplaceAll(line, `"`, `\"`))
			count++
		}
	}
	says := func(err error) {
		t.Helper()
		if err == nil {
			t.Fatal("the rule was accepted")
		}
		for line := range strings.Lines(shown) {
			if strings.Contains(err.Error(), strings.Trim(toJSON(t, strings.TrimSpace(line)), `"`)) {
				count++
				return
			}
		}
		t.Errorf("docs/configure.md does not show this text: %v", err)
	}
	for _, props := range cases {
		says(ruleError(t, h, props))
	}
	id := rawStream(t, h, `DATASOURCE="api/data"`)
	says(h.CreateRule(name("r"), "SELECT * FROM "+id, kuiper.RuleOptions{}))
	equal(t, count, strings.Count(shown, "\n"))
}
