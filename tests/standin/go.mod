// A stand-in for hosts that cannot be built here: the module path and the
// registry of eKuiper, whose symbol the plugin looks for, and no code of it.
// tests/e2e builds it with the Go and the contract of each host.
module github.com/lf-edge/ekuiper/v2

go 1.24.1

require github.com/lf-edge/ekuiper/contract/v2 v2.3.1
