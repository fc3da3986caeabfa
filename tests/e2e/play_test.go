package e2e

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// sample is the payload of one message and what the host makes of it: rows, as the rest sink sends them, or an error.
// Of an error a part is enough here: the whole text is compared with what the built-in source leads to.
type sample struct {
	payload string
	row     string // several from one message stand in lines of their own
	fails   string
}

// format is a stream with samples of what can come in through it. The first and the last sample make one row each, and
// no other makes the last one's.
type format struct {
	stream  stream
	samples []sample
}

// outcome is what came of messages: the rows, and the errors that the rule's operators reported.
type outcome struct {
	rows   []string
	errors []string
}

const builtin = "websocketBuiltin"

// equalsBuiltin plays the samples through both sources in both modes and compares rows and errors with the expected
// ones, and with each other's. The built-in throws binary frames away, so it gets everything as text; ours gets both
// kinds, text only where RFC 6455 allows it, which wants UTF-8.
func (f format) equalsBuiltin(t *testing.T, h *kuiper.Host) {
	t.Helper()
	kinds := []int{websocket.TextMessage, websocket.BinaryMessage}
	if !f.isText() {
		kinds = kinds[1:]
	}
	for _, mode := range []string{"server", "client"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			theirs := f.play(t, h, builtin, mode, websocket.TextMessage)
			ours := f.play(t, h, "websocket", mode, kinds...)
			theirs.compare(t, "the built-in", f.promised(1))
			ours.compare(t, "ours", f.promised(len(kinds)))
			equal(t, ours.errors, sorted(slices.Repeat(theirs.errors, len(kinds))))
		})
		t.Run(mode+" shared", func(t *testing.T) {
			t.Parallel()
			f.sharedByTwo(t, h, mode, kinds[0])
		})
	}
}

func (f format) isText() bool {
	for _, s := range f.samples {
		if !utf8.ValidString(s.payload) {
			return false
		}
	}
	return true
}

// play sends the samples once as each kind of frame.
func (f format) play(t *testing.T, h *kuiper.Host, source, mode string, kinds ...int) outcome {
	t.Helper()
	s := f.stream
	s.Type = source
	fl, conn := openFlow(t, h, s, mode, kuiper.RuleOptions{})
	if source == builtin {
		f.settle(t, conn, websocket.TextMessage, fl)
	}
	for _, kind := range kinds {
		f.send(t, conn, kind)
	}
	want := f.promised(len(kinds))
	fl.waitRows(t, len(want.rows))
	var errors []string
	until(t, "the errors of "+fl.rule, func() (bool, string) {
		errors = operatorErrors(h, fl.rule)
		return len(errors) >= len(want.errors), strings.Join(errors, "\n")
	})
	return outcome{rawRows(fl.rows), sorted(errors)}
}

func (f format) send(t *testing.T, conn *peerConn, kind int) {
	t.Helper()
	for _, s := range f.samples {
		must(t, conn.WriteMessage(kind, []byte(s.payload)))
	}
}

func (f format) settle(t *testing.T, conn *peerConn, kind int, flows ...*flow) {
	t.Helper()
	settle(t, conn, kind, f.samples[0], f.samples[len(f.samples)-1], flows...)
}

// settle sends the first until all flows have rows, and the last, which makes a row of its own, until nothing of that is
// under way any more: what the built-in gets between its connecting and its subscribing is lost, and a rule that joins a
// shared stream may be late. Then there are no rows.
func settle(t *testing.T, conn *peerConn, kind int, first, last sample, flows ...*flow) {
	t.Helper()
	for _, fl := range flows {
		until(t, "a row of "+fl.rule, func() (bool, string) {
			must(t, conn.WriteMessage(kind, []byte(first.payload)))
			return fl.rows.Len() > 0, "none"
		})
	}
	must(t, conn.WriteMessage(kind, []byte(last.payload)))
	for _, fl := range flows {
		until(t, "the last row of "+fl.rule, func() (bool, string) { return fl.rows.Last() == last.row, fl.rows.Last() })
		fl.rows.Reset()
	}
}

