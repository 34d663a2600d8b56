# `make` lists the verbs. Each one sets up first what it needs; with nothing changed that takes well under a second.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests setup-bench screens demo up serve work plan test check format lock simulate bench bench-quote bench-book bench-api \
	bench-import bench-geocode bench-web bench-pdptw bench-mdrp bench-dpdp bench-market docs \
	drill-crash drill-fleets drill-fuzz drill-offers check-schema messages clean distclean

BIN := .venv/bin
NODE_DIR := $(CURDIR)/.venv/share/homeward/bin
# The first Python that is new enough; `make PYTHON=/path/to/python3.12` decides otherwise.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
SPEED ?= 10
SEED ?= 1
DELIVERIES ?= 25
REQUESTS ?= 100000
DRILLED ?= 1000
COURIERS ?= 200
OFFERS ?= 50
ARGS ?=
WORKERS ?= 2

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make a fresh clone ready to run
	@if [ -z "$(PYTHON)" ]; then echo "Homeward needs Python 3.11 or newer; none was found."; exit 1; fi
	@$(PYTHON) scripts/setup.py

setup-tests:
	@if [ -z "$(PYTHON)" ]; then echo "Homeward needs Python 3.11 or newer; none was found."; exit 1; fi
	@$(PYTHON) scripts/setup.py --for-tests

setup-bench: ## also fetch the solvers that `homeward bench pdptw --peers` runs side by side with ours
	@if [ -z "$(PYTHON)" ]; then echo "Homeward needs Python 3.11 or newer; none was found."; exit 1; fi
	@$(PYTHON) scripts/setup.py --for-bench

demo: setup ## the whole platform in a small living town (SPEED=10, ARGS="--until-delivered 25 --exit")
	@exec $(BIN)/homeward demo --speed $(SPEED) $(ARGS)

up: setup ## the platform alone, all parts in one, on the real clock
	@exec $(BIN)/homeward up $(ARGS)

serve: setup ## only the web process, against a given Postgres
	@exec $(BIN)/homeward serve $(ARGS)

work: setup ## only the background worker, against a given Postgres
	@exec $(BIN)/homeward work $(ARGS)

plan: setup ## only the planner, against a given Postgres
	@exec $(BIN)/homeward plan $(ARGS)

# All of it runs, whatever fails first; the tests speak last. One file stays in one process, for what it shares.
test: setup-tests ## everything the tests need, all checks, then all tests (ARGS="tests/quotes -k window")
	@status=0; \
	$(MAKE) --no-print-directory check || status=1; \
	PATH="$(NODE_DIR):$$PATH" node_modules/.bin/vitest run || status=1; \
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS) || status=1; \
	if [ $$status -ne 0 ]; then echo "Something failed; see above."; fi; \
	exit $$status

check: setup ## format, lint, strict types, import contracts, house rules, types of the pages
	@status=0; \
	try() { echo "· $$*"; "$$@" || status=1; }; \
	try $(BIN)/ruff format --check --quiet .; \
	try $(BIN)/ruff check --quiet .; \
	try $(BIN)/mypy; \
	try $(BIN)/lint-imports --no-logo; \
	try $(BIN)/python scripts/house_rules.py; \
	PATH="$(NODE_DIR):$$PATH" try node_modules/.bin/tsc --noEmit; \
	exit $$status

format: setup ## put every Python file into the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## resolve the dependencies again and write the lock files
	$(BIN)/python scripts/lock.py

screens: setup-tests ## a picture of every page in every state, and whatever is wrong with it (PAGES="/console/story /t-en")
	$(BIN)/python -m tests.web.screens build/screens $(PAGES)

drill-fuzz: setup-tests ## 100,000 requests that somebody might think of, to every door (REQUESTS=100000 SEED=1)
	@HOMEWARD_FUZZ_REQUESTS=$(REQUESTS) HOMEWARD_FUZZ_SEED=$(SEED) $(BIN)/pytest -n $(WORKERS) --dist loadfile -q tests/acceptance/test_contract.py tests/acceptance/test_dialect_contracts.py $(ARGS)

drill-fleets: setup-tests ## a thousand deliveries with fleets that misbehave (DRILLED=1000 SEED=1)
	@HOMEWARD_DRILL_DELIVERIES=$(DRILLED) HOMEWARD_DRILL_SEED=$(SEED) $(BIN)/pytest -n 0 -q -s tests/fleets/autonomous/test_long_day.py $(ARGS)

drill-offers: setup-tests ## 200 couriers on 50 open offers at once: one winner each, how soon the others know (COURIERS=200 OFFERS=50)
	@HOMEWARD_DRILL_COURIERS=$(COURIERS) HOMEWARD_DRILL_OFFERS=$(OFFERS) $(BIN)/pytest -n 0 -q -s tests/dispatch/open_offers/test_race.py $(ARGS)

check-schema: setup ## the migrations build exactly the schema the code expects
	$(BIN)/pytest -q tests/infra/test_migrations.py $(ARGS)

simulate: setup ## one seeded day in the small town, headless (SEED=1, DELIVERIES=25)
	@rm -rf out/simulate-$(SEED) && mkdir -p out
	@exec $(BIN)/homeward demo --seed $(SEED) --speed $(SPEED) --data-dir out/simulate-$(SEED) --until-delivered $(DELIVERIES) --exit $(ARGS)

bench: bench-quote bench-book bench-api bench-import bench-geocode bench-web ## every benchmark

bench-quote: setup ## quotes per second and their latency
	@exec $(BIN)/python -m bench.quote $(ARGS)

bench-book: setup ## bookings per second against the same SQL run bare
	@exec $(BIN)/python -m bench.book $(ARGS)

bench-api: setup ## quote and book through every door, against the native one
	@exec $(BIN)/python -m bench.api $(ARGS)

bench-import: setup ## seconds and memory to import each map extract
	@exec $(BIN)/python -m bench.imports $(ARGS)

bench-geocode: setup ## share of spoilt addresses found, and how fast
	@exec $(BIN)/python -m bench.geocode $(ARGS)

bench-web: setup-tests ## weight, first paint and answers of the pages, live updates with 1,000 watching, a map of 1,000 couriers
	@exec $(BIN)/python -m bench.web $(ARGS)

bench-pdptw: setup ## plans against best known ones (ARGS="FOLDER_OR_ZIP --seconds 1,5")
	@exec $(BIN)/homeward bench pdptw $(ARGS)

bench-mdrp: setup ## meal delivery as it happens (ARGS="FOLDER_OR_ZIP")
	@exec $(BIN)/homeward bench mdrp $(ARGS)

bench-dpdp: setup ## factories, docks and last-in-first-out trucks (ARGS="FOLDER_OR_ZIP")
	@exec $(BIN)/homeward bench dpdp $(ARGS)

bench-market: setup ## a live market, drawn from a seed (ARGS="--couriers 50 --deliveries 200")
	@exec $(BIN)/homeward bench market $(ARGS)

drill-crash: setup ## kill parts of a running platform and count what was lost
	@exec $(BIN)/python -m bench.crash $(ARGS)

docs: setup ## write the reference pages that follow from the code
	@$(BIN)/python -m scripts.write_reference

messages: setup ## find every sentence of the pages and keep the catalogues in step
	@$(BIN)/python -m scripts.messages

clean: ## remove what tests and tools left behind
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache out
	find src tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## also remove the environment, the web packages and the built pages
	rm -rf .venv node_modules src/homeward/web/static
