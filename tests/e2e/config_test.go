package e2e

import (
	"fmt"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// A property that we do not know is a warning in the rule's own log, not the end of the rule.
func TestUnknownPropertyIsAWarning(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	f := newFlow(t, h, stream{Props: map[string]any{"pingIntervall": "5s"}}, kuiper.RuleOptions{})
	dial(t, h.ServerPort(), f.path).text(t, `{"n":1}`)
	f.waitRows(t, 1)
	logLine(t, h, "level=warning", "pingIntervall", "rule="+f.rule)
}

// logLine waits for a line of the host's log with all these parts.
func logLine(t *testing.T, h *kuiper.Host, parts ...string) (found string) {
	t.Helper()
	until(t, fmt.Sprintf("a line with %q in the log", parts), func() (bool, string) {
		for line := range strings.Lines(h.Log()) {
			if containsAll(line, parts...) {
				found = line
				return true, ""
			}
		}
		return false, "none"
	})
	return found
}

// A bad value is refused when the rule is made, with a text that names property, value and what is allowed. One of each
// type; the unit tests go over the bounds of all.
func TestBadValueIsRefused(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	const client = "127.0.0.1:1"
	cases := map[string]struct {
		props map[string]any
		says  []string
	}{
		"integer out of range": {map[string]any{"httpServerPort": 70000}, []string{"httpServerPort", "70000", "an integer from 1 to 65535"}},
		"integer as text":      {map[string]any{"maxConnections": "many"}, []string{"maxConnections", "many", "an integer from 1"}},
		"choice":               {map[string]any{"addr": client, "scheme": "http"}, []string{"scheme", "http", "one of ws, wss"}},
		"duration":             {map[string]any{"pingInterval": "often"}, []string{"pingInterval", "often", "30s"}},
		"size":                 {map[string]any{"maxMessageBytes": "16 MB"}, []string{"maxMessageBytes", "16 MB", "MiB"}},
		"boolean":              {map[string]any{"addr": client, "insecureSkipVerify": "perhaps"}, []string{"insecureSkipVerify", "true"}},
		"text":                 {map[string]any{"path": 5}, []string{"path", "5", "text"}},
		"map":                  {map[string]any{"addr": client, "requestHeader": "X: y"}, []string{"requestHeader", "an object of header names"}},
		"address":              {map[string]any{"addr": "host:port"}, []string{"addr", "host:port", "127.0.0.1:8080"}},
		"ip":                   {map[string]any{"httpServerIp": "here"}, []string{"httpServerIp", "here", "0.0.0.0"}},
		"order":                {map[string]any{"addr": client, "reconnectInitial": "1m"}, []string{"reconnectInitial", "1m", "at most reconnectMax"}},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			contains(t, refusedRule(t, h, c.props), c.says...)
		})
	}
}

// ruleError makes a rule on a stream with these properties and returns what the host answers.
func ruleError(t *testing.T, h *kuiper.Host, props map[string]any) error {
	t.Helper()
	s := stream{Props: props}
	id, rule := s.create(t, h), name("r")
	err := h.CreateRule(rule, "SELECT * FROM "+id, kuiper.RuleOptions{})
	if err == nil {
		check(t, h.DeleteRule(rule))
	}
	return err
}

// Every property that the form has: a list is no value for any of them.
func TestBadValueOfEveryPropertyIsRefused(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	for _, property := range formProperties(t) {
		t.Run(property.Name, func(t *testing.T) {
			t.Parallel()
			var texts []string
			for _, addr := range []string{"", "127.0.0.1:1"} { // the mode that it is for
				props := map[string]any{"addr": addr}
				props[property.Name] = []any{1}
				if err := ruleError(t, h, props); err != nil {
					texts = append(texts, err.Error())
				}
			}
			if len(texts) == 0 {
				t.Fatal("the rule was accepted in both modes")
			}
			for _, text := range texts {
				contains(t, text, property.Name+": ")
				if !containsAll(text, "a list is not allowed; it must be ") && !containsAll(text, "it is not supported") {
					t.Error(text)
				}
			}
		})
	}
}

// A rule that ran and whose group was spoilt meanwhile: starting it again says what is wrong, and so does its status.
func TestBadValueOfARuleThatRan(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	group := name("group")
	must(t, h.ConfKey(group, map[string]any{"queueMessages": 1000}))
	id := rawStream(t, h, fmt.Sprintf(`DATASOURCE="/%s", CONF_KEY="%s"`, name("p"), group))
	rule := createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{})
	must(t, h.ConfKey(group, map[string]any{"queueMessages": "many"}))
	err := h.RestartRule(rule)
	status, statusErr := h.WaitStatus(rule, func(s map[string]any) bool { return s["status"] == "stopped by error" }, patience)
	must(t, statusErr)
	contains(t, fmt.Sprint(err), "queueMessages", "many", "an integer")
	contains(t, fmt.Sprint(status["message"]), "queueMessages", "many", "an integer")

	must(t, h.ConfKey(group, map[string]any{"queueMessages": 2000}))
	must(t, h.RestartRule(rule))
	_, err = h.WaitStatus(rule, func(s map[string]any) bool { return connection(s, id, "status") == float64(connected) }, patience)
	must(t, err)
}

// What belongs to the listener must agree among its streams; the later one gets an error that names the difference.
func TestStreamsMustAgreeOnTheListener(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	port, err := kuiper.FreePort()
	must(t, err)
	first := newFlow(t, h, stream{Props: map[string]any{"httpServerPort": port, "maxConnections": 5}}, kuiper.RuleOptions{})
	first.waitConnection(t, connected)

	s := stream{Props: map[string]any{"httpServerPort": port, "maxConnections": 6}}
	id := s.create(t, h)
	rule := createRule(t, h, "SELECT * FROM "+id, kuiper.RuleOptions{
		Options: map[string]any{"restartStrategy": map[string]any{"attempts": 0}},
	})
	_, err = h.WaitStatus(rule, func(s map[string]any) bool { return s["status"] == "stopped by error" }, patience)
	must(t, err)
	// kuiperd 2.4.0 keeps the text of such an error out of the status ("message" is empty).
	contains(t, logLine(t, h, "level=error", "rule="+rule, "maxConnections"), "6 differs from 5", fmt.Sprint(port))

	dial(t, port, first.path).text(t, `{"n":1}`)
	first.waitRows(t, 1)
}
