// Package rig is what the benches share: a kuiperd with streams and rules to be measured, and the sender.
package rig

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

const (
	patience = 90 * time.Second // for an answer of the sender beyond what it was told to take
	opening  = 5 * time.Minute  // for all connections
)

// Target is where a sender connects to, and with what.
type Target struct {
	Port        int
	Path        string
	TLS         bool
	Binary      bool
	Connections int
	Window      int // handshakes at a time; 0: the sender's own choice
	Payload     Payload
	Stamped     bool // each message carries the time at which it was sent
	First       bool // each connection sends one message when it stands, stamped with when it was dialled
}

// Opened is how the connections came about.
type Opened struct {
	Opened  int     `json:"opened"`
	Seconds float64 `json:"seconds"`
	P50us   float64 `json:"p50_us"`
	P99us   float64 `json:"p99_us"`
	MaxUs   float64 `json:"max_us"`
}

// Sent is what the sender has done.
type Sent struct {
	Messages int64   `json:"sent"`
	Seconds  float64 `json:"seconds"`
	CPUus    float64 `json:"cpu_us"`
	LateP50  float64 `json:"late_p50_us"`
	LateP99  float64 `json:"late_p99_us"`
}

// Rate is messages a second.
func (s Sent) Rate() float64 { return float64(s.Messages) / s.Seconds }

// Client is a running ekws-bench-client.
type Client struct {
	Opened Opened

	process *os.Process
	in      io.WriteCloser
	lines   chan []byte // closed at the end of its output
	errors  bytes.Buffer
	ended   chan struct{}
}

// Dial starts a sender and returns when its connections stand.
func Dial(t Target) (*Client, error) {
	args := []string{"--port", fmt.Sprint(t.Port), "--path", t.Path, "--connections", fmt.Sprint(max(t.Connections, 1)),
		"--payload", t.Payload.File}
	if t.Window > 0 {
		args = append(args, "--window", fmt.Sprint(t.Window))
	}
	if t.Stamped || t.First {
		args = append(args, "--stamp", fmt.Sprint(t.Payload.Stamp))
	}
	for flag, set := range map[string]bool{"--tls": t.TLS, "--binary": t.Binary, "--first": t.First} {
		if set {
			args = append(args, flag)
		}
	}
	c := &Client{lines: make(chan []byte, 1), ended: make(chan struct{})}
	if err := c.spawn(exec.Command(os.Getenv("EKWS_BENCH_CLIENT"), args...)); err != nil {
		return nil, err
	}
	if err := c.answer(&c.Opened, opening); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Client) spawn(cmd *exec.Cmd) (err error) {
	cmd.Stderr = &c.errors
	if c.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	err = kuiper.StartTied(cmd, func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.lines <- bytes.Clone(lines.Bytes())
		}
		cmd.Wait()
		close(c.lines)
		close(c.ended)
	})
	if err != nil {
		return fmt.Errorf("starting ekws-bench-client: %w", err)
	}
	c.process = cmd.Process
	return nil
}

func (c *Client) answer(into any, within time.Duration) error {
	select {
	case line, more := <-c.lines:
		if !more {
			return fmt.Errorf("the sender has ended: %s", strings.TrimSpace(c.errors.String()))
		}
		return json.Unmarshal(line, into)
	case <-time.After(within):
		return fmt.Errorf("no answer of the sender within %v", within)
	}
}

// Send sends in the background and returns where the answer will be. Rate 0: as fast as it goes.
func (c *Client) Send(rate float64, d, tick time.Duration) <-chan Answer {
	return c.order(fmt.Sprintf("send %f %f %d\n", rate, d.Seconds(), tick.Microseconds()), d+patience)
}

// SendCount sends so many, each connection in its turn.
func (c *Client) SendCount(rate float64, count int, within, tick time.Duration) <-chan Answer {
	return c.order(fmt.Sprintf("send %f %f %d %d\n", rate, within.Seconds(), tick.Microseconds(), count), within+patience)
}

func (c *Client) order(line string, within time.Duration) <-chan Answer {
	done := make(chan Answer, 1)
	go func() {
		var a Answer
		if _, err := io.WriteString(c.in, line); err != nil {
			a.Err = err
		}
		if err := c.answer(&a.Sent, within); err != nil {
			a.Err = err
		}
		done <- a
	}()
	return done
}

// Answer to an order.
type Answer struct {
	Sent
	Err error
}

// Close ends the sender and its connections.
func (c *Client) Close() {
	c.in.Close()
	for {
		select {
		case <-c.ended:
			return
		case <-c.lines: // nobody waits for it any more
		case <-time.After(5 * time.Second):
			c.process.Kill()
			<-c.ended
			return
		}
	}
}
