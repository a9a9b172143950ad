# `make demo` and `make test` do all the set-up, in a virtual environment in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint install clean

demo: $(VENV)/installed
	$(BIN)/musicae interpolate $(wildcard examples/tunes/a-*.mid) $(wildcard examples/tunes/b-*.mid) --steps 7 -o demo --force
	@echo "The morph: demo/interpolation.mid (all steps in a row) and demo/step-01.mid to demo/step-07.mid"

test: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'musicae needs Python 3.11 or newer; try: make PYTHON=python3.11')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/tested: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test,images]"
	@touch $@

clean:
	rm -rf $(VENV) demo build *.egg-info
