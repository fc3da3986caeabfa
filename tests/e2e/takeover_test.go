package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// sourceKind is what the host's listing says a source type is: internal (built in) or native (a plugin).
func sourceKind(t *testing.T, h *kuiper.Host, source string) string {
	t.Helper()
	code, answer, err := h.Do(http.MethodGet, "/metadata/sources", nil)
	must(t, err)
	equal(t, code, http.StatusOK)
	var listed []struct{ Name, Type string }
	must(t, json.Unmarshal(answer, &listed))
	for _, s := range listed {
		if s.Name == source {
			return s.Type
		}
	}
	return "not listed"
}

// loadLine is the one line with which the plugin tells how its loading went.
func loadLine(t *testing.T, h *kuiper.Host) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(h.Log()) {
		if strings.Contains(line, "websocket plugin:") {
			lines = append(lines, line)
		}
	}
	equal(t, len(lines), 1)
	return strings.Join(lines, "")
}

func TestTakesTheNameOver(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	equal(t, sourceKind(t, h, "websocket"), "native")
	contains(t, loadLine(t, h), "websocketBuiltin")
	// Both at work in one process, ours on the port of kuiper.yaml, the built-in on the host's data server.
	ours := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	builtin := newFlow(t, h, stream{Type: "websocketBuiltin", Path: ours.path}, kuiper.RuleOptions{})
	toOurs, toBuiltin := dial(t, h.ServerPort(), ours.path), dial(t, h.BuiltinPort(), ours.path)
	settleBuiltin(t, toBuiltin, builtin)
	toOurs.text(t, `{"to":"ours"}`)
	toBuiltin.text(t, `{"to":"builtin"}`)
	ours.waitRows(t, 1)
	builtin.waitRows(t, 1)
	equal(t, rawRows(ours.rows), []string{`{"to":"ours"}`})
	equal(t, rawRows(builtin.rows), []string{`{"to":"builtin"}`})

	// And as clients of one peer, each with a connection of its own.
	p := newPeer(t)
	oursClient := newFlow(t, h, stream{Props: map[string]any{"addr": p.addr}}, kuiper.RuleOptions{})
	p.next(t).text(t, `{"to":"ours"}`)
	s := stream{Type: "websocketBuiltin", With: `, EXTRA="{\"addr\":\"` + p.addr + `\"}"`}
	builtinClient := newFlow(t, h, s, kuiper.RuleOptions{})
	toBuiltin = p.next(t)
	settleBuiltin(t, toBuiltin, builtinClient)
	toBuiltin.text(t, `{"to":"builtin"}`)
	oursClient.waitRows(t, 1)
	builtinClient.waitRows(t, 1)
	equal(t, rawRows(oursClient.rows), []string{`{"to":"ours"}`})
	equal(t, rawRows(builtinClient.rows), []string{`{"to":"builtin"}`})
}

// EKUIPER_WEBSOCKET_TAKEOVER=off: the plugin is there, the built-in source stays in charge.
func TestTakeOverOffLeavesTheBuiltin(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true, Env: []string{"EKUIPER_WEBSOCKET_TAKEOVER=off"}})
	equal(t, sourceKind(t, h, "websocket"), "internal")
	contains(t, loadLine(t, h), "EKUIPER_WEBSOCKET_TAKEOVER=off")
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	conn := dial(t, h.BuiltinPort(), f.path)
	settleBuiltin(t, conn, f)
	conn.binary(t, []byte(`{"n":1}`)) // the built-in throws binary frames away, ours would not
	conn.text(t, `{"n":2}`)
	f.waitRows(t, 1)
	equal(t, rawRows(f.rows), []string{`{"n":2}`})
	equal(t, kuiper.Bindable(h.ServerPort()), true)
}

// A stock host is what both are measured by; this fails when the host or the harness changes, not the plugin.
func TestStockHostForComparison(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{})
	equal(t, sourceKind(t, h, "websocket"), "internal")
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{})
	settleBuiltin(t, dial(t, h.BuiltinPort(), f.path), f) // has seen rows
}
