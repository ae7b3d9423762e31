# Each target makes what it needs: a fresh machine has Python 3.11+, make and the network.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
DATA ?= data

.PHONY: run demo test check bench lock clean

run: $(VENV)/.run
	$(BIN)/aggregator run --config feeds.yaml --data $(DATA) --port $(PORT)

demo: $(VENV)/.run
	$(BIN)/aggregator demo --port $(PORT)

test: $(VENV)/.test
	$(BIN)/python -m pytest

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.bench
	$(BIN)/python -m tests.bench

lock: $(VENV)/.test  ## what CI installs: today's versions, written down
	$(BIN)/python -m pip freeze --exclude-editable --local | grep -v '^pip==\|^setuptools==\|^topic-aggregator' > requirements-lock.txt

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("aggregator needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test: pyproject.toml requirements-lock.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements-lock.txt -e '.[test]'
	@touch $@ $(VENV)/.run

$(VENV)/.bench: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements-lock.txt -e '.[test,bench]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
