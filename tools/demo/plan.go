package main

import (
	"context"
	"fmt"
)

// Types of a stream: the name that the plugin has taken over, and the one it keeps the built-in source under.
const (
	ours    = "websocket"
	builtin = "websocketBuiltin"
)

// pass is one run of the fleet against one source.
type pass struct {
	source   string // ours or builtin
	server   bool   // the source listens; otherwise it dials
	binary   bool
	messages uint64
}

func (p pass) mode() string {
	if p.server {
		return "server"
	}
	return "client"
}

func (p pass) frames() string {
	if p.binary {
		return "binary"
	}
	return "text"
}

func (p pass) String() string {
	return fmt.Sprintf("%s, %s mode, %s frames", p.source, p.mode(), p.frames())
}

func plan(messages uint64) []pass {
	var passes []pass
	for _, source := range []string{ours, builtin} {
		for _, server := range []bool{true, false} {
			for _, binary := range []bool{false, true} {
				passes = append(passes, pass{source, server, binary, messages})
			}
		}
	}
	return passes
}

// result is what came of a pass.
type result struct {
	pass
	counts
	rate float64 // messages a second that reached the rules
	err  error   // why the pass could not be carried through
}

// runAll ends with the first pass in which our source could not even be tried; the built-in one may fail as it likes.
func runAll(ctx context.Context, site site, passes []pass) []result {
	var results []result
	for _, p := range passes {
		fmt.Printf("\n%s\n", p)
		r := run(ctx, site, p)
		if ctx.Err() != nil {
			break // errors that come of that say nothing
		}
		results = append(results, r)
		if r.err == nil {
			continue
		}
		fmt.Printf("  failed    %s\n", brief(r.err))
		if p.source == ours {
			break
		}
	}
	return results
}
