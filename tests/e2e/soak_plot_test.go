package e2e

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"ekuiper-websocket/tests/e2e/kuiper"
)

// svg draws the record, one panel a quantity over the minutes; what is left of the line is the warm-up.
func (r record) svg(warmUp time.Duration) string {
	const width, height, left, gap, unit = 800, 130, 70, 40, mebibyte
	panels := []struct {
		title string
		of    func(moment) float64
	}{
		{"resident memory, MiB", func(s moment) float64 { return s.rss() / unit }},
		{"Go heap in use, MiB", func(s moment) float64 { return s.goHeap() / unit }},
		{"descriptors", moment.descriptors},
		{"threads", moment.threads},
		{"goroutines", moment.goroutines},
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		width+left+gap, len(panels)*(height+gap)+gap)
	out.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	length := max(r[len(r)-1].at, time.Second)
	for i, p := range panels {
		top := gap + i*(height+gap)
		most := 0.0
		for _, s := range r {
			most = max(most, p.of(s))
		}
		most = max(most*1.1, 1)
		x := func(at time.Duration) float64 { return left + width*float64(at)/float64(length) }
		y := func(value float64) float64 { return float64(top) + height*(1-value/most) }
		fmt.Fprintf(&out, `<text x="%d" y="%d">%s</text>`+"\n", left, top-6, p.title)
		fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#999"/>`+"\n", left, top, width, height)
		fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">%.0f</text>`+"\n", left-6, top+10, most)
		fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">0</text>`+"\n", left-6, top+height)
		fmt.Fprintf(&out, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#c33" stroke-dasharray="4"/>`+"\n",
			x(min(warmUp, length)), top, x(min(warmUp, length)), top+height)
		out.WriteString(`<polyline fill="none" stroke="#06c" points="`)
		for _, s := range r {
			fmt.Fprintf(&out, "%.1f,%.1f ", x(s.at), y(p.of(s)))
		}
		out.WriteString(`"/>` + "\n")
	}
	fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">%.1f minutes</text>`+"\n</svg>\n",
		left+width, len(panels)*(height+gap)+gap-20, length.Minutes())
	return out.String()
}

func TestSoakDrawsAPlot(t *testing.T) {
	t.Parallel()
	r := line(func(minute int) int64 { return int64(minute) * mebibyte }, func(int) kuiper.Usage { return kuiper.Usage{} })
	text := r.svg(5 * time.Minute)
	must(t, xml.Unmarshal([]byte(text), new(struct{})))
	equal(t, strings.Count(text, "<polyline"), 5)
	contains(t, text, "29.0 minutes", "870.0,51.8 ") // the last sample: at the right, a tenth below the top
}
