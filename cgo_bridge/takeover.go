package main

import (
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

const (
	takeOverVariable = "EKUIPER_WEBSOCKET_TAKEOVER"
	registrySymbol   = "github.com/lf-edge/ekuiper/v2/pkg/modules.Sources"
	ownName          = "websocket"
	builtinName      = "websocketBuiltin"
)

// registry is the host's variable with the built-in sources, or nil. The host declares its elements with a named
// type over func() api.Source, which has the same memory.
func registry(symbol func(name string) unsafe.Pointer) *map[string]func() api.Source {
	return (*map[string]func() api.Source)(symbol(registrySymbol))
}

// mayTakeOver is nil unless the operator has switched the take-over off.
func mayTakeOver(setting string) error {
	if strings.EqualFold(strings.TrimSpace(setting), "off") {
		return fmt.Errorf("websocket plugin: %s=%s, so type %s stays the built-in source and this plugin rests",
			takeOverVariable, setting, ownName)
	}
	return nil
}

// takeOver makes the host ask native plugins, that is us, for `websocket`: it asks its built-in sources first, so ours
// would never be found. The built-in one stays usable under another name. What is not as expected is left alone, and
// the error says what that was.
//
// Rules may be reading the map right now, without a lock. So it is never written to: a changed copy is published by
// one atomic store, and a reader sees the old map or the new one.
func takeOver(sources *map[string]func() api.Source) error {
	if sources == nil {
		return refused("this host does not show its list of sources (symbol %s)", registrySymbol)
	}
	if *sources == nil {
		return refused("the host's list of sources is not filled yet")
	}
	construct, found := (*sources)[ownName]
	if !found {
		return fmt.Errorf("websocket plugin: this host has no built-in %s, so there is nothing to take over "+
			"and no type %s; type %s is this plugin's", ownName, builtinName, ownName)
	}
	if _, taken := (*sources)[builtinName]; taken {
		return refused("the host has a type %s already (is the plugin installed twice?)", builtinName)
	}
	if err := expectBytesSource(construct); err != nil {
		return err
	}
	changed := maps.Clone(*sources)
	delete(changed, ownName)
	changed[builtinName] = construct
	// A map variable is one pointer to the map.
	atomic.StorePointer((*unsafe.Pointer)(unsafe.Pointer(sources)), *(*unsafe.Pointer)(unsafe.Pointer(&changed)))
	return nil
}

// expectBytesSource calls the constructor, as the host does for every rule: it has no effect but the value.
func expectBytesSource(construct func() api.Source) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = refused("its constructor panics: %v", v)
		}
	}()
	if construct == nil {
		return refused("its constructor is nil")
	}
	if s := construct(); !isBytesSource(s) {
		return refused("it is a %T, not a source of bytes", s)
	}
	return nil
}

func isBytesSource(s api.Source) bool {
	_, ok := s.(api.BytesSource)
	return ok
}

func refused(format string, args ...any) error {
	return fmt.Errorf("websocket plugin: the built-in %s is left in charge and this plugin rests: "+format,
		append([]any{ownName}, args...)...)
}
