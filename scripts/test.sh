#!/usr/bin/env bash
# All checks: ruff, mypy on the library, pytest. Arguments go to pytest.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

echo "== ruff"
ruff check .
ruff format --check .
echo "== mypy"
mypy
echo "== pytest"
python -m pytest "$@"
