# Everything a developer or a CI job does with wishkit, from a fresh clone, with nothing but
# Python (3.11 or newer) and make. `make help` lists the targets.
#
# The environment lives in .venv; it is made from the hash-locked files in requirements/ and
# made again when they change. Paths are relative, so a clone may live in a folder with spaces.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# Which Python makes the environment; by default the first of PYTHONS that is new enough.
PYTHON ?=
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11
VENV := .venv
PY := $(VENV)/bin/python
WISHKIT := $(PY) -m wishkit
# Which tests: make test TESTS=tests/test_engine.py  ARGS='-k lock'
TESTS ?= tests
ARGS ?=
# Tests wait for servers and processes much of the time: more of them run than there are cores.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) * 3 / 2)))

# The environment is what the locked files say, and nothing else. Bytecode is kept, whoever says
# otherwise: a run of the tests starts wishkit a thousand times.
unexport PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE

# These two are asked for by whatever needs the environment. They cost a comparison of files as long
# as it holds what it should; what it holds is what lies in it as a copy (requirements/environment.py).
.PHONY: runtime dev
runtime:
	@cmp -s requirements/runtime.txt $(VENV)/.runtime && cmp -s pyproject.toml $(VENV)/.pyproject \
	  && test -x $(PY) || { $(call with_python,-I requirements/environment.py runtime); }
dev: runtime
	@cmp -s requirements/dev.txt $(VENV)/.dev || { $(call with_python,-I requirements/environment.py dev); }

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
define with_python
set --; test -n "$(PYTHON)" && set -- "$(PYTHON)" || set -- $(PYTHONS); \
for python; do "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null && exec "$$python" $(1); done; \
found=$$(command -v "$$1" >/dev/null && "$$1" -V 2>&1 || echo not there); \
echo "error[python]: wishkit needs Python 3.11 or newer; $$1 is $$found" >&2; \
echo "help: install one, or name it: make PYTHON=/path/to/python3 …" >&2; exit 2
endef

##@ The database

.PHONY: migrate
migrate: runtime ## apply what is pending in sql/ to the embedded PostgreSQL (or DATABASE_URL)
	@$(WISHKIT) migrate $(ARGS)

.PHONY: rollback
rollback: runtime ## undo everything applied after a migration: make rollback TO=0006
	@test -n "$(TO)" || { echo "error[usage]: which migration shall stay the last?" >&2; \
	  echo "help: make rollback TO=0006, or TO=base for everything" >&2; exit 2; }
	@$(WISHKIT) rollback --to "$(TO)" $(ARGS)

.PHONY: status
status: runtime ## every migration and its state
	@$(WISHKIT) status $(ARGS)

.PHONY: plan
plan: runtime ## what migrate would run, statement by statement
	@$(WISHKIT) plan $(ARGS)

.PHONY: dashboard
dashboard: dev ## a web page of the environments, or of the embedded database
	@$(WISHKIT) dashboard $(ARGS)

.PHONY: psql
psql: runtime ## a psql session on the same database: make psql ARGS="-c 'TABLE sets'"
	@$(WISHKIT) db psql $(ARGS)

.PHONY: destroy
destroy: runtime ## stop the embedded PostgreSQL and remove it with all of its data
	@$(WISHKIT) db destroy $(ARGS)

##@ The project

.PHONY: test
test: dev ## all tests, in parallel, on a real PostgreSQL
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal $(TESTS) $(ARGS)

.PHONY: majors
majors: dev ## a selection of the tests on every other PostgreSQL that is installed
	@$(PY) -m tests.majors | while read -r bin; do \
	  WISHKIT_TEST_PG_BIN="$$bin" $(PY) -m pytest -n $(WORKERS) --dist worksteal -m majors tests $(ARGS) </dev/null || exit 1; \
	done

.PHONY: lint
lint: dev ## ruff (rules and format), mypy --strict, and the migrations of sql/
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m mypy bench
	@$(PY) -m mypy requirements/environment.py
	@$(WISHKIT) lint --strict

.PHONY: format
format: dev ## let ruff mend what it can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

.PHONY: golden
golden: dev ## write the golden files and docs/cli.md anew; read the diff before committing
	@WISHKIT_GOLDEN=write $(PY) -m pytest -q -n $(WORKERS) --dist worksteal tests -m golden

.PHONY: bench
bench: dev ## the project's benchmarks, as ratios measured in one run
	@$(PY) bench/run.py $(ARGS)

.PHONY: stall
stall: dev ## how long clients wait while a migration runs on a busy table: psql against wishkit
	@$(PY) bench/stall.py $(ARGS)

.PHONY: screenshots
screenshots: dev ## pictures of the dashboard's pages, to be looked at, in build/screenshots
	@$(PY) -m tests.dashboard.screenshots $(ARGS)

.PHONY: soak
soak: dev ## the slow tests
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal -m soak tests $(ARGS)

.PHONY: lock
lock: ## pin every dependency by version and hash; ARGS=--upgrade for the newest
	@rm -rf $(VENV)-lock; ( $(call with_python,-m venv $(VENV)-lock) )
	@$(VENV)-lock/bin/python -m pip --disable-pip-version-check install -qq --require-hashes \
	  -r requirements/lock.txt
	@set -- runtime "pyproject.toml --group build" \
	  dev "pyproject.toml --extra dashboard --group build --group dev" lock "--group lock"; \
	while [ $$# -gt 0 ]; do \
	  $(VENV)-lock/bin/python -m uv pip compile $$2 --output-file requirements/$$1.txt --quiet \
	    --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make lock" $(ARGS) || exit 1; \
	  shift 2; \
	done
	@rm -rf $(VENV)-lock

.PHONY: clean
clean: ## remove the environment and caches; the database stays (make destroy removes it)
	@if test -x $(PY) && test -d .wishkit; then $(WISHKIT) db stop; fi
	@rm -rf $(VENV) $(VENV)-lock .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' \
	  $(MAKEFILE_LIST)
	@echo; echo "ARGS='…' goes to the program behind a target: make migrate ARGS='--to 0007'"
