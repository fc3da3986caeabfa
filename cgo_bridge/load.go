package main

import (
	"fmt"
	"strings"
	"sync"
	"unsafe"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// load takes the name over, where it may and can, and tells so in one line of the host's log.
func load(c core, symbol func(name string) unsafe.Pointer, takeOverSetting string) *loadNote {
	log := hostLogger(symbol)
	if broken, ok := c.(noCore); ok {
		return newLoadNote(log, true, fmt.Sprintf("websocket plugin: %s; type %s stays the host's own", broken.reason, ownName))
	}
	if err := mayTakeOver(takeOverSetting); err != nil {
		return newLoadNote(log, false, err.Error())
	}
	if err := takeOver(registry(symbol)); err != nil {
		return newLoadNote(log, true, err.Error())
	}
	line := fmt.Sprintf("websocket plugin: type %s is this plugin's now, the built-in source is type %s (%s)",
		ownName, builtinName, c.buildInfo())
	misspelt := strings.TrimSpace(takeOverSetting) != ""
	if misspelt {
		line += fmt.Sprintf("; %s=%s is not allowed and does nothing, it must be off or left out", takeOverVariable, takeOverSetting)
	}
	return newLoadNote(log, misspelt, line)
}

// loadNote is the one line about how loading went. init has no rule, so no rule's logger: the line goes to the host's
// log at once, and where that cannot be found, to the log of the first rule that provisions a source of ours.
type loadNote struct {
	line    string
	warning bool
	once    sync.Once
}

func newLoadNote(log api.Logger, warning bool, line string) *loadNote {
	n := &loadNote{line: line, warning: warning}
	n.tell(log)
	return n
}

// tell writes the line to log, unless there is none or it was written before.
func (n *loadNote) tell(log api.Logger) {
	if n == nil || n.line == "" || log == nil {
		return
	}
	n.once.Do(func() {
		if n.warning {
			log.Warn(n.line)
		} else {
			log.Info(n.line)
		}
	})
}
