package main

import (
	"errors"
	"strings"
	"testing"
)

func whole(source string, server bool) result {
	return result{
		pass:   pass{source: source, server: server},
		counts: counts{sent: 1000, filtered: 1000, entered: 1000, windowed: 1000, seqs: 500500},
		rate:   1234567,
	}
}

func TestTable(t *testing.T) {
	lossy := whole(builtin, true)
	lossy.filtered = 750
	failed := result{pass: pass{source: builtin, binary: true}, err: errors.New("no connection\n{\"status\": \"4 KB of it\"}")}
	var out strings.Builder
	printTable(&out, []result{whole(ours, true), lossy, failed})
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{
		"",
		"source mode frames sent received lost lost % messages/s",
		"websocket server text 1,000 1,000 0 0.0 1,234,567",
		"websocketBuiltin server text 1,000 750 250 25.0 1,234,567",
		"websocketBuiltin client binary failed",
		"",
		"failed: websocketBuiltin, client mode, binary frames: no connection …",
		"sent: messages that ekws-load sent, as fast as the source took them, one connection, about 85 bytes of JSON each.",
	} {
		if got := strings.Join(strings.Fields(lines[i]), " "); got != want {
			t.Errorf("line %d: got %q, want %q", i, got, want)
		}
	}
}

func TestJudge(t *testing.T) {
	server, client := whole(ours, true), whole(ours, false)
	lost, twice, failed, silent := client, client, client, client
	lost.windowed = 999
	twice.seqs++
	failed.err = errors.New("no connection")
	silent.counts = counts{}
	lossyBuiltin := whole(builtin, true)
	lossyBuiltin.filtered = 0
	for _, c := range []struct {
		name    string
		results []result
		want    string
	}{
		{"all is well", []result{server, client}, ""},
		{"the built-in one may lose", []result{server, client, lossyBuiltin}, ""},
		{"a loss", []result{server, lost}, "websocket, client mode, text frames: 1 messages lost"},
		{"one twice", []result{server, twice}, "not each message once"},
		{"a failure", []result{server, failed}, "no connection"},
		{"only one mode", []result{server}, "nothing was delivered in client mode"},
		{"nothing sent", []result{server, silent}, "nothing was delivered in client mode"},
	} {
		err := judge(c.results)
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
