package main

import (
	"time"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// pingPatience bounds a connectivity check: somebody waits in front of a form.
const pingPatience = 10 * time.Second

// Ping answers whether the peer can be reached, or the listener opened. The host calls it on a source of its own,
// without Provision and with nothing but what the form holds.
func (s *source) Ping(ctx api.StreamContext, props map[string]any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	settings, err := probeDocument(ctx, props)
	if err != nil {
		return err
	}
	document, err := settings.json()
	if err != nil {
		return err
	}
	patience := pingPatience
	if deadline, set := ctx.Deadline(); set {
		patience = max(min(patience, time.Until(deadline)), time.Millisecond)
	}
	if err := s.loops.run(); err != nil {
		return err
	}
	remark, err := s.core.probe(document, patience)
	if err != nil {
		return err
	}
	if remark != "" {
		ctx.GetLogger().Infof("websocket: connectivity check: %s", remark)
	}
	return nil
}

// pingable is what the host looks for (it is not in the contract).
type pingable interface {
	Ping(ctx api.StreamContext, props map[string]any) error
}

var _ pingable = (*source)(nil)
