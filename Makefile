# Everything a fresh machine with Python (3.11 or newer) and make needs: `make demo`, `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TORCH := 2.13.0
# One thread each: the tests run in two processes, and sums depend on the number of threads.
export OMP_NUM_THREADS = 1

.PHONY: help setup demo report test test-slow test-lowest fuzz lint format bench bench-large gpu-check reproduce-groove reproduce-ipic reproduce-ps findings disjoint choosing docs-check site sweep constraints clean

help:  ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## Make .venv with everything pinned; does nothing if nothing changed

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "weakpair needs Python 3.11 or newer; use make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[scverse,sweep,dev]'
	@touch $(STAMP)

demo: setup  ## Run the demo grid on real data and show its tables
	$(BIN)/bench run --grid demo --out runs/demo
	$(BIN)/bench report runs/demo

REPORTS ?= build/report

report: demo  ## Write build/report/report-*.html of the demo and, if it was run, of the simulation grid
	mkdir -p $(REPORTS)
	for run in demo simulation; do \
	  if [ -e runs/$$run/results.parquet ]; then \
	    $(BIN)/bench report runs/$$run --format html --out $(REPORTS)/report-$$run.html || exit 1; fi; done

test: setup  ## Run the tests (a few minutes)
	$(BIN)/pytest -q -n 2 --dist worksteal

test-slow: setup  ## Run the tests that take minutes each (an hour), with what they counted
	$(BIN)/pytest -q -rP -m slow -n 2 --dist worksteal

test-lowest:  ## Run small grids with the lowest versions that pyproject.toml allows (a new environment)
	$(PYTHON) tests/lowest.py build/lowest

CASES ?= 500

fuzz: setup  ## Read CASES odd data sets (500) in every container and hold them to their plain form
	FUZZ_CASES=$(CASES) $(BIN)/pytest -q -s -m slow tests/fuzz

lint: setup  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

GRID ?= demo
WORKERS ?= 2
STAGES ?= 10000

bench: setup  ## Time the aligners against POT, engine, store and GRID=demo cold and warm (WORKERS=2)
	$(BIN)/python tests/benchmarks/bench_aligners.py
	$(BIN)/python tests/benchmarks/bench_harness.py --stages $(STAGES) --grid $(GRID) --workers $(WORKERS)

CELLS ?= 2000,20000

bench-large: setup  ## Time a sparse screen of CELLS=2000,20000 cells end to end (200000: an hour, 13 GiB, 20 GB of disk)
	$(BIN)/python tests/benchmarks/bench_large.py --cells $(CELLS) --workers $(WORKERS)

DEVICE ?= cuda

gpu-check: setup  ## Check and time a device against the CPU, five minutes: build/gpu-check.md (DEVICE=cuda)
	$(BIN)/python -m tests.benchmarks.gpu_check --device $(DEVICE)

reproduce-groove: setup  ## Compute GROOVE's simulation tables and write docs/reproduction-groove.md
	$(BIN)/bench run --grid simulation --device cpu --workers 2
	$(BIN)/bench run --grid ablation --device cpu --workers 2
	$(BIN)/bench report runs/simulation runs/ablation --document reproduction-groove \
	  --out docs/reproduction-groove.md

# Runs that reproduce-groove made are taken from the store.
FINDINGS := simulation simulation-disjoint simulation-decoys simulation-knobs ablation ablation-disjoint overlap \
  sensitivity epsilon epsilon-disjoint aligners-simulation

findings: setup  ## Put the papers' claims to the test and write docs/findings.md (three hours from nothing)
	for grid in $(FINDINGS); do \
	  $(BIN)/bench run --grid $$grid --device cpu --workers 2 || exit 1; done
	@test -d "$${WEAKPAIR_DATA:-$$HOME/.local/share/weakpair}" || { \
	  echo 'the real sets are missing: bench data list says how to get them'; exit 1; }
	for grid in real real-disjoint; do \
	  $(BIN)/bench run --grid $$grid --tasks matching --device cpu --workers 2 || exit 1; done
	for grid in epsilon-real aligners-real; do \
	  $(BIN)/bench run --grid $$grid --device cpu --workers 2 || exit 1; done
	$(BIN)/bench figure overlap runs/overlap --out docs/findings-overlap.png
	$(BIN)/bench figure sensitivity runs/sensitivity --variant shared=0.8 --out docs/findings-sensitivity.png
	$(BIN)/bench report $(addprefix runs/,$(FINDINGS) real real-disjoint) \
	  runs/epsilon-real runs/aligners-real --document findings --out docs/findings.md

