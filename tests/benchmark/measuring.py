# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command against the simulator and measure its cost."""

from __future__ import annotations

import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..tools.checkout import ROOT


class Sample(NamedTuple):
    """The cost of one run."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of processor time, of all processes of the command."""
    calls: int
    """API calls that the simulator counted."""
    connections: int


def median(samples: Iterable[Sample]) -> Sample:
    """Return the median of each figure."""
    return Sample(*(statistics.median(figures) for figures in zip(*samples, strict=True)))


class Service:
    """A simulator in a process of its own."""

    def __init__(self, url: str, variables: dict[str, str]) -> None:
        self._url = url
        self.variables = variables

    def reset(self, config: dict[str, Any]) -> None:
        """Replace the corp and set all counters to 0."""
        self._post("reset", config)

    def counters(self) -> dict[str, Any]:
        """Return what was counted since the last reset."""
        with urllib.request.urlopen(f"{self._url}/_sim/state?open_kfid=", timeout=120) as response:
            counters: dict[str, Any] = json.load(response)["counters"]
        return counters

    def remove(self, open_kfid: str, userid: str) -> None:
        """Remove a servicer from an account."""
        self._post(f"accounts/{open_kfid}", {"remove": [userid]})

    def _post(self, what: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(f"{self._url}/_sim/{what}", json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        urllib.request.urlopen(request, timeout=120).close()


@contextlib.contextmanager
def running_service(credentials: dict[str, str]) -> Iterator[Service]:
    """Run the simulator."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        config = Path(folder) / "corp.json"
        config.write_text(json.dumps({**credentials, "accounts": [], "members": []}), encoding="utf-8")
        command = [sys.executable, "-m", "tests.simulator", str(config), "--port", "0", "--ready-file", str(ready)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit("The simulator did not start.")
                time.sleep(0.05)
            url = json.loads(ready.read_text(encoding="utf-8"))["url"]
            variables = {
                "WECOM_API_URL": url,
                "WECOM_CORPID": credentials["corpid"],
                "WECOM_CORPSECRET": credentials["corpsecret"],
                "NO_PROXY": "127.0.0.1",
            }
            yield Service(url, variables)
        finally:
            process.terminate()
            process.wait()


def run(command: list[str], environment: dict[str, str], service: Service) -> Sample:
    """Run a command and return its cost. A failure ends the benchmark."""
    before = service.counters()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env={**environment, **service.variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _errors = process.communicate()
    wall = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{output.decode(errors='replace')[-4000:]}")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    after = service.counters()
    return Sample(
        wall,
        now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime,
        sum(after["calls"].values()) - sum(before["calls"].values()),
        after["connections"] - before["connections"],
    )
