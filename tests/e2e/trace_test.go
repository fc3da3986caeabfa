package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// Tracing switched while messages come in meets two traps of the host: it writes into the metadata of each message, so
// a map used for two messages would end the process; and kuiperd 2.4.0 looks twice whether tracing is on (source_node's
// traceStart), panicking inside ingest, before the message is passed on, where it was switched off between the looks.
// Nothing may come of either: no message lost, none doubled.
func TestTracingSwitchedUnderLoad(t *testing.T) {
	t.Parallel()
	h := ownHost(t, kuiper.Options{Plugin: true})
	f := newFlow(t, h, stream{}, kuiper.RuleOptions{Options: map[string]any{"disableBufferFullDiscard": true}})
	conns := []*peerConn{dial(t, h.ServerPort(), f.path), dial(t, h.ServerPort(), f.path)}
	const each = 3_000
	var floods []*flood
	for _, conn := range conns {
		floods = append(floods, startFlood(conn, each, 50))
	}

	var switching sync.WaitGroup
	switches, stop := 0, make(chan struct{})
	switching.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := switchTracing(h, f.rule); err != nil {
				t.Error(err)
				return
			}
			switches += 2 * pairsARequest
		}
	})
	for _, flood := range floods {
		flood.wait(t)
	}
	err := f.rows.WaitN(2*each, manyMinutes)
	close(stop)
	switching.Wait()
	t.Logf("switched %d times; exceptions of the source: %d", switches, f.metric(t, "source_"+f.stream+"_0_exceptions_total"))
	if err != nil {
		status, _ := h.Status(f.rule)
		t.Fatalf("%v; the rule's status: %s", err, toJSON(t, status))
	}

	// One message later nothing can be under way that was sent before.
	conns[0].text(t, `{"seq":"last"}`)
	until(t, "the last row", func() (bool, string) { return f.rows.Last() == `{"seq":"last"}`, f.rows.Last() })
	equal(t, f.rows.Len(), 2*each+1)
	times := map[string]int{}
	for _, row := range f.rows.Rows()[:2*each] {
		times[fmt.Sprint(row["seq"])]++
	}
	for seq := range each {
		if n := times[fmt.Sprint(seq)]; n != 2 {
			t.Fatalf("message %d of the two connections came %d times", seq, n)
		}
	}

	// It really traced: the host has traces of this rule, if only of a message that finds it switched on for sure.
	must(t, h.TraceRule(f.rule, true))
	conns[0].text(t, `{"seq":"traced"}`)
	until(t, "a trace of rule "+f.rule, func() (bool, string) { // the host writes them down in batches
		code, answer, err := h.Do(http.MethodGet, "/trace/rule/"+f.rule, nil)
		must(t, err)
		return code == http.StatusOK && len(answer) >= len(`["x"]`), fmt.Sprintf("%d %s", code, answer)
	})
}

// pairsARequest is how often tracing is switched on and off with one request: a request each would leave thousands of
// connections in TIME_WAIT.
const pairsARequest = 50

func switchTracing(h *kuiper.Host, rule string) error {
	type request struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Body   string `json:"body"`
	}
	var batch []request
	for range pairsARequest {
		for _, verb := range []string{"start", "stop"} {
			batch = append(batch, request{http.MethodPost, "/rules/" + rule + "/trace/" + verb, `{"strategy":"always"}`})
		}
	}
	_, answer, err := h.Do(http.MethodPost, "/batch/req", batch)
	if err != nil {
		return err
	}
	var codes []struct{ Code int }
	if err := json.Unmarshal(answer, &codes); err != nil {
		return fmt.Errorf("%w: %.200s", err, answer)
	}
	for _, c := range codes {
		if c.Code != http.StatusOK {
			return fmt.Errorf("switching the tracing of %s: %.200s", rule, answer)
		}
	}
	return nil
}
