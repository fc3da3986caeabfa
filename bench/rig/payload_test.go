package rig

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestJSONHasItsSizeAndIsJSON(t *testing.T) {
	for _, size := range []int{100, 1024, 16384} {
		p, err := JSON(t.TempDir(), size)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(p.File)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) != size || p.Size != size {
			t.Errorf("%d bytes, %d said, for %d", len(text), p.Size, size)
		}
		stamped := []byte(string(text[:p.Stamp]) + "1764000000123456" + string(text[p.Stamp+16:]))
		var row map[string]any
		for _, message := range [][]byte{text, stamped} {
			if err := json.Unmarshal(message, &row); err != nil {
				t.Errorf("%d bytes: %v: %.120s", size, err, message)
			}
		}
		if row["sent"] != 1764000000123456.0 || row["temperature"] != 21.5 || !strings.HasPrefix(row["sensor"].(string), "boiler") {
			t.Errorf("%d bytes: %v", size, row)
		}
	}
	if _, err := JSON(t.TempDir(), 20); err == nil {
		t.Error("a message of 20 bytes cannot hold a reading")
	}
}
