package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// rawStream creates a stream with a WITH clause as it is and drops it in the end.
func rawStream(t *testing.T, h *kuiper.Host, with string) string {
	t.Helper()
	id := name("s")
	must(t, h.CreateStream(fmt.Sprintf(`CREATE STREAM %s () WITH (TYPE="websocket", FORMAT="json", %s)`, id, with)))
	t.Cleanup(func() { check(t, h.DropStream(id)) })
	return id
}

func deleteGroup(t *testing.T, h *kuiper.Host, group string) {
	t.Helper()
	code, answer, err := h.Do(http.MethodDelete, "/metadata/sources/websocket/confKeys/"+group, nil)
	must(t, err)
	if code != http.StatusOK {
		t.Fatalf("deleting group %s: %d %s", group, code, answer)
	}
}

// A group is made, changed and deleted over REST; a change takes effect when the rule starts again.
func TestGroupOverREST(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	first, second := newPeer(t), newPeer(t)
	group := name("group")
	must(t, h.ConfKey(group, map[string]any{"addr": first.addr}))
	path := "/" + name("p")
	id := rawStream(t, h, fmt.Sprintf(`DATASOURCE="%s", CONF_KEY="%s"`, path, group))
	rows := newCollector(t)
	rule := createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{Collector: rows})
	conn := first.next(t)
	conn.text(t, `{"n":1}`)
	must(t, rows.WaitN(1, patience))

	must(t, h.ConfKey(group, map[string]any{"addr": second.addr, "requestHeader": map[string]any{"X-Changed": "yes"}}))
	conn.text(t, `{"n":2}`) // the rule runs on as it was started
	must(t, rows.WaitN(2, patience))
	must(t, h.RestartRule(rule))
	conn.waitEnd(t)
	conn = second.next(t)
	equal(t, conn.request.Header.Get("X-Changed"), "yes")
	conn.text(t, `{"n":3}`)
	must(t, rows.WaitN(3, patience))

	// The interface that forms read shows it as it is now.
	code, answer, err := h.Do(http.MethodGet, "/metadata/sources/yaml/websocket", nil)
	must(t, err)
	equal(t, code, http.StatusOK)
	contains(t, string(answer), group, second.addr, "X-Changed")

	// Without the group the host takes default, and says so in its log only: a server.
	deleteGroup(t, h, group)
	must(t, h.RestartRule(rule))
	conn.waitEnd(t)
	dial(t, h.ServerPort(), path).text(t, `{"n":4}`)
	must(t, rows.WaitN(4, patience))
	contains(t, logLine(t, h, "level=warning", "fail to find config key", group), "websocket")
	equal(t, rawRows(rows), []string{`{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`})
}

// EXTRA comes before the group, the group before default; what none of them names has its default. Each property is
// seen at the peer as a header or in the address.
func TestExtraBeforeGroupBeforeDefault(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true}) // whose group default is changed
	fromDefault, fromGroup, fromExtra := newPeer(t), newPeer(t), newPeer(t)
	header := func(value string) map[string]any { return map[string]any{"X-From": value} }
	must(t, h.ConfKey("default", map[string]any{"addr": fromDefault.addr, "requestHeader": header("default")}))
	must(t, h.ConfKey("empty", map[string]any{}))
	must(t, h.ConfKey("headers", map[string]any{"requestHeader": header("group")}))
	must(t, h.ConfKey("both", map[string]any{"addr": fromGroup.addr, "requestHeader": header("group")}))
	must(t, h.ConfKey("server", map[string]any{"addr": ""}))
	extra := func(addr string) string { return fmt.Sprintf(`, EXTRA="{\"addr\":\"%s\"}"`, addr) }

	cases := []struct {
		with string
		peer *peer // nil: a server
		from string
	}{
		{``, fromDefault, "default"},
		{`, CONF_KEY="empty"`, fromDefault, "default"},
		{`, CONF_KEY="headers"`, fromDefault, "group"},
		{`, CONF_KEY="both"`, fromGroup, "group"},
		{`, CONF_KEY="both"` + extra(fromExtra.addr), fromExtra, "group"},
		{extra(fromExtra.addr), fromExtra, "default"},
		{`, CONF_KEY="server"`, nil, ""},
		{extra(""), nil, ""},
		{`, CONF_KEY="none"`, fromDefault, "default"},
	}
	for _, c := range cases {
		t.Run(c.with, func(t *testing.T) {
			path := "/" + name("p")
			id := rawStream(t, h, fmt.Sprintf(`DATASOURCE="%s"%s`, path, c.with))
			rows := newCollector(t)
			createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{Collector: rows})
			conn := (*peerConn)(nil)
			if c.peer == nil {
				conn = dial(t, h.ServerPort(), path)
			} else {
				conn = c.peer.next(t)
				equal(t, conn.request.URL.Path, path)
				equal(t, conn.request.Header.Get("X-From"), c.from)
			}
			conn.text(t, `{"n":1}`)
			must(t, rows.WaitN(1, patience))
		})
	}
}

