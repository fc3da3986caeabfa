package e2e

import (
	"fmt"
	"strings"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

func TestProtobuf(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	schema := registerSchema(t, h, "protobuf", map[string]any{"content": protoText(t, "reading.proto")})
	encode := encoder(t)
	reading := fmt.Sprintf(`, SCHEMAID="%s.Reading"`, schema)
	full := encode("Reading", `{"id":"9007199254740993","sensor":"ä1","value":-0.5,"valid":true,"kind":"KIND_PRESSURE",
		"raw":"AP/+","series":[1,-2],"place":{"site":"hall","height":2},"route":[{"site":"a"},{"height":1}],
		"total":"12","delta":-7,"ratio":0.25}`)
	const (
		fullRow = `{"delta":-7,"id":9007199254740993,"kind":2,"place":{"height":2,"site":"hall"},"ratio":0.25,"raw":"AP/+",` +
			`"route":[{"height":0,"site":"a"},{"height":1,"site":""}],"sensor":"ä1","series":[1,-2],"time":0,"total":12,"valid":true,"value":-0.5}`
		restOfRow = `"series":null,"time":0,"total":0,"valid":false,"value":0}`
		emptyRow  = `{"delta":0,"id":0,"kind":0,"place":null,"ratio":0,"raw":null,"route":[],"sensor":"",` + restOfRow
		endRow    = `{"delta":0,"id":0,"kind":0,"place":null,"ratio":0,"raw":null,"route":[],"sensor":"end",` + restOfRow
	)
	readings := []sample{
		{payload: full, row: fullRow},
		{payload: full[:len(full)-1], fails: "unexpected EOF"},
		{payload: "\xff\xff\xff\xff", fails: "unexpected EOF"},
		{payload: "", row: emptyRow},
		{payload: encode("Reading", `{"sensor":"end"}`), row: endRow},
	}
	for what, f := range map[string]format{
		"schemaless": {stream{Format: "protobuf", With: reading}, readings},
		"structured": {stream{Format: "protobuf", Fields: "id bigint, sensor string", With: reading}, readings},
		"strict": {
			stream: stream{Format: "protobuf", Fields: "site string, height float",
				With: fmt.Sprintf(`, SCHEMAID="%s.Place", STRICT_VALIDATION="true"`, schema)},
			samples: []sample{
				{payload: encode("Place", `{"site":"hall","height":2}`), row: `{"height":2,"site":"hall"}`},
				{payload: encode("Place", `{"site":"hall","height":2}`)[1:], fails: "bad wiretype"},
				{payload: encode("Place", `{"site":"end"}`), row: `{"height":0,"site":"end"}`},
			},
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f.equalsBuiltin(t, h)
		})
	}
}

// A schema or a message that is not there fails where it fails with the built-in, with the host's text.
func TestProtobufWithoutItsSchema(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	schema := registerSchema(t, h, "protobuf", map[string]any{"content": protoText(t, "reading.proto")})
	for id, part := range map[string]string{
		"nowhere.Reading":   "nowhere",
		schema + ".Nothing": "Nothing",
		schema:              schema,
	} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			var texts []string
			for _, source := range []string{"websocket", builtin} {
				s := stream{Type: source, Format: "protobuf", With: fmt.Sprintf(`, SCHEMAID="%s"`, id)}
				streamID, rule := s.create(t, h), name("r")
				err := h.CreateRule(rule, "SELECT * FROM "+streamID, kuiper.RuleOptions{})
				if err == nil {
					check(t, h.DeleteRule(rule))
					t.Fatalf("the rule on %s was accepted", source)
				}
				contains(t, err.Error(), part)
				texts = append(texts, strings.NewReplacer(streamID, "STREAM", rule, "RULE").Replace(err.Error()))
			}
			equal(t, texts[0], texts[1])
		})
	}
}
