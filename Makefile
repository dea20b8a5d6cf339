# Two commands matter: `make run` and `make test`. Each sets up all it needs in .venv.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
.DEFAULT_GOAL := help
.PHONY: help run test lint notebooks bench frontend

help: ## show this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.ready ## start the platform with the demonstration bank
	@exec $(PY) -m svclib serve --demo

test: $(VENV)/.ready-dev ## run the tests
	@$(PY) -m pytest -m "not browser"
	@if [ -n "$$SVC_TEST_CHROMIUM" ]; then $(PY) -m pytest -m browser; \
	else echo "The tests in a browser run where SVC_TEST_CHROMIUM names Chromium."; fi

lint: $(VENV)/.ready-dev ## formatting, types, layers, notebooks, translations, form bundle
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-logo
	@$(PY) tools/lint_notebooks.py
	@$(PY) tools/lint_translations.py
	@sh tools/lint_frontend.sh

notebooks: $(VENV)/.ready-dev ## run every notebook on a small demonstration bank
	@sh tools/run_notebooks.sh $(PY)

bench: $(VENV)/.ready-dev ## measure (takes long; see benchmarks/README.md)
	@$(PY) -m benchmarks

frontend: ## rebuild the form bundle (needs node and npm)
	@cd frontend && npm ci --silent && npm run --silent build

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=...")'
	@echo "Making the environment in $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.ready: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing the packages ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@echo "Installing the packages for development ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
