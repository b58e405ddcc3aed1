# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the modules against what a user would do otherwise: ``python -m tests.benchmark``.

All contenders of a situation take turns, so that what else the machine does affects all of them. Figures are medians.
Task time is wall time minus that of a play with one debug task; for a script it is wall time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..tools.checkout import CACHE, ROOT, collections_path, environment
from . import situations
from .growth import measure_growth
from .measuring import Sample, Service, median, run, running_service
from .plot import RESULTS, render
from .situations import Contender, Situation
from .startup import measure_startup, show_startup

LATENCIES = (0.0, 0.02)
SITUATIONS = (
    Situation("one account, 500 servicers, nothing to do", accounts=1, servicers=500, missing=0),
    Situation("one account, 500 servicers to add", accounts=1, servicers=500, missing=500),
    Situation("200 accounts of 20 servicers, nothing to do", accounts=200, servicers=20, missing=0),
    Situation("200 accounts of 20 servicers, one to add in each", accounts=200, servicers=20, missing=1),
)


def main() -> None:
    """Measure, print tables, and write the results as JSON and into the performance page."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=9, help="how often each contender runs (default: 9)")
    parser.add_argument(
        "--slow-runs", type=int, default=3, help="how often those run that take minutes; 0 leaves them out (default: 3)"
    )
    parser.add_argument(
        "--skip", nargs="*", choices=("startup", "one", "many", "growth"), default=(), help="what to leave out"
    )
    options = parser.parse_args()
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    # Saved after each situation, as all of them take an hour. What is left out keeps its figures.
    results: dict[str, Any] = {"situations": [], **json.loads(RESULTS.read_text(encoding="utf-8")), "machine": machine}
    if "startup" not in options.skip:
        results["startup"] = show_startup(measure_startup())
        _save(results)
    with _ansible() as variables, running_service(situations.CREDENTIALS) as service:
        for situation in SITUATIONS:
            if ("one" if situation.accounts == 1 else "many") in options.skip:
                continue
            for latency in LATENCIES:
                medians = _compete(situation, latency, variables, service, options.runs, options.slow_runs)
                _put(results["situations"], _tabulate(situation, latency, medians))
                _save(results)
        if "growth" not in options.skip:
            results["growth"] = measure_growth(variables, service, options.slow_runs)
            _save(results)
    for path, text in render().items():
        path.write_text(text, encoding="utf-8")
    print(f"\nWritten to {RESULTS.relative_to(ROOT)} and to the performance page.")


def _save(results: dict[str, Any]) -> None:
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _put(measured: list[dict[str, Any]], new: dict[str, Any]) -> None:
    """Replace a situation's older figures. A contender that was left out keeps its own."""
    for place, old in enumerate(measured):
        if (old["title"], old["latency"]) == (new["title"], new["latency"]):
            rows = {row["contender"]: row for row in old["rows"] + new["rows"]}
            measured[place] = {**new, "rows": list(rows.values())}
            return
    measured.append(new)


@contextlib.contextmanager
def _ansible() -> Iterator[dict[str, str]]:
    """Yield the environment for ansible-playbook."""
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        yield environment(
            ANSIBLE_COLLECTIONS_PATH=str(collections_path()),
            ANSIBLE_LOCALHOST_WARNING="0",
            ANSIBLE_INVENTORY_UNPARSED_WARNING="0",
            ANSIBLE_LOCAL_TEMP=temporary,
            ANSIBLE_REMOTE_TEMP=temporary,
            ANSIBLE_DEPRECATION_WARNINGS="0",
        )


def _compete(
    situation: Situation, latency: float, variables: dict[str, str], service: Service, runs: int, slow_runs: int
) -> dict[str, tuple[Contender, Sample]]:
    with tempfile.TemporaryDirectory() as folder:
        roster = Path(folder) / "roster.json"
        variables_of_play = {"roster": situation.roster(), "threads": situations.THREADS}
        roster.write_text(json.dumps(variables_of_play), encoding="utf-8")
        rivals = situations.for_one_account(roster) if situation.accounts == 1 else situations.for_many_accounts(roster)
        contenders = [
            contender for contender in situations.floors(roster) + rivals if slow_runs or not contender.is_slow
        ]
        config = situation.config(latency)
        samples: dict[str, list[Sample]] = {contender.title: [] for contender in contenders}
        for turn in range(max(runs, slow_runs)):
            for contender in contenders:
                if turn < (slow_runs if contender.is_slow else runs):
                    service.reset(config)
                    samples[contender.title].append(run(contender.command, variables, service))
    return {contender.title: (contender, median(samples[contender.title])) for contender in contenders}


def _tabulate(situation: Situation, latency: float, medians: dict[str, tuple[Contender, Sample]]) -> dict[str, Any]:
    """Print one situation's table, and return it."""
    play = medians["debug"][1].wall
    rows = []
    for title, (contender, sample) in medians.items():
        is_script = not contender.command[0].endswith("ansible-playbook")
        rows.append(
            {
                "contender": title,
                "wall": round(sample.wall, 3),
                "task": round(sample.wall - (0 if is_script else play), 3),
                "cpu": round(sample.cpu, 3),
                "calls": round(sample.calls),
                "connections": round(sample.connections),
            }
        )
    task = {str(row["contender"]): float(str(row["task"])) for row in rows}
    ours, *_others, plain = [title for title, (contender, _sample) in medians.items() if not contender.is_floor]
    print(f"\n{situation.title}, latency {latency * 1000:g} ms (fewest calls possible: {situation.fewest_calls()})")
    print(f"{'':30}{'wall s':>9}{'task s':>9}{'CPU s':>9}{'calls':>7}{'conns':>7}{'times ours':>12}")
    for row in rows:
        times = task[str(row["contender"])] / task[ours]
        print(
            f"{row['contender']:30}{row['wall']:>9.2f}{row['task']:>9.2f}{row['cpu']:>9.2f}"
            f"{row['calls']:>7}{row['connections']:>7}{times:>12.2f}"
        )
    own_share = (task[ours] - task["ping"]) / task[plain]
    over_floor = task[ours] / (task["ping"] + task[plain])
    print(f"ours: ping + {own_share:.2f} x the plain script; {over_floor:.2f} x (ping + the plain script)")
    return {
        "title": situation.title,
        "latency": latency,
        "fewest_calls": situation.fewest_calls(),
        "rows": rows,
        "beyond_ping_per_plain_script": round(own_share, 3),
        "per_ping_plus_plain_script": round(over_floor, 3),
    }


if __name__ == "__main__":
    main()
