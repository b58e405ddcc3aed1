# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying a plan out against the simulator: whatever happens on the way, the report is what is true at the service."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._one_account import manage_account
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import RemovalLimit, Wanted
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
"""The change is made, and no answer tells."""

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
    {"errcode": 4711},
    {"http_status": 403},
    {"body": "<html>Access denied</html>"},
]
"""The change is not made, and there is no use in trying again."""


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
    wanted = Wanted(KFID, state, userids, department_ids, RemovalLimit.parse(limit))
    with api_of(simulator, **options) as api:
        return manage_account(wanted, api, check_mode=check_mode, diff=True)


def verdicts(report: dict[str, t.Any]) -> dict[t.Any, str]:
    """Each servicer with what became of it, in a word or two."""
    words = {}
    for entry in report["servicers"]:
        name = entry["userid"] if entry["userid"] is not None else entry["department_id"]
        words[name] = entry["msg"] if entry["changed"] else ("FAILED" if entry["failed"] else "ok")
    return words


def start(simulator: RunningSimulator, *servicers: t.Any, **more: t.Any) -> None:
    simulator.reset(corp(list(servicers), **more))


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
        assert verdicts(manage(simulator, "present", None, [2])) == {2: "added"}
        assert verdicts(manage(simulator, "present", ["ann"], [])) == {"ann": "added"}

    def test_removals_are_spelled_as_the_service_does(self, simulator: RunningSimulator) -> None:
        start(simulator, "Bob")
        report = manage(simulator, "absent", ["BOB"])
        assert verdicts(report) == {"Bob": "removed"}
        assert [line["userids"] for line in simulator.log() if line["endpoint"] == DEL] == [["Bob"]]

    def test_exact_adds_before_it_removes(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann", {"department_id": 2})
        report = manage(simulator, "exact", ["Bob", "cy"])
        assert verdicts(report) == {"Bob": "added", "cy": "added", "ann": "removed"}
        assert [line["endpoint"] for line in simulator.log()] == [GETTOKEN, LIST, ADD, DEL]
        assert simulator.serving(KFID) == ["Bob", "cy", 2]
        assert report["diff"]["before"] == "ann\ndepartment:2\n"
        assert report["diff"]["after"] == "Bob\ncy\ndepartment:2\n"


class TestOneBadUser:
    def test_fails_alone_and_the_rest_is_done(self, simulator: RunningSimulator) -> None:
        start(simulator, "cy")
        report = manage(simulator, "exact", ["ann", "stranger", "nolicence", "Bob"], [2, 999])
        assert verdicts(report) == {
            "ann": "added",
            "stranger": "FAILED",
            "nolicence": "FAILED",
            "Bob": "added",
            2: "added",
            999: "FAILED",
            "cy": "removed",
        }
        assert [entry["errcode"] for entry in report["servicers"]] == [0, 60111, 701008, 0, 0, 60003, 0]
        assert report["failed"]
        assert report["changed"]
        assert "failure" not in report

    @pytest.mark.parametrize("errcode", [40003, 60111, 95014, 81017, 4711, -1, 6000])
    def test_any_code_of_an_item_fails_that_item_only_and_is_not_retried(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        simulator.fault(on=ADD, items={"ann": errcode})
        report = manage(simulator, "present", ["ann", "Bob"])
        assert verdicts(report) == {"ann": "FAILED", "Bob": "added"}
        assert report["servicers"][0]["errcode"] == errcode
        assert simulator.calls(ADD) == 1

    def test_whoever_is_removed_already_is_as_asked(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann", "Bob", strict_removal=True)
        simulator.fault(on=DEL, meanwhile={"remove": ["ann"]})
        report = manage(simulator, "absent", ["ann", "Bob"])
        assert [entry["failed"] for entry in report["servicers"]] == [False, False]
        # 60253 tells that somebody else did it.
        assert verdicts(report) == {"ann": "ok", "Bob": "removed"}

    def test_on_adding_60253_is_a_failure_like_any_other(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, items={"ann": 60253})
        assert verdicts(manage(simulator, "present", ["ann"])) == {"ann": "FAILED"}


class TestLostAnswers:
    @pytest.mark.parametrize("fault", LOST, ids=str)
    @pytest.mark.parametrize("retry_timeout", [0.0, 120.0])
    def test_what_was_done_all_the_same_is_reported_as_done_and_not_done_again(
        self, simulator: RunningSimulator, fault: dict[str, t.Any], retry_timeout: float
    ) -> None:
        start(simulator, "cy")
        simulator.fault(on=ADD, **fault)
        simulator.fault(on=DEL, **fault)
        report = manage(simulator, "exact", ["ann"], [2], retry_timeout=retry_timeout)
        assert verdicts(report) == {"ann": "added", 2: "added", "cy": "removed"}
        assert not report["failed"]
        assert "failure" not in report
        assert (simulator.calls(ADD), simulator.calls(DEL), simulator.calls(LIST)) == (1, 1, 3)

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_what_was_not_done_is_done_again(self, simulator: RunningSimulator, fault: dict[str, t.Any]) -> None:
        start(simulator, "cy")
        simulator.fault(on=ADD, times=2, **fault)
        simulator.fault(on=DEL, times=2, **fault)
        report = manage(simulator, "exact", ["ann"])
        assert verdicts(report) == {"ann": "added", "cy": "removed"}
        assert (simulator.calls(ADD), simulator.calls(DEL)) == (3, 3)
        assert simulator.serving(KFID) == ["ann"]

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_without_a_budget_it_is_not_done_again_but_found_out(
        self, simulator: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        start(simulator, "cy")
        simulator.fault(on=ADD, times=None, **fault)
        report = manage(simulator, "exact", ["ann", *users(1, 150)], retry_timeout=0.0)
        assert set(verdicts(report).values()) == {"FAILED"}
        assert not report["changed"]
        assert report["failure"]["call"] == ADD
        assert (simulator.calls(ADD), simulator.calls(DEL), simulator.calls(LIST)) == (1, 0, 2)
        assert simulator.serving(KFID) == ["cy"]

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_the_budget_bounds_how_long_it_is_tried(self, simulator: RunningSimulator, fault: dict[str, t.Any]) -> None:
        simulator.fault(on=ADD, times=None, **fault)
        clock = VirtualClock()
        report = manage(simulator, "present", ["ann"], clock=clock)
        assert verdicts(report) == {"ann": "FAILED"}
        assert 119 < clock.now() < 121

    def test_only_those_not_done_are_sent_again(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, drop="after", meanwhile={"remove": ["Bob"], "when": "after"})
        report = manage(simulator, "present", ["ann", "Bob", "cy"])
        assert [line["userids"] for line in simulator.log() if line["endpoint"] == ADD] == [
            ["ann", "Bob", "cy"],
            ["Bob"],
        ]
        assert verdicts(report) == {"ann": "added", "Bob": "added", "cy": "added"}

    def test_a_refused_user_is_not_sent_again_with_the_others(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, omit=["ann"], applied=False)
        report = manage(simulator, "present", ["ann", "stranger"])
        assert verdicts(report) == {"ann": "added", "stranger": "FAILED"}
        assert [line["userids"] for line in simulator.log() if line["endpoint"] == ADD] == [
            ["ann", "stranger"],
            ["ann"],
        ]

    def test_an_answer_later_than_the_timeout_is_a_lost_one(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, delay_after=1.0)
        report = manage(simulator, "present", ["ann"], timeout=0.2)
        assert verdicts(report) == {"ann": "added"}
        assert (simulator.calls(ADD), simulator.calls(LIST)) == (1, 2)

    def test_the_next_batches_follow_after_a_lost_answer(self, simulator: RunningSimulator) -> None:
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
        words = verdicts(report)
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
        assert entry["msg"].startswith("not known whether added, as the account could not be read back: ")
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


class TestCheckMode:
    def test_it_writes_nothing_and_foresees_the_real_report(self, simulator: RunningSimulator) -> None:
        start(simulator, "ann", "cy", {"department_id": 4})
        foreseen = manage(simulator, "exact", ["Bob", "CY"], [2], check_mode=True)
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0
        assert foreseen == manage(simulator, "exact", ["Bob", "CY"], [2])

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_too_many_removals_are_refused_before_anything_is_written(
        self, simulator: RunningSimulator, check_mode: bool
    ) -> None:
        start(simulator, *users(1, 9), {"department_id": 4})
        report = manage(simulator, "exact", ["ann", *users(1, 7)], [], limit="25%", check_mode=check_mode)
        assert report["failed"]
        assert not report["changed"]
        assert "max_removals: 3 of the 10 who serve" in report["msg"]
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0
        assert report["diff"]["before"] == report["diff"]["after"]
        assert {entry["msg"].partition(":")[0] for entry in report["servicers"] if entry["failed"]} == {"not tried"}
