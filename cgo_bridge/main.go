// Package main is the plugin Websocket.so: the thin side of the WebSocket source that eKuiper sees. Sockets are the
// business of the C++ core behind plugin/include/ekws/ekws.h.
package main

import (
	"os"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// What init found. Written once, before the host can ask for a source.
var (
	theCore  core
	theLoops *loops
	theNote  *loadNote
)

// Websocket is the symbol the host looks up for type `websocket`.
func Websocket() api.Source { return newSource(theCore, theLoops, theNote) }

// init runs inside plugin.Open, in the host's start-up: a panic here would take the host down.
func init() {
	broken := noCore{"the plugin did not load"}
	theCore, theLoops, theNote = broken, newLoops(broken, nil), &loadNote{}
	defer func() {
		if v := recover(); v != nil {
			theNote = newLoadNote(nil, true, panicError("loading the plugin", v).Error())
		}
	}()
	theCore = loadCore()
	theLoops = newLoops(theCore, hostLogger(hostSymbol))
	theNote = load(theCore, hostSymbol, os.Getenv(takeOverVariable))
}

func main() {}
