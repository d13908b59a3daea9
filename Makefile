# The logic is in scripts/setup.py: plain Python, standard library only, each step skipped when its inputs did not change.
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
ON_POSTGRESQL := $(VENV_PYTHON) scripts/with_postgresql.py
PYTEST := $(VENV_PYTHON) -m pytest -n 2 --dist worksteal

.PHONY: setup dev tools run test test-full check fmt effort

setup: ## everything that the application needs
	@$(PYTHON) scripts/setup.py

run: setup ## http://127.0.0.1:8000/, or HOST and PORT
	@$(VENV_PYTHON) manage.py serve

dev: ## what checks need on top
	@$(PYTHON) scripts/setup.py --dev

tools: ## what tests need on top: a browser, PDF tools, Java
	@$(PYTHON) scripts/setup.py --dev --tools

test: tools ## minutes; one in five of what touches the database, by chance, is run on PostgreSQL again
	$(PYTEST)
	HYPOTHESIS_PROFILE=few TEST_SHARE=5 $(ON_POSTGRESQL) $(PYTEST) -m "database and not slow"

test-full: tools ## slow tests too, many more generated cases, and all of it on PostgreSQL too
	HYPOTHESIS_PROFILE=full $(PYTEST) -m ""
	$(ON_POSTGRESQL) $(PYTEST) -m ""

check: dev ## format, lint, migrations, production settings, types
	@$(VENV_PYTHON) scripts/check.py

fmt: dev ## write the format that check wants
	@$(VENV_PYTHON) scripts/check.py --write

effort: tools ## how much work « L'essentiel » is, beside every rubric without an incident
	@$(VENV_PYTHON) scripts/effort.py
