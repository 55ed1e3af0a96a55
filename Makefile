# Requires only make and Python 3.10 or newer. Everything is installed into the virtual environment below; `make clean`
# removes it. To use a second Python next to the first: make test PYTHON=python3.13 VENV=.venv313

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install
# pip's isolated build environment is a new folder each time, so that CMake would recompile the whole engine each time.
INSTALL := $(PIP) --no-build-isolation --editable
SCREENSHOTS := $(CURDIR)/build/screenshots
# Tests run in up to four processes; ARGS="-n 0" runs them in a single process, which a debugger needs.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses=4 --dist=worksteal
NATIVE := $(shell find native -path native/tests -prune -o \( -name '*.h' -o -name '*.cpp' -o -name CMakeLists.txt \) -print)

# Ignore packages outside the environment.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH PYTHONHOME

# The name of this stamp depends on the interpreter and the folder: after a change of PYTHON, or in a moved or copied
# checkout, make creates a new environment instead of using the old one.
MADE := $(VENV)/.made-$(shell printf '%s' '$(PYTHON) $(CURDIR)' | cksum | cut -d ' ' -f 1)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test test-all mutants test-peers test-notebooks test-native test-arm sanitize lint types docs site pages bench native clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s%s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo ## train a small network on the digits that come with the package
	$(BIN)/rot180 train digits --out runs/demo
	@echo
	@echo "The results are in runs/demo: open runs/demo/report.html in a browser. Commands to try next, from this folder:"
	@echo
	@echo "    source $(BIN)/activate"
	@echo "    rot180 evaluate runs/demo                         # the accuracy on the test images"
	@echo "    rot180 predict runs/demo examples/digit.png       # classify an image"
	@echo "    rot180 check examples/mine.py --op conv2d         # find the mistake in a gradient (exit status 1: one is found)"
	@echo "    rot180 explain                                    # show a convolution and its gradients in the browser (Ctrl-C stops it)"

test: $(VENV)/.test ## run the tests that a contributor needs (ARGS="-k conv -x" narrows them)
	$(PYTEST) -m "not slow and not peers and not notebooks" $(ARGS)

test-all: $(VENV)/.test ## run the tests of make test, and the exhaustive tests
	$(PYTEST) -m "not peers and not notebooks" --battery-table $(ARGS)

test-peers: $(VENV)/.peers ## compare with PyTorch and SciPy (installs both: large)
	$(PYTEST) -m peers $(ARGS)

mutants: $(VENV)/.test ## inject faults into the library, one by one, and count the faults that the tests find (takes minutes)
	$(BIN)/python -m tests.mutants $(ARGS)

test-notebooks: $(VENV)/.notebooks ## test the explainer in JupyterLab and marimo (installs both: large)
	@mkdir -p $(SCREENSHOTS)
	ROT180_SCREENSHOTS=$(SCREENSHOTS) $(BIN)/python -m pytest -m notebooks tests/explain/notebooks $(ARGS)

native: $(VENV)/.tools ## compile the native engine (other targets do so when a file of native/ has changed)
	@rm -f $(VENV)/.native
	@$(MAKE) --no-print-directory $(VENV)/.native

test-native: $(VENV)/.tools ## run the C++ tests of the native engine
	native/tests/run $(BIN) plain

test-arm: $(VENV)/.tools ## run the C++ tests on an emulated ARM (apt install g++-aarch64-linux-gnu qemu-user)
	native/tests/run $(BIN) arm

sanitize: $(VENV)/.test ## run the C++ tests, and the Python tests of the engine, under sanitizers
	native/tests/run $(BIN) address,undefined
	native/tests/run $(BIN) thread

lint: $(VENV)/.lint ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.lint ## check the types of the package
	$(BIN)/mypy

docs: $(VENV)/.docs ## write the API reference into build/reference
	$(BIN)/python docs/reference.py build/reference

site: $(VENV)/.docs ## build the site, in English and Chinese, into build/site
	$(BIN)/python docs/site/build.py build/site

pages: $(VENV)/.native ## write a page for each program of examples/origins into build/pages
	$(BIN)/python examples/origins/pages.py build/pages

bench: $(VENV)/.bench ## benchmark against PyTorch (a large download), write benchmarks/results (ARGS="--only lenet" selects)
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove the virtual environment, runs/demo and everything that tools leave behind
	rm -rf $(VENV) build dist runs/demo .pytest_cache .mypy_cache .ruff_cache
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each set of packages, renewed when pyproject.toml or a source of the native engine changes. The package
# is installed in place: changes to Python files take effect without a new installation.

$(MADE):
	@command -v "$(PYTHON)" >/dev/null || { echo "error: there is no $(PYTHON): install Python 3.10 or newer, or name it with make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "error: rot180 needs Python 3.10 or newer, but $(PYTHON) is $$("$(PYTHON)" --version 2>&1): name another with make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "error: $(PYTHON) has no venv module: install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@echo "creating the virtual environment $(VENV)"
	@"$(PYTHON)" -m venv --clear "$(VENV)"
	@touch $@

$(VENV)/.tools: $(MADE) pyproject.toml
	@echo "installing the build tools (CMake, ninja, nanobind) into $(VENV)"
	@$(PIP) 'nanobind>=2.4' 'scikit-build-core>=0.11' cmake ninja  # see build-system in pyproject.toml
	@touch $@

$(VENV)/.native: $(VENV)/.tools $(NATIVE)
	@echo "installing rot180 and its dependencies into $(VENV)"
	@$(BIN)/python native/install.py
	@$(BIN)/rot180 info | grep engine:
	@touch $@

$(VENV)/.demo: $(VENV)/.native
	@echo "installing matplotlib (plots of the report) and Pillow (image files) into $(VENV)"
	@$(INSTALL) '.[report,image]'
	@touch $@

$(VENV)/.test: $(VENV)/.native
	@echo "installing the test dependencies into $(VENV)"
	@$(INSTALL) '.[test]'
	@touch $@ $(VENV)/.demo

$(VENV)/.torch: $(MADE)
	@echo "installing PyTorch into $(VENV)"
	@$(PIP) torch==2.13.0
	@touch $@

$(VENV)/.peers: $(VENV)/.test $(VENV)/.torch
	@echo "installing SciPy into $(VENV)"
	@$(INSTALL) '.[peers]'
	@touch $@

$(VENV)/.notebooks: $(VENV)/.test
	@echo "installing JupyterLab and marimo into $(VENV)"
	@$(INSTALL) '.[notebook,notebook-test]'
	@touch $@

$(VENV)/.lint: $(VENV)/.native
	@echo "installing the linters into $(VENV)"
	@$(INSTALL) '.[lint]'
	@touch $@

$(VENV)/.docs: $(VENV)/.native
	@echo "installing Sphinx and pdoc into $(VENV)"
	@$(INSTALL) '.[docs]'
	@touch $@

$(VENV)/.bench: $(VENV)/.native $(VENV)/.torch
	@echo "installing the benchmark dependencies into $(VENV)"
	@$(INSTALL) '.[peers,report]'
	@touch $@
