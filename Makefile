# Portico's commands. Settings are given as `make run PORT=8001 VAR=/data DEMO=0`.

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
URL ?= http://127.0.0.1:$(or $(PORT),8000)
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name))))

TEMPLATES = $$(find templates apps -name '*.html')
PRODUCTION = PORTICO_ENV=production WEBHOOK_ALLOW= ALLOWED_HOSTS=portal.studio.test \
	PUBLIC_URL=https://portal.studio.test SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')

.PHONY: help run owner demo-remove test test-app check check-steps format tour bench bench-quick schema shell clean

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.installed ## Start the portal (PORT=8000 HOST=127.0.0.1 VAR=./var DEMO=1|0 DATABASE_URL= REDIS_URL=)
	@$(PY) -m launcher run

owner: $(VENV)/.installed ## Create an owner and their studio
	@$(PY) -m launcher manage create_owner

demo-remove: $(VENV)/.installed ## Remove the demo studio
	@$(PY) -m launcher demo-remove

test: $(VENV)/.installed-dev ## Run the tests (ARGS="tests/payments -x"; coverage: ARGS=--cov)
	@$(PY) -m launcher test -- $(ARGS)

test-app: $(VENV)/.installed-dev ## Run the tests of one app (APP=payments)
	@$(PY) -m launcher test -- tests/$(APP) $(ARGS)

check: $(VENV)/.installed-dev ## Lint, types, layers, settings, migrations, schema
	@$(PY) -m launcher exec -- $(MAKE) --no-print-directory check-steps

check-steps:
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	@if [ -n "$(TEMPLATES)" ]; then set -x; \
		$(VENV)/bin/djade --check --target-version 5.2 $(TEMPLATES) && \
		$(VENV)/bin/djhtml --check --tabwidth 2 $(TEMPLATES); fi
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(PY) manage.py check --database default --fail-level WARNING
	@echo "manage.py check --deploy, as in production"
	@$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(PY) manage.py schema --check

format: $(VENV)/.installed-dev ## Put code and templates into their form
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	@if [ -n "$(TEMPLATES)" ]; then set -x; \
		$(VENV)/bin/djade --target-version 5.2 $(TEMPLATES); \
		$(VENV)/bin/djhtml --tabwidth 2 $(TEMPLATES); fi

tour: $(VENV)/.installed ## Walk through a running portal (URL=http://127.0.0.1:8000)
	@$(PY) -m tour --base $(URL)

bench: $(VENV)/.installed-dev ## Measure the portal
	@$(PY) bench/run.py $(ARGS)

bench-quick: $(VENV)/.installed-dev ## Measure the portal in a minute
	@$(PY) bench/run.py --quick $(ARGS)

schema: $(VENV)/.installed-dev ## Write docs/reference/openapi.yaml
	@$(PY) -m launcher exec -- $(PY) manage.py schema

shell: $(VENV)/.installed ## Open a Python shell on the data of `make run`
	@$(PY) -m launcher manage shell

clean: ## Remove caches; the data folder and the environment stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage
	find . -name __pycache__ -not -path './$(VENV)/*' -not -path './node_modules/*' -prune -exec rm -rf {} +

# A new Python makes a new environment, a changed list of packages installs them again.
$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Portico needs Python 3.11 or newer, and there is none here." >&2; exit 1; }
	@$(PYTHON) launcher/require_python.py
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.installed: requirements.txt $(VENV)/pyvenv.cfg
	@$(PY) -m launcher.install requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt $(VENV)/pyvenv.cfg
	@$(PY) -m launcher.install requirements-dev.txt
	@touch $@ $(VENV)/.installed
