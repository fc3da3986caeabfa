package main

import (
	"strings"
	"testing"
)

func TestHelpGoesToStdoutAndIsNoFailure(t *testing.T) {
	for _, word := range []string{"-h", "-help", "--help"} {
		var out, complaints strings.Builder
		_, status, goOn := parse([]string{"-tls", word}, &out, &complaints)
		if status != 0 || goOn || out.String() != usage || complaints.Len() > 0 {
			t.Errorf("%s: status %d, go on %v, %q, %q", word, status, goOn, out.String(), complaints.String())
		}
	}
}

func TestOptions(t *testing.T) {
	var out, complaints strings.Builder
	o, _, goOn := parse([]string{"-keep", "-tls", "-messages", "7"}, &out, &complaints)
	if !goOn || !o.keep || !o.tls || o.messages != 7 || out.Len()+complaints.Len() > 0 {
		t.Errorf("got %+v, go on %v, %q, %q", o, goOn, out.String(), complaints.String())
	}
	for _, bad := range [][]string{{"-messages", "x"}, {"-messages", "0"}, {"-nonsense"}, {"word"}} {
		complaints.Reset()
		if _, status, goOn := parse(bad, &out, &complaints); goOn || status != 2 || !strings.Contains(complaints.String(), bad[len(bad)-1]) {
			t.Errorf("%v: status %d, go on %v, %q", bad, status, goOn, complaints.String())
		}
	}
}
