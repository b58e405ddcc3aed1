# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Large accounts and large requests: time and memory grow with their number and not faster."""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._many_accounts import manage_accounts
from ansible_collections.wecom.kf.plugins.module_utils._many_options import Fleet
from ansible_collections.wecom.kf.plugins.module_utils._one_account import manage_account
from ansible_collections.wecom.kf.plugins.module_utils._options import read_wanted
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import Wanted
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, DEL, KFID, LIST, api_of, corp, users

GROWTH = 4
SLACK = 2.5
"""Four times as much may take ten times as long on a busy machine; a quadratic step would take sixteen times."""

Report = t.Dict[str, t.Any]


class Cost(t.NamedTuple):
    """Of one piece of work: processor seconds of its thread, and the most memory that it held, in MiB."""

    seconds: float
    mebibytes: float


def cost_of(work: t.Callable[[], object]) -> Cost:
    """The best of three, as everything else on the machine only adds; memory in a run of its own."""
    best = float("inf")
    for _turn in range(3):
        began = time.thread_time()
        work()
        best = min(best, time.thread_time() - began)
    tracemalloc.start()
    try:
        work()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Cost(best, most / 1024**2)


def grows_linearly(name: str, work: t.Callable[[int], t.Callable[[], object]], number: int) -> None:
    """Compare the work for so many with that for four times as many."""
    small, large = (cost_of(work(count)) for count in (number, number * GROWTH))
    for count, cost in ((number, small), (number * GROWTH, large)):
        print(f"{name}: {count} in {cost.seconds:.3f} s of processor time and {cost.mebibytes:.1f} MiB")
    assert large.seconds < small.seconds * GROWTH * SLACK + 0.01
    assert large.mebibytes < small.mebibytes * GROWTH * 1.5 + 1


def manage(simulator: RunningSimulator, wanted: Wanted, *, check_mode: bool = False) -> Report:
    with api_of(simulator, timeout=60.0) as api:
        return manage_account(wanted, api, check_mode=check_mode, diff=True)


def test_two_thousand_are_changed_in_one_task(simulator: RunningSimulator) -> None:
    """A thousand go and two thousand come: 20 calls to add, 10 to remove, one connection."""
    simulator.reset(corp(users(2001, 3000), limits={"userids_per_account": 3000}))
    began = time.monotonic()
    report = manage(simulator, Wanted(KFID, "exact", users(1, 2000), None))
    print(f"3000 changes in {time.monotonic() - began:.2f} s")
    assert report["summary"] == {"added": 2000, "removed": 1000, "unchanged": 0, "failed": 0}
    assert (simulator.calls(LIST), simulator.calls(ADD), simulator.calls(DEL)) == (1, 20, 10)
    assert simulator.connections() == 1


def test_ten_thousand_names_with_doubles(simulator: RunningSimulator) -> None:
    def work(number: int) -> t.Callable[[], object]:
        names = users(1, number // 2)
        options = {
            "open_kfid": KFID,
            "userids": names + [name.upper() for name in names],
            "department_ids": None,
            "state": "exact",
            "allow_empty": False,
            "max_removals": "50%",
        }
        return lambda: manage(simulator, read_wanted(options), check_mode=True)

    grows_linearly("names", work, 2500)
    report = manage(simulator, Wanted(KFID, "present", users(1, 5000) + users(1, 5000), None), check_mode=True)
    assert len(report["servicers"]) == 5000


@pytest.mark.slow
def test_a_list_of_a_hundred_thousand(simulator: RunningSimulator) -> None:
    def work(number: int) -> t.Callable[[], object]:
        rows = [{"userid": f"Somebody.{n:06d}@example.com", "status": 0} for n in range(number)]
        simulator.clear_faults()
        simulator.fault(on=LIST, times=None, body=json.dumps({"errcode": 0, "errmsg": "ok", "servicer_list": rows}))
        wanted = Wanted(KFID, "exact", [row["userid"] for row in rows[: number // 2]], None)  # type: ignore[misc]
        return lambda: manage(simulator, wanted, check_mode=True)

    grows_linearly("entries", work, 25_000)


@pytest.mark.slow
def test_a_result_list_that_says_much_of_nobody(simulator: RunningSimulator) -> None:
    def work(number: int) -> t.Callable[[], object]:
        items = [{"userid": f"x{n}", "errcode": 60111, "errmsg": "userid not found"} for n in range(number)]
        body = json.dumps({"errcode": 0, "errmsg": "ok", "result_list": [*items, {"userid": "ann", "errcode": 0}]})
        simulator.clear_faults()
        simulator.fault(on=ADD, times=None, body=body)
        return lambda: manage(simulator, Wanted(KFID, "present", ["ann"], None))

    grows_linearly("items", work, 25_000)


def test_nothing_is_kept_of_what_is_done_with(simulator: RunningSimulator) -> None:
    """The same task again and again needs no more memory than once."""
    simulator.reset(corp(users(1, 500)))
    wanted = Wanted(KFID, "present", users(1, 500), None)
    manage(simulator, wanted)
    before = sys.getallocatedblocks()
    for _turn in range(20):
        manage(simulator, wanted)
    assert sys.getallocatedblocks() - before < 20_000


@pytest.mark.parametrize("named", [1, 500])
def test_accounts_with_nothing_to_do_take_a_row_each_and_no_more(simulator: RunningSimulator, named: int) -> None:
    """However many serve them, and however many of those are named."""
    simulator.reset(
        {
            "members": [{"prefix": "u", "count": 500}],
            "accounts": [{"prefix": "wkF", "count": 999, "servicers_each": 500}],
        }
    )

    def work(number: int) -> t.Callable[[], object]:
        wishes = [Wanted(f"wkF{n:03d}", "present", users(1, named, width=3), None) for n in range(1, number + 1)]

        def check() -> None:
            with api_of(simulator) as api:
                assert not manage_accounts(Fleet(wishes, 1), api, check_mode=True, diff=True)["changed"]

        return check

    few, many = cost_of(work(20)), cost_of(work(120))
    each = (many.mebibytes - few.mebibytes) * 1024 / 100
    print(f"{each:.2f} KiB for each account in which {named} of 500 are named")
    assert each < 2  # 500 names alone take more than 30
