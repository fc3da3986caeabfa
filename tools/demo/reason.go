package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

const reasonLength = 160 // characters of an error that are shown beside the table

// brief is an error as one line that can be read: its first, cut where it goes on too long.
func brief(err error) string {
	line, rest, more := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	more = more && strings.TrimSpace(rest) != ""
	line = strings.TrimSpace(line)
	if utf8.RuneCountInString(line) > reasonLength {
		line, more = strings.TrimSpace(string([]rune(line)[:reasonLength])), true
	}
	if more {
		line += " …"
	}
	return line
}

// notReady says what of a rule's status, which is some 4 KB of JSON, tells why the rule does not read.
func notReady(rule, stream string, status map[string]any, deadline time.Duration) error {
	var told []string
	for _, field := range []string{"message", "source_" + stream + "_0_connection_last_disconnected_message"} {
		if text, _ := status[field].(string); text != "" {
			told = append(told, text)
		}
	}
	if told == nil {
		told = []string{"the host says nothing more"}
	}
	return fmt.Errorf("rule %s did not read within %v; it is %v: %s", rule, deadline, status["status"], strings.Join(told, "; "))
}
