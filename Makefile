# What a machine needs is in scripts/setup.py; each step is skipped when its inputs did not change.
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
ON_POSTGRESQL := $(VENV_PYTHON) scripts/with_postgresql.py
PYTEST := $(VENV_PYTHON) -m pytest -n 2 --dist worksteal
PRE_COMMIT := .venv/bin/pre-commit run --all-files
LOCK := .venv/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes

.PHONY: setup dev tools run test test-full check fmt lock metrics effort

setup: ## everything that the application needs
	@$(PYTHON) scripts/setup.py

run: setup ## http://127.0.0.1:8000/, or HOST and PORT
	@$(VENV_PYTHON) manage.py serve

dev: ## what checks need on top
	@$(PYTHON) scripts/setup.py --dev

tools: ## what tests need on top: a browser, PDF tools, Java
	@$(PYTHON) scripts/setup.py --dev --tools

test: tools ## minutes; one in five of what touches the database, by chance, is run on PostgreSQL again
	$(PYTEST) --cov --cov-report=
	$(VENV_PYTHON) scripts/coverage_floors.py
	HYPOTHESIS_PROFILE=few TEST_SHARE=5 $(ON_POSTGRESQL) $(PYTEST) -m "database and not slow"

test-full: tools ## slow tests too, many more generated cases, and all of it on PostgreSQL too
	HYPOTHESIS_PROFILE=full $(PYTEST) -m ""
	$(ON_POSTGRESQL) $(PYTEST) -m ""

check: dev ## format, lint, templates, migrations, production settings, types: .pre-commit-config.yaml
	@$(PRE_COMMIT) --show-diff-on-failure

fmt: dev ## write the format that check wants; the second run says what could not be mended
	@$(PRE_COMMIT) fmt > /dev/null || $(PRE_COMMIT) fmt

lock: dev ## after a change of requirements*.in; UPGRADE=--upgrade also moves what these bring in
	@for name in requirements requirements-dev requirements-node; do \
		$(LOCK) --custom-compile-command "make lock" $(UPGRADE) $$name.in --output-file $$name.txt || exit; \
	done

metrics: ## figures of the code; BESIDE=<revision> prints that revision's beside them
	@$(VENV_PYTHON) scripts/metrics.py --walk $(if $(BESIDE),--beside $(BESIDE))

effort: tools ## how much work « L'essentiel » is, beside every step without an incident
	@$(VENV_PYTHON) scripts/effort.py
