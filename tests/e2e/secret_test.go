package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

const canary = "c4n4ry"

// secretProps are properties with the canary where secrets stand, most of them broken in some way: an error text is
// where a secret is shown by mistake.
func secretProps(addr string) map[string]map[string]any {
	header := func(value any) map[string]any {
		return map[string]any{"addr": addr, "requestHeader": value}
	}
	return map[string]map[string]any{
		"good header":            header(map[string]any{"Authorization": "Bearer " + canary}),
		"header with line break": header(map[string]any{"Authorization": "Bearer " + canary + "\r\nX: y"}),
		"header of a number":     header(map[string]any{"Authorization": []any{canary, 5}}),
		"header in a map":        header(map[string]any{"Authorization": map[string]any{"token": canary}}),
		"headers as text":        header("Authorization: " + canary),
		"headers as list":        header([]any{"Authorization: " + canary}),
		"handshake's header":     header(map[string]any{"Sec-WebSocket-Key": canary}),
		"header in a server":     {"addr": "", "requestHeader": map[string]any{"Authorization": canary}},
		"header given twice": {"addr": addr, "requestHeader": map[string]any{"X": "1" + canary},
			"requestheader": map[string]any{"X": "2" + canary}},
		"user in the address":      {"addr": "user:" + canary + "@" + addr},
		"user behind a scheme":     {"addr": "ws://user:" + canary + "@" + addr},
		"token in the address":     {"addr": addr + "/x?token=" + canary},
		"token in the path":        {"addr": addr, "path": "/x?token=" + canary},
		"token in a bad path":      {"addr": addr, "path": "/x%?token=" + canary},
		"token in a fragment":      {"addr": addr, "path": "/x?token=" + canary + "#y"},
		"token in a server's path": {"addr": "", "path": "/x?token=" + canary},
		"key as base64":            {"addr": addr, "privateKeyRaw": canary},
		"key as a number":          {"addr": addr, "privateKeyRaw": []any{canary}},
		"key's password":           {"addr": addr, "certificationPath": "/none", "privateKeyPassword": canary},
		"key in a server":          {"addr": "", "privateKeyRaw": canary},
		"decryption":               {"addr": addr, "decrypt": map[string]any{"algorithm": "aes", "key": canary}},
		"decryption as text":       {"addr": addr, "decrypt": canary},
		"password nobody knows":    {"addr": addr, "password": canary, "token": canary},
	}
}

// The host's own two lines that show all properties. Every other line is ours to keep clean.
var hostShowsProperties = regexp.MustCompile(`level=info msg="(get conf for websocket|provision source) .* file="(conf/source|node/source_node)\.go`)

// Whatever is wrong with the properties: no secret of them in an answer, a status or a line of ours.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true}) // whose log is searched
	closing := newPeer(t)                         // breaks every connection off: states get texts as well
	go func() {
		for conn := range closing.conns {
			conn.Close()
		}
	}()
	unauthorized, _ := httpServer(t, 401)

	said, refusals := map[string]string{}, 0
	for what, props := range secretProps(closing.addr) {
		said[what+", check"] = fmt.Sprint(h.Ping("websocket", props))
	}
	for _, addr := range []string{closing.addr, unauthorized} {
		for what, props := range secretProps(addr) {
			s := stream{Path: fmt.Sprintf("/%s?token=%s", name("p"), canary), Props: props}
			id, rule := s.create(t, h), name("r")
			if err := h.CreateRule(rule, "SELECT * FROM "+id, kuiper.RuleOptions{}); err != nil {
				said[what+", rule"] = err.Error()
				refusals++
				continue
			}
			status, err := h.WaitStatus(rule, func(s map[string]any) bool {
				// Lost is told once; in the tries that follow the state is "connecting" again.
				lost, _ := connection(s, id, "last_disconnected_message").(string)
				return connection(s, id, "status") == float64(connected) || lost != ""
			}, patience)
			must(t, err)
			said[what+", status"] = toJSON(t, status)
			must(t, h.DeleteRule(rule))
		}
	}
	for what, text := range said {
		if strings.Contains(text, canary) {
			t.Errorf("%s: %s", what, text)
		}
	}
	if refusals < 20 {
		t.Errorf("only %d rules were refused: the inputs are not what they are meant to be", refusals)
	}
	shown := 0
	for line := range strings.Lines(h.Log()) {
		switch {
		case !strings.Contains(line, canary):
		case hostShowsProperties.MatchString(line):
			shown++
		default:
			t.Errorf("in the log: %.600s", line)
		}
	}
	if shown == 0 {
		t.Error("eKuiper does not log properties: what docs/configure.md says of that is out of date")
	}
}
