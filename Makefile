# SPDX-License-Identifier: Apache-2.0
# `make demo` and `make test` each install what they need, build, and do their job.

SWIFT ?= swift
# A plugin that imports a module it does not declare could reach hidden tests; this makes that a build error.
CHECKED = --explicit-target-dependency-import-check error
# Suites that fill every processor by themselves; beside them, programs of the other tests would run into their wall limits.
HEAVY = ExecutionTests.CorpusTests|UnprivilegedTests|CrashTests
RELEASE = $(SWIFT) build -c release $(CHECKED)

.PHONY: help dependencies build demo test test-served lint format bench bench-peers clean

help:
	@echo "make demo    build, run the demo experiment offline, write reports/demo/index.html and junit.xml"
	@echo "make test    build and run all tests"
	@echo "make test-served  rewards through a server with real weights (installs torch)"
	@echo "make build   build the release program, .build/release/bestofn"
	@echo "make lint    check the format of the sources"
	@echo "make format  format the sources"
	@echo "make bench   measure executions per second and print the figures"
	@echo "make bench-peers PEERS='--quick --peer-dir DIR'  compare with the official evaluators (docs/performance.md)"
	@echo "make clean   remove what was built and the demo's run"

dependencies:
	@sh .ci/dependencies

build: dependencies
	$(RELEASE)

# Every problem is scored by networks that were trained on other problems (--folds).
DEMO = benchmarks/demo/experiment.yaml
demo: build
	.build/release/bestofn rollouts $(DEMO) --pool cof --lattice benchmarks/demo/lattice --samples 2 --output runs/demo/rollouts.jsonl
	.build/release/bestofn train prm $(DEMO) --pool cof --rollouts runs/demo/rollouts.jsonl --folds 6 --output runs/demo/prm.safetensors
	.build/release/bestofn train prm $(DEMO) --folds 6 --stepper line --output runs/demo/line-prm.safetensors
	.build/release/bestofn train orm $(DEMO) --folds 6 --output runs/demo/orm.safetensors
	.build/release/bestofn run $(DEMO)

test: dependencies
	$(SWIFT) build --build-tests $(CHECKED)
	$(SWIFT) test --skip-build --skip "$(HEAVY)"
	$(SWIFT) test --skip-build --filter "$(HEAVY)"

# Reward models behind a server with real weights; torch and transformers come from the Python package index (about 1 GB).
SERVED = $(HOME)/.cache/bestofn-served
test-served: dependencies
	test -x $(SERVED)/bin/python || python3 -m venv $(SERVED)
	$(SERVED)/bin/python -c "import torch, transformers" || $(SERVED)/bin/pip install torch transformers
	$(SWIFT) build --build-tests $(CHECKED)
	BESTOFN_TORCH_PYTHON=$(SERVED)/bin/python $(SWIFT) test --skip-build --filter RealServer

lint:
	$(SWIFT) format lint -r --strict Package.swift Sources Plugins Tests

format:
	$(SWIFT) format -i -r Package.swift Sources Plugins Tests

bench: build
	sh benchmarks/performance/run.sh
	sh benchmarks/performance/bootstrap.sh
	sh benchmarks/performance/report-size.sh
	sh benchmarks/performance/training.sh
	sh benchmarks/performance/client.sh

# Options, such as --peer-dir, in PEERS.
bench-peers: build
	sh benchmarks/performance/peers.sh $(PEERS)

clean:
	rm -rf .build runs/demo
