# CallRouter. `make run` shows a real call; `make test` proves the rest. Both do all the set-up themselves.
#
#   make run              start the system, place one real call, stay up      (ONCE=1: leave after the call)
#                         BIND=192.0.2.10  let phones in the network in       CLOCK=2021-09-30T23:59:50+08:00  rehearse
#   make check            static checks and unit tests                        (three or four minutes)
#   make test             everything, on real Asterisk, broker and audio
#   make soak / bench     long runs / measurements
#   make setup / lock / clean / purge

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: run check test soak bench setup setup-tests lock clean purge

CALLROUTER := .venv/bin/callrouter
PYTEST     := .venv/bin/python -m pytest

run: setup
	@exec $(CALLROUTER) demo $(if $(ONCE),--once) $(if $(BIND),--bind $(BIND)) $(if $(CLOCK),--clock $(CLOCK)) $(if $(NUMBER),--number $(NUMBER)) $(if $(CONFIG),--config $(CONFIG))

check: setup-tests
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/mypy tests/end_to_end tests/wire tests/peers tests/fuzz
	@.venv/bin/lint-imports
	@$(PYTEST) tests/unit tests/wire tests/scenarios tests/peers -q -n 3

test: check
	@$(PYTEST) tests/fuzz -m "not soak" -q -n 2
	@$(PYTEST) tests/end_to_end -m "not soak and not alone" -v -n 6 --dist loadfile --no-loadscope-reorder --durations=25
	@$(PYTEST) tests/end_to_end -m "alone and not soak" -v -n 3 --dist loadfile --no-loadscope-reorder

soak: setup-tests
	@$(PYTEST) tests/end_to_end tests/fuzz -m soak -v

bench: setup-tests
	@.venv/bin/python -m benchmarks

setup:
	@deploy/setup.sh run

setup-tests:
	@deploy/setup.sh test

# Locks carry hashes and name no registry.
lock:
	@for set in runtime development synthesis; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links deploy/requirements/$$set.in -o deploy/requirements/$$set.txt; done

# What set-up made; records, messages and passwords (.local/run, .local/rehearsal) stay.
clean:
	rm -rf .venv .local/debian .local/postgresql .local/bin .local/sounds .local/test

purge:
	rm -rf .venv "$$(readlink -f .local)" .local
