package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// benchEntry is one of the summary that make bench keeps.
type benchEntry struct {
	Bench     string               `json:"bench"`
	Case      string               `json:"case"`
	Contender string               `json:"contender"`
	Measure   string               `json:"measure"`
	TLS       bool                 `json:"tls"`
	Values    map[string][]float64 `json:"values"`
}

// make bench works, whatever it would measure here beside all other tests: each part to its end, nothing of ours lost.
// Without micro: what it needs, libbenchmark-dev, is not among what the end-to-end tests install (scripts/deps.sh).
func TestBenchQuick(t *testing.T) {
	t.Parallel()
	runMake(t, "bench", "BENCH_QUICK=1", "BENCH_PARTS=host scale core")
	raw := filepath.Join(os.Getenv("EKWS_ROOT"), "build", "bench", "quick")
	var summary struct {
		Parts   map[string]struct{ State string } `json:"parts"`
		Results []benchEntry                      `json:"results"`
	}
	text, err := os.ReadFile(filepath.Join(raw, "summary.json"))
	must(t, err)
	must(t, json.Unmarshal(text, &summary))
	for _, part := range []string{"host", "scale", "core"} {
		equal(t, summary.Parts[part].State, "complete")
	}
	seen, came := map[string]int{}, map[string]bool{}
	for _, r := range summary.Results {
		seen[r.Bench+" "+r.Measure+" "+r.Contender]++
		for _, lost := range append(r.Values["lost"], r.Values["failed"]...) {
			if lost > 0 && (r.Contender == "ours" || r.Contender == "ours batch") {
				t.Errorf("lost or failed, not 0: %+v", r)
			}
		}
		if r.Measure == "flat" {
			came[r.Contender] = came[r.Contender] || slices.Max(r.Values["rate"]) > 0 // the moment of one may be too short
		}
	}
	for contender, some := range came {
		if !some {
			t.Errorf("nothing came of %s in any of its measurements", contender)
		}
	}
	for _, what := range []string{
		"host flat ours", "host flat ours batch", "host flat builtin", "host flat ceiling", "host flat ceiling batch",
		"host equal ours", "host equal ceiling", "host equal ceiling batch", "host lossless builtin", "host latency ours", "host latency builtin", "host rss ours",
		"scale  ours", "scale  builtin", "core  ours", "core  stock", "core  beast", "core  bound", "core  ahead",
	} {
		if seen[what] == 0 {
			t.Errorf("no result of %q: %v", what, seen)
		}
	}
}

// docs/performance.md is what the report makes of the results that are kept in the tree.
func TestPerformanceReportIsOfItsResults(t *testing.T) {
	t.Parallel()
	root := os.Getenv("EKWS_ROOT")
	results := filepath.Join(root, "bench", "results")
	if _, err := os.Stat(filepath.Join(results, "summary.json")); os.IsNotExist(err) {
		t.Skip("no full run of make bench has been kept yet")
	}
	made := t.TempDir()
	if out, err := inTree("bench/report/report.py", "--results", results, "--docs", made).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(made, "performance", "*.svg"))
	must(t, err)
	for _, file := range append(files, filepath.Join(made, "performance.md")) {
		name, err := filepath.Rel(made, file)
		must(t, err)
		want, err := os.ReadFile(file)
		must(t, err)
		have, err := os.ReadFile(filepath.Join(root, "docs", name))
		must(t, err)
		if string(have) != string(want) {
			t.Errorf("docs/%s is not what bench/report/report.py makes of bench/results", name)
		}
	}
}
