# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of this collection as Ansible does: a process of its own, options in as JSON, the result out as JSON.

As a program it is that process: ``python -m …module_process NAME`` with the arguments on standard input.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from ansible_collections.wecom.kf.tests.tools.checkout import collections_path

if t.TYPE_CHECKING:  # not in the module's process, which has no use for it
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator


class ModuleRun(t.NamedTuple):
    """The output of a module."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def result(self) -> dict[str, t.Any]:
        """Return the JSON object in the output, without what Ansible adds to it by itself."""
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
    """Start the process and hand over its options.

    stand_ins: a folder with Python modules that it finds before any others.
    """
    arguments = {
        **options,
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        "_ansible_verbosity": 4,
        "_ansible_debug": False,
    }
    python_path = [str(stand_ins or ""), str(collections_path()), os.environ.get("PYTHONPATH")]
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": os.pathsep.join(filter(None, python_path)),
            **(environment or {}),
        },
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
    process.stdin.close()
    process.stdin = None
    return process


def run_module(name: str, options: t.Mapping[str, t.Any], **how: t.Any) -> ModuleRun:
    """Run a module and wait for its end."""
    with start_module(name, options, **how) as process:
        stdout, stderr = process.communicate(timeout=120)
    return ModuleRun(process.returncode, stdout, stderr)


def run_on(
    simulator: RunningSimulator, module: str, how: t.Mapping[str, t.Any] | None = None, /, **options: t.Any
) -> ModuleRun:
    """Run a module on a simulator with its credentials, and make sure that no secret is in the output.

    how: as for ``start_module``. An option that is None is left out.
    """
    done = run_module(module, options_for(simulator, **options), **(how or {}))
    for secret in (simulator.corpsecret, simulator.token()):
        assert secret not in done.stdout + done.stderr
    assert done.returncode == (1 if done.result.get("failed") else 0)
    return done


def options_for(simulator: RunningSimulator, **options: t.Any) -> dict[str, t.Any]:
    """Return these options and those that reach a simulator, without those that are None."""
    connection = {"api_url": simulator.url, "corpid": simulator.corpid, "corpsecret": simulator.corpsecret}
    return {option: value for option, value in {**connection, **options}.items() if value is not None}


def _main(name: str) -> None:
    import importlib

    from ansible.module_utils import basic

    given = json.load(sys.stdin)
    if hasattr(basic, "_ANSIBLE_PROFILE"):  # ansible-core 2.19 and later want to know a little more
        basic._ANSIBLE_PROFILE = "legacy"
        given["ANSIBLE_MODULE_ARGS"]["_ansible_tracebacks_for"] = ["error"]
    basic._ANSIBLE_ARGS = json.dumps(given).encode()
    importlib.import_module(f"ansible_collections.wecom.kf.plugins.modules.{name}").main()


if __name__ == "__main__":
    _main(sys.argv[1])
