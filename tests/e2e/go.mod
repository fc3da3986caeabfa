module ekuiper-websocket/tests/e2e

go 1.25.0

require (
	github.com/bufbuild/protocompile v0.14.1
	github.com/coder/websocket v1.8.14
	github.com/gorilla/websocket v1.5.3
	github.com/klauspost/compress v1.18.4
	google.golang.org/protobuf v1.36.11
	gopkg.in/yaml.v3 v3.0.1
)

require ekuiper-websocket/tests/support v0.0.0

replace ekuiper-websocket/tests/support => ../support
require golang.org/x/sync v0.8.0 // indirect
