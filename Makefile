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
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

$(VENV)/.done: pyproject.toml exporter/pgvitals/__init__.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

setup: $(VENV)/.done ## make the virtual environment with pgvitals and its tools

test: setup ## all tests, on the PostgreSQL versions that can be had here
	$(PYTEST)

unit: setup ## the tests that need no server
	$(PYTEST) tests/unit

test-all: setup ## all tests on PostgreSQL 13 to 18, in their long form
	PGVITALS_TEST_MAJORS=13,14,15,16,17,18 PGVITALS_LONG=1 $(PYTEST)

trouble: setup ## the trouble table: what each fault does, in numbers, with every stall and full length
	PYTHONPATH=tests $(BIN)/python -m support.trouble --long

image: setup ## build the image, run it, say how large and how fast it is; as root
	$(PYTEST) -s tests/integration/test_image.py

requirements: setup ## pin the newest packages for the image, by hash
	$(PIN) --output-file requirements.txt pyproject.toml
	$(BIN)/python -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(PIN) --output-file requirements-build.txt -

parity: setup ## what differs from postgres_exporter, and why; with its own page where it is installed
	PGVITALS_TEST_MAJORS=$${PGVITALS_TEST_MAJORS:-13,14,15,16,17,18} PYTHONPATH=tests $(BIN)/python -m support.parity

lint: setup ## style, types, queries, and whether the reference is up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pgvitals validate
	$(BIN)/pgvitals docs --check docs

format: setup ## put the code into its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## write the reference pages
	$(BIN)/pgvitals docs docs

clean: ## remove what the other targets made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

.PHONY: help setup test unit test-all trouble image requirements parity lint format docs clean
