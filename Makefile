# Two commands on a fresh machine: `make run` and `make test`. Everything else is made on the way.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test bench faults pictures lint lock clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.installed $(VENV)/.system  ## virtual environment, system packages, weights
	@$(BIN)/assistant models pull

run: setup  ## the main job: a headset if there is one, else a terminal, else the demo shift
	@$(BIN)/assistant run $(ARGS)

test: setup  ## all tests, with the real engines
	@$(BIN)/python -m pytest $(ARGS)

bench: setup  ## speed and accuracy, as ratios against named references
	@$(BIN)/assistant bench $(ARGS)
	@$(BIN)/python -m tests.domain.views.test_against_sql

faults: setup  ## every fault at full size: kill -9, lost servers, late answers, failing disks, damaged input
	@$(BIN)/python -m tests.faults $(ARGS)

pictures: setup  ## the README's pictures, anew; the one of noise from what was measured
	@$(BIN)/python -m tests.terminal.screenshots docs
	@$(BIN)/python -m tests.bench.noise_picture docs/hearing-noise.jsonl docs/hearing-noise.svg

lint: $(VENV)/.installed  ## style, types, layers
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/ruff format --no-cache --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# The lock is the truth: it is installed with its hashes, and only when it has changed.
$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/.system
	@$(BUILD) $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes \
	    -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# llama.cpp is compiled here, for any x86-64 or ARM machine and not for this one's newest instructions: its code for AMX
# crashes (docs/decisions/0007), and an environment may be moved. It takes about five minutes, once. (Without pip's
# cache, which would bring back an engine that was compiled for one machine.)
BUILD := CMAKE_ARGS="-DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF -DMTMD_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF"

# espeak-ng: the voice of last resort; a compiler: for llama.cpp; PortAudio: for headsets. Installed where that is
# allowed, asked for where not. PulseAudio with ALSA's plugin is a headset for tests and demo, without hardware: wanted,
# not needed, so whoever may install gets it, and nobody is asked for it.
$(VENV)/.system:
	@command -v $(PYTHON) >/dev/null || { echo "needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@missing=""; command -v espeak-ng >/dev/null || missing="espeak-ng"; \
	command -v c++ >/dev/null || missing="$$missing g++"; \
	[ "$$(uname)" != Linux ] || $(BIN)/python -c 'import ctypes.util as u; exit(not u.find_library("portaudio"))' || \
	    missing="$$missing libportaudio2"; \
	pulse=""; command -v pulseaudio >/dev/null && command -v paplay >/dev/null || pulse="pulseaudio pulseaudio-utils"; \
	ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so >/dev/null 2>&1 || pulse="$$pulse libasound2-plugins"; \
	if [ -n "$$pulse" ] && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$pulse; } >/dev/null 2>&1; fi; \
	if [ -z "$$missing" ]; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    echo "installing $$missing"; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; } >/dev/null || exit 1; \
	else echo "missing: $$missing; run this once, then again what you ran: sudo apt-get install -y $$missing"; exit 1; fi
	@touch $@
	@echo "setting up; the language model's engine is compiled here, which takes some minutes the first time"

lock:  ## requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-annotate --no-header \
	    --no-emit-index-url --extra voice --extra meaning --extra analysis --extra peers --extra dev pyproject.toml --output-file requirements.lock

clean:  ## what was made, but not the weights
	rm -rf $(VENV) out dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
