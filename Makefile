# Everything a developer or a CI job does with wishkit, from a fresh clone, with nothing but
# Python (3.11 or newer) and make. `make help` lists the targets.
#
# The environment lives in .venv; it is made from the hash-locked files in requirements/ and
# made again when they change. Paths are relative, so a clone may live in a folder with spaces.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
WISHKIT := $(PY) -m wishkit
UV_VERSION := 0.13.9
PIP_INSTALL := $(PY) -m pip --disable-pip-version-check install --quiet --require-hashes
# Which tests: make test TESTS=tests/test_engine.py  ARGS='-k lock'
TESTS ?= tests
ARGS ?=
WORKERS ?= auto

RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

$(PY):
	@command -v "$(PYTHON)" >/dev/null || { echo "wishkit needs Python 3.11 or newer; set PYTHON=/path/to/python" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "wishkit needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1); set PYTHON=/path/to/python" >&2; exit 2; }
	@echo "making the environment in $(VENV)" >&2
	@"$(PYTHON)" -m venv --clear "$(VENV)"

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(PY)
	@$(PIP_INSTALL) -r requirements/runtime.txt
	@$(PY) -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@$(PIP_INSTALL) -r requirements/dev.txt
	@touch $@

##@ The database

.PHONY: migrate
migrate: $(RUNTIME) ## apply what is pending in sql/ to the embedded PostgreSQL (or DATABASE_URL)
	@$(WISHKIT) migrate

.PHONY: rollback
rollback: $(RUNTIME) ## undo everything applied after a migration: make rollback TO=0006
	@test -n "$(TO)" || { echo "which migration shall stay the last? make rollback TO=0006" >&2; exit 2; }
	@$(WISHKIT) rollback --to "$(TO)" $(ARGS)

.PHONY: status
status: $(RUNTIME) ## every migration and its state
	@$(WISHKIT) status

.PHONY: plan
plan: $(RUNTIME) ## what migrate would run, statement by statement
	@$(WISHKIT) plan

.PHONY: psql
psql: $(RUNTIME) ## a psql session on the same database
	@$(WISHKIT) db psql

##@ The project

.PHONY: test
test: $(DEV) ## all tests, in parallel, on a real PostgreSQL
	@$(PY) -m pytest -n $(WORKERS) $(TESTS) $(ARGS)

.PHONY: lint
lint: $(DEV) ## ruff (rules and format) and mypy --strict
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

.PHONY: format
format: $(DEV) ## let ruff mend what it can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

.PHONY: golden
golden: $(DEV) ## write the golden files and docs/cli.md anew; read the diff before committing
	@WISHKIT_GOLDEN=write $(PY) -m pytest -q -n $(WORKERS) tests -m golden

.PHONY: bench
bench: $(DEV) ## the project's benchmarks, as ratios measured in one run
	@$(PY) bench/run.py $(ARGS)

.PHONY: soak
soak: $(DEV) ## the slow tests
	@$(PY) -m pytest -n $(WORKERS) -m soak tests $(ARGS)

.PHONY: lock
lock: | $(PY) ## pin every dependency by version and hash (the only target that chooses versions)
	@"$(PYTHON)" -m venv $(VENV)-lock && $(VENV)-lock/bin/python -m pip install --quiet uv==$(UV_VERSION)
	@for set in runtime dev; do \
	  group=$$( [ $$set = dev ] && echo "--group dev" ); \
	  $(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	    $$group --group build pyproject.toml --output-file requirements/$$set.txt $(ARGS) || exit 1; \
	done
	@rm -rf $(VENV)-lock

.PHONY: clean
clean: ## remove the environment and caches; the embedded database stays (wishkit db destroy)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
