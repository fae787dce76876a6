# Meterflow. `make help` lists what there is; every target works from a fresh clone.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The interpreter that builds and runs everything; its version is the functions' runtime on the laptop.
PYTHON ?= python3
TOOLS := .local/tools
UV := $(TOOLS)/uv/uv
SAM := $(TOOLS)/sam/bin/sam
PY := .venv/bin/python
METERFLOW := .venv/bin/meterflow
RUNTIME = python$(shell $(PY) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# What is built with one interpreter does not run with another: another one builds everything anew.
VERSION = $(shell $(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null)
INTERPRETER = $(TOOLS)/.python-$(VERSION)

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
export SAM_CLI_TELEMETRY := 0
# sam's own settings and layers, which it would keep in the home folder.
export __SAM_CLI_APP_DIR := $(CURDIR)/.local/sam
# Modules of another project on this path would be found before ours.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.PHONY: help setup run stop test lint typecheck build bench deploy invoke format lock train-reader evaluate-reader

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(UV): local/bootstrap.py local/requirements-uv.txt
	@$(PYTHON) local/bootstrap.py && touch $@

$(INTERPRETER): | $(UV)
	@rm -f $(TOOLS)/.python-* && touch $@

.venv/.installed: $(UV) $(INTERPRETER) uv.lock pyproject.toml
	@echo "installing the project's packages into .venv"
	@$(UV) sync --frozen --quiet --python $(PYTHON)
	@touch $@

$(TOOLS)/sam/.installed: $(UV) $(INTERPRETER) local/requirements-sam.txt
	@echo "installing sam into $(TOOLS)/sam (an environment of its own: it pins another botocore than the emulator)"
	@$(UV) venv --quiet --clear --python $(PYTHON) $(TOOLS)/sam
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(TOOLS)/sam/bin/python local/requirements-sam.txt
	@touch $@

$(TOOLS)/function/.installed: $(UV) $(INTERPRETER) local/requirements-function.txt
	@echo "installing the functions' bare runtime into $(TOOLS)/function"
	@$(UV) venv --quiet --clear --python $(PYTHON) $(TOOLS)/function
	@$(UV) pip sync --quiet --require-hashes --python $(TOOLS)/function/bin/python local/requirements-function.txt
	@$(TOOLS)/function/bin/python -m compileall -q $(TOOLS)/function/lib
	@touch $@

setup: .venv/.installed $(TOOLS)/sam/.installed $(TOOLS)/function/.installed ## Install everything into this clone

run: setup ## Start the laptop cloud, deploy, seed a city, submit a reading with a photo
	@$(METERFLOW) up

stop: ## Stop what `make run` started here; the data stay
	@if [ -x $(METERFLOW) ]; then $(METERFLOW) down; else echo "nothing to stop"; fi

# Torch is large and serves training only: an environment of its own.
$(TOOLS)/training/.installed: $(UV) $(INTERPRETER) uv.lock pyproject.toml
	@echo "installing what training needs into $(TOOLS)/training"
	@UV_PROJECT_ENVIRONMENT=$(TOOLS)/training $(UV) sync --frozen --quiet --group training --python $(PYTHON)
	@touch $@

train-reader: $(TOOLS)/training/.installed ## Train the open meter reader anew (about four hours on one core)
	@$(TOOLS)/training/bin/python -m training.localiser.train --minutes 40 --scenes .local/faces --out .local/locate.pt
	@$(TOOLS)/training/bin/python -m training.localiser.export --weights .local/locate.pt
	@$(TOOLS)/training/bin/python -m training.recogniser.train --minutes 60 --seen .local/seen --out .local/recognise.pt
	@$(TOOLS)/training/bin/python -m training.recogniser.export --weights .local/recognise.pt
	@$(TOOLS)/training/bin/python -m training.recogniser.train_plain --minutes 60 --out .local/plain.pt
	@$(TOOLS)/training/bin/python -m training.calibrate

evaluate-reader: setup ## Measure the open meter reader on the development photos, beside the OCR engine
	@$(PY) -m training.evaluate --engine

build: setup ## Build the artefacts as `sam deploy` takes them
	@$(PY) -m local.build

lint: setup ## Style, templates, state machines' text
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && .venv/bin/cfn-lint template.yaml stacks/*.yaml
	@$(SAM) validate --lint --region eu-central-1 >/dev/null && echo "templates are valid"

typecheck: setup ## Types, strict on the domain package
	@$(PY) -m mypy

test: setup lint typecheck ## Everything that CI runs; starts a laptop cloud of its own
	@$(PY) -m local.checks

# Other people's detectors, to compare with. Without them the benchmarks show ours alone.
$(TOOLS)/baselines/.installed: $(UV) $(INTERPRETER) uv.lock pyproject.toml
	@echo "installing other people's detectors into $(TOOLS)/baselines"
	@UV_PROJECT_ENVIRONMENT=$(TOOLS)/baselines $(UV) sync --frozen --quiet --only-group baselines --python $(PYTHON)
	@touch $@

bench: setup $(TOOLS)/baselines/.installed ## Measure and compare; needs no running cloud
	@$(PY) -m tests.benchmarks

invoke: setup ## Run one function by `sam local invoke` on its event: make invoke STEP=validate_reading
	@test -n "$(STEP)" || { echo "say which: make invoke STEP=validate_reading" >&2; exit 2; }
	@$(PY) -m local.invoke $(STEP)

deploy: setup ## Deploy to a real account: make deploy ENV=staging
	@$(PY) -m local.build --environment $(or $(ENV),default)
	@$(SAM) deploy --config-env $(or $(ENV),default) --parameter-overrides \
		$(shell $(PY) -m local.samconfig $(or $(ENV),default)) PythonRuntime=$(RUNTIME) $(PARAMETERS)

format: setup ## Format the code
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

lock: setup ## Write the lock files anew after a change of requirements
	@$(UV) lock
	@for name in uv sam function; do $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header local/requirements-$$name.in -o local/requirements-$$name.txt; done
	@$(PY) -m local.requirements