disjoint: setup  ## Match where cells are disjoint and write docs/disjoint.md (half an hour)
	@test -d "$${WEAKPAIR_DATA:-$$HOME/.local/share/weakpair}" || { \
	  echo 'the real sets are missing: bench data list says how to get them'; exit 1; }
	for grid in simulation-disjoint identifiability real-disjoint; do \
	  $(BIN)/bench run --grid $$grid --tasks matching --device cpu --workers 2 || exit 1; done
	$(BIN)/bench report runs/simulation-disjoint runs/identifiability runs/real-disjoint \
	  --document disjoint --out docs/disjoint.md

choosing: setup  ## Measure how far surrogates can be trusted and write docs/choosing.md (under an hour)
	for grid in surrogates surrogates-real; do \
	  $(BIN)/bench run --grid $$grid --device cpu --workers 2 || exit 1; done
	$(BIN)/bench report runs/surrogates runs/surrogates-real --by surrogate --format csv \
	  --out tables/choosing/measured.csv
	$(BIN)/bench report runs/surrogates runs/surrogates-real --document choosing --out docs/choosing.md

reproduce-ipic: setup  ## Compute IPIC's benchmark and write docs/reproduction-ipic.md (SETS=a,b: their tables alone)
	$(BIN)/bench run --grid ipic $(if $(SETS),--datasets $(SETS)) --device cpu --workers 2
	$(BIN)/bench report runs/ipic $(if $(SETS),--task probe,--document reproduction-ipic --out docs/reproduction-ipic.md)

PS := ps-balls-small ps-balls-longer ps-cite ps-cite-two-sample \
  ps-screens ps-screens-label-cell ps-screens-label-mean ps-screens-mean

reproduce-ps: setup  ## Compute the propensity scores' images and screens and write docs/reproduction-ps.md (an hour)
	for grid in $(PS); do \
	  $(BIN)/bench run --grid $$grid --device cpu --workers 2 || exit 1; done
	$(BIN)/bench report $(addprefix runs/,$(PS)) --document reproduction-ps --out docs/reproduction-ps.md

docs-check: setup  ## Check notes, links and commands of the documentation
	$(BIN)/pytest -q tests/docs tests/test_readme.py

site: setup  ## Build the documentation as a site, warnings are errors: build/site/index.html
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[scverse,sweep,dev,site]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --site-dir build/site

SEARCHED := groove-cosine groove-tdist ps davae ipic qda forest dama kema ddm isca mmd-ma
PROBED := ipic match-once-ot infonce-paired infonce-unpaired supcon infocore wcl xdc factorcl-sup

SWEEPS := $(foreach learner,$(SEARCHED),$(foreach tuning,same disjoint,build/sweep/$(tuning)/$(learner).json)) \
  $(foreach learner,groove-cosine groove-tdist,build/sweep/screen/$(learner).json) \
  $(foreach learner,$(PROBED),build/sweep/probe/$(learner).json) build/sweep/landscape/groove-cosine.json

sweep: $(SWEEPS)  ## Search the settings anew (hours; -j2 takes two cores); learners/calibration has them

build/sweep/same/%.json: | $(STAMP)
	$(BIN)/bench sweep $* --workers 0 --out $@

build/sweep/disjoint/%.json: | $(STAMP)
	$(BIN)/bench sweep $* --training-cells disjoint --workers 0 --out $@

build/sweep/screen/%.json: | $(STAMP)
	$(BIN)/bench sweep $* --set beta=0.1 --within lr=1e-5:1e-2 --workers 0 --out $@

# Where the best lay at a bound, the range was moved.
build/sweep/probe/wcl.json build/sweep/probe/xdc.json build/sweep/probe/factorcl-sup.json: WITHIN = --within steps=1:256
build/sweep/probe/match-once-ot.json: WITHIN = --within steps=1:2560
build/sweep/probe/infonce-unpaired.json: WITHIN = --within lr=1e-6:1e-1 --within steps=10:640

build/sweep/probe/%.json: | $(STAMP)
	$(BIN)/bench sweep $* --task probe --set architecture=paper --set standardise=true $(WITHIN) --workers 0 --out $@

build/sweep/landscape/%.json: | $(STAMP)
	$(BIN)/bench sweep $* --vary beta,tau --replicates 1 --trials 24 \
	  --workers 0 --out $@ --figure build/sweep/groove-beta-tau.png

constraints:  ## Pin the newest versions of everything anew (torch stays)
	rm -rf build/pins
	$(PYTHON) -m venv build/pins
	build/pins/bin/pip install --quiet torch==$(TORCH) '.[scverse,sweep,dev,site]'
	{ echo '# Exact versions of every dependency; written by `make constraints`.'; \
	  build/pins/bin/pip list --format=freeze --exclude weakpair --exclude pip \
	  | sed -E 's/\+[a-z0-9]+$$//'; } > constraints.txt

clean:  ## Remove what the other targets made, but runs and store
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
