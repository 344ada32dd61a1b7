# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Only Python 3.10 or newer has to be there; `make test PYTHON=python3.12` picks another one.

PYTHON  ?= python3
VENV    ?= .venv
WORKERS ?= 2
TESTS   ?= tests
BIN     := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

# Nothing here may use a Node, a linter or a Python package that happens to be installed.
export VENV
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: help demo test check format bench clean

help:  ## Show what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

demo:  ## Convert the example model, run it in TensorFlow.js, compare the predictions
	@$(PYTHON) tools/bootstrap.py demo
	@$(BIN)/python examples/shapes/demo.py

test: check  ## Everything: install what the tests need, check the code, run all tests
	@$(PYTHON) tools/bootstrap.py test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

check:  ## Linters, types, floors of the house, documentation
	@$(PYTHON) tools/bootstrap.py dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(wildcard tools/docs.py),$(BIN)/python tools/docs.py --check)

format:  ## Let ruff mend what it can
	@$(PYTHON) tools/bootstrap.py dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench:  ## Speed, memory and size, beside the reference converter where it is installed
	@$(PYTHON) tools/bootstrap.py test
	$(BIN)/python benchmarks/run.py

clean:  ## Remove everything that was built or installed here
	rm -rf $(VENV) web/node_modules build dist .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
