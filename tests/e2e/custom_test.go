package e2e

import (
	"fmt"
	"os"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// A codec that users wrote as a Go plugin decodes what our source receives. eKuiper 2.4.0 takes one behind the format
// protobuf, in place of its own reading of the schema.
func TestCodecPluginForProtobuf(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true}) // own: a process can open a plugin from one file only
	schema := registerSchema(t, h, "protobuf", map[string]any{"content": protoText(t, "point.proto"), "soFile": "file://" + fromEnv(t, "EKWS_CODEC")})
	points("protobuf", schema).equalsBuiltin(t, h)
}

// The format custom, on a host that has it: see tests/host/customformat.
func TestCustomFormat(t *testing.T) {
	t.Parallel()
	plugin, err := os.ReadFile(fromEnv(t, "EKWS_CUSTOM_FORMAT"))
	must(t, err)
	h := ownHost(t, kuiper.Options{Plugin: true, Files: map[string]string{"plugins/functions/Customformat.so": string(plugin)}})
	schema := registerSchema(t, h, "custom", map[string]any{"soFile": "file://" + fromEnv(t, "EKWS_CODEC")})
	points("custom", schema).equalsBuiltin(t, h)
}

// eKuiper 2.4.0 itself keeps schemas of the type custom, but refuses the format when a stream is made, whatever the source.
func TestCustomFormatOfAStockHost(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	schema := registerSchema(t, h, "custom", map[string]any{"soFile": "file://" + fromEnv(t, "EKWS_CODEC")})
	for _, source := range []string{"websocket", builtin} {
		err := h.CreateStream(fmt.Sprintf(`CREATE STREAM %s () WITH (TYPE="%s", DATASOURCE="/custom", FORMAT="custom", SCHEMAID="%s.Point")`,
			name("s"), source, schema))
		if err == nil {
			t.Fatalf("the host took the format custom for %s: TestCustomFormat no longer needs to add it", source)
		}
		contains(t, err.Error(), "option 'format=custom' is invalid")
	}
}

func points(kind, schema string) format {
	return format{
		stream: stream{Format: kind, With: fmt.Sprintf(`, SCHEMAID="%s.Point"`, schema)},
		samples: []sample{
			{payload: "\x00\x00\x00\x01here", row: `{"id":1,"label":"here"}`},
			{payload: "abc", fails: "a point has at least 4 bytes, not 3"},
			{payload: "\xff\xff\xff\xfethere", row: `{"id":-2,"label":"there"}`},
			{payload: "\x00\x00\x00\x02", row: `{"id":2,"label":""}`},
		},
	}
}

func fromEnv(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set; the Makefile exports it (make test)", name)
	}
	return value
}
