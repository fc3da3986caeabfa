package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// bilingual reads both spellings: websocket.json has en_US and zh_CN, the host answers with en and zh.
type bilingual struct{ EN, ZH string }

func (b *bilingual) UnmarshalJSON(text []byte) error {
	texts := map[string]string{}
	if err := json.Unmarshal(text, &texts); err != nil {
		return err
	}
	b.EN = texts["en"] + texts["en_US"]
	b.ZH = texts["zh"] + texts["zh_CN"]
	return nil
}

// formProperty is a property as websocket.json describes it to forms.
type formProperty struct {
	Name       string    `json:"name"`
	Default    any       `json:"default"`
	Optional   bool      `json:"optional"`
	Control    string    `json:"control"`
	Type       string    `json:"type"`
	Connection bool      `json:"connection_related"`
	Values     []any     `json:"values"`
	Label      bilingual `json:"label"`
	Hint       bilingual `json:"hint"`
}

type form struct {
	Properties struct {
		Default []formProperty `json:"default"`
	} `json:"properties"`
	DataSource struct {
		Label bilingual `json:"label"`
		Hint  bilingual `json:"hint"`
	} `json:"dataSource"`
	Type string `json:"type"`
}

// formProperties reads the websocket.json that is installed.
func formProperties(t *testing.T) []formProperty {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(os.Getenv("EKWS_ROOT"), "websocket.json"))
	must(t, err)
	var f form
	must(t, json.Unmarshal(text, &f))
	if len(f.Properties.Default) < 30 {
		t.Fatalf("websocket.json has %d properties", len(f.Properties.Default))
	}
	return f.Properties.Default
}

// hostsForm is what the host answers a user interface that asks for that form.
func hostsForm(t *testing.T, h *kuiper.Host, path string) form {
	t.Helper()
	code, answer, err := h.Do(http.MethodGet, path, nil)
	must(t, err)
	equal(t, code, http.StatusOK)
	var f form
	must(t, json.Unmarshal(answer, &f))
	return f
}

// The form of the user interface: the host shows what websocket.json says, with the labels of the documentation page.
func TestForm(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	f := hostsForm(t, h, "/metadata/sources/websocket")
	equal(t, f.Type, "native")

	shown := map[string]formProperty{}
	for _, property := range f.Properties.Default {
		shown[property.Name] = property
		for _, text := range []string{property.Label.EN, property.Label.ZH, property.Hint.EN, property.Hint.ZH} {
			if text == "" {
				t.Errorf("%s: a label or a hint is missing", property.Name)
			}
		}
		equal(t, property.Optional, true)
	}
	for _, property := range formProperties(t) {
		if toJSON(t, shown[property.Name]) != toJSON(t, property) {
			t.Errorf("the host shows %s\nwebsocket.json has %s", toJSON(t, shown[property.Name]), toJSON(t, property))
		}
	}

	page := []struct{ name, en, zh, control, kind string }{
		{"addr", "Websocket Address", "Websocket 地址", "text", "string"},
		{"certificationPath", "Client Certificate", "客户端证书", "text", "string"},
		{"privateKeyPath", "Client Private Key", "客户端私钥", "text", "string"},
		{"rootCaPath", "CA File", "CA 文件", "text", "string"},
		{"insecureSkipVerify", "Skip Certificate Verification", "跳过证书验证", "radio", "bool"},
	}
	for _, c := range page {
		property := shown[c.name]
		equal(t, []any{property.Label.EN, property.Label.ZH, property.Control, property.Type, property.Connection},
			[]any{c.en, c.zh, c.control, c.kind, true})
	}
	contains(t, f.DataSource.Hint.EN, "/api/data")
	contains(t, f.DataSource.Label.EN, "Data Source")
}

// What belongs to the connection, and nothing else, is offered where a named connection is made.
func TestFormOfAConnection(t *testing.T) {
	t.Parallel()
	f := hostsForm(t, sharedHost(t), "/metadata/connections/websocket")
	var got, want []string
	for _, property := range f.Properties.Default {
		got = append(got, property.Name)
	}
	for _, property := range formProperties(t) {
		if property.Connection {
			want = append(want, property.Name)
		}
	}
	equal(t, got, want)
	for _, name := range []string{"addr", "scheme", "path", "requestHeader", "rootCaPath"} {
		if !slices.Contains(got, name) {
			t.Errorf("%s is not offered", name)
		}
	}
	for _, name := range []string{"connectionSelector", "httpServerPort", "maxMessageBytes"} {
		if slices.Contains(got, name) {
			t.Errorf("%s is offered", name)
		}
	}
}

// The list of stream types and of table types has it.
func TestFormListsTheSource(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	code, answer, err := h.Do(http.MethodGet, "/metadata/sources", nil)
	must(t, err)
	equal(t, code, http.StatusOK)
	var sources []struct {
		Name  string    `json:"name"`
		Label bilingual `json:"label"`
	}
	must(t, json.Unmarshal(answer, &sources))
	for _, source := range sources {
		if source.Name == "websocket" {
			equal(t, sourceKind(t, h, "websocket"), "native") // a stock host lists its own
			return
		}
	}
	t.Errorf("no websocket in %s", answer)
}
