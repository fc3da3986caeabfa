package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// Who asks a tool for help gets it on stdout, and no failure, wherever the word stands.
func TestLoadToolHelps(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"help"}, {"client", "--help"}, {"server", "--help"}, {"server", "--listen", "127.0.0.1:0", "-h"}} {
		var out, complaints bytes.Buffer
		run := exec.Command(os.Getenv("EKWS_LOAD"), args...)
		run.Stdout, run.Stderr = &out, &complaints
		if err := run.Run(); err != nil || complaints.Len() > 0 {
			t.Errorf("%v: %v, %s", args, err, complaints.String())
		}
		contains(t, out.String(), "ekws-load client --url", "ekws-load server --listen", "--messages N")
	}
}
