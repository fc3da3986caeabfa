# Everything is built under build/. `make help` lists the targets; long recipes
# are in scripts/, which count on the environment that is set here.
ROOT := $(CURDIR)
BUILD := $(ROOT)/build
SHELL := /bin/bash

# The Go of tests/host and of the plugin for it; HOST=… selects its own.
export GOTOOLCHAIN := go1.25.4
# -buildvcs=false: what is built must not depend on how the tree was fetched.
# GOFLAGS and GOWORK are set so that a user's own do not reach our builds.
export GOFLAGS := -buildvcs=false
export GOWORK := off
# Only there when `make deps` found no Go on the machine.
export PATH := $(BUILD)/go/toolchain/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

export EKWS_ROOT := $(ROOT)
export EKWS_KUIPERD := $(BUILD)/host/kuiperd
export EKWS_KUIPER := $(BUILD)/host/kuiper
export EKWS_HOST_ETC := $(BUILD)/host/etc
export EKWS_CODEC := $(BUILD)/host/codec.so
export EKWS_CUSTOM_FORMAT := $(BUILD)/host/customformat.so
export EKWS_GENERATOR := $(BUILD)/host/generator.so
export EKWS_LATENCY := $(BUILD)/host/latency.so
export EKWS_PLUGIN := $(BUILD)/plugin/Websocket.so
export EKWS_NGINX := $(BUILD)/peers/nginx/usr/sbin/nginx
export EKWS_LOAD := $(BUILD)/core/release/tools/ekws-load
export EKWS_ECHO := $(BUILD)/core/release/tests/conformance/ekws-echo

CORE := $(BUILD)/core/release/plugin/libekws_core.a
# The kuiperd to build the plugin for (empty: eKuiper 2.4.0), and where to.
HOST ?=
OUT ?= $(BUILD)/plugin
# Names of targets are made of them; other paths may have spaces.
$(foreach folder,ROOT OUT,$(if $(word 2,$($(folder))),$(error $(folder)=$($(folder)): this folder cannot have a space in its path)))
INSTALL = --kuiper '$(KUIPER)' --yes '$(YES)' --port-by '$(PORT_BY)' --service '$(SERVICE)' \
	--data-port '$(DATA_PORT)' --systemd-dir '$(SYSTEMD_DIR)'

.PHONY: help deps core host plugin install uninstall package doctor echo demo test soak sanitize fuzz bench check fresh clean format generate env FORCE
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {gsub(/[$$][$$]/, "$$", $$2); printf "make %-9s %s\n", $$1, $$2}' Makefile

deps: ## installs the compilers, libraries and tools that are missing (apt, PyPI)
	@scripts/deps.sh build

core: deps ## builds the C++ core alone
	@$(MAKE) --no-print-directory $(CORE)

plugin: deps ## builds Websocket.so into build/plugin/; HOST=/path/to/kuiperd builds for that host, OUT= elsewhere
	@$(MAKE) --no-print-directory $(OUT)/Websocket.so

install: deps ## builds for and installs into KUIPER=/path/to/ekuiper; asks first unless YES=1 (docs/install.md)
	@host=$$(scripts/install.py kuiperd --kuiper '$(KUIPER)') && \
	$(MAKE) --no-print-directory $(BUILD)/install/Websocket.so HOST="$$host" OUT=$(BUILD)/install && \
	scripts/install.py install --so $(BUILD)/install/Websocket.so --config $(ROOT) $(INSTALL)

uninstall: deps ## takes back what make install did to KUIPER=/path/to/ekuiper; asks first unless YES=1
	@scripts/install.py uninstall $(INSTALL)

package: deps ## writes build/package/websocket.zip for an installation over REST; HOST= as with plugin
	@$(MAKE) --no-print-directory $(OUT)/Websocket.so
	@scripts/package.py $(OUT)/Websocket.so websocket.json $(BUILD)/package/websocket.zip

doctor: deps ## does the plugin load into KUIPER=/path/to/ekuiper, or HOST=/path/to/kuiperd? PLUGIN= another .so, GLIBC= the host's
	@scripts/doctor.py --kuiper '$(KUIPER)' --host '$(HOST)' --plugin '$(PLUGIN)' --glibc '$(GLIBC)' --built $(OUT)/Websocket.so

