# make train: from nothing to a trained, recorded model; make test; make check.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.stamp
BOOTSTRAP := $(VENV)/bootstrap.txt
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --compile-bytecode

.PHONY: train test test-all check install lock wheel clean

train: $(STAMP)
	@$(BIN)/dlcli train $(ARGS)

# Two processes, of which each takes whole files, as the tests of a file share what they made, the
# longest first; one thread in each.
test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-all: $(STAMP)
	$(BIN)/python -m pytest -m "" $(ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

install: $(STAMP)

# Everything comes out of the lock, with its hash: the installer, what builds packages, and the
# packages. The stamp is made last, so that a step that failed is tried again.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "dlcli needs Python 3.11 or newer, which $(PYTHON) is not: make PYTHON=python3.12"; exit 2; } >&2
	@echo "installing the locked packages into $(VENV): minutes the first time, then never again" >&2
	@$(PYTHON) -m venv $(VENV)
	@sed -nE '/^(setuptools|uv)==/,/[^\\]$$/p' requirements.lock >$(BOOTSTRAP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(BOOTSTRAP)
	@$(UV) --require-hashes -r requirements.lock
	@$(UV) --no-deps --editable .
	@$(BIN)/python -m compileall -q dlcli
	@touch $(STAMP)

lock:
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

wheel: $(STAMP)
	$(BIN)/python -m hatchling build -t wheel

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
