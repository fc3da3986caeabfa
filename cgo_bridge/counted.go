package main

import (
	"fmt"
	"strings"
)

// counted is what of ekws_stats counts from start to close, and what of that the rule did not get.
type counted struct {
	connections, messages, bytes, pauses               uint64
	dropped                                            uint64
	refusedConnections, handshakeTimeouts              uint64
	failedHandshakes, failedTLS                        uint64
	pongTimeouts, idleTimeouts, protocolErrors         uint64
	tooBigMessages, tooManyFragments, fragmentTimeouts uint64
	bufferLimits                                       uint64
}

// String is a line for the log: how much came in, and of what went wrong that which did.
func (c counted) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "websocket: stopped; counted since the start: connections %d, messages %d, bytes %d",
		c.connections, c.messages, c.bytes)
	for _, one := range []struct {
		what  string
		count uint64
	}{
		{"messages dropped that the rule had not taken", c.dropped},
		{"times reading rested for the rule", c.pauses},
		{"connections refused (maxConnections, maxConnectionsPerIp)", c.refusedConnections},
		{"handshakes too slow (handshakeTimeout)", c.handshakeTimeouts},
		{"handshakes failed", c.failedHandshakes},
		{"TLS failed", c.failedTLS},
		{"pings not answered (pongTimeout)", c.pongTimeouts},
		{"connections idle (idleTimeout)", c.idleTimeouts},
		{"protocol errors", c.protocolErrors},
		{"messages too big (maxMessageBytes)", c.tooBigMessages},
		{"messages of too many frames (maxFragments)", c.tooManyFragments},
		{"messages too slow (fragmentTimeout)", c.fragmentTimeouts},
		{"messages beyond all memory (maxBufferedBytes)", c.bufferLimits},
	} {
		if one.count != 0 {
			fmt.Fprintf(&line, ", %s %d", one.what, one.count)
		}
	}
	return line.String()
}
