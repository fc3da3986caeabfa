package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

const (
	serverPath   = "/api/data"
	clientPath   = "/feed"
	serverStream = "fleet"
	clientStream = "feed"
	confKey      = "feed_peer"
)

func alarmSQL(stream string) string {
	return "SELECT seq, sensor, temperature FROM " + stream + " WHERE temperature > 33"
}

func windowSQL(stream string) string {
	return "SELECT count(*) AS messages, sum(seq) AS seqs, avg(temperature) AS mean FROM " + stream +
		" GROUP BY TUMBLINGWINDOW(ss, 1)"
}

// scene is a stream on one source with its two rules: one that filters and one with a window.
type scene struct {
	host    *kuiper.Host
	stream  string
	alarms  *kuiper.Collector
	windows *kuiper.Collector
	tally   tally // of the windows
	undo    []func() error
}

// newScene creates the stream and the rules; on an error the scene holds what was created until then.
// peer: host:port to dial where the source does not listen itself.
func newScene(site site, source string, server bool, peer string) (*scene, error) {
	s := &scene{host: site.host, stream: serverStream}
	if !server {
		s.stream = clientStream
	}
	var err error
	if s.alarms, err = s.newCollector(); err != nil {
		return s, err
	}
	if s.windows, err = s.newCollector(); err != nil {
		return s, err
	}
	if !server {
		props := map[string]any{"addr": peer}
		if site.tls != nil {
			site.tls.group(props)
		}
		if err := s.host.ConfKeyOf(source, confKey, props); err != nil {
			return s, err
		}
	}
	return s, s.createAll(streamSQL(source, server))
}

// streamSQL is the whole difference between the modes: the client's config group names an address.
func streamSQL(source string, server bool) string {
	if server {
		return fmt.Sprintf(`CREATE STREAM %s () WITH (TYPE="%s", DATASOURCE="%s", FORMAT="json")`,
			serverStream, source, serverPath)
	}
	return fmt.Sprintf(`CREATE STREAM %s () WITH (TYPE="%s", DATASOURCE="%s", CONF_KEY="%s", FORMAT="json")`,
		clientStream, source, clientPath, confKey)
}

func (s *scene) createAll(sql string) error {
	fmt.Printf("  stream    %s\n", sql)
	if err := s.host.CreateStream(sql); err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { return s.host.DropStream(s.stream) })

	if err := s.createRule(s.alarmRule(), alarmSQL(s.stream), s.alarms); err != nil {
		return err
	}
	return s.createRule(s.windowRule(), windowSQL(s.stream), s.windows)
}

func (s *scene) createRule(id, sql string, sink *kuiper.Collector) error {
	options := map[string]any{"disableBufferFullDiscard": true}
	if err := s.host.CreateRule(id, sql, kuiper.RuleOptions{Options: options, Collector: sink}); err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { return s.host.DeleteRule(id) })
	return nil
}

func (s *scene) newCollector() (*kuiper.Collector, error) {
	collector, err := kuiper.NewCollector()
	if err == nil {
		s.undo = append(s.undo, collector.Close)
	}
	return collector, err
}

func (s *scene) alarmRule() string  { return s.stream + "_alarm" }
func (s *scene) windowRule() string { return s.stream + "_window" }

// waitReady waits until both rules read from their source.
func (s *scene) waitReady(deadline time.Duration) error {
	connected := "source_" + s.stream + "_0_connection_status"
	for _, rule := range []string{s.alarmRule(), s.windowRule()} {
		last, err := s.host.WaitStatus(rule, func(status map[string]any) bool {
			return status["status"] == "running" && kuiper.Metric(status, connected) == 1
		}, deadline)
		if err != nil && last != nil {
			return notReady(rule, s.stream, last, deadline)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// progress asks the rules what has come in.
func (s *scene) progress() (counts, error) {
	alarm, err := s.host.Status(s.alarmRule())
	if err != nil {
		return counts{}, err
	}
	window, err := s.host.Status(s.windowRule())
	if err != nil {
		return counts{}, err
	}
	return counts{
		filtered: metricEnding(alarm, "_filter_0_records_in_total"),
		entered:  metricEnding(window, "_window_0_records_in_total"),
	}, nil
}

// count adds what has come out of the windows. For one goroutine.
func (s *scene) count() (counts, error) {
	c, err := s.progress()
	if err != nil {
		return counts{}, err
	}
	if err := s.tally.add(s.windows.Rows()); err != nil {
		return counts{}, err
	}
	c.windowed, c.seqs = s.tally.messages, s.tally.seqs
	return c, nil
}

// metricEnding finds a metric without the number that the planner gave to the operator.
func metricEnding(status map[string]any, end string) uint64 {
	for name := range status {
		if strings.HasSuffix(name, end) {
			return uint64(max(kuiper.Metric(status, name), 0))
		}
	}
	return 0
}

// close removes rules, stream and collectors, last first.
func (s *scene) close() error {
	var err error
	for i := len(s.undo) - 1; i >= 0; i-- {
		err = errors.Join(err, s.undo[i]())
	}
	return err
}
