package main

import "errors"

// class is what a caller decides by; the text is for people (ekws.h, EKWS_CLASS_*).
type class int32

const (
	classConfig   class = 1
	classClosed   class = 7
	classInternal class = 8
)

const (
	codeDescriptors int32 = 408
	codeMemory      int32 = 803
	codeInternal    int32 = 804
)

// coreError is an ekws_error, copied out of C.
type coreError struct {
	code int32
	text string
}

func (e *coreError) Error() string { return "websocket: " + e.text }

func (e *coreError) class() class { return class(e.code / 100) }

// classOf is the class of a core error anywhere in err's chain, and internal for errors of other origin.
func classOf(err error) class {
	var ce *coreError
	if errors.As(err, &ce) {
		return ce.class()
	}
	return classInternal
}
