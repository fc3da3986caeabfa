package kuiper

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Do sends one request to the REST interface. body: nil, []byte or string as they are, anything else as JSON.
func (h *Host) Do(method, path string, body any) (code int, answer []byte, err error) {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		reader = bytes.NewReader(b)
	case string:
		reader = bytes.NewReader([]byte(b))
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return 0, nil, err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, h.URL()+path, reader)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.client.Do(req)
	if err != nil {
		return 0, nil, h.withEnd(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// withEnd adds the last words of a host that is gone: a panic explains a refused connection best.
func (h *Host) withEnd(err error) error {
	select {
	case <-h.ended:
		return fmt.Errorf("%w (kuiperd is gone: %v)\n%s", err, h.endState, h.Output())
	default:
		return err
	}
}

// call is Do for requests of which only success matters.
func (h *Host) call(method, path string, body any) error {
	code, answer, err := h.Do(method, path, body)
	if err != nil {
		return err
	}
	if code >= 300 {
		return fmt.Errorf("%s %s: status %d: %s", method, path, code, bytes.TrimSpace(answer))
	}
	return nil
}

// CreateStream takes a whole CREATE STREAM statement.
func (h *Host) CreateStream(sql string) error {
	return h.call(http.MethodPost, "/streams", map[string]string{"sql": sql})
}

// CreateTable takes a whole CREATE TABLE statement.
func (h *Host) CreateTable(sql string) error {
	return h.call(http.MethodPost, "/tables", map[string]string{"sql": sql})
}

func (h *Host) DropStream(name string) error {
	return h.call(http.MethodDelete, "/streams/"+url.PathEscape(name), nil)
}

func (h *Host) DropTable(name string) error {
	return h.call(http.MethodDelete, "/tables/"+url.PathEscape(name), nil)
}

// CreateSchema registers a schema of a kind ("protobuf", "custom"): name, and content, file or soFile.
func (h *Host) CreateSchema(kind string, schema map[string]any) error {
	return h.call(http.MethodPost, "/schemas/"+url.PathEscape(kind), schema)
}

func (h *Host) DropSchema(kind, name string) error {
	return h.call(http.MethodDelete, "/schemas/"+url.PathEscape(kind)+"/"+url.PathEscape(name), nil)
}

// ConfKey writes a config group of the source type websocket, to be named by a stream's CONF_KEY.
func (h *Host) ConfKey(name string, props map[string]any) error {
	return h.ConfKeyOf("websocket", name, props)
}

// ConfKeyOf does the same for any source type, websocketBuiltin for one.
func (h *Host) ConfKeyOf(source, name string, props map[string]any) error {
	return h.call(http.MethodPut, "/metadata/sources/"+url.PathEscape(source)+"/confKeys/"+url.PathEscape(name), props)
}

// Ping runs the host's connectivity check of a source type. The error is the host's answer.
func (h *Host) Ping(source string, props map[string]any) error {
	return h.call(http.MethodPost, "/metadata/sources/connection/"+url.PathEscape(source), props)
}