// settleBuiltin is the same for JSON.
func settleBuiltin(t *testing.T, conn *peerConn, f *flow) {
	t.Helper()
	last := `{"settled":true}`
	settle(t, conn, websocket.TextMessage, sample{payload: `{"settled":false}`}, sample{payload: last, row: last}, f)
}

// promised is what comes of the samples when they are sent so many times; of the errors, the parts that are known.
func (f format) promised(times int) (o outcome) {
	for range times {
		for _, s := range f.samples {
			if s.row != "" {
				o.rows = append(o.rows, strings.Split(s.row, "\n")...)
			}
			if s.fails != "" {
				o.errors = append(o.errors, s.fails)
			}
		}
	}
	return o
}

// compare holds an outcome against the expected one, of whose errors parts are given.
func (o outcome) compare(t *testing.T, who string, want outcome) {
	t.Helper()
	compareRows(t, who, o.rows, want.rows)
	left := slices.Clone(o.errors)
	for _, part := range want.errors {
		i := slices.IndexFunc(left, func(text string) bool { return strings.Contains(text, part) })
		if i < 0 {
			t.Errorf("%s: no error with %q among\n%s", who, part, strings.Join(left, "\n"))
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		t.Errorf("%s: errors that nobody expects\n%s", who, strings.Join(left, "\n"))
	}
}

func compareRows(t *testing.T, who string, got, want []string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("rows of %s\n%s\nwant\n%s", who, g, w)
	}
}

// sharedByTwo has two rules on one SHARED stream of ours.
func (f format) sharedByTwo(t *testing.T, h *kuiper.Host, mode string, kind int) {
	t.Helper()
	s := f.stream
	s.With += `, SHARED="true"`
	first, conn := openFlow(t, h, s, mode, kuiper.RuleOptions{})
	second := joinFlow(t, first)
	f.settle(t, conn, kind, first, second)
	f.send(t, conn, kind)
	want := f.promised(1)
	for _, fl := range []*flow{first, second} {
		fl.waitRows(t, len(want.rows))
		compareRows(t, fl.rule, rawRows(fl.rows), want.rows)
	}
}

var operatorError = regexp.MustCompile(`level=error msg=("Operation .*") file=\S+ rule=(\S+)`)

// operatorErrors are the errors that the operators of a rule reported, from the host's log: the status has the last one
// only. Operators run side by side, so the order among them says nothing.
func operatorErrors(h *kuiper.Host, rule string) (errors []string) {
	for line := range strings.Lines(h.Log()) {
		if !containsAll(line, "level=error", "rule="+rule) {
			continue // before the regular expression: the log is long
		}
		match := operatorError.FindStringSubmatch(line)
		if match == nil || match[2] != rule {
			continue
		}
		text, err := strconv.Unquote(match[1])
		if err != nil {
			text = match[1]
		}
		errors = append(errors, text)
	}
	return errors
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}

// openFlow makes a flow of either source in either mode, and a connection to it.
func openFlow(t *testing.T, h *kuiper.Host, s stream, mode string, o kuiper.RuleOptions) (*flow, *peerConn) {
	t.Helper()
	connect := s.inMode(t, h, mode)
	f := newFlow(t, h, s, o)
	return f, connect()
}

// inMode makes the stream a server or a client. What it returns gives the peer's connection, once a rule is there.
func (s *stream) inMode(t *testing.T, h *kuiper.Host, mode string) func() *peerConn {
	t.Helper()
	s.fill()
	if mode == "client" {
		p := newPeer(t)
		props := map[string]any{"addr": p.addr}
		maps.Copy(props, s.Props)
		s.Props = props
		return func() *peerConn { return p.next(t) }
	}
	port, path := h.ServerPort(), s.Path
	if s.Type == builtin {
		port = h.BuiltinPort()
	}
	return func() *peerConn { return dial(t, port, path) }
}
