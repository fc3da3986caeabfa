package kuiper

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// RuleOptions say how a rule runs and where its rows go. The zero value discards the rows (nop sink).
type RuleOptions struct {
	// Options of the rule, as in the REST interface: bufferLength, disableBufferFullDiscard, restartStrategy…
	Options map[string]any
	// Collector gets every row, in order, through a rest sink.
	Collector *Collector
	// Sink overrides properties of the collector's rest sink. Leave batchSize alone: kuiperd 2.4.0 fills its JSON batch
	// buffer anew while the sink is still sending it. Gather rows with a window (collect) instead.
	Sink map[string]any
	// Actions are further sinks, as in the REST interface.
	Actions []map[string]any
	// Stopped creates the rule without starting it.
	Stopped bool
}

// CreateRule creates and starts a rule.
func (h *Host) CreateRule(id, sql string, o RuleOptions) error {
	rule := map[string]any{"id": id, "sql": sql, "actions": o.actions(), "triggered": !o.Stopped}
	if o.Options != nil {
		rule["options"] = o.Options
	}
	return h.call(http.MethodPost, "/rules", rule)
}

func (o RuleOptions) actions() []map[string]any {
	actions := o.Actions
	if o.Collector != nil {
		sink := map[string]any{
			"url": o.Collector.URL(), "method": "post", "bodyType": "json", "sendSingle": true,
			// A held collector (Hold) must not become a failed send, which the host would drop.
			"timeout": "10m",
		}
		maps.Copy(sink, o.Sink)
		actions = append(actions, map[string]any{"rest": sink})
	}
	if len(actions) == 0 {
		actions = []map[string]any{{"nop": map[string]any{}}}
	}
	return actions
}

func (h *Host) StartRule(id string) error   { return h.rulePost(id, "start", nil) }
func (h *Host) StopRule(id string) error    { return h.rulePost(id, "stop", nil) }
func (h *Host) RestartRule(id string) error { return h.rulePost(id, "restart", nil) }

func (h *Host) DeleteRule(id string) error {
	return h.call(http.MethodDelete, "/rules/"+url.PathEscape(id), nil)
}

// TraceRule switches the tracing of a rule's rows on or off.
func (h *Host) TraceRule(id string, on bool) error {
	if on {
		return h.rulePost(id, "trace/start", map[string]string{"strategy": "always"})
	}
	return h.rulePost(id, "trace/stop", map[string]string{})
}

func (h *Host) rulePost(id, verb string, body any) error {
	return h.call(http.MethodPost, "/rules/"+url.PathEscape(id)+"/"+verb, body)
}

// Status of a rule as the host reports it: "status" (running, stopped…), "message", and the metrics of every node, such
// as source_<stream>_0_connection_status.
func (h *Host) Status(rule string) (map[string]any, error) {
	path := "/rules/" + url.PathEscape(rule) + "/status"
	code, answer, err := h.Do(http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	if code != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d: %s", path, code, answer)
	}
	status := map[string]any{}
	if err := json.Unmarshal(answer, &status); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", path, err, answer)
	}
	return status, nil
}

// WaitStatus waits until ok holds for the rule's status and returns that status; an error shows the last one.
func (h *Host) WaitStatus(rule string, ok func(status map[string]any) bool, deadline time.Duration) (map[string]any, error) {
	var last map[string]any
	err := Until(deadline, "the status of rule "+rule, func() (bool, string) {
		status, err := h.Status(rule)
		if err != nil {
			return false, err.Error()
		}
		last = status
		text, _ := json.Marshal(status)
		return ok(status), string(text)
	})
	return last, err
}

// WaitStatusOrRestart is WaitStatus, with the rule started again where the status has not come, so many times it is waited
// for. For the source that is built into the host: it can miss its own "connected", and shows "connecting" for ever.
func (h *Host) WaitStatusOrRestart(rule string, ok func(status map[string]any) bool, deadline time.Duration, times int) (map[string]any, error) {
	for {
		status, err := h.WaitStatus(rule, ok, deadline)
		if times--; err == nil || times == 0 {
			return status, err
		}
		if err := h.RestartRule(rule); err != nil {
			return status, err
		}
	}
}

// Metric is one number of a rule's status, -1 where it is not there.
func Metric(status map[string]any, name string) int64 {
	if value, ok := status[name].(float64); ok {
		return int64(value)
	}
	return -1
}
