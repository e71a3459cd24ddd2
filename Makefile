# Every task of the project. Plain `make` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DEMO_HOME := .demo
DEMO_SERVERS ?= 2000
DEMO_PORT ?= 8000
WORKERS ?= 2
PYTEST := -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
export JUMEAU_DATA ?= $(abspath ../shared/data)

.DEFAULT_GOAL := help
.PHONY: help setup lock demo test kernels nightly contract bench bench-large bench-soak conformance eval fmt lint types arch golden docs neo4j helm compose audit check clean

help: ## List the targets
	@grep -hE '^[a-z0-9_-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "Python 3.11, 3.12 or 3.13 is needed, this is " + sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/^[a-z]/{/^uv==/p;/^ /p;}' requirements.lock > $(VENV)/uv.lock
	$(PIP) --require-hashes -r $(VENV)/uv.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock || $(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

setup: $(STAMP) ## Create the virtual environment from the hash-locked requirements

lock: ## Resolve requirements.lock again (universal for Python 3.11-3.13)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra agent --extra postgresql --extra simulation --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links -c requirements.lock -o deploy/docker/requirements.lock

demo: $(STAMP) ## Load the demo twin and serve it on 127.0.0.1:8000 (CHECK=1: check ten answers instead)
	@JUMEAU_HOME=$(DEMO_HOME) JUMEAU_NOW=2025-01-01 JUMEAU_PORT=$(DEMO_PORT) $(BIN)/python -m demo.run --servers $(DEMO_SERVERS) $(if $(CHECK),--check,)

# Workers, servers and jobs are Pythons of their own: each would compile everything again where the shell forbids to keep it.
test nightly: export PYTHONDONTWRITEBYTECODE :=

test: $(STAMP) ## Everything, including the contract suite on a real Neo4j; says what it skipped (WORKERS=1 on a small machine)
	$(BIN)/python $(PYTEST) -m "not nightly"

kernels: $(STAMP) ## Compile the kernels of simulation, which are kept on disk, before two workers of the tests do it at the same time
	$(BIN)/python -c "import services.simulation.investments, services.simulation.keep, simulate.line.simulate, simulate.single.answer"

nightly: $(STAMP) ## The long suites at full counts
	JUMEAU_NIGHTLY=1 $(BIN)/python $(PYTEST)

contract: $(STAMP) ## The repository contract only (BACKEND=networkx|embedded|neo4j for one)
	$(BIN)/python -m pytest tests/contract $(if $(BACKEND),-k $(BACKEND),)

bench: $(STAMP) ## Measure the figures, as ratios in one run, into bench/results.json (ONLY="loading history" for some)
	$(BIN)/python -m bench.run $(ONLY)

bench-large: $(STAMP) ## Load five million elements and tell whether rows get dearer (an hour, 15 GB of disk, 8 GB of memory)
	$(BIN)/python -m bench.growth

bench-soak: $(STAMP) ## Use a server as for eight hours and tell what it holds afterwards (a quarter of an hour)
	$(BIN)/python -m bench.soak

conformance: $(STAMP) ## Run the openCypher kit and the GSQL checker, write bench/conformance.json and the page (NEO4J=1: ask a Neo4j too)
	$(BIN)/python -m bench.conformance $(if $(NEO4J),--neo4j,)

eval: $(STAMP) ## Ask a question set of an estate and count what came (FILE=... ESTATE=... OUTPUT=json WRITE=1); our own sets without FILE
	@$(BIN)/python -m bench.evaluation $(FILE) $(if $(ESTATE),--estate $(ESTATE),) $(if $(OUTPUT),--output $(OUTPUT),) $(if $(WRITE),--write,)

fmt: $(STAMP) ## Format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(STAMP) ## Check style and format
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(STAMP) ## Check types, strictly
	$(BIN)/mypy

arch: $(STAMP) ## Check that imports point down
	$(BIN)/lint-imports

golden: $(STAMP) ## Compute the golden answers again, to be reviewed as a diff
	$(BIN)/python -m demo.make_golden
	$(BIN)/python -m tests.graph.queries.plain

docs: $(STAMP) ## Generate the schemas of the doors, the reference pages and the GSQL files from the code
	$(BIN)/python -m api.generate
	$(BIN)/python -m docs.generate
	$(BIN)/python -m graph.backends.tigergraph.generate

neo4j: $(STAMP) ## Run a local Neo4j from Maven artifacts, in the foreground
	$(BIN)/python -m scripts.neo4j

helm: $(STAMP) ## Build the pinned helm from its source with Go, so that the tests render and lint the chart (minutes, once)
	$(BIN)/python -m scripts.helm

compose: $(STAMP) ## Build the program of the Compose specification with Go, so that the tests read docker-compose.yml with it (a minute, once)
	$(BIN)/python -m scripts.compose

audit: $(STAMP) ## Hold the lock against known vulnerabilities (ADVISORIES=file, folder or https address of OSV's archive of PyPI)
	$(BIN)/python -m scripts.advisories $(ADVISORIES)

check: lint types arch ## Static checks, all of them

clean: ## Remove what builds and demos left behind
	rm -rf $(VENV) $(DEMO_HOME) var .neo4j .tck .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
