# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.simulator`` as people and playbooks start it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start a simulator in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.simulator", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(path: Path) -> dict[str, Any]:
    """Return what the ready file says, as soon as it is there."""
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    ready: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return ready


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_address_and_stops_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    ready_file = tmp_path / "ready.json"
    with started("--ready-file", str(ready_file), "--latency", "0.001") as process:
        ready = wait_for(ready_file)
        assert ready["pid"] == process.pid
        state = requests.get(f"{ready['url']}/_sim/state", timeout=30).json()
        assert state["settings"]["latency"] == 0.001
        process.send_signal(number)
        printed, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert f"export WECOM_API_URL={ready['url']}\n" in printed
    assert f"export WECOM_CORPID={ready['corpid']}\n" in printed
    assert f"export WECOM_CORPSECRET='{ready['corpsecret']}'\n" in printed
    assert f"{ready['url']}/_sim/state" in printed
    assert list(tmp_path.iterdir()) == []


def test_the_command_serves_https_with_its_own_authority(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    with started("--tls", "--ready-file", str(ready_file)) as process:
        ready = wait_for(ready_file)
        params = {"corpid": ready["corpid"], "corpsecret": ready["corpsecret"]}
        url = f"{ready['url']}/cgi-bin/gettoken"
        assert requests.get(url, params=params, verify=ready["ca_path"], timeout=30).json()["errcode"] == 0
        process.terminate()
        assert process.wait(30) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_bad_configuration_is_reported_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "corp.yml"
    path.write_text("acounts: []\n")
    with started(str(path)) as process:
        _printed, message = process.communicate(timeout=30)
    assert process.returncode == 2
    assert message == f"{path}: acounts: unknown key (did you mean accounts?)\n"


@pytest.mark.slow
def test_a_port_in_use_is_reported_in_one_line(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    with started("--ready-file", str(ready_file)):
        port = wait_for(ready_file)["url"].rsplit(":", 1)[1]
        with started("--port", port) as second:
            _printed, message = second.communicate(timeout=30)
    assert second.returncode == 1
    assert message.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert message.count("\n") == 1
