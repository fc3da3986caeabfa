package main

import (
	"unsafe"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// Symbols of the host. The itab's name is the proof that the logger's type and api.Logger fit together.
const (
	hostLogSymbol     = "github.com/lf-edge/ekuiper/v2/internal/conf.Log"
	hostLogItabSymbol = "go:itab.*github.com/sirupsen/logrus.Logger,github.com/lf-edge/ekuiper/contract/v2/api.Logger"
)

// hostLogger is the host's own log as an api.Logger, or nil where this host has none that we know. The logger is a
// *logrus.Logger, a type the plugin may not import; but the host itself turns one into an api.Logger somewhere, so the
// linker has left the finished method table in the executable, and an interface value is that table and the pointer.
func hostLogger(symbol func(name string) unsafe.Pointer) api.Logger {
	itab, variable := symbol(hostLogItabSymbol), symbol(hostLogSymbol)
	if itab == nil || variable == nil {
		return nil
	}
	logger := *(*unsafe.Pointer)(variable)
	if logger == nil {
		return nil
	}
	var log api.Logger
	*(*[2]unsafe.Pointer)(unsafe.Pointer(&log)) = [2]unsafe.Pointer{itab, logger}
	return log
}
