package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDocumentGathers(t *testing.T) {
	ctx, _ := newFakeContext(t)
	file := touch(t, ctx.root, "etc/kuiper.yaml")
	groups := touch(t, ctx.root, "etc/sources/websocket.yaml")
	t.Setenv(dataServerVariable, "10091")
	t.Setenv(restVariable, "9082")
	t.Setenv(rpcVariable, "20499")
	t.Setenv("WEBSOCKET__DEFAULT__PATH", "/x")
	d, err := ruleDocument(ctx, map[string]any{"addr": "h:1", "requestHeader": map[any]any{"X": []any{"1"}}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := d.json()
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	wanted := `{"props":{"addr":"h:1","requestHeader":{"X":["1"]}},"kuiperYaml":"` + file + `","websocketYaml":"` + groups +
		`","defaultGroup":{"path":"/x"},"dataServerPort":"10091","restPort":"9082","rpcPort":"20499","root":"` + ctx.root + `"}`
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(wanted), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("document %s, want %s", text, wanted)
	}
}

func TestRootIsTheHostsFolder(t *testing.T) {
	ctx, _ := newFakeContext(t)
	ctx.root = ""
	base := t.TempDir()
	t.Setenv(baseVariable, base)
	if d, err := ruleDocument(ctx, nil); err != nil || d.Root != base {
		t.Errorf("root %q, want %s (%v)", d.Root, base, err)
	}
	t.Setenv(baseVariable, "")
	t.Chdir(base)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if d, err := ruleDocument(ctx, nil); err != nil || d.Root != here {
		t.Errorf("root %q, want %s (%v)", d.Root, here, err)
	}
}

// The host may change its map later, and another rule may be reading it.
func TestDocumentIsACopy(t *testing.T) {
	ctx, _ := newFakeContext(t)
	inner := map[string]any{"X": "1"}
	props := map[string]any{"requestHeader": inner, "datasource": noPath}
	d, err := probeDocument(ctx, props)
	if err != nil {
		t.Fatal(err)
	}
	inner["X"] = "2"
	if got := d.Props["requestHeader"].(map[string]any)["X"]; got != "1" {
		t.Errorf("a later change shows: %v", got)
	}
	if props["datasource"] != noPath || len(props) != 2 {
		t.Errorf("the host's map was changed: %v", props)
	}
}

type (
	named     string
	oddNumber time.Duration
)

func (o oddNumber) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(o).String()) }

func TestPlainValues(t *testing.T) {
	pointed := 4
	for want, value := range map[string]any{
		`null`:                 nil,
		`true`:                 true,
		`"x"`:                  named("x"),
		`18446744073709551615`: uint64(math.MaxUint64),
		`7`:                    int8(7),
		`4`:                    &pointed,
		`0.5`:                  float32(0.5),
		`"1500ms"`:             1500 * time.Millisecond,
		`"500µs"`:              500 * time.Microsecond,
		`"2s"`:                 oddNumber(2 * time.Second),
		`"pem"`:                []byte("pem"),
		`["a","b"]`:            []string{"a", "b"},
		`[{"k":1}]`:            []map[string]int{{"k": 1}},
		`{"1":"a","true":2}`:   map[any]any{1: "a", true: 2},
		`{"a":{"b":[null]}}`:   map[string]any{"a": map[any]any{"b": []any{nil}}},
		`12345678901234567890`: json.Number("12345678901234567890"),
	} {
		plain, err := plainValue("p", value)
		if err != nil {
			t.Errorf("%#v: %v", value, err)
			continue
		}
		if got, err := json.Marshal(plain); err != nil || string(got) != want {
			t.Errorf("%#v became %s, want %s (%v)", value, got, want, err)
		}
	}
}

func TestOddValuesAreNamed(t *testing.T) {
	for want, props := range map[string]map[string]any{
		"property a.b[1]: a value of type func() cannot be configured": {"a": map[any]any{"b": []any{1, func() {}}}},
		"property c: NaN is not a number":                              {"c": math.NaN()},
		"property d: +Inf is not a number":                             {"d": float32(math.Inf(1))},
		"property e: a value of type complex128":                       {"e": 1i},
		"property f: a value of type struct { X int }":                 {"f": struct{ X int }{1}},
		"property g: <nil> cannot be a key":                            {"g": map[any]any{(*int)(nil): 1}},
	} {
		ctx, _ := newFakeContext(t)
		if _, err := ruleDocument(ctx, props); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func touch(t *testing.T, parts ...string) string {
	t.Helper()
	file := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
