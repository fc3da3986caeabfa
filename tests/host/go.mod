// The host that the tests and the demo run against: real kuiperd and kuiper,
// pinned. `make host` builds them into build/host/. Of ours there are only two
// plugins that tests give to that host (scripts/build-host-plugins.sh). `go mod
// tidy` must not be run here: modules behind eKuiper's optional build tags
// cannot be had from a proxy.
module ekuiper-websocket.test/host

go 1.25.4

require github.com/lf-edge/ekuiper/v2 v2.4.0

// As in eKuiper's own go.mod: replace lines of a dependency do not reach us.
replace (
	github.com/disintegration/imaging => github.com/disintegration/imaging v1.6.3-0.20201218193011-d40f48ce0f09
	github.com/golang-jwt/jwt/v4 => github.com/golang-jwt/jwt/v4 v4.5.2
	github.com/nats-io/nats-server/v2 => github.com/nats-io/nats-server/v2 v2.12.5
	github.com/segmentio/kafka-go => github.com/yisaer/kafka-go v0.0.0-20250314054731-4abde56ff0ac
	google.golang.org/genproto => google.golang.org/genproto v0.0.0-20240701130421-f6361c86f094
	google.golang.org/genproto/googleapis/rpc => google.golang.org/genproto/googleapis/rpc v0.0.0-20240701130421-f6361c86f094
)
