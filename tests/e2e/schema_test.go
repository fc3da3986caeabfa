package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// registerSchema registers a schema under a name of its own and removes it when the test ends.
func registerSchema(t *testing.T, h *kuiper.Host, kind string, schema map[string]any) string {
	t.Helper()
	id := name("schema")
	schema["name"] = id
	must(t, h.CreateSchema(kind, schema))
	t.Cleanup(func() { check(t, h.DropSchema(kind, id)) })
	return id
}

// protoText is a schema of proto/.
func protoText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(protoPath(file))
	must(t, err)
	return string(text)
}

func protoPath(file string) string {
	return filepath.Join(os.Getenv("EKWS_ROOT"), "proto", file)
}

// encoder gives messages of reading.proto, written as JSON, in protobuf's encoding. It is Google's, not the host's.
func encoder(t *testing.T) func(message, text string) string {
	t.Helper()
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{}}
	files, err := compiler.Compile(context.Background(), protoPath("reading.proto"))
	must(t, err)
	messages := files[0].Messages()
	return func(message, text string) string {
		t.Helper()
		m := dynamicpb.NewMessage(messages.ByName(protoreflect.Name(message)))
		must(t, protojson.Unmarshal([]byte(text), m))
		payload, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		must(t, err)
		return string(payload)
	}
}
