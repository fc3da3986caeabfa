package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

const footnote = `sent: messages that ekws-load sent, as fast as the source took them, one connection, about 85 bytes of JSON each.
received: messages that went through both rules of the stream, the filter and the window, at the slower of the two.
Every rule, the built-in source's too, has the option disableBufferFullDiscard = true: no rule discards rows that came
too fast. What the built-in source loses it drops before its rules, and it ignores binary frames.
`

func printTable(out io.Writer, results []result) {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "source\tmode\tframes\tsent\treceived\tlost\tlost %\tmessages/s\t")
	for _, r := range results {
		if r.err != nil {
			fmt.Fprintf(table, "%s\t%s\t%s\tfailed\t\t\t\t\n", r.source, r.mode(), r.frames())
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%.1f\t%s\t\n", r.source, r.mode(), r.frames(), thousands(r.sent),
			thousands(r.received()), thousands(r.lost()), percent(r.lost(), r.sent), thousands(uint64(r.rate)))
	}
	table.Flush()
	fmt.Fprintf(out, "\n%s\n", text.String())
	for _, r := range results {
		if r.err != nil {
			fmt.Fprintf(out, "failed: %s: %s\n", r.pass, brief(r.err))
		}
	}
	fmt.Fprint(out, footnote)
}

func percent(part, all uint64) float64 {
	if all == 0 {
		return 0
	}
	return 100 * float64(part) / float64(all)
}

// judge: our source must have delivered everything, each message once, in both modes. What the built-in one does is
// shown, not judged.
func judge(results []result) error {
	var err error
	delivered := map[string]bool{}
	for _, r := range results {
		switch {
		case r.source != ours:
		case r.err != nil:
			err = errors.Join(err, fmt.Errorf("%s: %w", r.pass, r.err))
		case r.lost() > 0:
			err = errors.Join(err, fmt.Errorf("%s: %s messages lost", r.pass, thousands(r.lost())))
		case !r.exact():
			err = errors.Join(err, fmt.Errorf("%s: not each message once: %+v", r.pass, r.counts))
		case r.received() > 0:
			delivered[r.mode()] = true
		}
	}
	for _, mode := range []string{"server", "client"} {
		if err == nil && !delivered[mode] {
			err = fmt.Errorf("nothing was delivered in %s mode", mode)
		}
	}
	return err
}
