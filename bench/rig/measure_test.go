package rig

import (
	"os"
	"testing"
	"time"
)

// The processor time of this process grows by what it burns.
func TestCPUCounts(t *testing.T) {
	before, err := cpu(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		now, err := cpu(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if now-before >= 50*time.Millisecond {
			return
		}
	}
}

func TestResultOfTwoSamples(t *testing.T) {
	start := time.Now()
	a := sample{Counts{Source: 10, Handled: 100}, start, time.Second}
	b := sample{Counts{Source: 60, Handled: 2100}, start.Add(2 * time.Second), 1500 * time.Millisecond}
	var r Result
	r.between(a, b)
	if want := (Result{Rate: 1000, CPUus: 250, Cores: 0.25}); r != want {
		t.Errorf("%+v instead of %+v", r, want)
	}
	r = Result{}
	if r.between(a, a); r.CPUus != 0 {
		t.Errorf("without a message: %+v", r)
	}
}
