#!/bin/sh
# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Usage: tests/tools/venv.sh demo|docs|test
#
# Installs tests/requirements/NAME.txt into .venv. A stamp in .venv says what it was made from, so that the network is
# used only after a requirement file changed. PYTHON names an interpreter to use; the settings of pip, PIP_INDEX_URL
# among them, count as usual.

set -eu
cd "$(dirname "$0")/../.."
mkdir -p .cache

stop() {
    echo "$1" >&2
    exit 1
}

# Print the first interpreter that is new enough and can make virtual environments.
# A name on PATH may be a shim that fails when it is called, so each one is tried.
find_python() {
    usable='import sys; sys.exit(sys.version_info < (3, 11))'
    found=
    for python in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3.14 python3; do
        "$python" -c "$usable" 2>/dev/null || continue
        found=$python
        if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    [ -z "$found" ] || stop "$found cannot make virtual environments: install its venv module (Debian: python3-venv)."
    stop "Python 3.11 or newer is needed, and none was found on PATH."
}

# Print what the environment depends on: its place, and the requirement files.
wanted() {
    pwd -P
    cat requirements.txt tests/integration/controller.requirements.txt tests/requirements/demo.txt
    [ "$1" = demo ] || cat tests/unit/requirements.txt "tests/requirements/$1.txt"
}

is_ready() {
    [ -f ".venv/stamp-$1" ] && [ "$(cat ".venv/stamp-$1")" = "$(wanted "$1")" ] && .venv/bin/python -c '' 2>/dev/null
}

name=$1
[ -f "tests/requirements/$name.txt" ] || stop "There is no tests/requirements/$name.txt."
! is_ready "$name" || exit 0

# Downloads stay inside the checkout. Only the settings that make pip install somewhere else are dropped.
export PIP_CACHE_DIR="$PWD/.cache/pip" PIP_DISABLE_PIP_VERSION_CHECK=1
unset PIP_TARGET PIP_PREFIX PIP_USER PYTHONHOME PYTHONPATH

# An environment that works and was not moved is updated; any other is replaced.
if ! { [ -f .venv/place ] && [ "$(cat .venv/place)" = "$(pwd -P)" ] && .venv/bin/python -c 'import pip' 2>/dev/null; }; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv || stop "$python cannot make virtual environments: install its venv module (Debian: python3-venv)."
    pwd -P > .venv/place
fi

echo "Installing tests/requirements/$name.txt into .venv"
.venv/bin/python -m pip install -qq --requirement "tests/requirements/$name.txt"
rm -f .venv/stamp-*
for done in demo "$name"; do
    wanted "$done" > ".venv/stamp-$done"
done
