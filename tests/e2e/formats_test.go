package e2e

import "testing"

// Every format works as with the built-in source, in both modes, from text and from binary frames, with a schema and
// without, shared and not. A malformed message is the host's error, and the next one makes its row.
func TestFormats(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	for what, f := range textFormats {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f.equalsBuiltin(t, h)
		})
	}
}

var textFormats = map[string]format{
	"json": {
		stream: stream{},
		samples: []sample{
			{payload: `{"id":1,"value":0.5,"name":"ä"}`, row: `{"id":1,"name":"ä","value":0.5}`},
			{payload: `{"id":`, fails: "cannot parse JSON"},
			{payload: `[{"id":2},{"id":3}]`, row: `{"id":2}` + "\n" + `{"id":3}`},
			{payload: ``, fails: "cannot parse JSON"},
			{payload: `{"id":"end"}`, row: `{"id":"end"}`},
		},
	},
	"json structured": {
		stream: stream{Fields: "id bigint, value float, name string"},
		samples: []sample{
			{payload: `{"id":1,"value":0.5,"name":"ä","more":true}`, row: `{"id":1,"name":"ä","value":0.5}`},
			{payload: `{"id":"two"}`, fails: "id has wrong type:string, expect:bigint"},
			{payload: `{"id":`, fails: "cannot parse JSON"},
			{payload: `{"id":4}`, row: `{"id":4}`},
		},
	},
	"json strict": {
		stream: stream{Fields: "id bigint, value float", With: `, STRICT_VALIDATION="true"`},
		samples: []sample{
			{payload: `{"id":1,"value":0.5,"more":true}`, row: `{"id":1,"value":0.5}`},
			{payload: `{"id":2}`, fails: "field value is not found"},
			{payload: `{"id":"three","value":0}`, fails: "id has wrong type:string, expect:bigint"},
			{payload: `{"id":4,"value":4}`, row: `{"id":4,"value":4}`},
		},
	},
	"binary": {
		stream: stream{Format: "binary"},
		samples: []sample{
			{payload: "text", row: `{"self":"dGV4dA=="}`},
			{payload: "", row: `{"self":""}`},
			{payload: "end", row: `{"self":"ZW5k"}`},
		},
	},
	"binary not text": {
		stream: stream{Format: "binary"},
		samples: []sample{
			{payload: "\xff\xfe\x00\x01", row: `{"self":"//4AAQ=="}`},
			{payload: "\x80", row: `{"self":"gA=="}`},
		},
	},
	"binary structured": {
		stream: stream{Format: "binary", Fields: "image bytea"},
		samples: []sample{
			{payload: "\xff\xd8\xff", row: `{"image":"/9j/"}`},
			{payload: "", row: `{"image":""}`},
			{payload: "end", row: `{"image":"ZW5k"}`},
		},
	},
	"delimited": {
		stream: stream{Format: "delimited"},
		samples: []sample{
			{payload: "1,zwölf,3.5", row: `{"col0":"1","col1":"zwölf","col2":"3.5"}`},
			{payload: "1", row: `{"col0":"1"}`},
			{payload: "", row: `{"col0":""}`},
			{payload: "end", row: `{"col0":"end"}`},
		},
	},
	"delimited by more than a comma": {
		stream: stream{Format: "delimited", With: `, DELIMITER=" | "`},
		samples: []sample{
			{payload: "1 | two | 3,5", row: `{"col0":"1","col1":"two","col2":"3,5"}`},
			{payload: "end", row: `{"col0":"end"}`},
		},
	},
	"delimited with names": {
		stream: stream{Format: "delimited", With: `, DELIMITER=";"`, Props: map[string]any{"fields": []string{"id", "name"}}},
		samples: []sample{
			{payload: "1;two", row: `{"id":"1","name":"two"}`},
			{payload: "1;two;three", row: `{"id":"1","name":"two"}`},
			{payload: "end", row: `{"id":"end"}`},
		},
	},
	// The host gives declared fields no columns: they are found under the names that the converter gives.
	"delimited structured": {
		stream: stream{Format: "delimited", Fields: "col0 bigint, col1 string, name string", With: `, DELIMITER=";"`},
		samples: []sample{
			{payload: "1;two;three", row: `{"col0":"1","col1":"two","col2":"three"}`},
			{payload: "one", row: `{"col0":"one"}`},
			{payload: "3;end", row: `{"col0":"3","col1":"end"}`},
		},
	},
	"delimited strict": {
		stream: stream{Format: "delimited", Fields: "id string, name string", With: `, DELIMITER=";", STRICT_VALIDATION="true"`,
			Props: map[string]any{"fields": []string{"id", "name"}}},
		samples: []sample{
			{payload: "1;two;three", row: `{"id":"1","name":"two"}`},
			{payload: "3", fails: "field name is not found"},
			{payload: "4;end", row: `{"id":"4","name":"end"}`},
		},
	},
	"urlencoded": {
		stream: stream{Format: "urlencoded"},
		samples: []sample{
			{payload: "id=1&name=a+b%C3%A4&list=1&list=2", row: `{"id":"1","list":["1","2"],"name":"a bä"}`},
			{payload: "id=%zz", fails: "fail to parse url encoded value id=%zz"},
			{payload: "id=end", row: `{"id":"end"}`},
		},
	},
	"urlencoded strict": {
		stream: stream{Format: "urlencoded", Fields: "id string, name string", With: `, STRICT_VALIDATION="true"`},
		samples: []sample{
			{payload: "id=1&name=a+b&more=1", row: `{"id":"1","more":"1","name":"a b"}`},
			{payload: "id=1", fails: "field name is not found"},
			{payload: "id=%zz", fails: "fail to parse url encoded value id=%zz"},
			{payload: "id=2&name=end", row: `{"id":"2","name":"end"}`},
		},
	},
}
