// Latency is a sink for the benchmarks (bench/host): it takes the time from the stamp that a message carries (field
// sent, microseconds since 1970) to its arrival here, and writes what that was into a file when the rule ends.
package main

import "C" // without cgo kuiperd cannot load this as its first plugin ("no plugin module data")

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

type latency struct {
	file  string
	skip  int64 // microseconds of stamps after the first that are not counted
	first int64
	took  []int64
	wrong error
}

// Latency is what kuiperd looks up.
func Latency() api.Sink { return &latency{} }

func (l *latency) Provision(_ api.StreamContext, props map[string]any) error {
	l.file, _ = props["file"].(string)
	if l.file == "" {
		return fmt.Errorf("latency: file: a path is wanted")
	}
	if skip, ok := props["skipMs"].(float64); ok {
		l.skip = int64(skip * 1000)
	}
	l.took = make([]int64, 0, 1<<20)
	return nil
}

func (l *latency) Connect(_ api.StreamContext, status api.StatusChangeHandler) error {
	status(api.ConnectionConnected, "")
	return nil
}

func (l *latency) Collect(_ api.StreamContext, item api.MessageTuple) error {
	now := time.Now().UnixMicro()
	value, _ := item.Value("sent", "")
	var sent int64
	switch v := value.(type) {
	case float64:
		sent = int64(v)
	case int64:
		sent = v
	default:
		l.wrong = fmt.Errorf("sent is a %T", value)
		return l.wrong
	}
	if l.first == 0 {
		l.first = sent
	}
	if sent >= l.first+l.skip {
		l.took = append(l.took, now-sent)
	}
	return nil
}

func (l *latency) CollectList(ctx api.StreamContext, items api.MessageTupleList) (err error) {
	items.RangeOfTuples(func(_ int, item api.MessageTuple) bool {
		err = l.Collect(ctx, item)
		return err == nil
	})
	return err
}

// Close writes the file as a whole, since whoever waits for it reads it at once.
func (l *latency) Close(api.StreamContext) error {
	slices.Sort(l.took)
	at := func(part float64) int64 {
		if len(l.took) == 0 {
			return -1
		}
		return l.took[int(part*float64(len(l.took)-1))]
	}
	result := map[string]any{"count": len(l.took), "p50": at(0.5), "p99": at(0.99), "p99.9": at(0.999), "max": at(1)}
	if l.wrong != nil {
		result["error"] = l.wrong.Error()
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	if err := os.WriteFile(l.file+".part", text, 0o644); err != nil {
		return err
	}
	return os.Rename(l.file+".part", l.file)
}

var _ api.TupleCollector = (*latency)(nil)
