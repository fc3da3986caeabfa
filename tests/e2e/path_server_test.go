package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// delivered is the outcome of a request that was upgraded and whose message became a row.
const delivered = "delivered"

// serverPath is a stream's path, and what requests are sent for it; $ stands for a folder of the case's own.
type serverPath struct {
	path    string
	targets []string
	differs map[string]string // target → our outcome, where it is meant to differ from the built-in's
	why     string            // it differs
}

var serverPaths = []serverPath{
	{path: "$/plain", targets: []string{
		"$/plain", "$/plain/", "$/Plain", "$/plain?x=1", "$/plain?", "$/pl%61in", "$%2Fplain", "$/plain%2F", "$/plain;v=1",
		"$/plai", "$/plainer", "$", "http://anywhere$/plain", "$/plain%", "$/plain%zz",
	}},
	{path: "$/tidy", targets: []string{"$//tidy", "$/./tidy", "$/x/../tidy", "$/x/%2e%2e/tidy"},
		differs: map[string]string{"$//tidy": "404", "$/./tidy": "404", "$/x/../tidy": "404", "$/x/%2e%2e/tidy": "404"},
		why:     "the built-in answers 301 with the tidy path, which a WebSocket client takes for a refusal as well"},
	{path: "$/slash/", targets: []string{"$/slash/", "$/slash"}},
	{path: "$/{id}/data", targets: []string{
		"$/7/data", "$/a%20b/data", "$/a+b/data", "$/a%2Fb/data", "$/%C3%BC/data", "$/ü/data", "$/%FF/data", "$/7/data/",
		"$/data", "$/7/8/data",
	}},
	{path: "$/{id:[0-9]+}", targets: []string{"$/7", "$/77", "$/x", "$/7x", "$/"}},
	{path: "$/{rest:.*}", targets: []string{"$/a/b/c", "$/", "$"}},
	{path: "$/{x:a{2}}", targets: []string{"$/aa", "$/a", "$/aaa"}},
	{path: "$/{x:(?:a|b)}/{y}", targets: []string{"$/a/c", "$/b/c", "$/c/c"}},
	{path: "$/v{major}.{minor}", targets: []string{"$/v1.2", "$/v1", "$/v1.2.3", "$/v1x2"}},
	{path: "$/{设备}", targets: []string{"$/7"}},
	{path: "$/{device.id}/{1}/{a b}", targets: []string{"$/7/8/9"}},
	{path: "$/dots.and+plus(1)*", targets: []string{"$/dots.and+plus(1)*", "$/dotsXand+plus(1)*"}},
	{path: "$/a b", targets: []string{"$/a%20b", "$/a+b"}},
	{path: "$/ü", targets: []string{"$/%C3%BC", "$/%c3%bc", "$/ü"}},
	{path: "$/hash#tag", targets: []string{"$/hash%23tag", "$/hash"}},
	{path: "$/100%", targets: []string{"$/100%25", "$/100"}},
	{path: "$/50%off", targets: []string{"$/50%25off"}},
	{path: "$/e%20f", targets: []string{"$/e%20f", "$/e%2520f"},
		differs: map[string]string{"$/e%20f": delivered, "$/e%2520f": "404"},
		why: "an escape in a path means the character that it stands for; the built-in compares it with the decoded " +
			"request, so that only a client which encodes twice gets in"},
	{path: "$/q?x=1", targets: []string{"$/q?x=1", "$/q", "$/q%3Fx=1"},
		differs: map[string]string{"$/q?x=1": delivered, "$/q": delivered, "$/q%3Fx=1": "404"},
		why:     "a query is no part of the path (a warning says so); the built-in waits for a path that contains a \"?\""},
	{path: "$/a//b", targets: []string{"$/a//b", "$/a/b"},
		differs: map[string]string{"$/a//b": delivered},
		why:     "the built-in answers 301 to the path that its own stream has"},
	{path: "$/{x}", targets: []string{"$/..", "$/.", "$/%2e%2e"},
		differs: map[string]string{"$/..": delivered, "$/.": delivered, "$/%2e%2e": delivered},
		why:     "the built-in answers 301; a variable takes any segment"},
	{path: "$/open{", targets: []string{"$/open%7B"}, differs: refused("$/open%7B"), why: brokenPattern},
	{path: "$/close}", targets: []string{"$/close%7D"}, differs: refused("$/close%7D"), why: brokenPattern},
	{path: "$/{}", targets: []string{"$/7"}, differs: refused("$/7"), why: brokenPattern},
	{path: "$/{:x}", targets: []string{"$/x"}, differs: refused("$/x"), why: brokenPattern},
	{path: "$/{x:}", targets: []string{"$/x"}, differs: refused("$/x"), why: brokenPattern},
	{path: "$/{a}/{a}", targets: []string{"$/7/7"}, differs: refused("$/7/7"), why: brokenPattern},
	{path: "$/{x:[}", targets: []string{"$/x"}, differs: refused("$/x"), why: brokenPattern},
	{path: "no/slash", targets: []string{"no/slash"}},
	{path: "", targets: []string{"/"}},
	{path: "/", targets: []string{"/", "/x"}},
}

