# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure how time and memory grow with the number of accounts and of servicers.

This measures the module's process alone, packed and started as Ansible does it; ansible-playbook takes more memory than
the module. A second run without credentials, which ends before the first call, shows how much of the memory the options
take.
"""

from __future__ import annotations

import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from . import situations
from .measuring import Service
from .situations import Contender, Situation

# getrusage counts the memory of a child's parent too, as it was before the child's program was loaded.
_RUN = """\
import atexit, os, runpy, sys
module, status = sys.argv[1:]
atexit.register(lambda: os.write(int(status), open("/proc/self/status", "rb").read()))
sys.argv = [module]
runpy.run_path(module, run_name="__main__")
"""

ACCOUNTS = (10, 100, 1000, 5000)
SERVICERS = (10, 100, 500, 2000)
ONE_IN = 100
"""One account in this many differs from the roster."""


class _Series(NamedTuple):
    title: str
    steps: list[Situation]


class _Cost(NamedTuple):
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of processor time."""
    peak: float
    """The most memory, in MiB."""
    calls: int


SERIES = (
    _Series(
        f"accounts of 500 servicers, all of them named, one to add in every {ONE_IN}th",
        [Situation(str(number), accounts=number, servicers=500, missing=0) for number in ACCOUNTS],
    ),
    _Series(
        f"accounts of 500 servicers, one of them named, to add in every {ONE_IN}th",
        [Situation(str(number), accounts=number, servicers=500, missing=0, named=1) for number in ACCOUNTS],
    ),
    _Series(
        "servicers to add to one account",
        [Situation(str(number), accounts=1, servicers=number, missing=number) for number in SERVICERS],
    ),
)


def measure_growth(variables: dict[str, str], service: Service, runs: int) -> list[dict[str, Any]]:
    """Measure, print tables, and return the rows of each series."""
    return [_measure_series(series, variables, service, runs) for series in SERIES]


def _measure_series(series: _Series, variables: dict[str, str], service: Service, runs: int) -> dict[str, Any]:
    title = f"{_contender(series.steps[-1], Path()).title}: {series.title}"
    print(f"\n{title}\n{'':>10}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}{'of it input':>13}{'calls':>8}")
    rows = []
    for step in series.steps:
        _begin(step, service)
        with _packed(step, variables, service) as module:
            handed_over = _run(module, variables, service, fails=True).peak
            costs = []
            for _turn in range(runs):
                _begin(step, service)
                costs.append(_run(module, {**variables, **service.variables}, service))
        row = {
            "size": int(step.title),
            "wall": round(statistics.median(cost.wall for cost in costs), 3),
            "cpu": round(statistics.median(cost.cpu for cost in costs), 3),
            "peak_mib": round(statistics.median(cost.peak for cost in costs), 1),
            "handed_over_mib": round(handed_over, 1),
            "calls": costs[0].calls,
        }
        rows.append(row)
        print(
            f"{row['size']:>10}{row['wall']:>9.2f}{row['cpu']:>9.2f}{row['peak_mib']:>10.1f}"
            f"{row['handed_over_mib']:>13.1f}{row['calls']:>8}"
        )
    return {"title": title, "rows": rows}


def _contender(step: Situation, roster: Path) -> Contender:
    rivals = situations.for_one_account(roster) if step.accounts == 1 else situations.for_many_accounts(roster)
    return rivals[0]


def _begin(step: Situation, service: Service) -> None:
    service.reset(step.config(0.0))
    if not step.missing:
        for account in step.roster()[::ONE_IN]:
            service.remove(account["open_kfid"], account["userids"][-1])


@contextmanager
def _packed(step: Situation, variables: dict[str, str], service: Service) -> Iterator[Path]:
    """Yield the file that Ansible makes of the module and its options, and runs on the target."""
    with tempfile.TemporaryDirectory() as folder:
        roster = Path(folder) / "roster.json"
        roster.write_text(json.dumps({"roster": step.roster(), "threads": situations.THREADS}), encoding="utf-8")
        settings = {"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_REMOTE_TEMP": folder}
        subprocess.run(
            _contender(step, roster).command,
            env={**variables, **service.variables, **settings},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        [module] = Path(folder).glob("*/AnsiballZ_wecom_kf_*.py")
        yield module


def _run(module: Path, environment: dict[str, str], service: Service, *, fails: bool = False) -> _Cost:
    """Run the packed module and return its cost. An unexpected exit status ends the benchmark."""
    with tempfile.TemporaryFile() as status:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        process = subprocess.run(
            [sys.executable, "-c", _RUN, str(module), str(status.fileno())],
            env=environment,
            stdout=subprocess.DEVNULL,
            pass_fds=[status.fileno()],
            check=False,
        )
        wall = time.perf_counter() - start
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        if bool(process.returncode) != fails:
            sys.exit(f"{module.name} ended with {process.returncode}.")
        status.seek(0)
        peak = int(re.findall(rb"VmHWM:\s*(\d+) kB", status.read())[0]) / 1024
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return _Cost(wall, cpu, peak, sum(service.counters()["calls"].values()))
