package e2e

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// The property decompression is the host's own: it must get each payload as it came.
func TestDecompression(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	schema := registerSchema(t, h, "protobuf", map[string]any{"content": protoText(t, "reading.proto")})
	encode := encoder(t)
	for method, fails := range map[string]string{
		"gzip":  "invalid header",
		"zlib":  "invalid header",
		"flate": "corrupt input",
		"zstd":  "magic number mismatch",
	} {
		pack := func(text string) string { return compress(t, method, text) }
		props := map[string]any{"decompression": method}
		long := strings.Repeat("x", 200_000)
		cases := map[string]format{
			"json": {
				stream: stream{Props: props},
				samples: []sample{
					{payload: pack(`{"id":1}`), row: `{"id":1}`},
					{payload: "not compressed", fails: fails},
					{payload: pack(`{"id":3}`)[:8], fails: "EOF"},
					{payload: pack(`{"id":`), fails: "cannot parse JSON"},
					{payload: pack(`{"id":"` + long + `"}`), row: `{"id":"` + long + `"}`},
					{payload: pack(`{"id":"end"}`), row: `{"id":"end"}`},
				},
			},
			"protobuf": {
				stream: stream{Format: "protobuf", Props: props, With: fmt.Sprintf(`, SCHEMAID="%s.Place"`, schema)},
				samples: []sample{
					{payload: pack(encode("Place", `{"site":"hall","height":2}`)), row: `{"height":2,"site":"hall"}`},
					{payload: pack(encode("Place", `{"site":"end"}`)), row: `{"height":0,"site":"end"}`},
				},
			},
		}
		for what, f := range cases {
			t.Run(method+" "+what, func(t *testing.T) {
				t.Parallel()
				f.equalsBuiltin(t, h)
			})
		}
	}
}

func compress(t *testing.T, method, text string) string {
	t.Helper()
	var packed bytes.Buffer
	var w io.WriteCloser
	var err error
	switch method {
	case "gzip":
		w = gzip.NewWriter(&packed)
	case "zlib":
		w = zlib.NewWriter(&packed)
	case "flate":
		w, err = flate.NewWriter(&packed, flate.DefaultCompression)
	case "zstd":
		w, err = zstd.NewWriter(&packed)
	}
	must(t, err)
	_, err = io.WriteString(w, text)
	must(t, err)
	must(t, w.Close())
	return packed.String()
}

func TestUnknownDecompression(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	s := stream{Props: map[string]any{"decompression": "rar"}}
	id, rule := s.create(t, h), name("r")
	err := h.CreateRule(rule, "SELECT * FROM "+id, kuiper.RuleOptions{})
	if err == nil {
		check(t, h.DeleteRule(rule))
		t.Fatal("the rule was accepted")
	}
	contains(t, err.Error(), "unsupported decompressor", "rar")
}
