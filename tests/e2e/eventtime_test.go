package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// timed is a stream whose messages carry their own time.
type timed struct {
	stream stream
	say    func(at time.Time, id string) string
	bad    []sample // messages without a time that can be read
}

// With event time the windows go by what the messages say: late ones within the tolerance are taken, others not.
func TestEventTime(t *testing.T) {
	t.Parallel()
	h := sharedHost(t)
	schema := registerSchema(t, h, "protobuf", map[string]any{"content": protoText(t, "reading.proto")})
	encode := encoder(t)
	const layout = "2006-01-02 15:04:05"
	for what, c := range map[string]timed{
		"json": {
			stream: stream{With: `, TIMESTAMP="time"`},
			say: func(at time.Time, id string) string {
				return fmt.Sprintf(`{"time":%d,"id":"%s"}`, at.UnixMilli(), id)
			},
			bad: []sample{
				{payload: `{"time":"noon"}`, fails: "cannot convert timestamp field time"},
				{payload: `{"id":"x"}`, fails: "cannot find timestamp field time"},
			},
		},
		"json structured with a format": {
			stream: stream{Fields: "time string, id string", With: `, TIMESTAMP="time", TIMESTAMP_FORMAT="yyyy-MM-dd HH:mm:ss"`},
			say: func(at time.Time, id string) string {
				return fmt.Sprintf(`{"time":"%s","id":"%s"}`, at.Format(layout), id)
			},
			bad: []sample{{payload: `{"time":"noon"}`, fails: "cannot convert timestamp field time"}},
		},
		"protobuf": {
			stream: stream{Format: "protobuf", With: fmt.Sprintf(`, SCHEMAID="%s.Reading", TIMESTAMP="time"`, schema)},
			say: func(at time.Time, id string) string {
				return encode("Reading", fmt.Sprintf(`{"time":"%d","sensor":"%s"}`, at.UnixMilli(), id))
			},
		},
		"delimited": {
			stream: stream{Format: "delimited", With: `, TIMESTAMP="time", TIMESTAMP_FORMAT="yyyy-MM-dd HH:mm:ss"`,
				Props: map[string]any{"fields": []string{"id", "time"}}},
			say: func(at time.Time, id string) string { return id + "," + at.Format(layout) },
			bad: []sample{
				{payload: "x,noon", fails: "cannot convert timestamp field time"},
				{payload: "x", fails: "cannot find timestamp field time"},
			},
		},
	} {
		for _, mode := range []string{"server", "client"} {
			t.Run(what+" "+mode, func(t *testing.T) {
				t.Parallel()
				ours := c.windows(t, h, "websocket", mode, websocket.BinaryMessage)
				theirs := c.windows(t, h, builtin, mode, websocket.TextMessage)
				want := outcome{rows: []string{
					`{"ids":["before"]}`, `{"ids":["a","b"]}`, `{"ids":["c","d"]}`, `{"ids":["e","f"]}`, `{"ids":["g"]}`,
				}}
				for _, s := range c.bad {
					want.errors = append(want.errors, s.fails)
				}
				ours.compare(t, "ours", want)
				theirs.compare(t, "the built-in", want)
				equal(t, ours.errors, theirs.errors)
			})
		}
	}
}

// windows gives the windows of ten seconds that are not empty, with a tolerance of two. Gaps in time stay short, since
// the host makes the empty windows in between too, and drops what does not fit into its buffers.
func (c timed) windows(t *testing.T, h *kuiper.Host, source, mode string, kind int) outcome {
	t.Helper()
	s, id, rows := c.stream, "id", newCollector(t)
	s.Type = source
	if s.Format == "protobuf" {
		id = "sensor"
	}
	connect := s.inMode(t, h, mode)
	rule := createRule(t, h, fmt.Sprintf("SELECT collect(%s) AS ids FROM %s GROUP BY TUMBLINGWINDOW(ss, 10) HAVING count(*) > 0", id, s.create(t, h)),
		kuiper.RuleOptions{Collector: rows, Options: map[string]any{"isEventTime": true, "lateTolerance": "2s"}})
	conn := connect()
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	send := func(second int, id string) {
		t.Helper()
		must(t, conn.WriteMessage(kind, []byte(c.say(start.Add(time.Duration(second)*time.Second), id))))
	}
	// What the built-in gets before it has subscribed is lost: let time pass until a window comes.
	second := 0
	until(t, "a window", func() (bool, string) {
		second += 2
		send(second, "probe")
		return rows.Len() > 0, "none"
	})
	const later = 5000
	send(later-40, "settled")
	send(later-20, "before")
	until(t, "the last window", func() (bool, string) { return rows.Last() == `{"ids":["settled"]}`, rows.Last() })
	rows.Reset()

	send(later+1, "a")
	send(later+9, "b")
	send(later+11, "d")
	send(later+10, "c") // late, within the tolerance
	send(later+3, "x")  // too late
	for _, s := range c.bad {
		must(t, conn.WriteMessage(kind, []byte(s.payload)))
	}
	send(later+20, "e")
	send(later+29, "f")
	send(later+40, "g")
	send(later+60, "end")
	must(t, rows.WaitN(5, patience))
	return outcome{rawRows(rows), operatorErrors(h, rule)}
}
