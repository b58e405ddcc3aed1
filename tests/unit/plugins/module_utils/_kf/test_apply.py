# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying a plan to the simulator: whatever happens on the way, the report is what is true at the service."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._kf.models import Desired, RemovalLimit
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_servicer import manage_servicers
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ADD,
    DEL,
    GETTOKEN,
    KFID,
    LIST,
    api_of,
    corp,
    users,
)

LOST = [
    {"drop": "after"},
    {"drop": "after", "reset": True},
    {"http_status": 502, "applied": True},
    {"cut": 10},
    {"truncate": 10},
    {"truncate": 0},
]
"""The change is made, and no response tells."""

NEVER_APPLIED = [
    {"drop": "before"},
    {"drop": "before", "reset": True},
    {"http_status": 503},
    {"http_status": 429},
    {"errcode": -1},
    {"errcode": 6000},
    {"errcode": 45009},
    {"errcode": 45033},
    {"truncate": 10, "applied": False},
]
"""The change is not made, and may be made a moment later."""

FATAL = [
    {"errcode": 48002},
    {"errcode": 95017},
    {"errcode": 60020},
    {"errcode": 95004},
    {"http_status": 403},
    {"body": "<html>Access denied</html>"},
]
"""The change is not made, and there is no use in trying again."""


