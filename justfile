# The commands of CONTRIBUTING.md, by name: `just test-unit`. A test holds that both agree.

# Pure code: no socket, no thread, under 20 seconds.
test-unit:
    uv run pytest -m unit

# The whole suite, of the tap and of the sandbox.
test:
    uv run pytest

# Real targets, and a Meltano project of its own; needs the network.
targets:
    uv run --group targets pytest -m targets

# What is checked without running anything: lint, format, types.
lint:
    uv run ruff check
    uv run ruff format --check
    uv run mypy

# Writes docs/errors.md and docs/unknowns.md, from the matrix of tests.
docs:
    uv run python tests/support/matrix_docs.py

# Writes the settings into README.md, meltano.yml, tap-marketo-programs.yml and .env.example.
definition:
    uv run python tests/support/reference.py

# All tables of the README; half an hour, and nothing else may run.
bench:
    uv run python benchmarks

# Through Meltano into PostgreSQL, compared with the truth.
demo:
    uv run --group demo marketo-sandbox run -- python -m demo
