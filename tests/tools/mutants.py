# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count the changes of the code that no test notices: ``python -m tests.tools.mutants [FILE…]``.

A sample of small changes ("mutants") is made in copies of the checkout, one at a time. A mutant is killed if a test
fails, or if the tests take far too long. Each mutant runs only the tests that reach the changed line, the quickest
first, and stops at the first failure. The survivors, with their diffs, are in .cache/mutants/report.txt.

mutmut knows a module by its path only (boxed/mutmut#515), which fails for ``ansible_collections.wecom.kf``, and
cosmic-ray runs the same command for each mutant, whichever tests reach it. Therefore this tool.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import hashlib
import json
import os
import queue
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

import coverage
import yaml

from . import mutants_plugin
from .checkout import CACHE, PACKAGE, ROOT, claim, copy_collection, environment
from .mutations import Finder, Mutation

WORK = CACHE / "mutants"
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.yml")
TARGETS = (
    "plugins/module_utils/_kf/*.py",
    "plugins/module_utils/_wecom/*.py",
    "plugins/module_utils/_params.py",
    "plugins/module_utils/_pool.py",
    "plugins/plugin_utils/_roster.py",
    "plugins/plugin_utils/_shifts.py",
)
PROCESSES = 2
MEMORY = 4 << 30
"""Bytes of address space for the tests of a mutant, which may allocate without end."""

KILLED, TIMEOUT, SURVIVED, EQUIVALENT_MUTANT = "killed", "timeout", "SURVIVED", "equivalent"
_PASSED, _USAGE_ERROR, _NO_TESTS = 0, 4, 5  # exit statuses of pytest


@dataclass
class TestMap:
    """Which tests reach which line."""

    seconds: dict[str, float]
    """How long each test takes."""
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    """Of each file, the tests that run a line of it; no tests where it runs only during imports."""

    def tests_for(self, mutation: Mutation, importers: Iterable[str]) -> list[str]:
        """Return the tests that can notice a mutation, in the order to run them.

        What runs at import can make a difference wherever the file, or one that imports it, is used.
        """
        lines = self.lines.get(mutation.file, {})
        tests = {
            test for number in range(mutation.first_line, mutation.last_line + 1) for test in lines.get(number, [])
        }
        if mutation.at_import or not tests:
            for file in (mutation.file, *importers):
                tests.update(test for at_line in self.lines.get(file, {}).values() for test in at_line)
        mirror = f"test_{Path(mutation.file).stem.lstrip('_')}.py"
        total: dict[str, float] = defaultdict(float)
        for test in tests:
            total[_file_of(test)] += self.seconds.get(test, 0)

        def order(test: str) -> tuple[bool, float, str, float]:
            file = _file_of(test)
            return not file.endswith(mirror), total[file], file, self.seconds.get(test, 0)

        return sorted(tests & self.seconds.keys(), key=order)


@dataclass
class MutantResult:
    """What became of a mutant."""

    mutation: Mutation
    result: str
    note: str = ""


def _file_of(test: str) -> str:
    return test.partition("::")[0]


_running: set[int] = set()


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """End at once, and with it all tests that run."""
    for group in list(_running):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    os._exit(130)


def _run_pytest(copy: Path, arguments: list[str], variables: dict[str, str], limit: float | None) -> tuple[int, str]:
    """Run tests in a copy and return pytest's exit status and output. Raises TimeoutExpired at the limit."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.tools.mutants_plugin", *arguments]
    with subprocess.Popen(
        command,
        cwd=copy,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        _running.add(process.pid)
        resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            output, _none = process.communicate(timeout=limit)
        finally:  # whatever else the tests started, too
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            _running.discard(process.pid)
        return process.returncode, output


class MutantRunner:
    """Copies of the checkout, in which mutants are made and tested."""

    def __init__(self, tests: list[str], marker: str, seed: int) -> None:
        self._tests = tests
        self._marker = marker
        temporary = WORK / "tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        self._variables = environment(
            HYPOTHESIS_STORAGE_DIRECTORY=str(WORK / "hypothesis"), PYTEST_DEBUG_TEMPROOT=str(temporary)
        )
        self._same_for_all = ["-m", marker, f"--hypothesis-seed={seed}"]
        self._copies: queue.Queue[Path] = queue.Queue()
        for number in range(PROCESSES):
            self._copies.put(copy_collection(f"mutants/{number}"))

    def map_tests(self) -> TestMap:
        """Run all tests once without a change and see what they reach. The last map is used again if it still holds."""
        copy = self._copies.queue[0]
        known, digest = WORK / "map.json", self._digest(copy)
        if known.exists():
            content = json.loads(known.read_text(encoding="utf-8"))
            if content["digest"] == digest:
                lines = {file: {int(n): t for n, t in at.items()} for file, at in content["lines"].items()}
                return TestMap(content["seconds"], lines)
        print("Running all tests once, to see which line each one reaches", flush=True)
        result = self._measure(copy)
        known.write_text(json.dumps({"digest": digest, "seconds": result.seconds, "lines": result.lines}), "utf-8")
        return result

    def _digest(self, copy: Path) -> str:
        digest = hashlib.sha256(repr((sys.version, self._tests, self._marker)).encode())
        for path in sorted([*(copy / "plugins").rglob("*.py"), *(copy / "tests").rglob("*.py")]):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _measure(self, copy: Path) -> TestMap:
        folder = WORK / "coverage"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        settings = folder / "settings"
        # Coverage starts by itself in each Python process that finds this file.
        settings.write_text(
            f"[run]\nsource = {copy / 'plugins'}\ndata_file = {folder / 'data'}\nparallel = true\n"
            f"context = ${{{mutants_plugin.NAME_OF_TEST}}}\n",
            encoding="utf-8",
        )
        durations = folder / "durations.json"
        variables = {"COVERAGE_PROCESS_START": str(settings), mutants_plugin.DURATIONS: str(durations)}
        arguments = ["--numprocesses", str(PROCESSES), *self._same_for_all, *self._tests]
        status, output = _run_pytest(copy, arguments, self._variables | variables, None)
        if status != _PASSED:
            sys.exit(f"The tests fail without any mutant:\n{output}")
        result = TestMap(json.loads(durations.read_text(encoding="utf-8")))
        measured = coverage.Coverage(data_file=str(folder / "data"), config_file=False)
        measured.combine()
        data = measured.get_data()
        for path in data.measured_files():
            contexts = data.contexts_by_lineno(path)
            result.lines[str(Path(path).relative_to(copy))] = {
                line: sorted({name.rpartition("|")[2] for name in names} - {""}) for line, names in contexts.items()
            }
        return result

    def test(self, mutation: Mutation, tests: list[str], seconds: list[float]) -> MutantResult:
        """Make a mutant in a copy, run the tests, and undo it."""
        if not tests:
            return MutantResult(mutation, SURVIVED, "no test reaches it")
        limit = 30 + 2 * sum(seconds)
        limit_of_test = ["-o", f"faulthandler_timeout={20 + 3 * max(seconds):.0f}"]
        limit_of_test += ["-o", "faulthandler_exit_on_timeout=true"]
        copy = self._copies.get()
        path = copy / mutation.file
        source = path.read_bytes()
        names = copy.parent / f"{copy.name}-tests.txt"
        try:
            path.write_bytes(mutation.apply(source))
            names.write_text("\n".join(tests), encoding="utf-8")
            arguments = ["-n0", "-x", "--tb=no", *limit_of_test, *self._same_for_all]
            status, output = _run_pytest(copy, [*arguments, f"@{names}"], self._variables, limit)
            if status == _USAGE_ERROR:  # a name of a test depends on the code
                files = list(dict.fromkeys(map(_file_of, tests)))
                status, output = _run_pytest(copy, [*arguments, *files], self._variables, limit)
        except subprocess.TimeoutExpired:
            return MutantResult(mutation, TIMEOUT)
        finally:
            path.write_bytes(source)
            self._copies.put(copy)
        if status in (_PASSED, _NO_TESTS):
            return MutantResult(mutation, SURVIVED, f"{len(tests)} tests reach it")
        if "Timeout (" in output:  # which faulthandler says
            return MutantResult(mutation, TIMEOUT)
        failed = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return MutantResult(mutation, KILLED, failed[0] if failed else f"pytest ended with status {status}")


def _importers(files: Iterable[Path]) -> dict[str, set[str]]:
    """Return, for each file of the plugins, the files that import from it."""
    by_module = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in files}
    importers: dict[str, set[str]] = defaultdict(set)
    for module, path in by_module.items():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.ImportFrom):
                continue
            start = (node.module or "").removeprefix(f"{PACKAGE}.")
            if node.level:
                start = ".".join([*module.split(".")[: -node.level], *([node.module] if node.module else [])])
            for name in [start, *(f"{start}.{alias.name}" for alias in node.names)]:
                if name in by_module:
                    importers[str(by_module[name].relative_to(ROOT))].add(str(path.relative_to(ROOT)))
    return importers


def _diff(mutation: Mutation) -> str:
    source = (ROOT / mutation.file).read_bytes()
    before, after = (text.decode().splitlines() for text in (source, mutation.apply(source)))
    return "\n".join(difflib.unified_diff(before, after, mutation.file, mutation.file, n=2, lineterm=""))


def _choose(files: list[Path], sample: int, seed: int, only: set[tuple[str, ...]] | None) -> list[Mutation]:
    """Return the mutations to try: a sample of each file, or the given ones."""
    chosen = []
    for path in files:
        file = str(path.relative_to(ROOT))
        found = Finder(file, path.read_bytes()).find()
        if only is not None:
            chosen += [mutation for mutation in found if mutation.identity in only]
        elif len(found) > sample > 0:
            picked = random.Random(f"{seed} {file}").sample(found, sample)  # noqa: S311 -- to be repeatable
            chosen += sorted(picked, key=lambda mutation: (mutation.start, mutation.end))
        else:
            chosen += found
    return chosen


def _read_equivalents(files: list[Path]) -> dict[tuple[str, ...], str]:
    """Return the known equivalent mutants with their reasons. An entry that fits no mutation is an error."""
    entries = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    known: dict[tuple[str, ...], str] = {
        (entry["file"], entry["line"], entry["change"]): entry["reason"] for entry in entries
    }
    names = {str(path.relative_to(ROOT)) for path in files}
    possible = {mutation.identity for path in files for mutation in _choose([path], 0, 0, None)}
    outdated = [identity for identity in known if identity[0] in names and identity not in possible]
    if outdated:
        sys.exit(f"{EQUIVALENT.name} has entries that fit no mutant: {outdated}")
    return known


def _report(verdicts: list[MutantResult], seed: int) -> str:
    by_file: dict[str, list[MutantResult]] = defaultdict(list)
    for verdict in verdicts:
        by_file[verdict.mutation.file].append(verdict)
    survivors = [verdict for verdict in verdicts if verdict.result == SURVIVED]
    lines = []
    for verdict in survivors:
        mutation = verdict.mutation
        lines += [f"--- {mutation.file}:{mutation.first_line}: {mutation.change} ({verdict.note})", _diff(mutation), ""]
    lines.append(f"{'killed/of':>10}  timeouts  equivalent  file (seed {seed})")
    for name, group in [*by_file.items(), ("in total", verdicts)]:
        count = {kind: sum(verdict.result == kind for verdict in group) for kind in {v.result for v in group}}
        killed = count.get(KILLED, 0) + count.get(TIMEOUT, 0)
        of = killed + count.get(SURVIVED, 0)
        share = f"{100 * killed / of:.0f} %" if of else "—"
        timeouts, equivalent = count.get(TIMEOUT, 0), count.get(EQUIVALENT_MUTANT, 0)
        lines.append(f"{f'{killed}/{of}':>10}  {timeouts:>8}  {equivalent:>10}  {name} ({share})")
    return "\n".join(lines)


def main() -> None:
    """Make mutants and count."""
    parser = argparse.ArgumentParser(prog="make mutants", description="Count the changes of code that no test notices.")
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"default: {', '.join(TARGETS)}")
    parser.add_argument("--sample", type=int, default=25, help="mutants of each file (default: 25); 0 is all")
    parser.add_argument("--seed", type=int, default=1, help="chooses the sample (default: 1)")
    parser.add_argument("--tests", nargs="+", default=[], metavar="PATH", help="the tests to use; default: all")
    parser.add_argument("--slow", action="store_true", help="use the slow tests too")
    parser.add_argument("--survivors", action="store_true", help="only those mutants that survived the last run")
    options = parser.parse_args()
    claim("mutants")
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _stop)
    patterns = options.files or TARGETS
    files = sorted({path for pattern in patterns for path in ROOT.glob(str(pattern)) if path.suffix == ".py"})
    if not files:
        parser.error(f"there is no file {', '.join(patterns)}")
    WORK.mkdir(exist_ok=True)
    last = WORK / "survivors.json"
    if options.survivors and not last.exists():
        parser.error("--survivors needs an earlier run")
    only = {tuple(identity) for identity in json.loads(last.read_text("utf-8"))} if options.survivors else None
    mutations = _choose(files, options.sample, options.seed, only)
    equivalents = _read_equivalents(files)
    runner = MutantRunner(options.tests, "not soak" if options.slow else "not slow and not soak", options.seed)
    tests = runner.map_tests()
    importers = _importers((ROOT / "plugins").rglob("*.py"))
    began = time.monotonic()

    def judge(mutation: Mutation) -> MutantResult:
        if reason := equivalents.get(mutation.identity):
            return MutantResult(mutation, EQUIVALENT_MUTANT, reason)
        chosen = tests.tests_for(mutation, importers[mutation.file])
        return runner.test(mutation, chosen, [tests.seconds[test] for test in chosen])

    verdicts = []
    with ThreadPoolExecutor(PROCESSES) as threads:
        for number, verdict in enumerate(threads.map(judge, mutations), start=1):
            mutation = verdict.mutation
            where = f"{mutation.file}:{mutation.first_line}"
            print(f"{number}/{len(mutations)} {verdict.result:<10} {where}: {mutation.change}"[:200], flush=True)
            verdicts.append(verdict)
    report = _report(verdicts, options.seed)
    (WORK / "report.txt").write_text(report + "\n", encoding="utf-8")
    survivors = [verdict.mutation.identity for verdict in verdicts if verdict.result == SURVIVED]
    last.write_text(json.dumps(survivors, ensure_ascii=False), encoding="utf-8")
    minutes = (time.monotonic() - began) / 60
    print(f"\n{report}\n\nThat took {minutes:.0f} minutes. The report is in {(WORK / 'report.txt').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
