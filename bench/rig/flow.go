package rig

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// The sources that are measured.
const (
	Ours    = "ours"
	Builtin = "builtin"
	Ceiling = "ceiling" // the generator
)

// Rule is what the messages go through. Where counts them: the end of the name of a metric of the first operator behind
// the decoding.
type Rule struct {
	Name, SQL, Where string
}

// A false condition, one that a planner cannot see through.
var (
	Filter    = Rule{"filter", "SELECT * FROM %s WHERE temperature > 1000", "_filter_0_records_in_total"}
	FilterRaw = Rule{"filter", "SELECT * FROM %s WHERE isNull(self)", "_filter_0_records_in_total"}
	Project   = Rule{"project", "SELECT sensor, temperature FROM %s", "_project_0_records_in_total"}
	Aggregate = Rule{"aggregate", "SELECT count(*) AS n, avg(temperature) AS mean FROM %s GROUP BY TUMBLINGWINDOW(ss, 1)",
		"_window_0_records_in_total"}
	Stamps = Rule{"latency", "SELECT sent FROM %s", "_project_0_records_in_total"}
)

// Setup is one contender with its stream and rule.
type Setup struct {
	Source  string // Ours, Builtin or Ceiling
	Batch   bool   // Ours: the property; Ceiling: arrays
	Rule    Rule
	Payload Payload
	Sink    map[string]any // an action of the rule; nil: nop
	Props   map[string]any // more of our config group
	TLS     bool
}

// Contender is the name under which the results are kept.
func (s Setup) Contender() string {
	if s.Batch {
		return s.Source + " batch"
	}
	return s.Source
}

// Flow is a stream with a rule on a host.
type Flow struct {
	Setup
	Host *kuiper.Host
	Path string
	id   string
	spec string // of a generator
}

// NewFlow makes stream and rule, which runs when this returns. A generator waits for orders.
func NewFlow(h *kuiper.Host, dir, id string, s Setup) (*Flow, error) {
	f := &Flow{Setup: s, Host: h, id: id, Path: "/" + id}
	if err := f.create(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", s.Contender(), err), f.Close())
	}
	return f, nil
}

func (f *Flow) create(dir string) error {
	with := fmt.Sprintf(`FORMAT="%s"%s`, f.Payload.Format, f.Payload.With)
	switch f.Source {
	case Ours:
		// The listener is one for all flows of a host, and so are its properties.
		props := map[string]any{"batch": f.Batch, "maxConnections": 20000}
		for name, value := range f.Props {
			props[name] = value
		}
		if err := f.Host.ConfKey(f.id, props); err != nil {
			return err
		}
		with += fmt.Sprintf(`, TYPE="websocket", DATASOURCE="%s", CONF_KEY="%s"`, f.Path, f.id)
	case Builtin:
		with += fmt.Sprintf(`, TYPE="websocketBuiltin", DATASOURCE="%s"`, f.Path)
	case Ceiling:
		spec, err := f.writeSpec(dir)
		if err != nil {
			return err
		}
		with += fmt.Sprintf(`, TYPE="generator", DATASOURCE="%s"`, spec)
	}
	if err := f.Host.CreateStream(fmt.Sprintf("CREATE STREAM %s () WITH (%s)", f.id, with)); err != nil {
		return err
	}
	options := kuiper.RuleOptions{Options: map[string]any{"disableBufferFullDiscard": true, "bufferLength": 1024}}
	if f.Sink != nil {
		options.Actions = []map[string]any{f.Sink}
	}
	if err := f.Host.CreateRule(f.id, fmt.Sprintf(f.Rule.SQL, f.id), options); err != nil {
		return err
	}
	return f.waitRunning()
}

// writeSpec says what the generator hands over; the metadata has the form of ours.
func (f *Flow) writeSpec(dir string) (string, error) {
	text, err := json.Marshal(map[string]any{"payload": f.Payload.File, "meta": map[string]any{
		"remoteAddress": "127.0.0.1:40000", "path": f.Path, "host": "localhost", "connectionId": 1, "messageType": "text",
	}})
	if err != nil {
		return "", err
	}
	f.spec = filepath.Join(dir, f.id+".json")
	return f.spec, os.WriteFile(f.spec, text, 0o644)
}

func (f *Flow) waitRunning() error {
	connected := "source_" + f.id + "_0_connection_status"
	times := 1
	if f.Source == Builtin {
		times = 3
	}
	_, err := f.Host.WaitStatusOrRestart(f.id, func(status map[string]any) bool {
		return status["status"] == "running" && kuiper.Metric(status, connected) == 1
	}, 30*time.Second, times)
	return err
}

// Target is where a sender finds this flow.
func (f *Flow) Target(connections int) Target {
	t := Target{Port: f.Host.ServerPort(), Path: f.Path, TLS: f.TLS, Connections: connections, Payload: f.Payload,
		Binary: f.Payload.Format != "json"}
	if f.Source == Builtin {
		t.Port = f.Host.BuiltinPort()
		t.Binary = false // it throws binary frames away, and takes anything as text
	}
	return t
}

// Counts of a rule that runs.
type Counts struct {
	Source  int64 // payloads that the source gave
	Handled int64 // messages that came out of the decoding
	Failed  int64 // exceptions of the source and of the decoding
}

// Counts asks the rule.
func (f *Flow) Counts() (Counts, error) {
	status, err := f.Host.Status(f.id)
	if err != nil {
		return Counts{}, err
	}
	c := Counts{Source: max(0, kuiper.Metric(status, "source_"+f.id+"_0_records_out_total"))}
	found := false
	for name := range status {
		switch {
		case strings.HasSuffix(name, f.Rule.Where):
			c.Handled, found = kuiper.Metric(status, name), true
		case strings.HasSuffix(name, "_exceptions_total"):
			c.Failed += kuiper.Metric(status, name)
		}
	}
	if !found {
		return c, fmt.Errorf("rule %s has no metric …%s: %v", f.id, f.Rule.Where, status)
	}
	return c, nil
}

// Close removes rule and stream, as far as they are there.
func (f *Flow) Close() error {
	return errors.Join(f.Host.DeleteRule(f.id), f.Host.DropStream(f.id))
}
