package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// What is special enough to be written by hand; the rest of the corpus is drawn at random.
var handPicked = []string{
	``, ` `, `{}`, `[]`, `[{}]`, `null`, `true`, `0`, `"text"`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{'a':1}`,
	`{"a":1}{"a":2}`, `{"a":1} trailing`, "\ufeff{\"a\":1}", `{"a":1`, `[{"a":1},{"a":2}]`, `[{"a":1},2]`, `[1,2]`,
	`[[{"a":1}]]`, `{"a":NaN}`, `{"a":Infinity}`, `{"a":01}`, `{"a":+1}`, `{"a":.5}`, `{"a":1.}`, `{"a":-0}`,
	`{"a":9007199254740993}`, `{"a":9223372036854775807}`, `{"a":9223372036854775808}`, `{"a":-9223372036854775809}`,
	`{"a":18446744073709551616}`, `{"a":1e308}`, `{"a":1e309}`, `{"a":1e-400}`, `{"a":3.141592653589793238462643}`,
	`{"a":100000000000000000000000000000000000000}`, `{"a":1E+2}`, `{"a":true,"b":false,"c":null}`,
	`{"a":"\u00e4\u20ac\ud83d\ude00"}`, `{"a":"ä€😀"}`, `{"a":"\ud83d"}`, `{"a":"\u0000"}`, `{"a":"\"\\\/\b\f\n\r\t"}`,
	`{"a":"<script>&amp;"}`, "{\"a\":\"\u2028\u2029\"}", "{\"a\":\"tab\there\"}", `{"":1}`, `{" ":1}`, `{"a":1,"a":2}`,
	`{"A":1,"a":2}`, `{"ключ":"значение"}`, `{"a b":"c d"}`, `{"a.b":1}`, `{"$":1,"@":2}`, `{"a":{"b":{"c":{"d":[]}}}}`,
	`{"a":[1,"2",null,{"b":[true]}]}`, "{\n\t\"a\" : 1 ,\r\n\"b\":\t[ 1 , 2 ]\n}", `{"a":"` + strings.Repeat("x", 70000) + `"}`,
	`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, `{"self":1}`, `{"error":"not one"}`,
	`{"a":"2024-01-31T12:00:00Z"}`, `{"a":1}` + "\x00", "plain text", "a,b,c", "1,2", "a=1&b=2", `{"a":1}` + "\n",
}

// corpus is the same at every run: a failure can be had again.
func corpus(n int) []string {
	random := rand.New(rand.NewPCG(6455, 10081))
	texts := append([]string(nil), handPicked...)
	for len(texts) < n {
		object := map[string]any{"n": len(texts)}
		for range random.IntN(6) {
			object[randomText(random, 8)] = randomValue(random, 4)
		}
		text, err := json.Marshal(object)
		if err != nil {
			panic(err)
		}
		switch random.IntN(12) {
		case 0: // cut off
			text = text[:random.IntN(len(text))]
		case 1: // a character too many, or another one
			text[random.IntN(len(text))] = `{}[]",:x`[random.IntN(8)]
		case 2:
			text = []byte("[" + string(text) + `,{"a":1}]`)
		}
		texts = append(texts, strings.ToValidUTF8(string(text), "?"))
	}
	return texts
}

func randomValue(random *rand.Rand, depth int) any {
	kinds := 8
	if depth == 0 {
		kinds = 6
	}
	switch random.IntN(kinds) {
	case 0:
		return random.Int64() - random.Int64()
	case 1:
		return random.NormFloat64()
	case 2:
		return json.Number(fmt.Sprintf("%de%d", random.IntN(1000), random.IntN(40)-20))
	case 3:
		return random.IntN(2) == 0
	case 4:
		return nil
	case 5:
		return randomText(random, 30)
	case 6:
		list := make([]any, random.IntN(5))
		for i := range list {
			list[i] = randomValue(random, depth-1)
		}
		return list
	}
	object := map[string]any{}
	for range random.IntN(5) {
		object[randomText(random, 5)] = randomValue(random, depth-1)
	}
	return object
}

func randomText(random *rand.Rand, most int) string {
	letters := []rune("abcXYZ019 _-.\"\\/\n\t<>&{}[]:,äß€漢字😀\u0001\u007f\u2028")
	text := make([]rune, random.IntN(most+1))
	for i := range text {
		text[i] = letters[random.IntN(len(letters))]
	}
	return string(text)
}

// The rows that reach a rule, and what counts as an exception, are those of the built-in source.
func TestEqualsBuiltin(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	cases := map[string]struct {
		stream stream
		first  string // sent until there is a row
		last   string // the last text to be sent; it must make a row
		row    string // that row
	}{
		"json": {stream{}, `{"first":true}`, `{"last":true}`, `{"last":true}`},
		"json schema": {stream{Fields: "a bigint, n bigint, b string, c struct(d string), last boolean"},
			`{"n":1}`, `{"last":true}`, `{"last":true}`},
		"json strict": {stream{Fields: "n bigint", With: `, STRICT_VALIDATION="true"`}, `{"n":1}`, `{"n":-1}`, `{"n":-1}`},
		"delimited":   {stream{Format: "delimited", With: `, DELIMITER=","`}, `first,row`, `last,row`, `{"col0":"last","col1":"row"}`},
		"urlencoded":  {stream{Format: "urlencoded"}, `first=true`, `last=true`, `{"last":"true"}`},
		"binary":      {stream{Format: "binary"}, `first`, `last`, `{"self":"bGFzdA=="}`},
	}
	texts := slices.Clip(corpus(400)) // clipped: the cases run side by side, and each appends its own last text
	for format, c := range cases {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			run := func(sourceType string, port int) (rows []string, exceptions int64) {
				s := c.stream
				s.Type = sourceType
				f := newFlow(t, h, s, kuiper.RuleOptions{})
				conn := dial(t, port, f.path)
				settle(t, conn, websocket.TextMessage, sample{payload: c.first}, sample{payload: c.last, row: c.row}, f)
				before := f.metric(t, "_decoder_0_records_in_total")
				for _, text := range append(texts, c.last) {
					conn.text(t, text)
				}
				until(t, "the last row through "+sourceType, func() (bool, string) {
					last := f.rows.Last()
					return last == c.row, last
				})
				equal(t, f.metric(t, "_decoder_0_records_in_total")-before, len(texts)+1)
				return rawRows(f.rows), f.metric(t, "_decoder_0_exceptions_total")
			}
			ours, ourExceptions := run("websocket", h.ServerPort())
			theirs, theirExceptions := run("websocketBuiltin", h.BuiltinPort())
			t.Logf("%d messages: %d rows, %d exceptions", len(texts)+1, len(ours), ourExceptions)
			equal(t, ourExceptions, theirExceptions)
			equal(t, len(ours), len(theirs))
			for i := range min(len(ours), len(theirs)) {
				if ours[i] != theirs[i] {
					t.Fatalf("row %d\nours:   %.300s\ntheirs: %.300s", i, ours[i], theirs[i])
				}
			}
		})
	}
}
