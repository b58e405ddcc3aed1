# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the collection at work: ``python -m tests.tools.demo``.

Installs the collection as a user would and runs the playbooks of docs/examples against the simulator. Each step is
checked: how the playbook ended, what it printed, and what the simulator counted. The demo stops at the first step that
fails, with exit status 1.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from .checkout import CACHE, ROOT, claim, copy_collection, environment

EXAMPLES = ROOT / "docs" / "examples"
SETTINGS = Path(__file__).with_name("demo_settings")
SERVICE = SETTINGS / "service.yml"
WORK = CACHE / "demo"
HOTLINE = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
AFTER_SALES = "wkAJ2GCAAAZZm5_GhUpXNGfb1yBGge4R"
BRANCH = "wkBranch001"
ADD, DELETE = "kf/servicer/add", "kf/servicer/del"
SHIFTS = ("-e", f"roster_file={EXAMPLES / 'rosters' / 'shifts.yml'}", "-e", "roster_accounts=售后客服")


@dataclass(frozen=True)
class Step:
    """A playbook, what it shows, and what must be true after it."""

    shows: str
    playbook: str
    """A file in docs/examples, or a playbook of the collection."""
    account: str
    serving: int
    options: tuple[str, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)
    succeeds: bool = True
    prints: str = ""


STEPS = (
    Step(
        "250 servicers are added, in three calls",
        "add_a_team.yml",
        HOTLINE,
        serving=250,
        calls={ADD: 3},
        prints="250 added",
    ),
    Step(
        "The same again: nothing differs, and nothing is written",
        "add_a_team.yml",
        HOTLINE,
        serving=250,
        prints="250 unchanged",
    ),
    Step(
        "A preview of a reorganization: who would be added and who removed",
        "reorganize.yml",
        HOTLINE,
        options=("--check", "--diff"),
        serving=250,
        prints="2 added, 3 removed",
    ),
    Step(
        "The reorganization: those on the roster serve, and nobody else",
        "reorganize.yml",
        HOTLINE,
        serving=249,
        calls={ADD: 1, DELETE: 1},
        prints="2 added, 3 removed",
    ),
    Step(
        "One unknown user fails, with the reason; the others are added (the play fails, as it should)",
        "handle_failed_users.yml",
        AFTER_SALES,
        serving=5,
        calls={ADD: 1},
        succeeds=False,
        prints="zhuoba",
    ),
    Step(
        "A roster that would remove four of five is refused before the first change (the play fails, as it should)",
        "guard_against_a_broken_roster.yml",
        AFTER_SALES,
        serving=5,
        succeeds=False,
        prints="max_removals",
    ),
    Step(
        "202 accounts in one task: each has zhangsan, in one process and with one token",
        "many_accounts.yml",
        BRANCH,
        serving=2,
        calls={ADD: 201},
        prints="202 accounts, 201 changed, 0 failed",
    ),
    Step(
        "The same again: all 202 are read, and nothing is written",
        "many_accounts.yml",
        BRANCH,
        serving=2,
        prints="202 accounts, 0 changed, 0 failed",
    ),
    Step(
        "Ten stores become ten accounts, with avatar, servicers and links",
        "ten_stores.yml",
        BRANCH,
        serving=2,
        calls={ADD: 10},
        prints="enc_scene=",
    ),
    Step(
        "The same again: nothing is created, and nothing is written",
        "ten_stores.yml",
        BRANCH,
        serving=2,
        prints="changed=0",
    ),
    Step(
        "A leaver is removed from all accounts in one task",
        "leaver.yml",
        BRANCH,
        serving=1,
        calls={DELETE: 202},
        prints="212 accounts, 202 changed, 0 failed",
    ),
    Step(
        "A roster with shifts, applied in the office hours: zhangsan, lisi and wangwu serve",
        "wecom.kf.roster_apply",
        AFTER_SALES,
        options=(*SHIFTS, "-e", "roster_time=2026-10-08T10:00", "--diff"),
        serving=3,
        calls={ADD: 1, DELETE: 1},
        prints="+zhangsan",
    ),
    Step(
        "The same file in the evening of that day: zhangsan and zhaoliu serve",
        "wecom.kf.roster_apply",
        AFTER_SALES,
        options=(*SHIFTS, "-e", "roster_time=2026-10-08T20:00", "--diff"),
        serving=2,
        calls={ADD: 1, DELETE: 1},
        prints="+zhaoliu",
    ),
    Step(
        "The next morning, before anybody applied it: a check finds the drift (the play fails, as it should)",
        "wecom.kf.roster_apply",
        AFTER_SALES,
        options=(*SHIFTS, "-e", "roster_time=2026-10-09T10:00", "-e", "roster_fail_on_drift=true", "--check", "--diff"),
        serving=2,
        succeeds=False,
        prints="the service differs from the roster",
    ),
)


class DemoError(Exception):
    """The demo cannot continue, or a step does not show what it says."""


