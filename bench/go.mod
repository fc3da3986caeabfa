module ekuiper-websocket/bench

go 1.25.0

require ekuiper-websocket/tests/e2e v0.0.0

require gopkg.in/yaml.v3 v3.0.1 // indirect

replace ekuiper-websocket/tests/e2e => ../tests/e2e
