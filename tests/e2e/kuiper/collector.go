package kuiper

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Collector is an HTTP server in this process that keeps the rows a rule sends, in the order in which they come. Give
// every rule its own.
type Collector struct {
	listener net.Listener
	server   *http.Server

	mutex sync.Mutex
	more  *sync.Cond // rows grew, or fail or held changed
	rows  []json.RawMessage
	held  bool
	fail  error
}

// NewCollector starts one on a port of its own. Close it.
func NewCollector() (*Collector, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Collector{listener: listener}
	c.more = sync.NewCond(&c.mutex)
	c.server = &http.Server{Handler: http.HandlerFunc(c.receive)}
	go c.server.Serve(listener)
	return c, nil
}

// Close ends the server and lets held requests go.
func (c *Collector) Close() error {
	c.Release()
	return c.server.Close()
}

// URL for a rest sink.
func (c *Collector) URL() string { return "http://" + c.listener.Addr().String() + "/" }

func (c *Collector) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var rows []json.RawMessage
	if err == nil {
		rows, err = splitRows(body)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if err != nil {
		c.fail = fmt.Errorf("collector got what is no JSON: %w: %.200q", err, body)
	}
	c.rows = append(c.rows, rows...)
	c.more.Broadcast()
	for c.held {
		c.more.Wait()
	}
}

// splitRows: a rest sink sends an object for one row and an array for several.
func splitRows(body []byte) ([]json.RawMessage, error) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '[' {
		var rows []json.RawMessage
		err := json.Unmarshal(body, &rows)
		return rows, err
	}
	if !json.Valid(body) {
		return nil, fmt.Errorf("invalid JSON")
	}
	return []json.RawMessage{body}, nil
}

// Hold leaves every request from now on without an answer until Release: the sink, and with it the rule, stands still.
func (c *Collector) Hold() { c.hold(true) }

// Release ends a Hold.
func (c *Collector) Release() { c.hold(false) }

func (c *Collector) hold(held bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.held = held
	c.more.Broadcast()
}

// Len is the number of rows so far.
func (c *Collector) Len() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.rows)
}

// Last is the newest row as it was sent, empty if there is none.
func (c *Collector) Last() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.rows) == 0 {
		return ""
	}
	return string(c.rows[len(c.rows)-1])
}

// Raw gives the rows as they were sent.
func (c *Collector) Raw() []json.RawMessage {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return append([]json.RawMessage(nil), c.rows...)
}

// Rows gives the rows decoded, numbers as json.Number so that none loses digits.
func (c *Collector) Rows() []map[string]any {
	raw := c.Raw()
	rows := make([]map[string]any, len(raw))
	for i, text := range raw {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&rows[i]); err != nil {
			rows[i] = map[string]any{"not an object": string(text)}
		}
	}
	return rows
}

// Reset forgets the rows.
func (c *Collector) Reset() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.rows = nil
}

// WaitN waits until there are at least n rows, each within the deadline of the one before. It does not wait for more than n to come too many: compare Len for that
// after something that is ordered behind them.
func (c *Collector) WaitN(n int, deadline time.Duration) error {
	limit := time.Now().Add(deadline)
	timer := time.AfterFunc(deadline, c.wake)
	defer timer.Stop()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	seen := len(c.rows)
	for len(c.rows) < n && c.fail == nil && time.Now().Before(limit) {
		c.more.Wait()
		if len(c.rows) > seen {
			seen, limit = len(c.rows), time.Now().Add(deadline)
			timer.Reset(deadline)
		}
	}
	switch {
	case c.fail != nil:
		return c.fail
	case len(c.rows) < n:
		return fmt.Errorf("%d rows of %d, and no other within %v", len(c.rows), n, deadline)
	}
	return nil
}

// wake lets WaitN look at the clock. Under the lock, or it could come between the look and the wait.
func (c *Collector) wake() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.more.Broadcast()
}