const (
	ruleRefused   = "rule refused"
	brokenPattern = "the built-in takes such a pattern and then answers 404 to everyone"
)

func refused(target string) map[string]string { return map[string]string{target: ruleRefused} }

// A stream's path in server mode means what it means to the built-in source; where not, the table says why.
func TestServerPathsAreThoseOfBuiltin(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true}) // for the path "/"
	for _, c := range serverPaths {
		t.Run(c.path, func(t *testing.T) {
			base := "/" + name("path")
			ours := serverOutcomes(t, h, "websocket", h.ServerPort(), base, c)
			theirs := serverOutcomes(t, h, "websocketBuiltin", h.BuiltinPort(), base, c)
			for _, target := range c.targets {
				want, differs := c.differs[target]
				if differs && want == theirs[target] {
					t.Errorf("%s: the built-in does the same (%s): it is no difference", target, want)
				}
				if !differs {
					want = theirs[target]
				}
				if ours[target] != want {
					t.Errorf("request %s: ours %s, built-in %s, expected %s", target, ours[target], theirs[target], want)
				}
			}
		})
	}
}

// serverOutcomes tells for each target what became of a request and its message.
func serverOutcomes(t *testing.T, h *kuiper.Host, sourceType string, port int, base string, c serverPath) map[string]string {
	t.Helper()
	id, rule, rows := name("s"), name("r"), newCollector(t)
	must(t, h.CreateStream(fmt.Sprintf(`CREATE STREAM %s () WITH (TYPE="%s", DATASOURCE="%s", FORMAT="json")`,
		id, sourceType, strings.Replace(c.path, "$", base, 1))))
	defer func() { check(t, h.DropStream(id)) }()
	outcomes := map[string]string{}
	if err := h.CreateRule(rule, "SELECT * FROM "+id, kuiper.RuleOptions{Collector: rows}); err != nil {
		t.Logf("%s: %v", sourceType, err)
		for _, target := range c.targets {
			outcomes[target] = ruleRefused
		}
		return outcomes
	}
	defer func() { check(t, h.DeleteRule(rule)) }()
	times := 1
	if sourceType == builtin {
		times = 6
	}
	status, err := h.WaitStatusOrRestart(rule, func(s map[string]any) bool {
		return connection(s, id, "status") == float64(connected) || s["status"] == "stopped by error"
	}, patience/time.Duration(times), times)
	must(t, err)
	for i, target := range c.targets {
		if status["status"] == "stopped by error" {
			outcomes[target] = ruleRefused
			continue
		}
		outcomes[target] = serverOutcome(t, port, strings.Replace(target, "$", base, 1), rows, i, sourceType == builtin)
	}
	return outcomes
}

// serverOutcome sends the request target as it is, and a message where that was upgraded; again and again to who loses
// what comes before it is ready. The connection stays: the built-in source takes the loss of one for the end of all.
func serverOutcome(t *testing.T, port int, target string, rows *kuiper.Collector, n int, again bool) string {
	t.Helper()
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = conn.Write([]byte(upgradeRequest(target)))
	must(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Sprint(resp.StatusCode)
	}
	row := fmt.Sprintf(`{"n":%d}`, n)
	frame := append([]byte{0x81, 0x80 | byte(len(row)), 0, 0, 0, 0}, row...) // text, masked with zeros
	_, err = conn.Write(frame)
	must(t, err)
	until(t, "the row of "+target, func() (bool, string) {
		if again {
			_, err := conn.Write(frame)
			must(t, err)
		}
		last := rows.Last()
		return last == row, last
	})
	return delivered
}
