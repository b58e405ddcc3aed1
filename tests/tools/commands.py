# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run commands and show their output only if they fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .checkout import ROOT


class FindingError(Exception):
    """A check failed. The text says why."""


def run(*command: str | Path, variables: Mapping[str, str], folder: Path = ROOT) -> str:
    """Run a command and return what it printed. Raises ``FindingError`` with that output if it fails."""
    words = [str(word) for word in command]
    ended = subprocess.run(
        words,
        cwd=folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if ended.returncode:
        raise FindingError(f"{' '.join(words)} ended with status {ended.returncode}:\n{ended.stdout}")
    return ended.stdout


def tool(name: str) -> Path:
    """Return the path of a program of the virtual environment."""
    return Path(sys.prefix) / "bin" / name
