package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// One source for eKuiper 2.2 to 2.4: built for the Go and the contract of each, the plugin loads, takes the name over
// and delivers. Of the older two only a stand-in can be built here.
func TestLoadsIntoEveryHost(t *testing.T) {
	t.Parallel()
	for _, pair := range hostPairs {
		t.Run(pair.ekuiper, func(t *testing.T) {
			t.Parallel()
			host, out := pair.standIn(t, "-trimpath"), t.TempDir()
			runMake(t, "plugin", "HOST="+host, "OUT="+out)
			contains(t, runStandIn(t, host, filepath.Join(out, "Websocket.so")), "type websocket is this plugin's now")
		})
	}
}

// What the test above would show if a plugin were built for another host.
func TestPluginOfAnotherHostIsRefused(t *testing.T) {
	t.Parallel()
	host := hostPairs[0].standIn(t, "-trimpath")
	out, err := exec.Command(host, os.Getenv("EKWS_PLUGIN")).CombinedOutput()
	if err == nil {
		t.Errorf("a plugin for go1.25.4 was loaded into a host of %s", hostPairs[0].golang)
	}
	contains(t, string(out), "different version of package")
}

func runStandIn(t *testing.T, host, plugin string) string {
	t.Helper()
	out, err := exec.Command(host, plugin).CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", host, plugin, err, out)
	}
	return string(out)
}
