// Generator is a source for the benchmarks (bench/host): it hands the host the same message again and again, as fast as
// the rule takes it or at a pace, in memory that is new each time, as a source that reads from a socket must. What the
// rule makes of that is the engine's own part. The stream's DATASOURCE is the path of a JSON file that says what to
// hand over; what to do is told to the Unix datagram socket beside it (.sock), so that one rule stays for many orders.
package main

import "C" // without cgo kuiperd cannot load this as its first plugin ("no plugin module data")

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// spec is that file.
type spec struct {
	Payload string         `json:"payload"` // path of a file with one message
	Meta    map[string]any `json:"meta"`    // of every call, a fresh map each
}

// order is a datagram.
type order struct {
	Run   bool    `json:"run"`
	Rate  float64 `json:"rate"`  // messages a second, once a millisecond what is due; 0: as fast as the rule takes them
	Array int     `json:"array"` // more than 1: so many of them as one JSON array a call
}

const tick = time.Millisecond

type generator struct {
	memory
	meta   map[string]any
	socket net.PacketConn
	orders chan order    // closed when the socket is
	ended  chan struct{} // nil: not started
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
	if g.one, err = os.ReadFile(s.Payload); err != nil {
		return fmt.Errorf("generator: %s: payload: %w", path, err)
	}
	g.meta = s.Meta
	if g.socket, err = net.ListenPacket("unixgram", path+".sock"); err != nil {
		return fmt.Errorf("generator: %w", err)
	}
	return nil
}

func (g *generator) Connect(_ api.StreamContext, status api.StatusChangeHandler) error {
	status(api.ConnectionConnected, "")
	return nil
}

func (g *generator) Subscribe(ctx api.StreamContext, ingest api.BytesIngest, ingestError api.ErrorIngest) error {
	g.orders, g.ended = make(chan order), make(chan struct{})
	go g.listen(ctx, ingestError)
	go func() {
		defer close(g.ended)
		g.obey(ctx, func(messages int) { ingest(ctx, g.payload(messages), maps.Clone(g.meta), time.Now()) })
	}()
	return nil
}

// listen ends when the socket is closed.
func (g *generator) listen(ctx api.StreamContext, ingestError api.ErrorIngest) {
	defer close(g.orders)
	text := make([]byte, 1024)
	for {
		n, _, err := g.socket.ReadFrom(text)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		var o order
		if err == nil {
			err = json.Unmarshal(text[:n], &o)
		}
		if err != nil {
			ingestError(ctx, fmt.Errorf("generator: order: %w", err))
			continue
		}
		select {
		case g.orders <- o:
		case <-ctx.Done():
		}
	}
}

func (g *generator) obey(ctx api.StreamContext, give func(messages int)) {
	for o, told := (order{}), false; ctx.Err() == nil; {
		switch {
		case !o.Run:
			if o, told = g.wait(ctx, nil); !told {
				return
			}
		case o.Rate > 0:
			if o, told = g.pace(ctx, o, give); !told {
				return
			}
		default:
			give(max(o.Array, 1))
			select {
			case o = <-g.orders:
			default:
			}
		}
	}
}

// pace gives what is due, each millisecond, until the next order.
func (g *generator) pace(ctx api.StreamContext, o order, give func(messages int)) (order, bool) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for start, given := time.Now(), 0; ctx.Err() == nil; {
		due := int(time.Since(start).Seconds()*o.Rate) - given
		given += due
		// In parts of the same size, near the one that is wanted.
		for parts := max(1, (due+o.Array/2)/max(o.Array, 1)); due > 0; parts-- {
			part := (due + parts - 1) / parts
			give(part)
			due -= part
		}
		if next, told := g.wait(ctx, ticker.C); told {
			return next, true
		}
	}
	return order{}, false
}

// wait is for an order, until that time at most.
func (g *generator) wait(ctx api.StreamContext, until <-chan time.Time) (order, bool) {
	select {
	case o, open := <-g.orders:
		return o, open
	case <-until:
	case <-ctx.Done():
	}
	return order{}, false
}

// Close comes after the rule's context is done, which also ends a blocked ingest.
func (g *generator) Close(api.StreamContext) error {
	if g.socket != nil {
		g.socket.Close()
	}
	if g.ended != nil {
		<-g.ended
	}
	return nil
}

var _ api.BytesSource = (*generator)(nil)
