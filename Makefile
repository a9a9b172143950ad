# `make demo` and `make test` do all the set-up, in a virtual environment in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs docs-serve docs-outputs docs-assets dist install clean

demo: $(VENV)/installed
	$(BIN)/musicae interpolate $(wildcard examples/tunes/a-*.mid) $(wildcard examples/tunes/b-*.mid) --steps 7 -o demo --force
	@echo "The morph: demo/interpolation.mid (all steps in a row) and demo/step-01.mid to demo/step-07.mid"

test: lint
	$(BIN)/python -m pytest -q

lint: $(VENV)/tested  # style, types and words, without the other tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/house/test_words.py

docs: $(VENV)/tested  # the site, in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

docs-serve: $(VENV)/tested  # the site on http://127.0.0.1:8000, rebuilt after every change
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs serve

docs-outputs: $(VENV)/tested  # run every command in README and docs, and write its output into the page; write the CLI reference
	PYTHONPATH=docs $(BIN)/python -m builder.blocks
	PYTHONPATH=docs $(BIN)/python -m builder.cli_page

docs-assets: $(VENV)/tested  # make the stored images and sounds of the site again; takes some minutes
	PYTHONPATH=docs $(BIN)/python -m builder.assets

dist: $(VENV)/tested  # wheel and source distribution, in dist/
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'musicae needs Python 3.11 or newer; try: make PYTHON=python3.11')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/tested: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch $@

clean:
	rm -rf $(VENV) demo build dist *.egg-info
