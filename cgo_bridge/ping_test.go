package main

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestPingPaths(t *testing.T) {
	for name, c := range map[string]struct {
		props, want map[string]any
		any         bool
	}{
		"a path of its own": {
			props: map[string]any{"addr": "h:1", "datasource": "/a", "path": "/b"},
			want:  map[string]any{"addr": "h:1", "datasource": "/a", "path": "/b"},
		},
		"a path of its own in another case": {
			props: map[string]any{"addr": "h:1", "DataSource": "/a", "datasource": noPath},
			want:  map[string]any{"addr": "h:1", "DataSource": "/a"},
		},
		"the property path": {
			props: map[string]any{"addr": "h:1", "datasource": noPath, "Path": "/b"},
			want:  map[string]any{"addr": "h:1", "Path": "/b"},
			any:   true,
		},
		"no path at all": {
			props: map[string]any{"addr": "h:1", "DataSource": noPath},
			want:  map[string]any{"addr": "h:1", "datasource": "/"},
			any:   true,
		},
		"an empty path": {
			props: map[string]any{"path": "", "datasource": noPath},
			want:  map[string]any{"datasource": "/"},
			any:   true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			core := newFakeCore(t)
			ctx, _ := newFakeContext(t)
			if err := sourceOf(core).Ping(ctx, c.props); err != nil {
				t.Fatal(err)
			}
			var d document
			if err := json.Unmarshal([]byte(core.probed[0]), &d); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(d.Props, c.want) || d.ProbeAnyStatus != c.any || !d.MergeDefault {
				t.Errorf("the core was given %s", core.probed[0])
			}
			if core.patience != pingPatience || core.open() != 0 {
				t.Errorf("patience %v, subscriptions %d", core.patience, core.open())
			}
		})
	}
}

func TestPingAnswersAndRemarks(t *testing.T) {
	core := newFakeCore(t)
	ctx, _ := newFakeContext(t)
	core.remark = "HTTP 404; the path was not checked"
	if err := sourceOf(core).Ping(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if got := ctx.log.matching("info", core.remark); len(got) != 1 {
		t.Errorf("log: %q", ctx.log.lines)
	}
	core.probeErr = &coreError{code: 402, text: "127.0.0.1:1: connection refused"}
	if err := sourceOf(core).Ping(ctx, nil); !errors.Is(err, core.probeErr) {
		t.Errorf("got %v", err)
	}
}

func TestPingKeepsToAnEarlierDeadline(t *testing.T) {
	core := newFakeCore(t)
	ctx, _ := newFakeContext(t)
	early, cancel := context.WithTimeout(ctx.ctx, pingPatience-time.Second)
	defer cancel()
	ctx.ctx = early
	if err := sourceOf(core).Ping(ctx, nil); err != nil || core.patience > pingPatience-time.Second || core.patience <= 0 {
		t.Errorf("patience %v, %v", core.patience, err)
	}
	cancel()
	if err := sourceOf(core).Ping(ctx, nil); !errors.Is(err, context.Canceled) || len(core.probed) != 1 {
		t.Errorf("a cancelled check answered %v after %d probes", err, len(core.probed))
	}
}
