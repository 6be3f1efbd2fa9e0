#!/usr/bin/env bash
# Makes a virtual environment for each version of the Python `openenv` that the tests of interoperability run against:
# packages/conformance/interop/requirements-VERSION.txt becomes .cache/python/VERSION. Needs python3 (3.11 or newer) with venv.
#
#   scripts/python-openenv.sh              all of them; one that is up to date is left alone
#   scripts/python-openenv.sh VERSION...   these alone
#
# PYTHON names another interpreter than python3.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
requirements=packages/conformance/interop

versions() {
  local file
  for file in "$requirements"/requirements-*.txt; do
    file=${file##*/requirements-}
    echo "${file%.txt}"
  done
}

# What a finished environment was made from; it stands in its file `complete`.
wanted() {
  "$python" --version
  cat "$requirements/requirements.txt" "$requirements/requirements-$1.txt"
}

make() {
  local version=$1 folder=.cache/python/$1
  if wanted "$version" | cmp -s - "$folder/complete"; then
    echo "python-openenv: $version is up to date"
    return
  fi
  rm -rf "$folder"
  "$python" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --requirement "$requirements/requirements-$version.txt"
  "$folder/bin/python" -c 'import fastmcp, openenv.core.env_server.http_server'
  wanted "$version" >"$folder/complete"
  echo "python-openenv: $version installed in $folder, $(du -sh "$folder" | cut -f1)"
}

if [ $# -eq 0 ]; then
  mapfile -t all < <(versions)
  set -- "${all[@]}"
fi
for version in "$@"; do
  if [ ! -e "$requirements/requirements-$version.txt" ]; then
    echo "python-openenv: no requirements-$version.txt; there are: $(versions | tr '\n' ' ')" >&2
    exit 1
  fi
  make "$version"
done
