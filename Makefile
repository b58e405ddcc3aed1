# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything is set up and kept in the checkout: .venv holds the tools, .cache what they write.
export PYTHONDONTWRITEBYTECODE := 1
export HYPOTHESIS_STORAGE_DIRECTORY := .cache/hypothesis
export PYTEST_DEBUG_TEMPROOT := .cache

.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
ANSIBLE_TEST := $(PYTHON) -m tests.tools.ansible_test
heading = printf '\n== %s ==\n'

.PHONY: help
help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

# --- try it ---

.PHONY: demo simulator

demo: venv-demo ## the collection at work on a simulated service
	@$(PYTHON) -m tests.tools.demo

simulator: venv-demo ## the simulated service alone, until Ctrl-C, for playbooks of your own
	@$(PYTHON) -m tests.simulator tests/tools/demo_settings/service.yml

# --- test it ---

.PHONY: test test-all unit coverage lint gates sanity integration mutants soak matrix

test: lint coverage gates sanity integration ## all that has to pass before a change goes in

test-all: test docs demo release soak matrix ## that, and what takes hours: long histories, and other versions of Ansible

unit: venv-test ## the unit tests but the slow ones (ARGS='-k word' to choose)
	@$(heading) 'unit tests'
	@$(PYTHON) -m pytest -m 'not slow' --numprocesses 2 $(ARGS)

coverage: venv-test ## all unit tests, and how much of plugins/ they reach
	@$(heading) 'unit tests, with coverage'
	@$(PYTHON) -m pytest --numprocesses 2 --cov $(ARGS)

lint: venv-test ## formatting, lint, types, YAML, shell scripts, licences
	@$(heading) 'lint'
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@MYPYPATH=$$($(PYTHON) -m tests.tools.checkout) $(PYTHON) -m mypy -p ansible_collections.wecom.kf.plugins -p ansible_collections.wecom.kf.tests
	@$(PYTHON) -m yamllint --strict .
	@.venv/bin/shellcheck .ci/run tests/tools/*.sh
	@$(PYTHON) -m reuse lint --lines

gates: venv-test ## what the ecosystem asks of a collection (ARGS='ansible-lint' to choose)
	@$(heading) 'gates'
	@$(PYTHON) -m tests.tools.gates $(ARGS)

sanity: venv-test ## ansible-test sanity (ARGS='--test import' to choose)
	@$(heading) 'ansible-test sanity'
	@$(ANSIBLE_TEST) sanity $(ARGS)

integration: venv-test ## the integration targets (ARGS='NAME' to choose)
	@$(heading) 'ansible-test integration'
	@$(ANSIBLE_TEST) integration --venv $(ARGS)

mutants: venv-test ## small changes of the code: does a test notice? (ARGS='FILE --sample N --seed N --survivors')
	@$(heading) 'mutants'
	@$(PYTHON) -m tests.tools.mutants $(ARGS)

soak: venv-test ## ten thousand random histories (ARGS='--histories N --seed N')
	@$(heading) 'soak'
	@$(PYTHON) -m pytest -m soak --numprocesses 2 $(ARGS)

matrix: venv-test ## sanity, units and integration on the oldest, a middle and the newest Ansible (ARGS='--all')
	@$(heading) 'matrix'
	@$(PYTHON) -m tests.tools.matrix $(ARGS)

# --- measure it ---

.PHONY: bench

bench: venv-bench ## the modules against what a user would do otherwise (ARGS='--runs 5 --skip many'; takes an hour)
	@$(PYTHON) -m tests.benchmark $(ARGS)

# --- document it ---

.PHONY: docs

docs: venv-docs ## the documentation site, in .cache/docs/html
	@$(heading) 'documentation'
	@$(PYTHON) -m tests.tools.docs

# --- release it ---

.PHONY: release

release: venv-test ## rehearse a release, up to a smoke run of the tarball in an empty environment
	@$(heading) 'rehearsal of a release'
	@$(PYTHON) -m tests.tools.release

# --- house-keeping ---

.PHONY: clean venv-bench venv-demo venv-docs venv-test

clean: ## remove all that was set up, made or left here
	rm -rf .venv .cache tests/output wecom-kf-*.tar.gz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv-bench venv-demo venv-docs venv-test: venv-%:
	@tests/tools/venv.sh $*
