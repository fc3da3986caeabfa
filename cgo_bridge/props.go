package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/lf-edge/ekuiper/contract/v2/api"
)

// document is the configuration as it crosses into the core, which owns defaults, checks and messages.
type document struct {
	Props          map[string]any `json:"props"`
	KuiperYaml     string         `json:"kuiperYaml,omitempty"`
	WebsocketYaml  string         `json:"websocketYaml,omitempty"`
	MergeDefault   bool           `json:"mergeDefault,omitempty"` // the host has not laid the group `default` under props
	DefaultGroup   map[string]any `json:"defaultGroup,omitempty"` // what the environment sets in that group
	DataServerPort string         `json:"dataServerPort,omitempty"`
	RestPort       string         `json:"restPort,omitempty"`
	RPCPort        string         `json:"rpcPort,omitempty"`
	Root           string         `json:"root"` // relative paths are relative to it
	Label          string         `json:"label,omitempty"`
	ProbeAnyStatus bool           `json:"probeAnyStatus,omitempty"` // any HTTP answer counts as reached
}

// noPath is the datasource of a connectivity check that names no path.
const noPath = "/$$TEST_CONNECTION$$"

const sharedRule = "$$subtopo_"

// ruleDocument is the document of a source in a rule. It has no label yet: the context of Provision does not know the
// stream, that of Connect does.
func ruleDocument(ctx api.StreamContext, props map[string]any) (document, error) {
	return gather(ctx, document{Props: props})
}

// probeDocument is that of a connectivity check. Where it names no path, the core falls back to the property `path`,
// and without that we ask for "/" and cannot expect a WebSocket there.
func probeDocument(ctx api.StreamContext, props map[string]any) (document, error) {
	d := document{Props: maps.Clone(props), Label: "connectivity check", MergeDefault: true}
	maps.DeleteFunc(d.Props, func(key string, value any) bool {
		return strings.EqualFold(key, "datasource") && value == noPath
	})
	// A path that was named in another case than the host's has the marker beside it.
	if _, named := d.Props[find(d.Props, "datasource")]; !named && len(d.Props) < len(props) {
		d.ProbeAnyStatus = true
		path := find(d.Props, "path")
		if p, _ := d.Props[path].(string); p == "" {
			delete(d.Props, path)
			d.Props["datasource"] = "/"
		}
	}
	return gather(ctx, d)
}

// gather makes the properties a copy that JSON can say, and adds what the core cannot know by itself.
func gather(ctx api.StreamContext, d document) (document, error) {
	props, err := plainObject("", d.Props)
	if err != nil {
		return d, err
	}
	d.Props = props
	base := ctx.GetRootPath()
	if base == "" {
		base = os.Getenv(baseVariable)
	}
	if d.Root, err = filepath.Abs(base); err != nil {
		return d, fmt.Errorf("websocket: the folder that relative paths are relative to (%q): %w", base, err)
	}
	d.KuiperYaml = findKuiperYaml(d.Root, os.Args[1:])
	d.WebsocketYaml = groupsBeside(d.KuiperYaml)
	d.DefaultGroup = defaultGroup(os.Environ())
	d.DataServerPort = os.Getenv(dataServerVariable)
	d.RestPort, d.RPCPort = os.Getenv(restVariable), os.Getenv(rpcVariable)
	return d, nil
}

func (d document) json() ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("websocket: properties: %w", err)
	}
	return text, nil
}

// find is the key of props that is name but for its case (yaml keys arrive in lower case), or name.
func find(props map[string]any, name string) string {
	for key := range props {
		if strings.EqualFold(key, name) {
			return key
		}
	}
	return name
}

// label names the user of a subscription in messages of the core, which does not know rules and streams.
func label(ctx api.StreamContext) string {
	rule, stream := ctx.GetRuleId(), ctx.GetOpId()
	switch {
	case strings.HasPrefix(rule, sharedRule): // what the host calls the rule behind a SHARED stream
		return "shared stream " + strings.TrimPrefix(rule, sharedRule)
	case stream == "":
		return "rule " + rule
	}
	return "rule " + rule + ", stream " + stream
}
