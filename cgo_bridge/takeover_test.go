package main

import (
	"maps"
	"strings"
	"testing"
	"unsafe"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

type sources = map[string]func() api.Source

type builtin struct{ api.BytesSource }

type notBytes struct{ api.Source }

func TestTakeOver(t *testing.T) {
	other := func() api.Source { return notBytes{} }
	built := func() api.Source { return builtin{} }
	registry := sources{"websocket": built, "mqtt": other}
	before := registry
	if err := takeOver(&registry); err != nil {
		t.Fatal(err)
	}
	if len(registry) != 2 || registry["mqtt"] == nil || registry["websocket"] != nil {
		t.Errorf("the registry holds %v", registry)
	}
	if _, ok := registry["websocketBuiltin"]().(builtin); !ok {
		t.Error("websocketBuiltin is not the old websocket")
	}
	// A rule that is reading the old map right now must find it as it was.
	if len(before) != 2 || before["websocket"] == nil || before["mqtt"] == nil {
		t.Errorf("the old map was written to: %v", before)
	}
	if err := takeOver(&registry); err == nil || !strings.Contains(err.Error(), "no built-in websocket") {
		t.Errorf("a second take-over answered %v", err)
	}
}

func TestTakeOverRefuses(t *testing.T) {
	built := func() api.Source { return builtin{} }
	for want, registry := range map[string]sources{
		"not filled yet":                      nil,
		"no built-in websocket":               {},
		"a type websocketBuiltin already":     {"websocket": built, "websocketBuiltin": built},
		"its constructor is nil":              {"websocket": nil},
		"its constructor panics: boom":        {"websocket": func() api.Source { panic("boom") }},
		"it is a <nil>, not a source of":      {"websocket": func() api.Source { return nil }},
		"it is a main.notBytes, not a source": {"websocket": func() api.Source { return notBytes{} }},
	} {
		before := maps.Clone(registry)
		err := takeOver(&registry)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "websocket plugin: ") {
			t.Errorf("got %v, want %q", err, want)
		}
		if len(registry) != len(before) || (registry == nil) != (before == nil) {
			t.Errorf("%s: the registry was changed to %v", want, registry)
		}
	}
	if err := takeOver(nil); err == nil || !strings.Contains(err.Error(), registrySymbol) {
		t.Errorf("without the symbol: %v", err)
	}
}

func TestTakeOverCanBeSwitchedOff(t *testing.T) {
	for setting, off := range map[string]bool{"off": true, "OFF": true, " Off ": true, "": false, "on": false, "offline": false} {
		if err := mayTakeOver(setting); (err != nil) != off {
			t.Errorf("%s=%q: %v", takeOverVariable, setting, err)
		}
	}
}

// host has the symbols of a fake executable.
func host(registry *sources, log **fakeLogger) func(string) unsafe.Pointer {
	var logger api.Logger = &fakeLogger{}
	itab := (*[2]unsafe.Pointer)(unsafe.Pointer(&logger))[0]
	return func(name string) unsafe.Pointer {
		switch {
		case name == registrySymbol && registry != nil:
			return unsafe.Pointer(registry)
		case name == hostLogSymbol && log != nil:
			return unsafe.Pointer(log)
		case name == hostLogItabSymbol:
			return itab
		}
		return nil
	}
}

// Only the method table's name proves that the variable is what we take it for.
func TestHostLogNeedsBothSymbols(t *testing.T) {
	log := &fakeLogger{}
	whole := host(nil, &log)
	if hostLogger(whole) == nil {
		t.Error("the host's log was not found")
	}
	for _, missing := range []string{hostLogSymbol, hostLogItabSymbol} {
		found := hostLogger(func(name string) unsafe.Pointer {
			if name == missing {
				return nil
			}
			return whole(name)
		})
		if found != nil {
			t.Errorf("a log was made up without %s", missing)
		}
	}
	log = nil
	if hostLogger(whole) != nil {
		t.Error("a nil log counts as one")
	}
}

func TestLoadSaysInTheHostsLogWhatItDid(t *testing.T) {
	built := func() api.Source { return builtin{} }
	for name, c := range map[string]struct {
		core     core
		setting  string
		registry *sources
		want     string
		taken    bool
	}{
		"taken over":  {newFakeCore(t), "", &sources{"websocket": built}, "info: websocket plugin: type websocket is this plugin's now, the built-in source is type websocketBuiltin (fake core)", true},
		"off":         {newFakeCore(t), "off", &sources{"websocket": built}, "info: websocket plugin: EKUIPER_WEBSOCKET_TAKEOVER=off, so type websocket stays the built-in source and this plugin rests", false},
		"misspelt":    {newFakeCore(t), "of", &sources{"websocket": built}, "warn: websocket plugin: type websocket is this plugin's now, the built-in source is type websocketBuiltin (fake core); EKUIPER_WEBSOCKET_TAKEOVER=of is not allowed and does nothing, it must be off or left out", true},
		"no symbol":   {newFakeCore(t), "", nil, "warn: websocket plugin: the built-in websocket is left in charge and this plugin rests: this host does not show its list of sources (symbol " + registrySymbol + ")", false},
		"broken core": {noCore{"parts of different versions"}, "", &sources{"websocket": built}, "warn: websocket plugin: parts of different versions; type websocket stays the host's own", false},
	} {
		t.Run(name, func(t *testing.T) {
			log := &fakeLogger{}
			note := load(c.core, host(c.registry, &log), c.setting)
			rule := &fakeLogger{}
			note.tell(rule)
			if len(log.lines) != 1 || log.lines[0] != c.want || len(rule.lines) != 0 {
				t.Errorf("host's log %q, rule's log %q, want %q", log.lines, rule.lines, c.want)
			}
			if c.registry != nil && ((*c.registry)["websocketBuiltin"] != nil) != c.taken {
				t.Errorf("the registry holds %v", *c.registry)
			}
		})
	}
}

func TestLoadWithoutHostLogTellsTheFirstRule(t *testing.T) {
	core := newFakeCore(t)
	note := load(core, host(nil, nil), "")
	ctx, _ := newFakeContext(t)
	for range 2 {
		if err := newSource(core, loopsOf(core), note).Provision(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := ctx.log.matching("warn", registrySymbol); len(got) != 1 {
		t.Errorf("log: %q", ctx.log.lines)
	}
}

func TestSourceWithoutCoreSaysWhy(t *testing.T) {
	ctx, _ := newFakeContext(t)
	s := sourceOf(noCore{"built without cgo"})
	for what, err := range map[string]error{"Provision": s.Provision(ctx, nil), "Ping": s.Ping(ctx, nil)} {
		if err == nil || err.Error() != "websocket: built without cgo" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTheExportedSymbolIsWhatTheHostLooksFor(t *testing.T) {
	var symbol any = Websocket
	construct, ok := symbol.(func() api.Source)
	if !ok {
		t.Fatalf("Websocket is a %T", symbol)
	}
	if s := construct(); !isBytesSource(s) {
		t.Errorf("%T is not a BytesSource", s)
	}
}
