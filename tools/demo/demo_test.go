package main

import (
	"context"
	"testing"
	"time"
)

// make demo TLS=1 on the real host, with our source and few messages: demo fails if one is lost, or if a mode delivers
// nothing.
func TestDemoOverTLS(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var passes []pass
	for _, p := range plan(2000) {
		if p.source == ours && !p.binary {
			passes = append(passes, p)
		}
	}
	if len(passes) != 2 {
		t.Fatalf("%d passes, want one for each mode", len(passes))
	}
	if err := demo(ctx, passes, true, false); err != nil {
		t.Error(err)
	}
}
