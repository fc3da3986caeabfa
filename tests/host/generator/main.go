// Generator is a source for the benchmarks (bench/host): it hands the host the same payload again and again, as fast as
// the rule takes it. What the rule makes of that is the most that any source can reach, whatever it reads from. The
// stream's DATASOURCE is the path of a JSON file that says what to hand over.
package main

import "C" // without cgo kuiperd cannot load this as its first plugin ("no plugin module data")

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// spec is that file.
type spec struct {
	Payload string         `json:"payload"` // path of a file with one message
	Array   int            `json:"array"`   // more than 1: so many of them as one JSON array a call
	Meta    map[string]any `json:"meta"`    // of every call, a fresh map each
}

type generator struct {
	payload []byte
	meta    map[string]any
	ended   chan struct{} // nil: not started
}

// Generator is what kuiperd looks up.
func Generator() api.Source { return &generator{} }

func (g *generator) Provision(_ api.StreamContext, props map[string]any) error {
	path, _ := props["datasource"].(string)
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("generator: DATASOURCE: %w", err)
	}
	var s spec
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("generator: %s: %w", path, err)
	}
	one, err := os.ReadFile(s.Payload)
	if err != nil {
		return fmt.Errorf("generator: %s: payload: %w", path, err)
	}
	g.payload, g.meta = one, s.Meta
	if s.Array > 1 {
		list := bytes.Repeat(append(one, ','), s.Array)
		list[len(list)-1] = ']'
		g.payload = append([]byte{'['}, list...)
	}
	return nil
}

func (g *generator) Connect(_ api.StreamContext, status api.StatusChangeHandler) error {
	status(api.ConnectionConnected, "")
	return nil
}

func (g *generator) Subscribe(ctx api.StreamContext, ingest api.BytesIngest, _ api.ErrorIngest) error {
	g.ended = make(chan struct{})
	go func() {
		defer close(g.ended)
		for ctx.Err() == nil {
			ingest(ctx, g.payload, maps.Clone(g.meta), time.Now())
		}
	}()
	return nil
}

// Close comes after the rule's context is done, which also ends a blocked ingest.
func (g *generator) Close(api.StreamContext) error {
	if g.ended != nil {
		<-g.ended
	}
	return nil
}

var _ api.BytesSource = (*generator)(nil)
