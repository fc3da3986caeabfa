package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// joinable is a way to say id and sensor, for a stream and a table that are joined by the id.
type joinable struct {
	stream stream
	say    func(id int, sensor string) string
}

// A scan table keeps the last RETAIN_SIZE messages, in every format that the host allows for tables.
func TestScanTableJoinedWithStream(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	schema := registerSchema(t, h, "protobuf", map[string]any{"content": protoText(t, "reading.proto")})
	encode := encoder(t)
	asJSON := func(id int, sensor string) string { return fmt.Sprintf(`{"id":%d,"sensor":"%s"}`, id, sensor) }
	for what, j := range map[string]joinable{
		"json":            {stream{}, asJSON},
		"json structured": {stream{Fields: "id bigint, sensor string"}, asJSON},
		"protobuf": {
			stream{Format: "protobuf", With: fmt.Sprintf(`, SCHEMAID="%s.Reading"`, schema)},
			func(id int, sensor string) string { return encode("Reading", asJSON(id, sensor)) },
		},
		"delimited": {
			stream{Format: "delimited", With: `, DELIMITER="|"`, Props: map[string]any{"fields": []string{"id", "sensor"}}},
			func(id int, sensor string) string { return fmt.Sprintf("%d|%s", id, sensor) },
		},
		"urlencoded": {
			stream{Format: "urlencoded"},
			func(id int, sensor string) string { return fmt.Sprintf("id=%d&sensor=%s", id, url.QueryEscape(sensor)) },
		},
	} {
		for _, mode := range []string{"server", "client"} {
			t.Run(what+" "+mode, func(t *testing.T) {
				t.Parallel()
				j.join(t, h, "websocket", mode, websocket.BinaryMessage)
				j.join(t, h, builtin, mode, websocket.TextMessage)
			})
		}
	}
}

// join has messages of the stream meet a table that was sent four messages and keeps three.
func (j joinable) join(t *testing.T, h *kuiper.Host, source, mode string, kind int) {
	t.Helper()
	streamID, toStream := j.open(t, h, source, mode, false)
	tableID, toTable := j.open(t, h, source, mode, true)
	rows := newCollector(t)
	createRule(t, h, fmt.Sprintf("SELECT %[1]s.sensor AS value, %[2]s.sensor AS name FROM %[1]s LEFT JOIN %[2]s ON %[1]s.id = %[2]s.id",
		streamID, tableID), kuiper.RuleOptions{Collector: rows})
	table, values := toTable(), toStream()
	send := func(conn *peerConn, id int, sensor string) {
		t.Helper()
		must(t, conn.WriteMessage(kind, []byte(j.say(id, sensor))))
	}
	fill := func() {
		for id, name := range []string{"forgotten", "one", "two", "three"} {
			send(table, id, name)
		}
	}
	fill()
	until(t, "a row of the stream", func() (bool, string) {
		send(values, 9, "probe")
		return rows.Len() > 0, "none"
	})
	send(values, 9, "settled")
	until(t, "the last row", func() (bool, string) { return strings.Contains(rows.Last(), "settled"), rows.Last() })
	// Which of the two connections is read first is nobody's promise: send the stream's until they meet the whole table.
	until(t, "the table's last three in "+source, func() (bool, string) {
		if source == builtin {
			fill() // it loses what comes before it has subscribed
		}
		rows.Reset()
		for id := range 5 {
			send(values, id, fmt.Sprint(id))
		}
		must(t, rows.WaitN(5, patience))
		seen := strings.Join(rawRows(rows), " ")
		return seen == `{"value":"0"} {"name":"one","value":"1"} {"name":"two","value":"2"} {"name":"three","value":"3"} {"value":"4"}`, seen
	})
}

// open makes a stream, or a table of the same kind.
func (j joinable) open(t *testing.T, h *kuiper.Host, source, mode string, table bool) (string, func() *peerConn) {
	t.Helper()
	s := j.stream
	s.Type = source
	if table {
		s.Table = true
		s.With += `, RETAIN_SIZE="3"`
	}
	connect := s.inMode(t, h, mode)
	return s.create(t, h), connect
}