@contextlib.contextmanager
def running(command: list[str], variables: dict[str, str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a command, and at the end stop whatever it started.

    It gets its own process group, so that Ctrl-C reaches this process alone, which then stops the others.
    """
    with subprocess.Popen(
        command, env=variables, stdin=subprocess.DEVNULL, text=True, start_new_session=True, **options
    ) as process:
        try:
            yield process
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=5)


def run_quietly(command: list[str], variables: dict[str, str]) -> None:
    """Run a command and show its output only if it fails."""
    with running(command, variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        output, _nothing = process.communicate()
        if process.returncode:
            raise DemoError(f"{' '.join(command)}\n{output}")


def install_collection(variables: dict[str, str]) -> None:
    """Build the collection from what git knows and install the tarball, as a user would."""
    galaxy = [sys.executable, "-m", "ansible", "galaxy", "collection"]
    source = copy_collection("demo/source")
    run_quietly([*galaxy, "build", "--force", "--output-path", str(WORK), str(source)], variables)
    tarball = next(WORK.glob("*.tar.gz"))
    collections = variables["ANSIBLE_COLLECTIONS_PATH"]
    run_quietly([*galaxy, "install", "--offline", "--collections-path", collections, str(tarball)], variables)
    print(f"Installed {tarball.name}", flush=True)


@contextlib.contextmanager
def simulated_service(variables: dict[str, str]) -> Iterator[dict[str, str]]:
    """Run the simulator and yield its URL and credentials."""
    ready = WORK / "ready.json"
    command = [sys.executable, "-m", "tests.simulator", str(SERVICE), "--port", "0", "--ready-file", str(ready)]
    with running(command, variables, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise DemoError("The simulator did not start.")
            time.sleep(0.05)
        service = json.loads(ready.read_text(encoding="utf-8"))
        print(f"The simulated service listens on {service['url']}", flush=True)
        yield service


def read_state(service: dict[str, str]) -> dict[str, Any]:
    """Return what the simulator holds and has counted. No proxy is used."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{service['url']}/_sim/state", timeout=10) as response:
        state: dict[str, Any] = json.load(response)
    return state


def run_playbook(step: Step, variables: dict[str, str]) -> tuple[int, str]:
    """Run a step's playbook, show its output as it comes, and return its exit status and output."""
    is_ours = step.playbook.startswith("wecom.kf.")
    playbook = step.playbook if is_ours else str(EXAMPLES / step.playbook)
    command = [sys.executable, "-m", "ansible", "playbook", *step.options, playbook]
    lines = []
    with running(command, variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
        return process.wait(), "".join(lines)


def check(step: Step, status: int, output: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise ``DemoError`` unless the step shows what it says."""
    calls = {
        name: after["counters"]["calls"].get(name, 0) - before["counters"]["calls"].get(name, 0)
        for name in (ADD, DELETE)
    }
    serving = len(after["accounts"][step.account]["servicers"])
    wrong = []
    if status != (0 if step.succeeds else 2):
        wrong.append(f"ansible-playbook ended with {status}")
    if calls != {ADD: 0, DELETE: 0} | step.calls:
        wrong.append(f"the write calls were {calls}")
    if serving != step.serving:
        wrong.append(f"there are {serving} servicers, not {step.serving}")
    if step.prints not in output:
        wrong.append(f"the output lacks {step.prints!r}")
    if wrong:
        raise DemoError(f"This step does not show what it says: {'; '.join(wrong)}.")
    print(f"=== The service counted {calls[ADD]} calls to add and {calls[DELETE]} to remove. Servicers now: {serving}.")


def demonstrate() -> None:
    """Run all steps."""
    claim("demo")
    shutil.rmtree(WORK, ignore_errors=True)
    temporary = WORK / "tmp"
    temporary.mkdir(parents=True)
    variables = environment(
        ANSIBLE_COLLECTIONS_PATH=str(WORK / "collections"),
        ANSIBLE_CONFIG=str(SETTINGS / "ansible.cfg"),
        ANSIBLE_FORCE_COLOR=str(sys.stdout.isatty()),
        TMPDIR=str(temporary),
        NO_PROXY="127.0.0.1",
        no_proxy="127.0.0.1",
    )
    install_collection(variables)
    with simulated_service(variables) as service:
        variables.update(
            WECOM_API_URL=service["url"], WECOM_CORPID=service["corpid"], WECOM_CORPSECRET=service["corpsecret"]
        )
        for number, step in enumerate(STEPS, start=1):
            command = " ".join(["ansible-playbook", *step.options, step.playbook])
            print(f"\n=== {number}/{len(STEPS)} {step.shows}\n=== {command}", flush=True)
            before = read_state(service)
            status, output = run_playbook(step, variables)
            check(step, status, output, before, read_state(service))
    print(f"\nAll {len(STEPS)} steps passed. The playbooks are in docs/examples.")


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    """Run the demo. Nothing is left running, however it ends."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        demonstrate()
    except DemoError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
