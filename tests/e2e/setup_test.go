package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// patience is the deadline of everything that is bound to come: long, since a busy machine is no failure.
const patience = time.Minute

// shared is the host of all tests that do nothing to it but use streams and rules of their own.
var shared struct {
	sync.Once
	host *kuiper.Host
	err  error
}

func TestMain(m *testing.M) {
	if os.Getenv(childURL) != "" {
		if err := beChild(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if shared.host != nil {
		if err := endHost(shared.host); err != nil {
			fmt.Fprintln(os.Stderr, "the shared host:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

func sharedHost(t *testing.T) *kuiper.Host {
	t.Helper()
	shared.Do(func() {
		shared.host, shared.err = start(kuiper.Options{Plugin: true})
	})
	must(t, shared.err)
	showLogOnFailure(t, shared.host)
	return shared.host
}

// ownHost is for tests that need options, or that look at the whole process.
func ownHost(t *testing.T, o kuiper.Options) *kuiper.Host {
	t.Helper()
	h, err := start(o)
	must(t, err)
	t.Cleanup(func() {
		if err := endHost(h); err != nil {
			t.Error(err)
		}
	})
	showLogOnFailure(t, h)
	return h
}

func start(o kuiper.Options) (*kuiper.Host, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return kuiper.Start(ctx, o)
}

// endHost stops a host and checks what no test asks for and all rely on: it was alive to the end, and nothing of ours
// wrote to its stdout or stderr.
func endHost(h *kuiper.Host) error {
	output := h.Output()
	if err := h.Stop(); err != nil {
		return err
	}
	for line := range strings.Lines(output) {
		if !isHostsOwn(line) {
			return fmt.Errorf("the plugin wrote to kuiperd's stdout or stderr: %q", line)
		}
	}
	return nil
}

// isHostsOwn knows the lines that a stock kuiperd 2.4.0 prints.
func isHostsOwn(line string) bool {
	return strings.HasPrefix(line, "Serving kuiper (version") ||
		strings.HasPrefix(line, "is context updated?") // the built-in websocket server, at each connection
}

func showLogOnFailure(t *testing.T, h *kuiper.Host) {
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		log := h.Log()
		t.Logf("end of the host's log:\n%s", log[max(0, len(log)-6000):])
	})
}

var lastName atomic.Int64

// name gives streams, tables, rules and config groups of parallel tests names that do not meet, and of which none is the
// beginning of another: they are looked for in the log.
func name(prefix string) string {
	return fmt.Sprintf("%s%04d", prefix, lastName.Add(1))
}

// stream describes a CREATE STREAM; the zero value is a schemaless JSON stream of our source in server mode.
type stream struct {
	Type   string         // source type, "websocket" if empty
	Format string         // "json" if empty
	Fields string         // schema, none if empty
	Path   string         // DATASOURCE, a path of its own if empty
	Props  map[string]any // a config group of its own with these properties, none if nil
	With   string         // more of the WITH clause: `, SHARED="true"`
	Table  bool           // CREATE TABLE instead
}

func (s *stream) fill() {
	if s.Type == "" {
		s.Type = "websocket"
	}
	if s.Format == "" {
		s.Format = "json"
	}
	if s.Path == "" {
		s.Path = "/" + name("p")
	}
}

// create makes the stream and returns its name. It is dropped when the test ends.
func (s *stream) create(t *testing.T, h *kuiper.Host) string {
	t.Helper()
	s.fill()
	what, make, drop := "STREAM", h.CreateStream, h.DropStream
	if s.Table {
		what, make, drop = "TABLE", h.CreateTable, h.DropTable
	}
	with := s.With
	if s.Props != nil {
		group := name("g")
		must(t, h.ConfKeyOf(s.Type, group, s.Props))
		with += fmt.Sprintf(`, CONF_KEY="%s"`, group)
	}
	id := name("s")
	must(t, make(fmt.Sprintf(`CREATE %s %s (%s) WITH (TYPE="%s", DATASOURCE="%s", FORMAT="%s"%s)`,
		what, id, s.Fields, s.Type, s.Path, s.Format, with)))
	t.Cleanup(func() { check(t, drop(id)) })
	return id
}

// createRule makes a rule and returns its id. It is deleted when the test ends.
func createRule(t *testing.T, h *kuiper.Host, sql string, o kuiper.RuleOptions) string {
	t.Helper()
	id := name("r")
	must(t, h.CreateRule(id, sql, o))
	t.Cleanup(func() { check(t, h.DeleteRule(id)) })
	return id
}

func newCollector(t *testing.T) *kuiper.Collector {
	t.Helper()
	c, err := kuiper.NewCollector()
	must(t, err)
	t.Cleanup(func() { check(t, c.Close()) })
	return c
}

// flow is the usual case: one stream, one rule that selects everything, one collector.
type flow struct {
	h      *kuiper.Host
	path   string
	stream string
	rule   string
	rows   *kuiper.Collector
}

func newFlow(t *testing.T, h *kuiper.Host, s stream, o kuiper.RuleOptions) *flow {
	t.Helper()
	if o.Collector == nil {
		o.Collector = newCollector(t)
	}
	f := &flow{h: h, rows: o.Collector}
	f.stream = s.create(t, h)
	f.path = s.Path
	f.rule = createRule(t, h, "SELECT * FROM "+f.stream, o)
	return f
}

// connection is one field of the source's connection state in the rule's status.
func connection(status map[string]any, stream, field string) any {
	return status["source_"+stream+"_0_connection_"+field]
}

const (
	connected    = 1
	connecting   = 0
	disconnected = -1
)

// waitConnection waits until the source's connection state is the given one and returns the text of the last loss.
func (f *flow) waitConnection(t *testing.T, state int) string {
	t.Helper()
	status, err := f.h.WaitStatus(f.rule, func(s map[string]any) bool {
		return connection(s, f.stream, "status") == float64(state)
	}, patience)
	must(t, err)
	text, _ := connection(status, f.stream, "last_disconnected_message").(string)
	return text
}

// metrics finds a number in the status by the end of its name: operators carry numbers that depend on the plan.
func (f *flow) metric(t *testing.T, ending string) int64 {
	t.Helper()
	status, err := f.h.Status(f.rule)
	must(t, err)
	for key := range status {
		if strings.HasSuffix(key, ending) {
			return kuiper.Metric(status, key)
		}
	}
	t.Fatalf("no metric *%s in the status of %s", ending, f.rule)
	return -1
}

func (f *flow) waitRows(t *testing.T, n int) {
	t.Helper()
	must(t, f.rows.WaitN(n, patience))
}

// rawRows gives the rows as text.
func rawRows(c *kuiper.Collector) []string {
	var rows []string
	for _, row := range c.Raw() {
		rows = append(rows, string(row))
	}
	return rows
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	must(t, err)
	return string(text)
}

func until(t *testing.T, what string, cond func() (bool, string)) {
	t.Helper()
	must(t, kuiper.Until(patience, what, cond))
}

// untilSame looks until it has seen the same fifty times in a row, and returns that. Looks, not half a second: what stands
// still because the machine does has not come to rest.
func untilSame[T any](t *testing.T, what string, look func() T, same func(before, now T) bool) T {
	t.Helper()
	const looks = 50
	last, seen := look(), 0
	must(t, kuiper.Until(manyMinutes, what, func() (bool, string) {
		now := look()
		if same(last, now) {
			seen++
		} else {
			seen = 0
		}
		last = now
		return seen >= looks, fmt.Sprint(now)
	}))
	return last
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

func lacks(t *testing.T, text, part string) {
	t.Helper()
	if at := strings.Index(text, part); at >= 0 {
		t.Errorf("%q is in %q", part, text[max(0, at-200):min(len(text), at+len(part)+50)])
	}
}

func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
