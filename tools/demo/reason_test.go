package main

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestBriefIsOneLineThatEnds(t *testing.T) {
	long := strings.Repeat("ä", reasonLength)
	for text, want := range map[string]string{
		"no connection":        "no connection",
		"\n no connection \n ": "no connection",
		"first\nsecond":        "first …",
		long:                   long,
		long + "and so on":     long + " …",
	} {
		if got := brief(errors.New(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := brief(errors.New(`waited 10s; last seen: {"` + strings.Repeat("x", 4096))); utf8.RuneCountInString(got) > reasonLength+2 {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func TestNotReadyTellsTheHostsOwnWords(t *testing.T) {
	status := map[string]any{
		"status": "stopped by error", "message": "EOF", "source_fleet_0_records_in_total": 0.0,
		"source_fleet_0_connection_last_disconnected_message": "websocket: close 1006",
	}
	for want, status := range map[string]map[string]any{
		"rule fleet_alarm did not read within 10s; it is stopped by error: EOF; websocket: close 1006": status,
		"rule fleet_alarm did not read within 10s; it is running: the host says nothing more":          {"status": "running"},
	} {
		if got := notReady("fleet_alarm", "fleet", status, 10*time.Second).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