host: deps ## builds the real kuiperd and kuiper that tests and demo run against
	@$(MAKE) --no-print-directory $(EKWS_KUIPERD)

echo: deps ## builds ekws-echo, the core as an echo for conformance suites
	@scripts/build-core.sh ekws-echo
	@echo $(BUILD)/core/release/tests/conformance/ekws-echo

demo: deps ## shows the main job on the real host; TLS=1 over TLS, KEEP=1 leaves it running, MESSAGES= in each pass
	@$(MAKE) --no-print-directory $(EKWS_KUIPERD) $(BUILD)/plugin/Websocket.so HOST= OUT=$(BUILD)/plugin
	@scripts/demo.sh $(if $(filter-out 0,$(KEEP)),-keep) $(if $(filter-out 0,$(TLS)),-tls) $(if $(MESSAGES),-messages $(MESSAGES))

test: deps ## all tests: C++, shim, end to end
	@scripts/deps.sh e2e
	@$(MAKE) --no-print-directory $(EKWS_KUIPERD) $(EKWS_CODEC) $(BUILD)/plugin/Websocket.so HOST= OUT=$(BUILD)/plugin
	@scripts/test.sh

soak: deps ## everything at once for SOAK_MINUTES (30): nothing is lost, nothing grows; a plot in build/soak/
	@scripts/deps.sh e2e
	@$(MAKE) --no-print-directory $(EKWS_KUIPERD) $(BUILD)/plugin/Websocket.so HOST= OUT=$(BUILD)/plugin
	@scripts/soak.sh

sanitize: deps ## the C++ tests with ASan, UBSan and TSan, the shim's with -race
	@scripts/sanitize.sh

fuzz: deps ## every fuzz target for FUZZ_SECONDS (60); needs clang, which it installs
	@scripts/deps.sh fuzz
	@scripts/fuzz.sh

bench: deps ## all benchmarks, about 50 minutes, and docs/performance.md; BENCH_PARTS="host scale core micro", BENCH_QUICK=1
	@$(MAKE) --no-print-directory $(EKWS_KUIPERD) $(EKWS_GENERATOR) $(BUILD)/plugin/Websocket.so HOST= OUT=$(BUILD)/plugin
	@scripts/bench.sh

check: deps ## style, include directions, exported symbols, generated files
	@scripts/deps.sh check
	@$(MAKE) --no-print-directory $(BUILD)/plugin/Websocket.so HOST= OUT=$(BUILD)/plugin
	@scripts/check.sh

format: ## formats C++ and Go in place
	@scripts/deps.sh check
	@scripts/format.sh

generate: deps ## rewrites what comes from the table of properties: websocket.json, websocket.yaml, docs
	@scripts/build-core.sh ekws-options
	@$(BUILD)/core/release/plugin/ekws-options --write $(ROOT)

fresh: ## demo and tests in a bare Debian 12 (debootstrap, needs root); RUN="deps host" makes those instead
	@scripts/fresh.sh $(RUN)

env: ## prints the environment of the Go tests, for: eval "$$(make -s env)"
	@scripts/cgo-env.sh $(CORE)

clean: ## removes build/, the fetched Go included
	chmod -R u+w $(BUILD) 2>/dev/null || true
	rm -rf $(BUILD)

$(EKWS_KUIPERD): tests/host/go.mod tests/host/go.sum scripts/build-host.sh
	@scripts/build-host.sh

# One recipe for all of them.
$(EKWS_CODEC) $(EKWS_CUSTOM_FORMAT) $(EKWS_GENERATOR) $(EKWS_LATENCY) &: $(EKWS_KUIPERD) $(wildcard tests/host/*/*.go) scripts/build-host-plugins.sh
	@scripts/build-host-plugins.sh

# Ninja knows what the archive depends on; its time changes only when it does.
$(CORE): FORCE
	@scripts/build-core.sh ekws_core

# Rewritten only when the answer changes, so another HOST rebuilds the plugin.
$(OUT)/host.txt: FORCE
	@scripts/host-info.sh $@ '$(HOST)'

$(OUT)/Websocket.so: $(OUT)/host.txt $(CORE) $(wildcard cgo_bridge/* plugin/include/ekws/*) \
		scripts/build-plugin.sh scripts/cgo-env.sh
	@scripts/build-plugin.sh $(OUT) $(CORE)
