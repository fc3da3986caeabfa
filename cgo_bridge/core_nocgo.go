//go:build !cgo

package main

import "unsafe"

// Without cgo there is no core. The package still compiles, so that everything else can be read, vetted and tested.
func loadCore() core { return noCore{"the plugin was built without cgo, so its C++ core is missing"} }

func hostSymbol(string) unsafe.Pointer { return nil }
