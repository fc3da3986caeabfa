package rig

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// LatencySink is the action of a rule whose sink takes times, without those of the messages stamped in the first while.
func LatencySink(file string, skip time.Duration) map[string]any {
	return map[string]any{"latency": map[string]any{"file": file, "skipMs": skip.Milliseconds(), "sendSingle": true}}
}

// Percentiles in microseconds, as that sink writes them.
type Percentiles struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99.9"`
	Max   float64 `json:"max"`
	Error string  `json:"error"`
}

// ReadLatency stops the rule, so that its sink writes the file, and reads it.
func (f *Flow) ReadLatency(file string) (p Percentiles, err error) {
	if err := f.Host.StopRule(f.id); err != nil {
		return p, err
	}
	err = kuiper.Until(20*time.Second, file, func() (bool, string) {
		_, err := os.Stat(file)
		return err == nil, fmt.Sprint(err)
	})
	if err != nil {
		return p, err
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err == nil && p.Error != "" {
		err = errors.New(p.Error)
	}
	if err == nil && p.Count == 0 {
		err = errors.New("no message reached the sink")
	}
	return p, err
}
