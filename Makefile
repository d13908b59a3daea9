# The logic is in scripts/setup.py: plain Python, standard library only, each step skipped when its inputs did not change.
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python

.PHONY: setup dev tools run test test-full check fmt effort

setup: ## everything that the application needs
	@$(PYTHON) scripts/setup.py

run: setup ## http://127.0.0.1:8000/, or HOST and PORT
	@$(VENV_PYTHON) manage.py serve

dev: ## what checks need on top
	@$(PYTHON) scripts/setup.py --dev

tools: ## what tests need on top: a browser, PDF tools, Java
	@$(PYTHON) scripts/setup.py --dev --tools

test: tools ## minutes
	$(VENV_PYTHON) -m pytest -n 2 --dist worksteal

test-full: tools ## slow tests too, and many more generated cases
	HYPOTHESIS_PROFILE=full $(VENV_PYTHON) -m pytest -n 2 -m ""

check: dev ## format, lint, migrations, production settings, types
	@$(VENV_PYTHON) scripts/check.py

fmt: dev ## write the format that check wants
	@$(VENV_PYTHON) scripts/check.py --write

effort: tools ## how much work « L'essentiel » is, beside every rubric without an incident
	@$(VENV_PYTHON) scripts/effort.py
