module ekuiper-websocket/cgo_bridge

go 1.25.4

require github.com/lf-edge/ekuiper/contract/v2 v2.3.1
