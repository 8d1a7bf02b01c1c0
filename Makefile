# Waypost. Every target installs what it needs first (Debian 12, root or sudo) and says so when it cannot.
SHELL := /bin/bash
ARGS ?=
LIBRARIES := libcurl4-openssl-dev libssl-dev libsqlite3-dev
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.DEFAULT_GOAL := help
.PHONY: help demo screenshots run test check format lint tidy schemas mutate simulate simulate-mutations fuzz bench bench-peers libraries test-servers

help: ## what each target does
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

demo: libraries ## three stories over real SMTP and HTTPS on this machine; ARGS=--once ends when every receipt has arrived
	swift build --product waypost
	.build/debug/waypost demo $(ARGS)

screenshots: libraries test-servers ## every page of the board, on a telephone and on a desk, by day and by night
	swift build --product waypost
	mkdir -p .build/screenshots
	.venv/bin/python Tests/Support/board_check.py .build/debug/waypost screenshots .build/screenshots

run: libraries ## the gateway on http://127.0.0.1:8080 with its state in .waypost; ARGS="--listen 127.0.0.1:0"
	swift build -c release --product waypost
	.build/release/waypost serve $(ARGS)

test: libraries test-servers ## every test, with a real Postfix and the public webhook and mail parsers; ARGS="--filter Routing"
	swift build --build-tests
	@# A browser beside 700 tests on two cores starves those that wait for an answer: it goes first, and alone.
	$(if $(ARGS),,swift test --skip-build --filter BoardTests)
	swift test --skip-build $(or $(ARGS),--skip BoardTests)

check: lint tidy test ## format, lint, tidy and tests: what has to be green before a commit

format: ## rewrites the sources in the house format
	swift format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

lint: ## refuses what the house format would change
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

schemas: test-servers ## writes the JSON Schemas of Documentation/Schemas anew from the vocabulary
	.venv/bin/python Tests/Support/schemas.py

tidy: ## refuses clocks, chance, prints and private keys where they do not belong
	Tests/Support/tidy.sh
	python3 Tests/Support/corpus.py --check Tests/Transports/Answers

mutate: libraries ## plants every small fault in the packs and lists those that nothing notices; ARGS="derby-derbyshire-2019"
	swift build -c release --product waypost
	.build/release/waypost routes mutate $(ARGS)

SEEDS ?= 5000
FIRST ?= 1
simulate: libraries ## many gateways' worlds with seeded faults; SEEDS=5000 FIRST=1, and SEEDS=1 FIRST=n repeats the nth
	swift build -c release --product waypost-simulation
	.build/release/waypost-simulation $(SEEDS) $(FIRST)

simulate-mutations: libraries ## plants one-line faults in the engine, one after the other; the worlds have to catch each
	Tests/Simulation/mutations.py

MINUTES ?= 10
fuzz: libraries ## a coverage-guided fuzzer on the reading of mail that comes back; MINUTES=10
	WAYPOST_FUZZ=1 swift build -c release --sanitize fuzzer --scratch-path .build-fuzz --product waypost-fuzz
	mkdir -p .build-fuzz/corpus
	SWIFT_BACKTRACE=enable=no .build-fuzz/release/waypost-fuzz -max_total_time=$$(($(MINUTES) * 60)) -timeout=5 \
	  -max_len=65536 -print_final_stats=1 .build-fuzz/corpus Tests/Transports/Answers

bench: libraries ## measures and prints ratios from one run; Documentation/PERFORMANCE.md says what they mean
	swift build -c release --product waypost-bench
	swift build -c release --product waypost
	.build/release/waypost-bench $(ARGS)

bench-peers: ## Prometheus Alertmanager on the same work, on this machine
	Benchmarks/peers/alertmanager.sh

libraries:
	@missing=""; for package in $(LIBRARIES); do dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq $$missing >/dev/null || \
	  { echo "cannot install$$missing: install them by hand and try again" >&2; exit 1; }; \
	fi
	@command -v swift >/dev/null || { echo "Swift 6.3 is not here: see https://www.swift.org/install/" >&2; exit 1; }

test-servers:
	@Tests/Support/install.sh
