# tollbook: every task a developer or a newcomer runs. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .bench/venv
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test check format lock extras peers screenshots bench bench-ingest bench-directory bench-attribution bench-forecast soak-ingest soak-incremental clean

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

# A stamp per lock file: the environment is made once and again only when its lock changes.
$(VENV)/.product: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) (once; two to three minutes) ..."
	@$(PIP) install --quiet --require-hashes --requirement requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.developer: requirements-dev.lock $(VENV)/.product
	@echo "Adding the development tools ..."
	@$(PIP) install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

# The peers of the benchmark, in an environment that neither the product nor its tests import from.
$(PEERS)/.peers: requirements-bench.lock
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@echo "Adding the peers of the benchmark ..."
	@$(PEERS)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes \
		--requirement requirements-bench.lock
	@touch $@

demo: $(VENV)/.product ## build a month of a generated tenant, run the pipeline, open the dashboard (ARGS=--no-serve to stop before)
	@$(BIN)/tollbook demo $(ARGS)

test: $(VENV)/.developer ## run the tests (ARGS="-k name" narrows them)
	@$(BIN)/pytest $(ARGS)

check: $(VENV)/.developer ## format, lint, types, import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.developer ## rewrite the code in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(VENV)/.developer ## resolve pyproject.toml again into the three hashed lock files
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --upgrade \
		--extra build pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --upgrade \
		--extra build --extra dev pyproject.toml --output-file requirements-dev.lock
	@$(BIN)/python tests/bench/peer_requirements.py | $(BIN)/uv pip compile --quiet --universal \
		--generate-hashes --no-annotate --no-header --upgrade --python-version 3.11 \
		- --output-file requirements-bench.lock

extras: peers ## install what the heavy tests use: Chromium, the KQL parser, Azurite, the peers (Debian, as root)
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium)
	@npm ci --silent --prefix tests/kusto
	@npm ci --silent --prefix tests/azurite

peers: $(PEERS)/.peers ## install what the benchmark compares with (PostgreSQL 15 where it may: Debian, as root)
	@test -x /usr/lib/postgresql/15/bin/initdb \
		|| (test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq postgresql-15) \
		|| echo "PostgreSQL 15 is absent and was not installed: what needs it will be left out"

bench: $(VENV)/.developer peers ## measure tollbook beside its peers (ARGS="--only pricing", ARGS=--small for a first look)
	@$(BIN)/python tests/bench/bench.py $(ARGS)

bench-ingest: $(VENV)/.developer ## measure ingestion of two million requests, and of an hour on top of a year
	@$(BIN)/python tests/bench/bench_ingest.py $(ARGS)

bench-directory: $(VENV)/.developer ## measure the sync of a directory of 100,000 people, and of changes in it
	@$(BIN)/python tests/bench/bench_directory.py $(ARGS)

bench-attribution: $(VENV)/.developer ## hold the costs of callers and units against tenants with known truth (ARGS="--recipe base-200 --seeds 1,2")
	@$(BIN)/python tests/attribution/bench_attribution.py $(ARGS)

bench-forecast: $(VENV)/.developer ## measure how far forecasts of a month are off, and how long 20,000 budgets take
	@$(BIN)/python tests/bench/bench_forecast.py $(ARGS)

soak-ingest: $(VENV)/.developer ## kill 200 runs and set every fault against every source (about an hour)
	@TOLLBOOK_SOAK=1 $(BIN)/pytest -s -o timeout=10800 \
		tests/golden/test_killed_runs.py tests/ingest/test_fault_matrix.py tests/ingest/test_disk_full.py

soak-incremental: $(VENV)/.developer ## hold 600 random lives of a small tenant against full builds (about an hour)
	@TOLLBOOK_SOAK=1 $(BIN)/pytest -s -o timeout=10800 \
		tests/golden/test_incremental.py tests/golden/test_incremental_gaps.py

screenshots: $(VENV)/.developer ## take pictures of a generated tenant's pages into .screenshots/
	@$(BIN)/pytest -q tests/dashboard/screenshots.py

clean: ## remove the environment and everything the demo wrote
	rm -rf $(VENV) .tollbook .bench .screenshots
