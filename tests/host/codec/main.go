// Codec is a schema plugin of the tests: what users write to have eKuiper decode a format of their own. Message "Point"
// is a big-endian int32 and a text: SCHEMAID="name.Point".
package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

type point struct{}

func (point) Decode(_ api.StreamContext, b []byte) (any, error) {
	if len(b) < 4 {
		return nil, fmt.Errorf("a point has at least 4 bytes, not %d", len(b))
	}
	return map[string]any{"id": int64(int32(binary.BigEndian.Uint32(b))), "label": string(b[4:])}, nil
}

func (point) Encode(api.StreamContext, any) ([]byte, error) {
	return nil, errors.New("points are only decoded here")
}

// GetPoint is what eKuiper looks up for the message Point.
func GetPoint() any { return point{} }