// Names count in whatever case, wherever they are written.
func TestNamesInAnyCase(t *testing.T) {
	t.Parallel()
	for _, shape := range []func(string) string{strings.ToLower, strings.ToUpper, titled} {
		t.Run(shape("requestHeader"), func(t *testing.T) {
			t.Parallel()
			p := newPeer(t)
			yaml := fmt.Sprintf("default:\n  addr: \"\"\nYamlGroup:\n  %s: %s\n  %s:\n    X-From: yaml\n",
				shape("addr"), p.addr, shape("requestHeader"))
			h := ownHost(t, kuiper.Options{Plugin: true, Files: map[string]string{"etc/sources/websocket.yaml": yaml}})
			must(t, h.ConfKey("RestGroup", map[string]any{
				shape("addr"): p.addr, shape("requestHeader"): map[string]any{"X-From": "rest"},
			}))
			extra := fmt.Sprintf(`EXTRA="{\"%s\":\"%s\",\"%s\":{\"X-From\":\"extra\"}}"`,
				shape("addr"), p.addr, shape("requestHeader"))
			for from, with := range map[string]string{
				"yaml": `CONF_KEY="YamlGroup"`, "rest": `CONF_KEY="RestGroup"`, "extra": extra,
			} {
				id := rawStream(t, h, fmt.Sprintf(`DATASOURCE="/%s", %s`, from, with))
				createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{})
				conn := p.next(t)
				equal(t, conn.request.Header.Get("X-From"), from)
				equal(t, conn.request.URL.Path, "/"+from)
			}
		})
	}
}

func titled(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// A group that was written below what is shipped.
func TestGroupInYAML(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	shipped, err := os.ReadFile(filepath.Join(os.Getenv("EKWS_ROOT"), "websocket.yaml"))
	must(t, err)
	yaml := string(shipped) + fmt.Sprintf("\nplant:\n  addr: %s\n  requestHeader:\n    X-Site: [\"4\", \"5\"]\n", p.addr)
	h := ownHost(t, kuiper.Options{Plugin: true, Files: map[string]string{"etc/sources/websocket.yaml": yaml}})
	plant := rawStream(t, h, `DATASOURCE="/plant", CONF_KEY="plant"`)
	createRule(t, h, "SELECT * FROM "+plant, kuiper.RuleOptions{})
	equal(t, strings.Join(p.next(t).request.Header.Values("X-Site"), ", "), "4, 5")
	server := rawStream(t, h, `DATASOURCE="/server"`)
	createRule(t, h, "SELECT * FROM "+server, kuiper.RuleOptions{})
	dial(t, h.ServerPort(), "/server")
}

// A server without a DATASOURCE waits at the property path.
func TestPathWithoutDatasource(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	group, path := name("group"), "/"+name("p")
	must(t, h.ConfKey(group, map[string]any{"path": path}))
	id := rawStream(t, h, fmt.Sprintf(`CONF_KEY="%s"`, group))
	rows := newCollector(t)
	createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{Collector: rows})
	dial(t, h.ServerPort(), path).text(t, `{"n":1}`)
	must(t, rows.WaitN(1, patience))
}
