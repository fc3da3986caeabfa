module ekuiper-websocket/tests/e2e

go 1.25.0

require (
	github.com/coder/websocket v1.8.14
	github.com/gorilla/websocket v1.5.3
	gopkg.in/yaml.v3 v3.0.1
)
