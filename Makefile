# Two commands do everything on a machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install develop demo test tests quick nightly lint lock docs site bench servers audit clean help package

install: $(BIN)/champion         ## .venv, with exactly what requirements.lock pins

develop: $(BIN)/pytest           ## and what tests, lint and documents need: requirements-dev.lock

$(BIN)/champion: requirements.lock pyproject.toml deploy/install.py
	$(PYTHON) -m venv .venv
	$(BIN)/python deploy/install.py requirements.lock
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(BIN)/pytest: $(BIN)/champion requirements-dev.lock
	$(BIN)/python deploy/install.py requirements-dev.lock
	touch $@

demo: $(BIN)/champion            ## a fictional exchange, the whole graph on it, offline
	$(BIN)/champion demo

test: $(BIN)/pytest              ## all tests, with coverage, and lint beside them
	$(MAKE) --no-print-directory --jobs=2 tests lint

tests: $(BIN)/pytest             ## all tests, without lint
	$(BIN)/python -m pytest -n $$(($$(nproc) + 2)) --dist loadfile --no-loadscope-reorder --cov --cov-report=term --cov-fail-under=90

quick: $(BIN)/pytest             ## formats, numerics, simulator and settings: no server, hardly a lake
	$(BIN)/python -m pytest -q -n 2 --dist worksteal $(addprefix champion_assets_tests/,common clients nse quant settings simulation)

nightly: $(BIN)/pytest           ## for hours: all tests with their branches traced, then the long soaks, kills and fuzzing
	$(BIN)/python -m pytest -n $$(($$(nproc) + 2)) --dist loadfile --no-loadscope-reorder --cov --cov-branch --cov-report=term --cov-fail-under=90
	$(BIN)/python -m champion_assets_tests.benchmarks.soak 60
	$(BIN)/python -m champion_assets_tests.benchmarks.six_weeks
	$(BIN)/python -m champion_assets_tests.benchmarks.clickhouse_kills 100
	$(BIN)/python -m champion_assets_tests.fuzz 1000000
	$(BIN)/python -m champion_assets_tests.pipeline_fuzz 200000

lint: $(BIN)/pytest              ## format, style, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(BIN)/pytest              ## what is made from the code: data dictionary, checks, the picture of the graph
	$(BIN)/python -W ignore -m champion_assets.operations.data_dictionary > docs/data_dictionary.md
	$(BIN)/python -W ignore -m champion_assets.operations.check_dictionary > docs/checks.md
	PYTHONPATH=. $(BIN)/python -W ignore deploy/site/graph_picture.py > docs/pictures/graph.svg

site: $(BIN)/pytest              ## the documentation as a site, in site/; it needs no network
	$(BIN)/mkdocs build --quiet

CLICKHOUSE := .local/clickhouse/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so

DELTA := .local/delta/bin/python

servers: $(CLICKHOUSE) $(DELTA)   ## ClickHouse's engine for the tests (PostgreSQL and Redis come from the system's packages)

$(CLICKHOUSE):
	npm install --no-audit --no-fund --loglevel=error --prefix .local/clickhouse @chdb/lib-linux-x64-gnu@26.7.3-stable.1

$(DELTA):                         ## a DuckDB whose extension for Delta tables is a package: it reads the lake in place in a test
	$(PYTHON) -m venv .local/delta
	$@ -m pip install --quiet duckdb==1.4.4 duckdb-ext-delta==1.4.4.20260205 pytz

audit: $(BIN)/pytest             ## known weaknesses of the pinned packages, where the advisory service can be reached
	$(BIN)/python -m champion_assets_tests.audit

bench: $(BIN)/pytest             ## needs CHAMPION_SOURCE
	$(BIN)/python -m champion_assets_tests.benchmarks.events
	$(BIN)/python -m champion_assets_tests.benchmarks.commands
	$(BIN)/python -m champion_assets_tests.benchmarks.pipeline 2016-01-01 2016-12-31
	$(BIN)/python -m champion_assets_tests.benchmarks.prices 2016-01-01 2016-12-31   # after a backfill of that range
	$(BIN)/python -m champion_assets_tests.benchmarks.experiments   # on the lake of the settings
	$(if $(WALK_FORWARD),$(BIN)/python -m champion_assets_tests.benchmarks.portfolio $(WALK_FORWARD) $(PEERS))   # see its docstring

COMPILE := $(BIN)/uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header

lock: $(BIN)/pytest              ## pin anew, without any registry's address: first all, then the product out of it
	$(COMPILE) --group dev --all-extras -o requirements-dev.lock
	$(COMPILE) --constraint requirements-dev.lock -o requirements.lock

package: $(BIN)/champion         ## wheel and source archive, in dist/
	$(BIN)/uv build --no-build-isolation --python $(BIN)/python --out-dir dist

help:                            ## these lines
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */\1\t/' | expand -t 12

clean:                           ## remove what was built and installed here
	rm -rf .venv artifacts demo dist site .pytest_cache .ruff_cache .mypy_cache
