# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that do not come to their end, and two at once: no report claims what is not so, and the next run converges."""

from __future__ import annotations

import signal
import subprocess
import time
import typing as t

import pytest

from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.module_process import ModuleRun, run_module, start_module
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, DEL, KFID, LIST, corp, users

pytestmark = pytest.mark.slow

MODULE = "wecom_kf_servicer"
WANTED = users(1, 450)
BEFORE = users(401, 700)


def options(simulator: RunningSimulator, **more: t.Any) -> dict[str, t.Any]:
    return {
        "open_kfid": KFID,
        "userids": WANTED,
        "state": "exact",
        "api_url": simulator.url,
        "corpid": simulator.corpid,
        "corpsecret": simulator.corpsecret,
        "retry_timeout": 0.5,
        **more,
    }


def wait_for(condition: t.Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.005)


def ended(process: subprocess.Popen[str]) -> ModuleRun:
    stdout, stderr = process.communicate(timeout=60)
    return ModuleRun(process.returncode, stdout, stderr)


def the_next_run_converges(simulator: RunningSimulator, before: t.Iterable[t.Any]) -> None:
    """It reports what was left to do, no more and no less, and the one after that has nothing to do."""
    left = set(before)
    result = run_module(MODULE, options(simulator)).result
    assert not result.get("failed")
    told = {entry["userid"]: entry["changed"] for entry in result["servicers"]}
    assert {name for name, changed in told.items() if changed} == left ^ set(WANTED)
    assert set(simulator.serving(KFID)) == set(WANTED)
    simulator.reset_counters()
    assert not run_module(MODULE, options(simulator)).result["changed"]
    assert simulator.calls(ADD) + simulator.calls(DEL) == 0


def claims_only_what_is_so(result: dict[str, t.Any], simulator: RunningSimulator) -> None:
    serving = set(simulator.serving(KFID))
    for entry in result["servicers"]:
        if entry["msg"].startswith("not known"):
            continue
        serves = entry["userid"] in serving
        assert entry["changed"] == (serves != (entry["userid"] in BEFORE)), entry
        assert entry["failed"] == (serves != (entry["userid"] in WANTED)), entry


@pytest.mark.parametrize("call", [ADD, DEL])
@pytest.mark.parametrize("done", ["before", "after"])
def test_the_service_dies_between_batches(simulator: RunningSimulator, call: str, done: str) -> None:
    """The second call of this kind is the last that it gets, and its answer never comes."""
    simulator.reset(corp(BEFORE))
    simulator.fault(on=call, nth=2, **{"delay" if done == "before" else "delay_after": 30})
    process = start_module(MODULE, options(simulator))
    wait_for(lambda: simulator.calls(call) == 2)
    simulator.stop()
    run = ended(process)
    simulator.clear_faults()
    simulator.start_again()
    result = run.result
    assert result["failed"]
    assert run.returncode == 1
    claims_only_what_is_so(result, simulator)
    unknown = [entry for entry in result["servicers"] if entry["msg"].startswith("not known")]
    assert len(unknown) == 100
    assert result["failure"]["call"] == call
    the_next_run_converges(simulator, simulator.serving(KFID))


def test_the_service_comes_back_in_time(simulator: RunningSimulator) -> None:
    simulator.reset(corp(BEFORE))
    simulator.fault(on=ADD, nth=2, delay=30)
    process = start_module(MODULE, options(simulator, retry_timeout=30))
    wait_for(lambda: simulator.calls(ADD) == 2)
    simulator.stop()
    time.sleep(0.5)
    simulator.clear_faults()
    simulator.start_again()
    result = ended(process).result
    assert not result.get("failed")
    assert result["summary"] == {"added": 400, "removed": 250, "unchanged": 50, "failed": 0}
    assert set(simulator.serving(KFID)) == set(WANTED)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
@pytest.mark.parametrize(("call", "nth"), [(LIST, 1), (ADD, 3), (DEL, 2)])
def test_the_module_is_killed(simulator: RunningSimulator, number: signal.Signals, call: str, nth: int) -> None:
    simulator.reset(corp(BEFORE))
    simulator.fault(on=call, nth=nth, delay_after=1.0)
    process = start_module(MODULE, options(simulator))
    wait_for(lambda: simulator.calls(call) == nth)
    process.send_signal(number)
    run = ended(process)
    assert run.returncode != 0
    assert '"changed"' not in run.stdout, "it reported something"
    assert simulator.corpsecret not in run.stdout + run.stderr
    assert simulator.token() not in run.stdout + run.stderr
    simulator.clear_faults()
    simulator.wait_idle()
    the_next_run_converges(simulator, simulator.serving(KFID))


class TestTwoAtOnce:
    def test_with_the_same_wish(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(BEFORE, latency=0.02))
        processes = [start_module(MODULE, options(simulator)) for _number in range(2)]
        results = [ended(process).result for process in processes]
        assert [bool(result.get("failed")) for result in results] == [False, False]
        assert set(simulator.serving(KFID)) == set(WANTED)
        changed = [{e["userid"] for e in result["servicers"] if e["changed"]} for result in results]
        assert changed[0] | changed[1] == set(BEFORE) ^ set(WANTED)
        simulator.settings(latency=0)
        the_next_run_converges(simulator, WANTED)

    @pytest.mark.parametrize("strict", [False, True])
    def test_with_wishes_that_contradict_each_other(self, simulator: RunningSimulator, strict: bool) -> None:
        simulator.reset(corp(BEFORE, latency=0.02, strict_removal=strict))
        others = users(401, 900)
        processes = [
            start_module(MODULE, options(simulator)),
            start_module(MODULE, options(simulator, userids=others)),
        ]
        for process in processes:
            result = ended(process).result
            # What one says of a user is true of a moment of its run; nobody else was touched.
            assert {entry["userid"] for entry in result["servicers"]} <= set(users(1, 900))
            assert all(entry["msg"] in _SAID_OF_TWO or not entry["failed"] for entry in result["servicers"])
        simulator.settings(latency=0)
        the_next_run_converges(simulator, simulator.serving(KFID))


_SAID_OF_TWO = ("changed back by somebody else while this task ran; run again",)
