package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

const (
	loadDeadline   = time.Minute // for a word from ekws-load that is due
	sendingSeconds = "4"         // a slow machine sends less, or the demo would take minutes there
)

// loadLine is a line of ekws-load's output; what kind it is shows in what is set.
type loadLine struct {
	Listening string `json:"listening"`
	Ready     uint64 `json:"ready"`
	Sent      uint64 `json:"sent"`
}

// load is a running ekws-load.
type load struct {
	address   string // where the source finds it, as a server
	relay     *relay // that does TLS for it; nil: plain
	dial      []string
	process   *os.Process
	listening chan string
	ready     chan struct{}
	sent      atomic.Uint64 // as far as it has said
	ended     chan struct{}
	errors    bytes.Buffer
	err       error // of the process; read after ended
}

// startLoad starts the peer of a pass. A server is listening when this returns; a client is started by begin, when
// there is something to dial.
func startLoad(ctx context.Context, p pass, site site) (*load, error) {
	sending := []string{"--hold", "--messages", fmt.Sprint(p.messages), "--seconds", sendingSeconds, "--" + p.frames()}
	if p.server {
		port := site.host.ServerPort()
		if p.source == builtin {
			port = site.host.BuiltinPort()
		}
		entry, err := entryFor(site, port)
		if err != nil {
			return nil, err
		}
		entry.dial = append([]string{"client", "--url", "ws://" + entry.address + serverPath, "--wait", "10"}, sending...)
		return entry, nil
	}
	return listenLoad(ctx, site, append([]string{"--path", clientPath}, sending...))
}

// entryFor is a client to be, and the address at which it reaches a server of the host.
func entryFor(site site, port int) (*load, error) {
	l := &load{address: fmt.Sprintf("127.0.0.1:%d", port)}
	if site.tls == nil {
		return l, nil
	}
	var err error
	if l.relay, err = securingRelay(l.address, site.tls); err != nil {
		return nil, err
	}
	l.address = l.relay.address()
	return l, nil
}

// listenLoad starts a server on a port of its own.
func listenLoad(ctx context.Context, site site, sending []string) (*load, error) {
	l := &load{}
	if err := l.spawn(append([]string{"server", "--listen", "127.0.0.1:0"}, sending...)); err != nil {
		return nil, err
	}
	var err error
	if l.address, err = await(ctx, l, l.listening, "address"); err != nil {
		l.stop()
		return nil, err
	}
	if site.tls == nil {
		return l, nil
	}
	if l.relay, err = unveilingRelay(l.address, site.tls); err != nil {
		l.stop()
		return nil, err
	}
	l.address = l.relay.address()
	return l, nil
}

// begin lets the messages go as soon as the connection stands.
func (l *load) begin(ctx context.Context) error {
	if l.dial != nil {
		if err := l.spawn(l.dial); err != nil {
			return err
		}
	}
	if _, err := await(ctx, l, l.ready, "connection"); err != nil {
		return err
	}
	return l.process.Signal(syscall.SIGUSR1)
}

// spawn starts the process, tied to this one.
func (l *load) spawn(args []string) error {
	l.listening, l.ready = make(chan string, 1), make(chan struct{}, 1)
	l.ended = make(chan struct{})
	cmd := exec.Command(os.Getenv("EKWS_LOAD"), args...)
	cmd.Stderr = &l.errors
	// A group of its own: Ctrl-C is for us, we end it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	err = kuiper.StartTied(cmd, func() {
		l.read(out)
		l.err = cmd.Wait()
		close(l.ended)
	})
	if err != nil {
		return fmt.Errorf("starting ekws-load: %w", err)
	}
	l.process = cmd.Process
	return nil
}

func (l *load) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var line loadLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			continue
		}
		switch {
		case line.Listening != "":
			l.listening <- line.Listening
		case line.Ready > 0:
			l.ready <- struct{}{}
		default: // progress or the sum
			l.sent.Store(line.Sent)
		}
	}
}

// await takes what the process has to say, or says why it does not.
func await[T any](ctx context.Context, l *load, from <-chan T, what string) (value T, err error) {
	select {
	case value = <-from:
		return value, nil
	case <-l.ended:
		return value, fmt.Errorf("no %s: %w", what, l.failure())
	case <-ctx.Done():
		return value, ctx.Err()
	case <-time.After(loadDeadline):
		return value, fmt.Errorf("no %s of ekws-load within %v", what, loadDeadline)
	}
}

func (l *load) failure() error {
	if text := bytes.TrimSpace(l.errors.Bytes()); len(text) > 0 {
		return errors.New(string(text))
	}
	if l.err != nil {
		return l.err
	}
	return errors.New("ekws-load has ended")
}

// wait returns when everything was sent and the peer has closed, and says how much that was.
func (l *load) wait() (uint64, error) {
	<-l.ended
	if l.err != nil {
		return 0, l.failure()
	}
	return l.sent.Load(), nil
}

// stop ends the process if it still runs, and the relay.
func (l *load) stop() {
	defer l.close()
	if l.process == nil {
		return
	}
	l.process.Signal(syscall.SIGTERM)
	select {
	case <-l.ended:
	case <-time.After(time.Second):
		l.process.Kill()
		<-l.ended
	}
}

// close ends the relay.
func (l *load) close() {
	if l.relay != nil {
		l.relay.close()
	}
}
