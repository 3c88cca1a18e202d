# Everything installs into .venv in this checkout. `make help` lists the targets.
PYTHON ?= $(firstword $(foreach v,3.11 3.12 3.13 3.14,$(shell command -v python$(v) 2>/dev/null)) python3)
DISTRIBUTIONS := pyproject.toml $(wildcard plugins/*/pyproject.toml) clients/python/pyproject.toml
PYTEST_ARGS ?=
# Some containers set it, and each of the many processes would compile all that it imports anew.
export PYTHONDONTWRITEBYTECODE :=
# What `make fast` runs: the core, the rules, each plugin's contract, and a slice of the service from a post to a decision.
FAST := tests/test_layout.py tests/rules tests/moderation/core \
	tests/moderation/policies/test_files.py tests/moderation/policies/test_slips.py tests/moderation/plugins \
	tests/ground/test_statistics.py tests/ground/test_fetch.py tests/review_ui/quality/test_krippendorff.py \
	plugins/aws/tests/test_rekognition.py plugins/example plugins/hashes/tests/test_detectors.py plugins/llm/tests/test_judging.py \
	plugins/pii/tests/test_contract.py plugins/text/tests/test_blocklist.py plugins/vision plugins/models \
	tests/moderation/api/test_items.py tests/moderation/storage/test_items.py

.DEFAULT_GOAL := help
.PHONY: help install demo serve test test-faults soak test-templates test-contract test-speech test-wheels test-container test-clients test-chart client-types fast oldest wheels sbom audit train-names train-toxicity messages lint types imports bench docs lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null || grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST)

.venv/.run: requirements-run.lock $(DISTRIBUTIONS) scripts/venv.sh
	@scripts/venv.sh $(PYTHON) run

.venv/.test: requirements-test.lock $(DISTRIBUTIONS) scripts/venv.sh
	@scripts/venv.sh $(PYTHON) test
	@touch .venv/.run

install: .venv/.run ## install the service into .venv

demo: .venv/.run ## post real examples to a fresh service and watch the outcomes (ends by itself without a terminal)
	@if [ -t 0 ] && [ -t 1 ]; then .venv/bin/moderation demo; else .venv/bin/moderation demo --exit; fi

serve: .venv/.run ## run the whole service on port 8000, data in ./data
	@.venv/bin/moderation serve

test: .venv/.test ## install all that tests need, and run the whole suite, or one file: make test FILE=tests/rules/test_shipped.py
	@scripts/debian.sh 'chromium-headless-shell|chromium' redis-server postgresql mosquitto curl tesseract-ocr-script-cyrl tesseract-ocr-script-grek
	@# One more than there are cores: many a test waits, for a page or a time to pass.
	@.venv/bin/python -m pytest $(if $(FILE),,-n $$(($$(nproc) + 1)) --dist worksteal) $(PYTEST_ARGS) $(FILE)

fast: .venv/.test ## the core, the rules, each plugin's contract and a slice of the service, in less than a minute
	@.venv/bin/python -m pytest -n auto --dist worksteal --hypothesis-profile fast \
		-m 'not slow and not browser and not postgres and not redis' $(PYTEST_ARGS) $(FAST)

test-faults: .venv/.test ## kills at every step, a hundred thousand random steps, Redis, Postgres, cameras away, damaged films: at most an hour (FAULTS_SEED=n again)
	@scripts/debian.sh 'chromium-headless-shell|chromium' redis-server postgresql strace \
		gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good
	@.venv/bin/python -m pytest tests/faults -m '' -n 2 --dist worksteal --timeout 3600 $(PYTEST_ARGS)

soak: .venv/.test ## half of what this machine can do, for hours: memory, files, logs of changes, answers: make soak HOURS=8
	@SOAK_SECONDS=$$(($(or $(HOURS),8) * 3600)) .venv/bin/python -m pytest tests/faults/test_soak.py -m '' -k half $(PYTEST_ARGS)

test-templates: .venv/.test ## render each task template of a folder, answer it in a browser and compare: make test-templates DATA=folder
	@test -n "$(DATA)" || { echo "DATA is missing: a folder with task templates, such as AWS's public samples"; exit 2; }
	@scripts/debian.sh 'chromium-headless-shell|chromium'
	@TEMPLATES=$(abspath $(DATA)) .venv/bin/python -m pytest tests/samples -m '' $(PYTEST_ARGS)

test-contract: .venv/.test ## ten thousand requests made from the OpenAPI document, and what they are answered (CONTRACT_SEED=n for others)
	@CONTRACT_CASES=10000 .venv/bin/python -m pytest tests/contract -o log_cli=true -o log_cli_level=WARNING --timeout 3600 $(PYTEST_ARGS)

test-speech: .venv/.test ## the tests of the extra moderation[speech]; installs it into .venv (about 160 MB, FFmpeg with GPL parts among it)
	@.venv/bin/uv pip install --quiet --python .venv/bin/python --editable . --editable plugins/speech
	@.venv/bin/python -m pytest $(PYTEST_ARGS) plugins/speech

test-wheels: .venv/.test ## build the wheels, install them outside of the checkout by plain pip, and run the demo from there
	@.venv/bin/python -m pytest tests/wheels/test_wheels.py -m '' --timeout 1800 $(PYTEST_ARGS)

test-container: .venv/.test ## build the container with buildah and judge a text in it (BASE=image where no registry is reached)
	@scripts/debian.sh buildah
	@.venv/bin/python -m pytest tests/wheels/test_container.py -m '' --timeout 1800 $(PYTEST_ARGS)

test-clients: .venv/.test ## the TypeScript client, what generators make of the API, and the recipes, against the service (installs from npm and PyPI)
	@command -v npm >/dev/null || scripts/debian.sh nodejs npm
	@scripts/debian.sh ruby-railties puma default-jdk-headless libjakarta-annotation-api-java libhttpmime-java
	@.venv/bin/python -m pytest tests/clients -m '' --timeout 1800 $(PYTEST_ARGS)

test-chart: .venv/.test ## the Helm chart, linted and rendered by Helm, and the compose files: held against their schemas
	@.venv/bin/python -m pytest tests/wheels/test_chart.py tests/wheels/test_compose.py -m '' $(PYTEST_ARGS)

client-types: .venv/.run ## the types of the TypeScript client, anew from the API
	@command -v npm >/dev/null || scripts/debian.sh nodejs npm
	@mkdir -p build && .venv/bin/python -m tools.openapi_document > build/openapi.json
	@cd clients/typescript && npm ci --silent --no-audit --no-fund && npm run --silent generate -- ../../build/openapi.json

wheels: .venv/.run ## wheels of the service, the plugins and the Python client, into dist/
	@scripts/wheels.sh dist

sbom: .venv/.run ## the parts of an installation with their licences, as CycloneDX 1.6: dist/moderation.cdx.json
	@scripts/sbom.sh dist/moderation.cdx.json

audit: .venv/.run ## known vulnerabilities of what the lock files list; what could not be looked up counts as found
	@scripts/audit.sh

oldest: .venv/.test ## the A2I contracts with the oldest boto3 that is supported
	@scripts/oldest.sh

lint: .venv/.test types imports ## ruff, types, import law, shipped rules
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/python -m tools.failpoint_law > /dev/null || .venv/bin/python -m tools.failpoint_law
	@.venv/bin/moderation rules lint
	@.venv/bin/python -m tools.cards --check

types: .venv/.test
	@.venv/bin/mypy

imports: .venv/.test
	@.venv/bin/lint-imports

messages: .venv/.run ## collect the portal's strings, and bring its catalogs up to date
	@.venv/bin/pybabel -q extract -F review_ui/portal/locale/babel.cfg -k _ -k N_ -o review_ui/portal/locale/portal.pot --no-location --omit-header review_ui/portal moderation/console moderation/notices
	@for file in review_ui/portal/locale/*.po; do .venv/bin/pybabel -q update --no-fuzzy-matching --ignore-obsolete -i review_ui/portal/locale/portal.pot -l $$(basename $$file .po) -o $$file; done

bench: .venv/.test ## ratios against baselines, each in one run
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; .venv/bin/python $$file; done

train-names: .venv/.test ## train the model of names twice: both are the same file, and the one that is shipped (4 minutes)
	@.venv/bin/uv pip install --quiet --python .venv/bin/python python-crfsuite faker
	@for n in 1 2; do .venv/bin/python tools/pii-training/train.py --out .venv/names.$$n; done
	@cmp .venv/names.1 .venv/names.2 && cmp .venv/names.1 plugins/pii/moderation_pii/names/names.model && echo "the same file"

train-toxicity: .venv/.test ## train text.toxicity anew: make train-toxicity DATA=folder (tools/text-training/README.md says of what)
	@test -n "$(DATA)" || { echo "DATA is missing: the folder of the data sets that tools/text-training/README.md names"; exit 2; }
	@OMP_NUM_THREADS=1 .venv/bin/python tools/text-training/train.py $(DATA)

docs: .venv/.run ## the documentation as a site in build/docs, from README.md and docs/; every warning is an error
	@.venv/bin/uv pip install --quiet --python .venv/bin/python -r requirements-docs.lock
	@# Not --quiet: that hides warnings from --strict, too.
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --clean && echo build/docs/index.html

lock: ## write the lock files anew from the pyproject files
	@scripts/lock.sh $(PYTHON)

clean: ## remove the virtual environment and caches
	@rm -rf .venv .venv-oldest .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist
