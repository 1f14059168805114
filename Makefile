# Verbs only: each is one line, and .ci/run calls them.
.PHONY: run test lint data docs bench daily growth python airflow-env airflow

PYTHON ?= $(shell test -x target/python/bin/python && echo target/python/bin/python || echo python3)
export HALE_PYTHON ?= $(PYTHON)
AIRFLOW = $(or $(CARGO_TARGET_DIR),target)/airflow

run: ## scores of the bundled sample, into out/
	cargo run --quiet --locked -- run --as-of 2026-09-30 && cargo run --quiet --locked -- show scores.health --limit 10

test: ## unit, property, oracle and end-to-end tests
	cargo test --locked

lint: ## format, clippy and documentation, warnings refused
	cargo fmt --check && cargo clippy --locked --all-targets -- -D warnings && RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

data: ## the sample in data/, byte for byte
	cargo run --quiet --locked -- generate --sample --out data

docs: ## the bundled project's documentation, into target/docs
	cargo run --quiet --locked -- docs --out target/docs

bench: python ## hale against DuckDB and Polars, a backfill of the whole catalogue, a diff and a backtest; SCALE="--events 2000000" for less
	cargo build --release --locked && $(HALE_PYTHON) tests/bench/bench.py $(SCALE) && $(HALE_PYTHON) tests/bench/growth.py --once $(SCALE) && $(HALE_PYTHON) tests/bench/definitions.py $(SCALE)

daily: python ## what one more day costs, over histories of 200, 400 and 730 days and over 20,000 accounts; WORLDS="--worlds sample,200" for less
	cargo build --release --locked && $(HALE_PYTHON) tests/bench/daily.py $(WORLDS)

growth: python ## what each model of the catalogue costs over twice the accounts, days and events
	cargo build --release --locked && $(HALE_PYTHON) tests/bench/growth.py $(SCALE)

python: ## the packages that tests and benchmarks compare with, in target/python
	test -x target/python/bin/python || (python3 -m venv target/python && target/python/bin/pip install --quiet -r tests/python/requirements.txt)

airflow-env: ## the Airflow on which tests run the DAG of the README, in target/airflow
	cmp -s tests/python/airflow.txt $(AIRFLOW)/installed.txt || (python3 -m venv --clear $(AIRFLOW) && $(AIRFLOW)/bin/pip install --quiet --no-deps -r tests/python/airflow.txt && cp tests/python/airflow.txt $(AIRFLOW)/installed.txt)

airflow: airflow-env ## a backfill by Airflow's scheduler, three days at a time
	cargo test --locked --test integration -- --ignored --nocapture airflow::
