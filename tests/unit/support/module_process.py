# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of this collection as Ansible does: a process of its own, options in as JSON, the result out as JSON.

As a program it is that process: ``python module_process.py NAME`` with the arguments on standard input.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
import typing as t
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


class ModuleRun(t.NamedTuple):
    """What came of it."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def result(self) -> dict[str, t.Any]:
        """The JSON object in the output, without what Ansible adds to it by itself."""
        content = json.loads(self.stdout)
        assert isinstance(content, dict)
        content.pop("invocation", None)
        return content


def start_module(
    name: str,
    options: t.Mapping[str, t.Any],
    *,
    check: bool = False,
    diff: bool = False,
    environment: t.Mapping[str, str] | None = None,
    stand_ins: Path | None = None,
) -> subprocess.Popen[str]:
    """The process, with its options handed over.

    stand_ins: a folder with Python modules that it finds before any others.
    """
    arguments = {
        **options,
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        "_ansible_verbosity": 4,
        "_ansible_debug": False,
    }
    process = subprocess.Popen(
        [sys.executable, __file__, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(stand_ins or ""), os.environ.get("PYTHONPATH")])),
            **(environment or {}),
        },
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
    process.stdin.close()
    process.stdin = None
    return process


def run_module(name: str, options: t.Mapping[str, t.Any], **how: t.Any) -> ModuleRun:
    """The whole of a run."""
    with start_module(name, options, **how) as process:
        stdout, stderr = process.communicate(timeout=120)
    return ModuleRun(process.returncode, stdout, stderr)


def _main(name: str) -> None:
    import importlib

    package = "ansible_collections.wecom.kf"
    parts = package.split(".")
    for depth in range(1, len(parts) + 1):
        module = types.ModuleType(".".join(parts[:depth]))
        module.__path__ = [str(CHECKOUT)] if depth == len(parts) else []
        sys.modules[module.__name__] = module

    from ansible.module_utils import basic

    given = json.load(sys.stdin)
    if hasattr(basic, "_ANSIBLE_PROFILE"):  # ansible-core 2.19 and later want to know a little more
        basic._ANSIBLE_PROFILE = "legacy"
        given["ANSIBLE_MODULE_ARGS"]["_ansible_tracebacks_for"] = ["error"]
    basic._ANSIBLE_ARGS = json.dumps(given).encode()
    importlib.import_module(f"{package}.plugins.modules.{name}").main()


if __name__ == "__main__":
    # The folder of this file would shadow modules of the same names.
    sys.path = [folder for folder in sys.path if Path(folder or ".").resolve() != Path(__file__).resolve().parent]
    _main(sys.argv[1])
