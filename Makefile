# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything stays in the checkout: .venv holds the tools, .cache what they write.
export PYTHONDONTWRITEBYTECODE := 1
export HYPOTHESIS_STORAGE_DIRECTORY := .cache/hypothesis
export PYTEST_DEBUG_TEMPROOT := .cache

.DEFAULT_GOAL := help
.NOTPARALLEL:
VENV_PYTHON := .venv/bin/python
ANSIBLE_TEST := $(VENV_PYTHON) -m tests.tools.ansible_test
heading = printf '\n== %s ==\n'

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

# --- try it ---

.PHONY: demo simulator

demo: venv-demo ## show the collection at work on a simulated service
	@$(VENV_PYTHON) -m tests.tools.demo

simulator: venv-demo ## run the simulated service until Ctrl-C, for your own playbooks
	@$(VENV_PYTHON) -m tests.simulator tests/tools/demo_settings/service.yml

# --- test it ---

.PHONY: test test-all unit coverage lint gates sanity integration mutants soak matrix

test: lint coverage gates sanity integration ## everything that must pass before a change is merged

test-all: test docs demo release soak matrix ## the same, and what takes hours: long random runs, and other versions of Ansible

unit: venv-test ## unit tests without the slow ones (ARGS='-k word' to choose)
	@$(heading) 'unit tests'
	@PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX='$(CURDIR)/.cache/pycache' \
		$(VENV_PYTHON) -m pytest -m 'not slow' --hypothesis-profile quick --numprocesses 3 --dist worksteal $(ARGS)

coverage: venv-test ## all unit tests, with their coverage of plugins/
	@$(heading) 'unit tests, with coverage'
	@$(VENV_PYTHON) -m pytest --numprocesses 2 --cov $(ARGS)

lint: venv-test ## formatting, lint, types, YAML, shell scripts, licenses
	@$(heading) 'lint'
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m ruff check .
	@MYPYPATH=$$($(VENV_PYTHON) -m tests.tools.checkout) $(VENV_PYTHON) -m mypy -p ansible_collections.wecom.kf.plugins -p ansible_collections.wecom.kf.tests
	@$(VENV_PYTHON) -m yamllint --strict .
	@.venv/bin/shellcheck .ci/run tests/tools/*.sh
	@$(VENV_PYTHON) -m reuse lint --lines

gates: venv-test ## what Ansible's ecosystem requires of a collection (ARGS='ansible-lint' to choose)
	@$(heading) 'gates'
	@$(VENV_PYTHON) -m tests.tools.gates $(ARGS)

sanity: venv-test ## ansible-test sanity (ARGS='--test import' to choose)
	@$(heading) 'ansible-test sanity'
	@$(ANSIBLE_TEST) sanity $(ARGS)

integration: venv-test ## the integration targets (ARGS='NAME' to choose)
	@$(heading) 'ansible-test integration'
	@$(ANSIBLE_TEST) integration $(ARGS) --venv

mutants: venv-test ## change the code a little, and see if a test notices (ARGS='FILE --sample N --seed N --survivors')
	@$(heading) 'mutants'
	@$(VENV_PYTHON) -m tests.tools.mutants $(ARGS)

soak: venv-test ## ten thousand random histories, checked (ARGS='--histories N --seed N')
	@$(heading) 'soak'
	@$(VENV_PYTHON) -m pytest tests/unit -m soak --numprocesses 2 $(ARGS)

matrix: venv-test ## sanity, units and integration on the oldest, a middle and the newest Ansible (ARGS='--all', '--core 2.19')
	@$(heading) 'matrix'
	@$(VENV_PYTHON) -m tests.tools.matrix $(ARGS)

# --- measure it ---

.PHONY: bench

bench: venv-demo ## compare the modules with other ways to the same result (ARGS='--runs 5 --skip many'; takes an hour)
	@$(VENV_PYTHON) -m tests.benchmark $(ARGS)

# --- document it ---

.PHONY: docs

docs: venv-docs ## build the documentation site, in .cache/docs/html
	@$(heading) 'documentation'
	@$(VENV_PYTHON) -m tests.tools.docs

# --- release it ---

.PHONY: release

release: venv-test ## rehearse a release: build the tarball and try it in an empty environment
	@$(heading) 'rehearsal of a release'
	@$(VENV_PYTHON) -m tests.tools.release

# --- clean up ---

.PHONY: clean venv-demo venv-docs venv-test

clean: ## remove everything that make installed or wrote
	rm -rf .venv .cache tests/output wecom-kf-*.tar.gz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv-demo venv-docs venv-test: venv-%:
	@tests/tools/venv.sh $*
