package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// connections holds the metadata of the connections that feed a subscription, from OPENED to CLOSED.
type connections map[uint64]*connection

// connection is metadata ready for copying: one map for each type of message, so that a copy is all a message costs.
type connection struct {
	text, binary map[string]any
	nested       []string // keys whose values are maps or lists themselves
}

// opened takes the JSON object of an OPENED record. Metadata that cannot be read costs the messages nothing but it.
func (c connections) opened(id uint64, document []byte) error {
	values, err := parseMeta(document)
	if err != nil {
		values = map[string]any{"connectionId": int64(id)}
		err = fmt.Errorf("websocket: metadata of connection %d: %w", id, err)
	}
	c[id] = newConnection(values)
	return err
}

func (c connections) closed(id uint64) { delete(c, id) }

// meta is a fresh map for one message. Fresh for each, values included: the host writes into it (rule tracing does),
// and passes it on to goroutines of its own.
func (c connections) meta(id uint64, kind int32) map[string]any {
	conn := c[id]
	if conn == nil {
		conn = newConnection(map[string]any{"connectionId": int64(id)})
		c[id] = conn
	}
	template := conn.text
	if kind == kindBinary {
		template = conn.binary
	}
	fresh := maps.Clone(template)
	for _, key := range conn.nested {
		fresh[key] = copyValue(fresh[key])
	}
	return fresh
}

func newConnection(values map[string]any) *connection {
	conn := &connection{text: maps.Clone(values), binary: maps.Clone(values)}
	conn.text["messageType"] = "text"
	conn.binary["messageType"] = "binary"
	for key, v := range values {
		switch v.(type) {
		case map[string]any, []any:
			conn.nested = append(conn.nested, key)
		}
	}
	return conn
}

func parseMeta(document []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	values := map[string]any{}
	if err := d.Decode(&values); err != nil {
		return nil, err
	}
	if values == nil { // the document was null
		values = map[string]any{}
	}
	return plainNumbers(values).(map[string]any), nil
}

// plainNumbers makes whole numbers int64, as rules expect of an id, and the others float64.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case map[string]any:
		for k, e := range v {
			v[k] = plainNumbers(e)
		}
	case []any:
		for i, e := range v {
			v[i] = plainNumbers(e)
		}
	}
	return v
}

func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := maps.Clone(v)
		for k, e := range c {
			switch e.(type) {
			case map[string]any, []any:
				c[k] = copyValue(e)
			}
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = copyValue(e)
		}
		return c
	}
	return v
}
