// Customformat is a plugin for kuiperd that adds the format "custom" as eKuiper's documentation describes it: the codec
// is the plugin that was registered as a schema, POST /schemas/custom. eKuiper 2.4.0 has that registry, but no format
// that reads from it; it leaves adding one to products built on it. This is such an addition, made the way they do it.
package main

import (
	"fmt"
	"path/filepath"
	"plugin"
	"strings"

	"github.com/lf-edge/ekuiper/contract/v2/api"
	"github.com/lf-edge/ekuiper/v2/pkg/ast"
	"github.com/lf-edge/ekuiper/v2/pkg/message"
	"github.com/lf-edge/ekuiper/v2/pkg/modules"
)

func init() {
	modules.RegisterConverter(message.FormatCustom, load)
}

// Customformat is the symbol that kuiperd looks for in a function plugin of this name. Nobody calls it.
var Customformat any

func load(_ api.StreamContext, schemaID string, _ map[string]*ast.JsonStreamField, _ map[string]any) (message.Converter, error) {
	name, messageName, _ := strings.Cut(schemaID, ".")
	codec, err := plugin.Open(filepath.Join("data", "schemas", "custom", name+".so"))
	if err != nil {
		return nil, err
	}
	get, err := codec.Lookup("Get" + messageName)
	if err != nil {
		return nil, err
	}
	make, ok := get.(func() any)
	if !ok {
		return nil, fmt.Errorf("schema %s: Get%s is a %T", name, messageName, get)
	}
	converter, ok := make().(message.Converter)
	if !ok {
		return nil, fmt.Errorf("schema %s: what Get%s gives is no converter", name, messageName)
	}
	return converter, nil
}
