# `make demo` and `make test` are all a newcomer needs: both set up .venv by themselves (tools/setup).
# PYTHON=/path/to/python3.13 chooses another Python than the python3 found.

VENV := .venv/bin
UV := 0.13.9
TEST := $(VENV)/python -m pytest
# All tests together run side by side on up to four cores; what a file's tests share is made once, by the one process
# that runs the file. On one core a second process would only cost.
SIDE_BY_SIDE = $(if $(filter-out 1,$(shell getconf _NPROCESSORS_ONLN)),-n auto --maxprocesses 4 --dist loadfile)
BENCHES = $(basename $(notdir $(shell grep -l __main__ bench/*.py)))

.DEFAULT_GOAL := help
.PHONY: help setup demo test check check-format check-lint check-types check-imports check-tests \
	cluster-test soak bench lock format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## .venv from the lock (every other target does it by itself)
	@sh tools/setup

demo: setup ## the whole service in one process, with sample orders flowing
	@$(VENV)/tocsin demo

test: setup ## the tests; those that need an absent browser or server say that they were skipped
	@$(TEST) $(SIDE_BY_SIDE)

check: check-format check-lint check-types check-imports check-tests ## all that must hold before a change lands

check-format: setup
	$(VENV)/ruff format --check .

check-lint: setup
	$(VENV)/ruff check .

check-types: setup
	$(VENV)/mypy

check-imports: setup
	$(VENV)/lint-imports

# Here nothing is skipped: an absent browser or server is a failure.
check-tests: setup
	TOCSIN_REQUIRE_ALL=1 $(TEST) $(SIDE_BY_SIDE)

# pytest ends with 5 where it found no test at all.
cluster-test: setup ## the tests against real Kafka and PostgreSQL, brought up without Docker
	@$(TEST) -m cluster || { code=$$?; [ $$code -eq 5 ] || exit $$code; \
		echo "There is no cluster test yet: nothing was tried against real Kafka or PostgreSQL."; }

soak: setup ## the tests that run for long
	@$(TEST) -m soak || { code=$$?; [ $$code -eq 5 ] || exit $$code; \
		echo "There is no soak test yet: nothing was tried for long."; }

# One thread, so that figures are those of one core.
bench: setup ## all benchmarks, or some: make bench BENCHES="replay sweep"
	@code=0; for name in $(BENCHES); do \
		echo "python -m bench.$$name"; POLARS_MAX_THREADS=1 $(VENV)/python -m bench.$$name || code=1; done; exit $$code

# uv resolves for Python 3.11 to 3.14 and all systems at once; it makes the lock and installs nothing.
lock: ## resolve the newest versions that pyproject.toml allows, into locks/
	$${PYTHON:-python3} -m venv --clear .venv-lock
	.venv-lock/bin/pip install -q uv==$(UV)
	@set -e; compile() { UV_CUSTOM_COMPILE_COMMAND="make lock" .venv-lock/bin/uv pip compile -q --upgrade --universal \
			--python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links "$$@"; }; \
		compile pyproject.toml --group build --group dev -o locks/tocsin.txt; \
		compile --group build -c locks/tocsin.txt -o locks/build.txt
	@rm -rf .venv-lock

format: setup ## format the code, and repair what ruff can repair
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

clean: ## remove .venv and everything else that is made
	rm -rf .venv .venv-lock build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
