# Two commands are enough: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Tests start many processes: where no bytecode may be written, each compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run demo test check lock audit format reference migration site pictures clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / \t/'

run: $(VENV)/run.stamp  ## run Sahman (without BOT_TOKEN: the demo, in your browser)
	@$(BIN)/python -m bot run

demo: $(VENV)/run.stamp  ## show the whole product in your browser, with sample news and no token
	@$(BIN)/python -m bot demo

test: $(VENV)/dev.stamp  ## the fast tests: no service, no account, about two minutes
	$(BIN)/python -m pytest -q -m "not slow and not browser" -n 3 --dist worksteal

check: $(VENV)/dev.stamp  ## all the rest: slow tests, browser, lint, types, layers, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if [ -x $(BIN)/hadolint ]; then echo "hadolint Dockerfile" && $(BIN)/hadolint Dockerfile; \
	else echo "NOT CHECKED: the Dockerfile, for hadolint is not to be had on this kind of machine"; fi
	$(BIN)/python -m pytest -q -m "slow or browser" -n 2 --dist worksteal
	$(BIN)/python -m pytest -q -m "hypothesis and not slow" --hypothesis-profile=thorough -n 2 --dist worksteal

lock:  ## renew the hash-locked pins from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --extra dev pyproject.toml -o requirements-dev.txt

audit:  ## ask PyPI for known holes in what is pinned (needs uv and the internet)
	uvx pip-audit --strict --disable-pip --require-hashes -r requirements.txt
	uvx pip-audit --strict --disable-pip --require-hashes -r requirements-dev.txt

format: $(VENV)/dev.stamp  ## sort imports and lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

reference: $(VENV)/dev.stamp  ## write docs/commands.md, settings.md and logs.md anew from the code
	PYTHONPATH=. $(BIN)/python docs/make_reference.py

migration: $(VENV)/dev.stamp  ## draft the next migration: make migration SAYS="what changes"
	PYTHONPATH=. $(BIN)/python alembic/draft.py "$(SAYS)"

site: $(VENV)/dev.stamp  ## docs/ as web pages, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

pictures: $(VENV)/dev.stamp  ## take the README's pictures and docs/gallery anew (needs Chromium)
	$(BIN)/python docs/take_screenshots.py
	$(BIN)/python docs/take_gallery.py

clean:  ## remove what make made
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
