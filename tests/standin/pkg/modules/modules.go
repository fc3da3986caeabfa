// Package modules has the name and the type of eKuiper's list of built-in sources.
package modules

import "github.com/lf-edge/ekuiper/contract/v2/api"

type newSource func() api.Source

// Sources is filled by the host before it opens plugins.
var Sources = map[string]newSource{}