def slow(*values: t.Any) -> list[t.Any]:
    """Return these as parameters that the quick path leaves out."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def manage(
    simulator: RunningSimulator,
    state: str = "present",
    userids: list[str] | None = None,
    department_ids: list[int] | None = None,
    *,
    check_mode: bool = False,
    limit: str = "",
    **options: t.Any,
) -> dict[str, t.Any]:
    """The report on one account."""
    desired = Desired(KFID, state, userids, department_ids, RemovalLimit.parse(limit))
    with api_of(simulator, **options) as api:
        return manage_servicers(desired, api, check_mode=check_mode, diff=True)


def statuses(report: dict[str, t.Any]) -> dict[t.Any, str]:
    """Return each servicer with what became of it, in a word or two."""
    words = {}
    for entry in report["servicers"]:
        name = entry["userid"] if entry["userid"] is not None else entry["department_id"]
        words[name] = entry["msg"] if entry["changed"] else ("FAILED" if entry["failed"] else "ok")
    return words


def told(report: dict[str, t.Any]) -> dict[t.Any, tuple[bool, bool]]:
    """Return each servicer with whether it changed and whether it failed."""
    return {
        entry["userid"] or entry["department_id"]: (entry["changed"], entry["failed"]) for entry in report["servicers"]
    }


CHANGED, UNCHANGED, FAILED = (True, False), (False, False), (False, True)


def start(simulator: RunningSimulator, *servicers: t.Any, **more: t.Any) -> None:
    simulator.reset(corp(list(servicers), **more))


def start_covered(simulator: RunningSimulator) -> None:
    """Ann serves through department 2, and adding her by userid is ignored."""
    start(
        simulator,
        {"department_id": 2},
        departments=[{"id": 2, "members": ["ann"]}, 4],
        covered_by_department="ignored",
    )


class TestBatches:
    def test_adding_250_takes_three_calls(self, simulator: RunningSimulator) -> None:
        report = manage(simulator, "present", users(1, 250))
        assert report["summary"] == {"added": 250, "removed": 0, "unchanged": 0, "failed": 0}
        sent = [len(line["userids"]) for line in simulator.log() if line["endpoint"] == ADD]
        assert sent == [100, 100, 50]
        assert simulator.connections() == 1

    def test_nothing_to_do_is_one_list_and_no_write(self, simulator: RunningSimulator) -> None:
        start(simulator, {"prefix": "u", "count": 500}, members=[{"prefix": "u", "count": 500}])
        report = manage(simulator, "present", [f"U{number:03d}" for number in range(1, 501)])
        assert not report["changed"]
        assert [line["endpoint"] for line in simulator.log()] == [GETTOKEN, LIST]

    def test_departments_go_along_with_the_users_20_at_a_time(self, simulator: RunningSimulator) -> None:
        simulator.settings(limits={"departments_per_account": 100})
        report = manage(simulator, "present", users(1, 150), list(range(100, 145)))
        assert report["summary"]["added"] == 195
        sent = [(len(line["userids"]), len(line["departments"])) for line in simulator.log() if line["endpoint"] == ADD]
        assert sent == [(100, 20), (50, 20), (0, 5)]

    def test_a_call_without_users_or_without_departments_leaves_the_list_out(self, simulator: RunningSimulator) -> None:
        """The simulator, like the service, takes an empty one for a missing parameter only where both are."""
        assert statuses(manage(simulator, "present", None, [2])) == {2: "added"}
        assert statuses(manage(simulator, "present", ["ann"], [])) == {"ann": "added"}

    def test_removals_are_spelled_as_the_service_does(self, simulator: RunningSimulator) -> None:
        start(simulator, "Bob")
        report = manage(simulator, "absent", ["BOB"])
        assert statuses(report) == {"Bob": "removed"}
        assert [line["userids"] for line in simulator.log() if line["endpoint"] == DEL] == [["Bob"]]

    def test_exact_adds_before_it_removes(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann", {"department_id": 2})
        report = manage(simulator, "exact", ["Bob", "cy"])
        assert statuses(report) == {"Bob": "added", "cy": "added", "ann": "removed"}
        assert [line["endpoint"] for line in simulator.log()] == [GETTOKEN, LIST, ADD, DEL]
        assert simulator.serving(KFID) == ["Bob", "cy", 2]
        assert report["diff"]["before"] == "ann\ndepartment:2\n"
        assert report["diff"]["after"] == "Bob\ncy\ndepartment:2\n"


class TestOneBadUser:
    def test_fails_alone_and_the_rest_is_done(self, simulator: RunningSimulator) -> None:
        report = manage(simulator, "exact", ["ann", "stranger", "nolicense", "Bob"], [2, 999])
        assert statuses(report) == {
            "ann": "added",
            "stranger": "FAILED",
            "nolicense": "FAILED",
            "Bob": "added",
            2: "added",
            999: "FAILED",
        }
        assert [entry["errcode"] for entry in report["servicers"]] == [0, 60111, 701008, 0, 0, 60003]
        assert report["failed"]
        assert report["changed"]
        assert "failure" not in report

    @pytest.mark.parametrize("errcode", [40003, 60111, 95014, 81017, 4711, -1, 6000])
    def test_any_code_of_an_item_fails_that_item_only_and_is_not_retried(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        simulator.fault(on=ADD, items={"ann": errcode})
        report = manage(simulator, "present", ["ann", "Bob"])
        assert statuses(report) == {"ann": "FAILED", "Bob": "added"}
        assert report["servicers"][0]["errcode"] == errcode
        assert simulator.calls(ADD) == 1

    def test_on_adding_60253_is_a_failure_like_any_other(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, items={"ann": 60253})
        assert statuses(manage(simulator, "present", ["ann"])) == {"ann": "FAILED"}


class TestLostResponses:
    @pytest.mark.parametrize("fault", LOST, ids=str)
    @pytest.mark.parametrize("retry_timeout", [0.0, 120.0])
    def test_what_was_done_nevertheless_is_reported_as_done_and_not_done_again(
        self, simulator: RunningSimulator, fault: dict[str, t.Any], retry_timeout: float
    ) -> None:
        start(simulator, "cy")
        simulator.fault(on=ADD, **fault)
        simulator.fault(on=DEL, **fault)
        report = manage(simulator, "exact", ["ann"], [2], retry_timeout=retry_timeout)
        assert statuses(report) == {"ann": "added", 2: "added", "cy": "removed"}
        assert not report["failed"]
        assert "failure" not in report
        assert (simulator.calls(ADD), simulator.calls(DEL), simulator.calls(LIST)) == (1, 1, 3)

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_what_was_not_done_is_done_again(self, simulator: RunningSimulator, fault: dict[str, t.Any]) -> None:
        start(simulator, "cy")
        simulator.fault(on=ADD, times=2, **fault)
        simulator.fault(on=DEL, times=2, **fault)
        report = manage(simulator, "exact", ["ann"])
        assert statuses(report) == {"ann": "added", "cy": "removed"}
        assert (simulator.calls(ADD), simulator.calls(DEL)) == (3, 3)
        assert simulator.serving(KFID) == ["ann"]

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_without_a_budget_it_is_not_done_again_but_found_out(
        self, simulator: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        start(simulator, "cy")
        simulator.fault(on=ADD, times=None, **fault)
        report = manage(simulator, "exact", ["ann", *users(1, 150)], retry_timeout=0.0)
        assert set(statuses(report).values()) == {"FAILED"}
        assert not report["changed"]
        assert report["failure"]["call"] == ADD
        assert (simulator.calls(ADD), simulator.calls(DEL), simulator.calls(LIST)) == (1, 0, 2)
        assert simulator.serving(KFID) == ["cy"]

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_the_budget_bounds_how_long_it_is_tried(self, simulator: RunningSimulator, fault: dict[str, t.Any]) -> None:
        simulator.fault(on=ADD, times=None, **fault)
        clock = VirtualClock()
        report = manage(simulator, "present", ["ann"], clock=clock)
        assert statuses(report) == {"ann": "FAILED"}
        assert 119 < clock.now() < 121

    def test_only_those_not_done_are_sent_again(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, drop="after", meanwhile={"remove": ["Bob"], "when": "after"})
        report = manage(simulator, "present", ["ann", "Bob", "cy"])
        assert [line["userids"] for line in simulator.log() if line["endpoint"] == ADD] == [
            ["ann", "Bob", "cy"],
            ["Bob"],
        ]
        assert statuses(report) == {"ann": "added", "Bob": "added", "cy": "added"}

    def test_a_refused_user_is_not_sent_again_with_the_others(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, omit=["ann"], applied=False)
        report = manage(simulator, "present", ["ann", "stranger"])
        assert statuses(report) == {"ann": "added", "stranger": "FAILED"}
        assert [line["userids"] for line in simulator.log() if line["endpoint"] == ADD] == [
            ["ann", "stranger"],
            ["ann"],
        ]

    def test_an_response_later_than_the_timeout_is_a_lost_one(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, delay_after=1.0)
        report = manage(simulator, "present", ["ann"], timeout=0.2)
        assert statuses(report) == {"ann": "added"}
        assert (simulator.calls(ADD), simulator.calls(LIST)) == (1, 2)

    def test_the_next_batches_follow_after_a_lost_response(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, nth=2, drop="after")
        report = manage(simulator, "present", users(1, 350))
        assert report["summary"]["added"] == 350
        assert simulator.calls(ADD) == 4


class TestFatalCalls:
    @pytest.mark.parametrize("fault", FATAL, ids=str)
    def test_they_stop_the_writing_and_what_was_done_is_read_back(
        self, simulator: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        start(simulator, "cy")
        simulator.fault(on=ADD, nth=2, **fault)
        report = manage(simulator, "exact", users(1, 300))
        words = statuses(report)
        assert [words[name] for name in users(1, 100)] == ["added"] * 100
        assert {words[name] for name in [*users(101, 300), "cy"]} == {"FAILED"}
        assert report["summary"] == {"added": 100, "removed": 0, "unchanged": 0, "failed": 201}
        messages = {entry["userid"]: entry["msg"] for entry in report["servicers"]}
        assert messages["u0101"].startswith("not added: kf/servicer/add failed: ")
        assert messages["u0250"].startswith("not tried: kf/servicer/add failed: ")
        assert messages["cy"].startswith("not tried: ")
        assert report["failure"]["call"] == ADD
        assert (simulator.calls(ADD), simulator.calls(DEL)) == (2, 0)
        assert report["diff"]["after"] == "".join(f"{name}\n" for name in sorted(["cy", *users(1, 100)]))

    @pytest.mark.parametrize("fault", [*LOST, *NEVER_APPLIED, *FATAL], ids=str)
    def test_what_cannot_be_read_back_is_not_known(self, simulator: RunningSimulator, fault: dict[str, t.Any]) -> None:
        simulator.fault(on=ADD, **fault)
        simulator.fault(on=LIST, nth=2, errcode=48002, times=None)
        report = manage(simulator, "present", ["ann"], retry_timeout=0.0)
        (entry,) = report["servicers"]
        assert (entry["changed"], entry["failed"]) == (False, True)
        assert entry["msg"].startswith("not known whether added, because the account could not be listed again: ")
        assert report["failure"]["call"] == ADD
        assert report["diff"]["after"] == ""

    def test_a_call_that_never_left_is_known_not_to_have_done_anything(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, nth=2, errcode=42001)
        simulator.fault(on=GETTOKEN, nth=2, errcode=40001)
        simulator.fault(on=LIST, nth=2, errcode=48002)
        report = manage(simulator, "present", users(1, 150))
        assert report["summary"] == {"added": 100, "removed": 0, "unchanged": 0, "failed": 50}
        assert report["servicers"][-1]["msg"].startswith("not added: gettoken failed: 40001")
        assert simulator.calls(GETTOKEN) == 2, "a refused secret was tried again to read back"

    @pytest.mark.parametrize("fault", [*FATAL, {"omit": "servicer_list"}, {"patch": {"servicer_list": None}}], ids=str)
    def test_an_account_that_cannot_be_listed_is_left_alone(
        self, simulator: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        start(simulator, "ann")
        simulator.fault(on=LIST, **fault)
        report = manage(simulator, "exact", ["Bob"], [2])
        assert [(e["action"], e["changed"], e["failed"]) for e in report["servicers"]] == [("none", False, True)] * 2
        assert "diff" not in report
        assert report["failure"]["call"] == LIST
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0
        assert simulator.serving(KFID) == ["ann"]

    def test_one_that_was_carried_out_after_all_is_no_failure(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, errcode=95017, applied=True)
        report = manage(simulator, "present", ["ann"])
        assert told(report) == {"ann": CHANGED}
        assert not report["failed"]
        assert "failure" not in report


class TestCheckMode:
    def test_it_writes_nothing_and_predict_the_real_report(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann", "cy", {"department_id": 4})
        predicted = manage(simulator, "exact", ["Bob", "CY"], [2], check_mode=True)
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0
        assert predicted == manage(simulator, "exact", ["Bob", "CY"], [2])

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_too_many_removals_are_refused_before_anything_is_written(
        self, simulator: RunningSimulator, check_mode: bool
    ) -> None:
        start(simulator, *users(1, 9), {"department_id": 4})
        report = manage(simulator, "exact", ["ann", *users(1, 7)], [], limit="25%", check_mode=check_mode)
        assert report["failed"]
        assert not report["changed"]
        assert "max_removals: 3 of the 10 servicers of " in report["msg"]
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0
        assert report["diff"]["before"] == report["diff"]["after"]
        assert {entry["msg"].partition(":")[0] for entry in report["servicers"] if entry["failed"]} == {"not tried"}


class TestHeldBackRemovals:
    """Additions that fail hold removals back, so that an account never gets smaller than what was asked for."""

    def test_three_wrong_ids_for_fifty_servicers_remove_nobody(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 50))
        report = manage(simulator, "exact", ["wrong0", "wrong1", "wrong2"])
        assert report["summary"] == {"added": 0, "removed": 0, "unchanged": 0, "failed": 53}
        assert simulator.calls(DEL) == 0
        assert simulator.serving(KFID) == users(1, 50)
        assert report["servicers"][-1]["msg"] == (
            "not removed: none of those who are to serve is serving, so the whole list is in doubt;"
            " check the userids and run again"
        )
        assert report["diff"]["before"] == report["diff"]["after"]

    def test_one_good_id_among_fifty_bad_ones_lets_nobody_go(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 50))
        report = manage(simulator, "exact", [*(f"wrong{number}" for number in range(50)), "ann"])
        assert report["summary"] == {"added": 1, "removed": 0, "unchanged": 0, "failed": 100}
        assert simulator.serving(KFID) == [*users(1, 50), "ann"]
        assert simulator.calls(DEL) == 0

    def test_one_removal_is_held_back_for_each_addition_that_failed(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 10))
        report = manage(simulator, "exact", ["ann", "Bob", "stranger", "nolicense", "wrong"])
        assert report["summary"] == {"added": 2, "removed": 7, "unchanged": 0, "failed": 6}
        assert len(simulator.serving(KFID)) == 5, "five were asked for"
        kept = [entry for entry in report["servicers"] if entry["action"] == "remove" and entry["failed"]]
        assert {entry["msg"] for entry in kept} == {
            "not removed: one removal is held back for each addition that failed;"
            " take those who failed off the list, or run again when they can be added"
        }
        assert {entry["errcode"] for entry in kept} == {None}
        assert f"run again when they can be added ({', '.join(entry['userid'] for entry in kept)})" in report["msg"]

    def test_those_who_are_receiving_now_are_held_back_first(self, simulator: RunningSimulator) -> None:
        stopped, suspended = {"userid": "u0001", "status": 1}, {"userid": "u0004", "status": 1, "stop_type": 1}
        start(simulator, stopped, "u0002", "u0003", suspended)
        report = manage(simulator, "exact", ["ann", "stranger", "nolicense"])
        assert told(report) == {
            "ann": CHANGED,
            "stranger": FAILED,
            "nolicense": FAILED,
            "u0001": CHANGED,
            "u0002": FAILED,
            "u0003": FAILED,
            "u0004": CHANGED,
        }

    def test_those_who_are_receiving_now_are_held_back_first_also_in_a_full_account(
        self, simulator: RunningSimulator
    ) -> None:
        """One who is not receiving leaves to make room in vain, comes back, and is then the first to go."""
        stopped = [{"userid": userid, "status": 1} for userid in ("u0003", "u0004")]
        limits = {"userids_per_account": 4, "account_limit_fails_call": True}
        start(simulator, "u0001", "u0002", *stopped, limits=limits)
        report = manage(simulator, "exact", ["ann", "stranger"])
        assert writes(simulator) == [(ADD, 2), (DEL, 1), (ADD, 1), (DEL, 1), (ADD, 1), (ADD, 1), (DEL, 2)]
        assert told(report) == {
            "ann": CHANGED,
            "stranger": FAILED,
            "u0001": FAILED,
            "u0002": CHANGED,
            "u0003": CHANGED,
            "u0004": CHANGED,
        }

    def test_one_with_a_line_break_in_the_userid_is_removed_and_shown_on_one_line(
        self, simulator: RunningSimulator
    ) -> None:
        simulator.fault(on=LIST, patch={"servicer_list": [{"userid": "a\nb"}, {"userid": "ann"}]})
        simulator.fault(on=DEL, patch={"result_list": [{"userid": "a\nb", "errcode": 0, "errmsg": "ok"}]})
        report = manage(simulator, "exact", ["ann"])
        assert [line["userids"] for line in simulator.log() if line["endpoint"] == DEL] == [["a\nb"]]
        assert told(report) == {"ann": UNCHANGED, "a\nb": CHANGED}
        assert report["diff"]["before"] == "ann\na\ufffdb\n"

    def test_who_is_to_serve_and_serves_already_counts(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann", "Bob", "cy")
        assert told(manage(simulator, "exact", ["ann", "stranger"])) == {
            "ann": UNCHANGED,
            "stranger": FAILED,
            "Bob": FAILED,
            "cy": CHANGED,
        }

    def test_departments_are_held_back_as_users_are(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann", {"department_id": 2})
        report = manage(simulator, "exact", ["stranger"], [])
        assert told(report) == {"stranger": FAILED, "ann": FAILED, 2: FAILED}
        assert simulator.serving(KFID) == ["ann", 2]

    def test_a_department_that_is_not_asked_about_is_none_of_those_who_are_to_serve(
        self, simulator: RunningSimulator
    ) -> None:
        start(simulator, "ann", "Bob", {"department_id": 2})
        manage(simulator, "exact", ["stranger"])
        assert simulator.serving(KFID) == ["ann", "Bob", 2]

    def test_additions_of_which_nothing_was_said_hold_back_too(self, simulator: RunningSimulator) -> None:
        start(simulator, "u0001", "u0002")
        simulator.fault(on=ADD, omit=["ann"], applied=False, times=None)
        report = manage(simulator, "exact", ["ann", "Bob"])
        assert told(report) == {"ann": FAILED, "Bob": CHANGED, "u0001": FAILED, "u0002": CHANGED}

    @pytest.mark.parametrize("gone", ["ann", "Bob"])
    def test_whoever_is_gone_already_is_not_held_back(self, simulator: RunningSimulator, gone: str) -> None:
        """The list that settles the additions shows it."""
        start(simulator, "ann", "Bob", "u0001")
        simulator.fault(on=ADD, omit="all", meanwhile={"remove": [gone]})
        report = manage(simulator, "exact", ["cy", "stranger"])
        assert told(report)[gone] == UNCHANGED
        assert simulator.serving(KFID) == ["Bob" if gone == "ann" else "ann", "cy"]

    def test_an_empty_account_that_is_asked_for_is_made(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann", {"department_id": 2})
        manage(simulator, "exact", [], [])
        assert simulator.serving(KFID) == []

    def test_absent_removes_the_last_one_if_told_to(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann")
        manage(simulator, "absent", ["ann"])
        assert simulator.serving(KFID) == []


def fewest(simulator: RunningSimulator, before: int) -> int:
    """Return how many served when the fewest did."""
    numbers = [before]
    for line in simulator.log():
        sign = {ADD: 1, DEL: -1}.get(line["endpoint"], 0)
        numbers.append(numbers[-1] + sign * len(line["changed"] or ()))
    return min(numbers)


def writes(simulator: RunningSimulator) -> list[tuple[str, int]]:
    """Return the calls that write, in order, each with the number of servicers in it."""
    return [
        (line["endpoint"], len(line["userids"]) + len(line["departments"]))
        for line in simulator.log()
        if line["endpoint"] in (ADD, DEL)
    ]


@pytest.mark.parametrize("fails_call", [False, *slow(True)], ids=["item refused", "call refused"])
@pytest.mark.parametrize("errcode", [40058, *slow(81017, 4711)])
class TestFullAccounts:
    """An account at its limit exchanges servicers in batches, however the service says that it is full."""

    def fill(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool, *servicers: t.Any, **limits: int
    ) -> None:
        limits = {"userids_per_account": len(servicers), **limits}
        start(
            simulator,
            *servicers,
            limits={**limits, "account_limit_errcode": errcode, "account_limit_fails_call": fails_call},
        )

    def test_five_of_five_with_two_exchanged(self, simulator: RunningSimulator, errcode: int, fails_call: bool) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 5))
        report = manage(simulator, "exact", ["u0001", "u0002", "u0003", "ann", "Bob"])
        assert report["summary"] == {"added": 2, "removed": 2, "unchanged": 3, "failed": 0}
        assert set(simulator.serving(KFID)) == {"u0001", "u0002", "u0003", "ann", "Bob"}
        assert writes(simulator) == [(ADD, 2), (DEL, 1), (ADD, 1), (DEL, 1), (ADD, 1)]
        assert simulator.calls(LIST) == 1 + fails_call
        assert "failure" not in report

    @pytest.mark.parametrize("bad", ["u0011", "u0014", "u0022"])
    def test_one_bad_user_fails_alone(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool, bad: str
    ) -> None:
        """The service refuses one of twelve with another unknown code, which could mean a limit too."""
        self.fill(simulator, errcode, fails_call, *users(31, 42))
        simulator.fault(on=ADD, items={bad: 4712}, times=None)
        report = manage(simulator, "exact", users(11, 22))
        if not fails_call or bad == "u0011":  # otherwise those in one call with the bad one may fail too
            assert report["summary"] == {"added": 11, "removed": 11, "unchanged": 0, "failed": 2}
        assert {entry["userid"] for entry in report["servicers"] if entry["errcode"] == 4712} == {bad}
        assert len(simulator.serving(KFID)) == 12

    def test_all_five_of_five_are_exchanged(self, simulator: RunningSimulator, errcode: int, fails_call: bool) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 5))
        report = manage(simulator, "exact", users(11, 15))
        assert report["summary"] == {"added": 5, "removed": 5, "unchanged": 0, "failed": 0}
        assert fewest(simulator, 5) == 3, "half of them stay"
        assert writes(simulator)[1:3] == [(DEL, 1), (ADD, 1)], "the first exchange is a trial with one"

    def test_all_five_hundred_of_five_hundred_are_exchanged_without_a_call_that_must_fail(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 500))
        report = manage(simulator, "exact", users(1001, 1500))
        assert report["summary"] == {"added": 500, "removed": 500, "unchanged": 0, "failed": 0}
        exchanges = [1, 100, 100, 100, 100, 99]
        assert writes(simulator) == [write for size in exchanges for write in ((DEL, size), (ADD, size))]
        assert fewest(simulator, 500) == 400
        assert simulator.calls(LIST) == 1

    def test_twenty_departments_of_twenty_are_exchanged(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        serving = [{"department_id": number} for number in range(100, 120)]
        self.fill(simulator, errcode, fails_call, "ann", *serving)
        report = manage(simulator, "exact", None, list(range(120, 140)))
        assert report["summary"] == {"added": 20, "removed": 20, "unchanged": 0, "failed": 0}
        assert set(simulator.serving(KFID)) == {"ann", *range(120, 140)}
        exchanges = [1, 10, 9]
        assert writes(simulator) == [write for size in exchanges for write in ((DEL, size), (ADD, size))]

    def test_users_and_departments_are_exchanged_in_one_run(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        serving = [{"department_id": number} for number in range(100, 103)]
        limits = {"userids_per_account": 3, "departments_per_account": 3}
        self.fill(simulator, errcode, fails_call, *users(1, 3), *serving, **limits)
        report = manage(simulator, "exact", ["ann", "Bob", "cy"], [2, 4, 110])
        assert report["summary"] == {"added": 6, "removed": 6, "unchanged": 0, "failed": 0}

    def test_current_and_desired_together_over_the_limit(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 400), userids_per_account=500)
        report = manage(simulator, "exact", users(300, 700))
        assert report["summary"] == {"added": 300, "removed": 299, "unchanged": 101, "failed": 0}
        assert set(simulator.serving(KFID)) == set(users(300, 700))
        assert fewest(simulator, 400) >= 300

    def test_bad_ids_among_the_additions_fail_alone_and_hold_back_as_many(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 5))
        report = manage(simulator, "exact", ["stranger", "ann", "nolicense", "Bob", "cy"])
        words = statuses(report)
        assert [words[name] for name in ("stranger", "ann", "nolicense", "Bob", "cy")] == [
            "FAILED",
            "added",
            "FAILED",
            "added",
            "added",
        ]
        assert report["summary"] == {"added": 3, "removed": 3, "unchanged": 0, "failed": 4}
        assert [entry["errcode"] for entry in report["servicers"] if entry["action"] == "add"] == [
            60111,
            0,
            701008,
            0,
            0,
        ]
        assert len(simulator.serving(KFID)) == 5

    def test_room_that_a_bad_id_left_is_used_before_more_are_removed(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 210))
        simulator.fault(on=ADD, items=dict.fromkeys(users(1050, 1099), 60111), times=None)
        report = manage(simulator, "exact", users(1001, 1205))
        assert report["summary"] == {"added": 155, "removed": 160, "unchanged": 0, "failed": 100}
        sizes = [size for call, size in writes(simulator) if call == DEL]
        assert sizes == ([1, 100, 50, 4, 5] if fails_call else [1, 100, 54, 5])
        assert fewest(simulator, 210) >= 205 - 100

    def test_a_trial_with_a_bad_id_is_repeated_with_the_next_before_more_are_removed(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 210))
        report = manage(simulator, "exact", ["stranger", "nolicense", *users(1001, 1200)])
        assert report["summary"] == {"added": 200, "removed": 208, "unchanged": 0, "failed": 4}
        trial = [(DEL, 1), (ADD, 1), (ADD, 1), (ADD, 1)] if fails_call else [(DEL, 1), (ADD, 1)]
        began = writes(simulator).index((DEL, 1))
        assert writes(simulator)[began:][: len(trial) + 2] == [*trial, (DEL, 100), (ADD, 100)]

    def test_one_whose_removal_is_refused_makes_no_room_and_the_next_does(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 5))
        simulator.fault(on=DEL, items={"u0001": 60021, "u0002": 60021}, times=None)
        report = manage(simulator, "exact", users(11, 15))
        assert report["summary"] == {"added": 3, "removed": 3, "unchanged": 0, "failed": 4}
        assert writes(simulator)[:4] == [(ADD, 5), (DEL, 1), (DEL, 1), (DEL, 1)]
        assert len(simulator.serving(KFID)) == 5

    def test_more_than_the_limit_are_not_to_be_had(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 5))
        report = manage(simulator, "exact", users(11, 18))
        assert report["summary"] == {"added": 5, "removed": 5, "unchanged": 0, "failed": 3}
        assert ("failure" in report) == fails_call

    def test_nobody_but_bad_ids_removes_nobody(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 5))
        report = manage(simulator, "exact", ["stranger", "nolicense"])
        assert not report["changed"]
        assert sorted(simulator.serving(KFID)) == users(1, 5)

    def test_a_response_that_is_lost_during_the_exchange_is_found_out(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 5))
        for call in (ADD, DEL):
            simulator.fault(on=call, nth=2, drop="after")
        report = manage(simulator, "exact", users(11, 15), retry_timeout=0.0)
        assert report["summary"] == {"added": 5, "removed": 5, "unchanged": 0, "failed": 0}

    def test_without_removals_the_additions_fail_with_the_limits_named(
        self, simulator: RunningSimulator, errcode: int, fails_call: bool
    ) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 5))
        report = manage(simulator, "present", ["ann"])
        (entry,) = report["servicers"]
        assert (entry["failed"], entry["errcode"]) == (True, errcode)
        assert ("failure" in report) == fails_call
        assert errcode == 4711 or "20 departments" in entry["msg"]
        assert simulator.serving(KFID) == users(1, 5)

    def test_check_mode_predicts_it(self, simulator: RunningSimulator, errcode: int, fails_call: bool) -> None:
        self.fill(simulator, errcode, fails_call, *users(1, 5))
        predicted = manage(simulator, "exact", users(4, 8), check_mode=True)
        assert predicted == manage(simulator, "exact", users(4, 8))


class TestExchangeThatIsDisturbed:
    @pytest.mark.parametrize("errcode", [60253, 95014])
    def test_a_removal_that_was_lost_and_came_late_makes_room(self, simulator: RunningSimulator, errcode: int) -> None:
        """The list between the two calls still shows the one who goes; the second call finds nobody."""
        start(simulator, *users(1, 3), limits={"userids_per_account": 3})
        simulator.fault(on=DEL, drop="before")
        simulator.fault(on=DEL, nth=2, items={"u0001": errcode}, meanwhile={"remove": ["u0001"]})
        report = manage(simulator, "exact", ["ann", "Bob", "stranger"])
        assert report["summary"] == {"added": 2, "removed": 2, "unchanged": 0, "failed": 2}
        assert len(simulator.serving(KFID)) == 3

    def test_a_rejection_that_an_exchange_cured_does_not_end_the_task(self, simulator: RunningSimulator) -> None:
        """Bob is refused for a reason of his own, with a code that could mean a limit too."""
        start(simulator, *users(1, 4), limits={"userids_per_account": 4, "account_limit_fails_call": True})
        simulator.fault(on=ADD, items={"Bob": 4711}, times=None)
        report = manage(simulator, "exact", ["ann", "Bob"])
        assert report["summary"] == {"added": 1, "removed": 3, "unchanged": 0, "failed": 2}
        assert "failure" not in report

    def test_a_rejected_kind_without_removals_does_not_stop_the_exchange_of_the_other(
        self, simulator: RunningSimulator
    ) -> None:
        servicers = ["u0001", "u0002", {"department_id": 4}]
        start(simulator, *servicers, limits={"userids_per_account": 2, "account_limit_fails_call": True})
        report = manage(simulator, "exact", ["u0001", "u0002", "ann"], [2])
        assert told(report)["ann"] == FAILED
        assert told(report)[2] == CHANGED
        assert report["failure"]["call"] == ADD

    def test_a_removal_in_question_is_listed_also_where_a_rejection_ends_the_task(
        self, simulator: RunningSimulator
    ) -> None:
        """Somebody else removes the department first."""
        limits = {"userids_per_account": 1, "departments_per_account": 1, "account_limit_fails_call": True}
        start(simulator, "u0001", {"department_id": 4}, limits=limits, strict_removal=60253)
        simulator.fault(on=DEL, nth=2, meanwhile={"remove": [4]})
        report = manage(simulator, "exact", ["ann", "Bob"], [2])
        assert told(report) == {"ann": CHANGED, "Bob": FAILED, 2: CHANGED, "u0001": CHANGED, 4: UNCHANGED}

    def test_one_who_serves_through_a_department_counts_as_added_also_after_a_list(
        self, simulator: RunningSimulator
    ) -> None:
        start(
            simulator,
            {"department_id": 2},
            *users(1, 3),
            departments=[{"id": 2, "members": ["ann"]}],
            covered_by_department="ignored",
            limits={"userids_per_account": 3},
        )
        simulator.fault(on=DEL, items={"u0001": 60253}, meanwhile={"remove": ["u0001"]})
        report = manage(simulator, "exact", ["ann", "Bob", "cy"])
        assert {name: told(report)[name] for name in ("ann", "Bob", "cy")} == {
            "ann": UNCHANGED,
            "Bob": CHANGED,
            "cy": CHANGED,
        }
        assert not report["failed"]


class TestExchangeThatIsOfNoUse:
    def test_a_trial_that_fails_puts_the_person_back(self, simulator: RunningSimulator) -> None:
        """The code is unknown and has nothing to do with a limit: ann can never be added."""
        start(simulator, "u0001", "u0002")
        simulator.fault(on=ADD, items={"ann": 4711}, times=None)
        report = manage(simulator, "exact", ["ann", "cy"])
        assert writes(simulator)[:4] == [(ADD, 2), (DEL, 1), (ADD, 1), (ADD, 1)]
        (back,) = [line["userids"] for line in simulator.log() if line["endpoint"] == DEL][:1]
        assert back[0] in simulator.serving(KFID)
        assert told(report)["ann"] == FAILED
        assert told(report)["cy"] == CHANGED
        assert report["summary"] == {"added": 1, "removed": 1, "unchanged": 0, "failed": 2}
        assert len(simulator.serving(KFID)) == 2

    def test_no_more_exchanges_follow_a_trial_that_failed(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 50))
        simulator.fault(on=ADD, items=dict.fromkeys(users(101, 150), 4711), times=None)
        report = manage(simulator, "exact", users(101, 150))
        assert not report["changed"]
        assert sorted(simulator.serving(KFID)) == users(1, 50)
        assert writes(simulator) == [(ADD, 50), (DEL, 1), (ADD, 1), (ADD, 49), (ADD, 1)]
        assert {entry["errcode"] for entry in report["servicers"] if entry["action"] == "add"} == {4711}

    def test_a_whole_call_that_is_always_refused_ends_in_that_failure(self, simulator: RunningSimulator) -> None:
        """Not even the person who was removed for the trial can be added again; nobody else goes."""
        start(simulator, *users(1, 5))
        simulator.fault(on=ADD, errcode=4711, times=None)
        report = manage(simulator, "exact", users(11, 15))
        assert report["failure"]["errcode"] == 4711
        assert report["summary"] == {"added": 0, "removed": 1, "unchanged": 0, "failed": 9}
        assert writes(simulator)[:3] == [(ADD, 5), (DEL, 1), (ADD, 1)]
        assert simulator.calls(DEL) == 1

    def test_one_who_cannot_be_put_back_was_removed(self, simulator: RunningSimulator) -> None:
        start(simulator, "u0001")
        simulator.fault(on=ADD, items={"ann": 4711, "u0001": 4711}, times=None)
        report = manage(simulator, "exact", ["ann"])
        assert told(report) == {"ann": FAILED, "u0001": CHANGED}
        assert statuses(report)["u0001"] == (
            "removed to make room for an addition that then failed, and could not be added again"
        )
        assert "could not be added again (u0001)" in report["msg"]

    def test_the_users_of_a_refused_call_do_not_keep_its_departments_out(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 5))
        simulator.fault(on=ADD, errcode=4711, times=2)
        report = manage(simulator, "exact", ["ann"], [2])
        assert sorted(simulator.serving(KFID), key=str) == [2, *users(1, 5)]
        assert told(report)[2] == CHANGED
        assert told(report)["ann"] == FAILED
        assert report["failure"]["errcode"] == 4711
        (removal,) = [entry for entry in report["servicers"] if "not removed" in entry["msg"]][:1]
        assert "4711" in removal["msg"], "nobody else is blamed"

    @pytest.mark.parametrize(
        "fault", [{"drop": "before"}, {"errcode": 60111}, {"errcode": 48007}, {"http_status": 503}], ids=str
    )
    def test_whoever_left_before_a_call_that_fails_comes_back(
        self, simulator: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        """The second exchange of a full account: a hundred have left when adding fails."""
        start(simulator, *users(1, 500), limits={"userids_per_account": 500})
        simulator.fault(on=ADD, nth=2, **fault)
        report = manage(simulator, "exact", users(1001, 1500), retry_timeout=0.0)
        assert report["summary"] == {"added": 1, "removed": 1, "unchanged": 0, "failed": 998}
        assert len(simulator.serving(KFID)) == 500

    def test_nobody_is_put_back_where_no_call_can_succeed(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 500), limits={"userids_per_account": 500})
        simulator.fault(on=ADD, nth=2, errcode=48002, times=None)
        manage(simulator, "exact", users(1001, 1500))
        assert simulator.calls(ADD) == 2

    def test_a_put_back_that_no_call_can_make_ends_the_writing(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 20))
        simulator.fault(on=ADD, nth=3, errcode=60020, times=None)
        simulator.fault(on=ADD, items={"ann": 4711}, times=None)
        report = manage(simulator, "exact", ["u0001", "u0002", "ann"])
        assert writes(simulator) == [(ADD, 1), (DEL, 1), (ADD, 1), (ADD, 1)]
        assert report["failure"]["errcode"] == 60020
        assert len(simulator.serving(KFID)) == 19

    @pytest.mark.parametrize("fault", [{"drop": "before"}, *slow({"errcode": 60011}, {"http_status": 503})], ids=str)
    def test_a_put_back_that_fails_is_the_failure(self, simulator: RunningSimulator, fault: dict[str, t.Any]) -> None:
        start(simulator, *users(1, 2))
        simulator.fault(on=ADD, nth=3, **fault)
        simulator.fault(on=ADD, items={"ann": 4711}, times=None)
        report = manage(simulator, "exact", ["ann"], retry_timeout=0.0)
        assert report["failure"]["call"] == ADD
        assert sorted(told(report).values()) == [FAILED, FAILED, CHANGED]
        assert len(simulator.serving(KFID)) == 1

    def test_a_put_back_whose_response_and_list_are_lost_is_not_known(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 20))
        simulator.fault(on=ADD, nth=3, drop="after")
        simulator.fault(on=ADD, items={"ann": 4711}, times=None)
        simulator.fault(on=LIST, nth=2, errcode=-1)
        report = manage(simulator, "exact", ["u0002", "ann"], retry_timeout=0.0)
        assert simulator.calls(DEL) == 1
        assert report["failure"]["call"] == ADD
        (unknown,) = [entry["msg"] for entry in report["servicers"] if "not known" in entry["msg"]]
        assert unknown.endswith("then kf/servicer/list failed: -1 system busy; try again later")

    @pytest.mark.parametrize("fault", [{"errcode": 60253}, {"items": {"u0001": 60253}}, {}], ids=str)
    def test_one_whom_somebody_else_removed_before_the_trial_is_not_put_back(
        self, simulator: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        start(simulator, *users(1, 3))
        simulator.fault(on=DEL, meanwhile={"remove": ["u0001"]}, **fault)
        simulator.fault(on=ADD, items={"ann": 4711}, times=None)
        report = manage(simulator, "exact", ["u0003", "ann"])
        assert told(report) == {"u0003": UNCHANGED, "ann": FAILED, "u0001": UNCHANGED, "u0002": FAILED}
        assert sorted(simulator.serving(KFID)) == ["u0002", "u0003"]

    @pytest.mark.parametrize("fault", [{"http_status": 500}, *slow({"errcode": 60011})], ids=str)
    def test_whoever_left_before_a_list_that_fails_comes_back(
        self, simulator: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        """Another program removes one of the second batch, and the list that settles it fails."""
        start(simulator, *users(1, 500), limits={"userids_per_account": 500}, strict_removal=True)
        simulator.fault(on=DEL, nth=2, meanwhile={"remove": ["u0050"]})
        simulator.fault(on=LIST, nth=2, **fault)
        report = manage(simulator, "exact", users(1001, 1500), retry_timeout=0.0)
        assert report["failure"]["call"] == LIST
        assert report["summary"]["added"] == 1
        assert len(simulator.serving(KFID)) == 499

    @pytest.mark.parametrize("fails_call", [False, *slow(True)], ids=["item refused", "call refused"])
    def test_those_whom_the_list_does_not_show_take_no_place(
        self, simulator: RunningSimulator, fails_call: bool
    ) -> None:
        """Fifty of those who are to serve do so already, through a department."""
        start(
            simulator,
            *users(1, 500),
            {"department_id": 2},
            departments=[{"id": 2, "members": users(1001, 1050)}],
            covered_by_department="ignored",
            limits={"userids_per_account": 500, "account_limit_fails_call": fails_call},
        )
        report = manage(simulator, "exact", [*users(1, 200), *users(1001, 1350)])
        assert report["summary"] == {"added": 300, "removed": 300, "unchanged": 250, "failed": 0}
        assert fewest(simulator, 501) >= 401

    @pytest.mark.parametrize(
        "size", [pytest.param(20, id="a limit found out"), pytest.param(500, id="documented", marks=pytest.mark.slow)]
    )
    @pytest.mark.parametrize("place", [0, 3])
    def test_a_bad_user_with_the_code_of_the_limit_fails_alone_wherever_it_is_in_the_list(
        self, simulator: RunningSimulator, place: int, size: int
    ) -> None:
        start(simulator, *users(1, size), limits={"userids_per_account": size, "account_limit_errcode": 40058})
        simulator.fault(on=ADD, items={"ann": 40058}, times=None)
        wanted = users(1001, 1003)
        wanted.insert(place, "ann")
        report = manage(simulator, "exact", [*users(5, size), *wanted])
        assert report["summary"] == {"added": 3, "removed": 3, "unchanged": size - 4, "failed": 2}
        assert told(report)["ann"] == FAILED

    @pytest.mark.parametrize("errcode", [60111, 701008, 48007, 60021, 60003])
    def test_a_code_with_another_meaning_makes_no_room(self, simulator: RunningSimulator, errcode: int) -> None:
        start(simulator, *users(1, 5))
        simulator.fault(on=ADD, items=dict.fromkeys(("ann", "Bob"), errcode), times=None)
        manage(simulator, "exact", ["ann", "Bob"])
        assert writes(simulator) == [(ADD, 2)]

    def test_an_account_that_only_holds_as_many_as_a_limit_is_exchanged_too(self, simulator: RunningSimulator) -> None:
        """500 servicers are the limit of older editions; here it is 2,000."""
        start(simulator, *users(1, 500))
        report = manage(simulator, "exact", users(251, 750))
        assert report["summary"] == {"added": 250, "removed": 250, "unchanged": 250, "failed": 0}

    def test_a_trial_that_tells_nothing_is_followed_by_additions_without_an_exchange(
        self, simulator: RunningSimulator
    ) -> None:
        """The account holds 500, which may be its limit or not, and the first addition is a bad ID."""
        start(simulator, *users(1, 500))
        report = manage(simulator, "exact", ["stranger", *users(1001, 1150)])
        assert report["summary"] == {"added": 150, "removed": 499, "unchanged": 0, "failed": 2}
        assert writes(simulator)[:4] == [(DEL, 1), (ADD, 1), (ADD, 100), (ADD, 50)]
        assert len(simulator.serving(KFID)) == 151

    def test_a_bad_id_that_may_mean_a_limit_is_followed_by_additions_without_an_exchange_too(
        self, simulator: RunningSimulator
    ) -> None:
        start(simulator, *users(1, 500))
        simulator.fault(on=ADD, items={"ann": 4711}, times=None)
        report = manage(simulator, "exact", ["ann", *users(2, 498), *users(1001, 1002)])
        assert report["summary"] == {"added": 2, "removed": 2, "unchanged": 497, "failed": 2}
        assert {entry["userid"] for entry in report["servicers"] if entry["errcode"]} == {"ann"}

    def test_whoever_left_for_a_bad_id_comes_back_where_there_is_no_limit(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 500))
        report = manage(simulator, "exact", ["stranger", *users(1, 499), "ann"])
        assert report["summary"] == {"added": 1, "removed": 0, "unchanged": 499, "failed": 2}
        assert len(simulator.serving(KFID)) == 501

    def test_two_bad_ids_of_different_kinds_cost_few_calls(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 500))
        simulator.fault(on=ADD, items={"ann": 4711}, times=None)
        manage(simulator, "exact", ["stranger", *users(1001, 1150), "ann"])
        assert len(writes(simulator)) < 15

    def test_a_full_account_with_nothing_to_remove_is_asked_nevertheless(self, simulator: RunningSimulator) -> None:
        start(simulator, *users(1, 500))
        report = manage(simulator, "present", ["ann"])
        assert writes(simulator) == [(ADD, 1)]
        assert report["summary"]["added"] == 1


class TestIgnored:
    """``ignored`` with errcode 0: the servicer was as wanted before the call, so that this task did not change it."""

    def test_one_that_another_task_added_first_is_not_changed_by_this_one(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, meanwhile={"add": ["ann"]})
        report = manage(simulator, "present", ["ann", "Bob"])
        assert told(report) == {"ann": UNCHANGED, "Bob": CHANGED}
        assert report["summary"] == {"added": 1, "removed": 0, "unchanged": 1, "failed": 0}
        assert report["servicers"][0]["msg"] == "changed concurrently: already as wanted when the call was made"
        assert simulator.calls(LIST) == 2

    def test_what_the_service_said_stands_where_the_list_after_it_fails(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, meanwhile={"add": ["ann"]})
        simulator.fault(on=LIST, nth=2, errcode=48002, times=None)
        report = manage(simulator, "present", ["ann"])
        assert told(report) == {"ann": UNCHANGED}
        assert report["failed"], "a call failed as a whole"
        assert report["failure"]["call"] == LIST

    def test_one_that_another_task_removed_first_is_not_changed_by_this_one(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann", "Bob")
        simulator.fault(on=DEL, meanwhile={"remove": ["ann"]})
        report = manage(simulator, "absent", ["ann", "Bob"])
        assert told(report) == {"ann": UNCHANGED, "Bob": CHANGED}
        assert report["servicers"][0]["msg"].startswith("changed concurrently")

    def test_the_example_of_the_documentation(self, simulator: RunningSimulator) -> None:
        """zhangsan gets ``success``, lisi ``ignored``."""
        start(simulator, members=["zhangsan", "lisi"])
        items = [
            {"userid": "zhangsan", "errcode": 0, "errmsg": "success"},
            {"userid": "lisi", "errcode": 0, "errmsg": "ignored"},
        ]
        simulator.fault(on=ADD, patch={"result_list": items})
        assert told(manage(simulator, "present", ["zhangsan", "lisi"])) == {"zhangsan": CHANGED, "lisi": UNCHANGED}

    def test_one_who_serves_only_through_a_department_is_not_changed_by_any_run(
        self, simulator: RunningSimulator
    ) -> None:
        start(
            simulator,
            {"department_id": 2},
            departments=[{"id": 2, "members": ["ann"]}],
            covered_by_department="ignored",
        )
        for _run in range(2):
            report = manage(simulator, "present", ["ann"])
            assert (report["changed"], report["failed"]) == (False, False)
            (entry,) = report["servicers"]
            assert entry["msg"] == (
                "serves already in a way that the list does not show, for example through a department"
            )
            assert "through a department (ann)" in report["msg"]
            assert report["diff"]["before"] == report["diff"]["after"] == "department:2\n"

    def test_one_that_a_department_covered_is_added_when_that_department_is_removed(
        self, simulator: RunningSimulator
    ) -> None:
        start_covered(simulator)
        report = manage(simulator, "exact", ["ann"], [4])
        assert told(report) == {"ann": CHANGED, 4: CHANGED, 2: CHANGED}
        assert simulator.serving(KFID) == ["ann", 4]

    @pytest.mark.parametrize(
        "fault",
        [{"errcode": 60020}, {"errcode": 40058}, *slow({"errcode": 48007}, {"errcode": -1}, {"drop": "before"})],
        ids=str,
    )
    def test_one_who_was_covered_by_a_department_that_goes_and_cannot_be_added_failed(
        self, simulator: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        start_covered(simulator)
        simulator.fault(on=ADD, nth=2, times=None, **fault)
        report = manage(simulator, "exact", ["ann"], [4], retry_timeout=0.0)
        assert told(report) == {"ann": FAILED, 4: CHANGED, 2: CHANGED}
        assert report["failure"]["call"] == ADD

    def test_one_that_somebody_removes_again_is_not_taken_for_covered(self, simulator: RunningSimulator) -> None:
        start(simulator, {"department_id": 2}, "cy", departments=[2])
        simulator.fault(on=DEL, meanwhile={"remove": ["ann", "cy"]})
        report = manage(simulator, "exact", ["ann"], [])
        assert told(report) == {"ann": FAILED, 2: CHANGED, "cy": UNCHANGED}
        assert simulator.calls(ADD) == 1

    def test_one_who_is_covered_counts_as_an_addition_that_succeeded(self, simulator: RunningSimulator) -> None:
        start(
            simulator,
            {"department_id": 2},
            "Bob",
            departments=[{"id": 2, "members": ["ann"]}],
            covered_by_department="ignored",
        )
        assert told(manage(simulator, "exact", ["ann"])) == {"ann": UNCHANGED, "Bob": CHANGED}

    @pytest.mark.parametrize("errcode", [-1, 6000, 45009, 45033])
    def test_in_a_call_that_repeats_one_that_failed_it_may_be_our_own_work(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        simulator.fault(on=ADD, errcode=errcode, applied=True)
        assert told(manage(simulator, "present", ["ann"])) == {"ann": CHANGED}
        assert [line["errcode"] for line in simulator.log() if line["endpoint"] == ADD] == [errcode, 0]

    def test_in_a_call_that_repeats_a_lost_one_only_the_list_can_tell(self, simulator: RunningSimulator) -> None:
        start(
            simulator,
            {"department_id": 2},
            departments=[{"id": 2, "members": ["ann"]}],
            covered_by_department="ignored",
        )
        simulator.fault(on=ADD, patch={"result_list": None})
        simulator.fault(on=LIST, nth=3, patch={"servicer_list": None})
        report = manage(simulator, "present", ["ann"])
        assert told(report) == {"ann": FAILED}
        assert "not known" in report["servicers"][0]["msg"]
        assert report["failure"]["call"] == LIST

    def test_in_a_call_that_repeats_a_refused_one_it_is_the_work_of_others(self, simulator: RunningSimulator) -> None:
        start(simulator, "Bob", "cy", limits={"userids_per_account": 2})
        simulator.fault(on=DEL, meanwhile={"add": ["ann"], "when": "after"})
        report = manage(simulator, "exact", ["ann"])
        assert told(report) == {"ann": UNCHANGED, "Bob": CHANGED, "cy": CHANGED}
        assert [line["userids"] for line in simulator.log() if line["endpoint"] == ADD] == [["ann"], ["ann"]]

    def test_in_a_call_that_repeats_a_rejected_one_it_is_the_work_of_others(self, simulator: RunningSimulator) -> None:
        """The list after the rejection shows that it had no effect."""
        start(simulator, "Bob", "cy", limits={"userids_per_account": 2, "account_limit_fails_call": True})
        simulator.fault(on=DEL, meanwhile={"add": ["ann"], "when": "after"})
        report = manage(simulator, "exact", ["ann"])
        assert told(report) == {"ann": UNCHANGED, "Bob": CHANGED, "cy": CHANGED}

    def test_one_whose_removal_is_ignored_and_who_is_still_listed_failed(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann")
        items = [{"userid": "ann", "errcode": 0, "errmsg": "ignored"}]
        simulator.fault(on=DEL, patch={"result_list": items}, applied=False)
        assert told(manage(simulator, "absent", ["ann"])) == {"ann": FAILED}

    def test_nothing_is_listed_again_where_nothing_was_ignored(self, simulator: RunningSimulator) -> None:
        start(simulator, "cy")
        manage(simulator, "exact", ["ann"])
        assert simulator.calls(LIST) == 1


@pytest.mark.parametrize(
    "errcode",
    [60253, *slow(95014, 60111, 40003, 40066, 60003, 60123)],
)
class TestSettledRemovals:
    """A removal that the service refuses because it finds nobody is settled by listing the account."""

    def test_one_who_is_gone_is_as_wanted_and_not_changed_by_this_task(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        start(simulator, "ann", "Bob", strict_removal=errcode)
        simulator.fault(on=DEL, meanwhile={"remove": ["ann"]})
        report = manage(simulator, "absent", ["ann", "Bob"])
        assert told(report) == {"ann": UNCHANGED, "Bob": CHANGED}
        assert report["servicers"][0]["msg"].startswith("changed concurrently")
        assert simulator.calls(LIST) == 2

    def test_a_whole_call_that_finds_nobody_is_settled_likewise(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        start(simulator, "ann")
        simulator.fault(on=DEL, errcode=errcode, meanwhile={"remove": ["ann"]})
        assert told(manage(simulator, "absent", ["ann"])) == {"ann": UNCHANGED}

    def test_a_whole_call_that_finds_nobody_because_of_one_who_is_gone_is_made_again_for_the_others(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        start(simulator, "ann", "Bob", "cy")
        simulator.fault(on=DEL, errcode=errcode, meanwhile={"remove": ["ann"]})
        report = manage(simulator, "absent", ["ann", "Bob", "cy"], retry_timeout=0.0)
        assert told(report) == {"ann": UNCHANGED, "Bob": CHANGED, "cy": CHANGED}
        assert writes(simulator) == [(DEL, 3), (DEL, 2)]
        assert "failure" not in report

    def test_one_whose_first_removal_was_lost_and_came_late_was_removed_by_this_task(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        """The list between the two calls still shows her."""
        start(simulator, "ann", strict_removal=errcode)
        simulator.fault(on=DEL, drop="before")
        simulator.fault(on=DEL, nth=2, meanwhile={"remove": ["ann"]})
        assert told(manage(simulator, "absent", ["ann"])) == {"ann": CHANGED}

    def test_one_who_is_still_there_failed_without_advice_for_an_addition(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        start(simulator, "ann", "Bob")
        simulator.fault(on=DEL, items={"ann": errcode})
        report = manage(simulator, "absent", ["ann", "Bob"])
        assert told(report) == {"ann": FAILED, "Bob": CHANGED}
        assert report["servicers"][0]["errcode"] == errcode
        assert report["servicers"][0]["msg"].endswith("but the account still lists this one; run again")

    def test_one_who_cannot_be_listed_again_is_not_known(self, simulator: RunningSimulator, errcode: int) -> None:
        start(simulator, "ann")
        simulator.fault(on=DEL, items={"ann": errcode})
        simulator.fault(on=LIST, nth=2, errcode=48002, times=None)
        report = manage(simulator, "absent", ["ann"])
        assert told(report) == {"ann": FAILED}
        assert report["servicers"][0]["msg"].startswith("not known whether removed")


def test_another_refusal_of_a_removal_is_a_failure_without_listing_again(simulator: RunningSimulator) -> None:
    start(simulator, "ann", "Bob")
    simulator.fault(on=DEL, items={"ann": 60030})
    assert told(manage(simulator, "absent", ["ann", "Bob"])) == {"ann": FAILED, "Bob": CHANGED}
    assert simulator.calls(LIST) == 1


def test_one_who_has_left_the_corp_can_be_removed(simulator: RunningSimulator) -> None:
    start(simulator, "gone", members=[{"userid": "gone", "left": True}, "ann"])
    assert told(manage(simulator, "exact", ["ann"])) == {"ann": CHANGED, "gone": CHANGED}


class TestOtherWriters:
    def test_one_who_appears_before_any_call_was_about_him_is_somebody_elses(self, simulator: RunningSimulator) -> None:
        names = [f"u{number:04d}" for number in range(1, 151)]
        simulator.fault(on=ADD, drop="after", meanwhile={"add": ["u0150"]})
        report = manage(simulator, "present", names)
        assert told(report)["u0150"] == UNCHANGED
        assert report["summary"] == {"added": 149, "removed": 0, "unchanged": 1, "failed": 0}
        assert [len(line["userids"]) for line in simulator.log() if line["endpoint"] == ADD] == [100, 49]

    def test_one_that_is_refused_and_then_added_by_somebody_else_is_not_ours(self, simulator: RunningSimulator) -> None:
        later = {"add": ["ann"], "when": "after"}
        simulator.fault(on=ADD, items={"ann": 60111}, omit=["Bob"], meanwhile=later)
        assert told(manage(simulator, "present", ["ann", "Bob"])) == {"ann": UNCHANGED, "Bob": CHANGED}

    def test_one_that_is_changed_back_is_not_as_wanted(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["cy"]))
        simulator.fault(on=ADD, meanwhile={"remove": ["ann"], "when": "after"})
        simulator.fault(on=DEL, drop="after")
        report = manage(simulator, "exact", ["ann", "Bob"])
        assert told(report) == {"ann": FAILED, "Bob": CHANGED, "cy": CHANGED}
        assert report["servicers"][0]["msg"] == "changed back by somebody else while this task ran; run again"

    def test_one_that_was_as_wanted_and_is_no_longer_when_listed_again(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann"]))
        simulator.fault(on=ADD, drop="after", meanwhile={"remove": ["ann"]})
        assert told(manage(simulator, "present", ["ann", "Bob"])) == {"ann": FAILED, "Bob": CHANGED}

    def test_a_servicer_that_nobody_named_is_not_touched_and_not_reported(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann"]))
        simulator.fault(on=ADD, drop="after", meanwhile={"add": ["cy"]})
        assert told(manage(simulator, "exact", ["Bob"])) == {"Bob": CHANGED, "ann": CHANGED}
        assert simulator.serving(KFID) == ["cy", "Bob"]

    @pytest.mark.parametrize("strict", [False, True])
    def test_removing_one_twice_because_the_response_was_lost_is_one_removal(
        self, simulator: RunningSimulator, strict: bool
    ) -> None:
        simulator.reset(corp(["ann", "Bob"], strict_removal=strict))
        simulator.fault(on=DEL, errcode=-1, applied=True)
        assert told(manage(simulator, "absent", ["ann", "Bob"])) == {"ann": CHANGED, "Bob": CHANGED}

    @pytest.mark.parametrize("errcode", [-1, 6000])
    def test_one_who_is_refused_when_it_is_done_again_was_changed_by_the_first_call(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        """The service says that it is busy, and removes her. The second call finds no such member any more."""
        simulator.reset(corp(["gone", "Bob"], members=[{"userid": "gone", "left": True}, "Bob"]))
        simulator.fault(on=DEL, errcode=errcode, applied=True)
        report = manage(simulator, "absent", ["gone", "Bob"])
        assert told(report) == {"gone": CHANGED, "Bob": CHANGED}
        assert [line["errcode"] for line in simulator.log() if line["endpoint"] == DEL] == [errcode, 0]

    def test_one_who_is_refused_again_is_refused(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, errcode=-1)
        report = manage(simulator, "present", ["ann", "nolicense"])
        assert told(report) == {"ann": CHANGED, "nolicense": FAILED}
        assert report["servicers"][1]["errcode"] == 701008

    def test_nobody_is_known_after_a_lost_call_that_cannot_be_read_back(self, simulator: RunningSimulator) -> None:
        """The second call ignores ann and refuses nolicense: the first may have added either."""
        simulator.fault(on=ADD, errcode=-1, applied=True)
        simulator.fault(on=LIST, nth=2, errcode=48002, times=None)
        report = manage(simulator, "present", ["ann", "nolicense"])
        assert told(report) == {"ann": FAILED, "nolicense": FAILED}
        assert all(entry["msg"].startswith("not known whether added") for entry in report["servicers"])


class TestMissingItems:
    def test_nothing_said_and_done_nevertheless(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, omit=["ann"])
        assert told(manage(simulator, "present", ["ann", "Bob"], retry_timeout=0.0)) == {"ann": CHANGED, "Bob": CHANGED}
        assert (simulator.calls(ADD), simulator.calls(LIST)) == (1, 2)

    def test_nothing_said_and_not_done_is_done_again(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, omit=["ann"], applied=False)
        assert told(manage(simulator, "present", ["ann", "Bob"])) == {"ann": CHANGED, "Bob": CHANGED}
        assert simulator.calls(ADD) == 2

    def test_nothing_said_again_and_again_fails_that_one_and_no_other(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["cy"]))
        simulator.fault(on=ADD, omit=["ann"], applied=False, times=None)
        report = manage(simulator, "exact", ["ann", "Bob"])
        assert told(report) == {"ann": FAILED, "Bob": CHANGED, "cy": FAILED}
        assert report["servicers"][0]["msg"] == (
            "not added: the response did not say, and the account was listed again without the change"
        )
        assert "failure" not in report

    def test_nothing_said_and_not_to_be_read_back_either(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, omit=["ann"])
        simulator.fault(on=LIST, nth=2, errcode=48002, times=None)
        report = manage(simulator, "present", ["ann", "Bob"])
        assert told(report) == {"ann": FAILED, "Bob": CHANGED}
        assert report["servicers"][0]["msg"].startswith("not known whether added")

    @pytest.mark.parametrize(
        "result_list",
        [
            None,
            "all fine",
            {},
            [None, 7, "ann"],
            [{"userid": "ann"}],
            [{"userid": "ann", "errcode": "soon"}],
            [{"userid": "ann", "errcode": True}],
            [{"userid": "ann", "errcode": 0.5}],
            [{"userid": ["ann"], "errcode": 0}],
            [{"userid": "ann", "department_id": 2, "errcode": 0}],
            [{"userid": "somebody", "errcode": 0}],
            [{"userid": "ann", "errcode": 0}, {"userid": "ANN", "errcode": 60111}],
        ],
        ids=str,
    )
    def test_what_is_said_in_no_usable_way_counts_as_not_said(
        self, simulator: RunningSimulator, result_list: t.Any
    ) -> None:
        simulator.fault(on=ADD, patch={"result_list": result_list})
        assert told(manage(simulator, "present", ["ann"], retry_timeout=0.0)) == {"ann": CHANGED}
        assert simulator.calls(LIST) == 2

    def test_what_is_said_of_those_not_asked_for_is_ignored(self, simulator: RunningSimulator) -> None:
        items = [
            {"userid": "ANN", "errcode": 0},
            {"userid": "cy", "errcode": 60111},
            {"department_id": 2, "errcode": 0},
        ]
        simulator.fault(on=ADD, patch={"result_list": items})
        assert told(manage(simulator, "present", ["ann"])) == {"ann": CHANGED}
        assert simulator.calls(LIST) == 1
