// A stand-in for kuiperd: it opens the plugin that its argument names, as eKuiper does at its start, runs one server
// source, and sends it one message. It ends with an error unless that message arrives.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"plugin"
	"strings"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
	"github.com/lf-edge/ekuiper/v2/pkg/modules"
)

const patience = time.Minute

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file string) error {
	modules.Sources["websocket"] = func() api.Source { return builtin{} }
	construct, err := open(file)
	if err != nil {
		return err
	}
	if _, taken := modules.Sources["websocketBuiltin"]; !taken || len(modules.Sources) != 1 {
		return fmt.Errorf("the name was not taken over: the host's sources are %v", modules.Sources)
	}
	source, ok := construct().(api.BytesSource)
	if !ok {
		return fmt.Errorf("a %T is no source of bytes", construct())
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	return deliver(source, port)
}

// builtin is what the plugin takes the name over from.
type builtin struct{ api.BytesSource }

func open(file string) (func() api.Source, error) {
	opened, err := plugin.Open(file)
	if err != nil {
		return nil, err
	}
	symbol, err := opened.Lookup("Websocket")
	if err != nil {
		return nil, err
	}
	construct, ok := symbol.(func() api.Source)
	if !ok {
		return nil, fmt.Errorf("Websocket is a %T", symbol)
	}
	return construct, nil
}

// deliver walks a source through its life: Provision, Connect, Subscribe, one message, Close.
func deliver(source api.BytesSource, port int) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	host := &streamContext{ctx: ctx}
	states, payloads := make(chan string, 16), make(chan string, 16)
	props := map[string]any{"datasource": "/smoke", "httpServerIp": "127.0.0.1", "httpServerPort": port}
	if err := source.Provision(host, props); err != nil {
		return err
	}
	if err := source.Connect(host, func(status, message string) { states <- status + " " + message }); err != nil {
		return err
	}
	ingest := func(_ api.StreamContext, payload []byte, meta map[string]any, _ time.Time) {
		payloads <- fmt.Sprintf("%s at %v", payload, meta["path"])
	}
	failed := func(_ api.StreamContext, err error) { payloads <- "error: " + err.Error() }
	if err := source.Subscribe(host, ingest, failed); err != nil {
		return err
	}
	if err := await(ctx, states, func(s string) bool { return strings.HasPrefix(s, api.ConnectionConnected) }); err != nil {
		return fmt.Errorf("waiting for the listener: %w", err)
	}
	if err := send(port, "hello"); err != nil {
		return err
	}
	if err := await(ctx, payloads, func(p string) bool { return p == "hello at /smoke" }); err != nil {
		return fmt.Errorf("waiting for the message: %w", err)
	}
	return source.Close(host)
}

func await(ctx context.Context, from chan string, ok func(string) bool) error {
	var seen []string
	for {
		select {
		case text := <-from:
			if ok(text) {
				return nil
			}
			seen = append(seen, text)
		case <-ctx.Done():
			return fmt.Errorf("%w; seen: %q", ctx.Err(), seen)
		}
	}
}

// send is a WebSocket client of a single text message of less than 126 bytes, masked with zeros.
func send(port int, text string) error {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	fmt.Fprintf(conn, "GET /smoke HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	answer, err := textproto.NewReader(bufio.NewReader(conn)).ReadLine()
	if err != nil {
		return err
	}
	if !strings.Contains(answer, " 101 ") {
		return fmt.Errorf("the handshake was answered with %q", answer)
	}
	frame := append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
	_, err = conn.Write(frame)
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
