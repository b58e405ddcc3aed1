# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying a plan out while somebody else changes the account, or the service says less than it should."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._one_account import manage_account
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import Wanted
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, DEL, KFID, LIST, api_of, corp


def manage(
    simulator: RunningSimulator,
    state: str,
    userids: list[str] | None,
    department_ids: list[int] | None = None,
    **options: t.Any,
) -> dict[str, t.Any]:
    with api_of(simulator, **options) as api:
        return manage_account(Wanted(KFID, state, userids, department_ids), api, check_mode=False, diff=True)


def told(report: dict[str, t.Any]) -> dict[t.Any, tuple[bool, bool]]:
    """Each servicer with whether it changed and whether it failed."""
    return {
        entry["userid"] or entry["department_id"]: (entry["changed"], entry["failed"]) for entry in report["servicers"]
    }


CHANGED, AS_ASKED, FAILED = (True, False), (False, False), (False, True)


class TestNobodyLeft:
    """With exact, an account is not left without anybody because the additions failed."""

    def test_one_who_receives_is_kept_when_every_addition_failed(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp([{"userid": "ann", "status": 1}, "Bob", "cy", {"department_id": 2}]))
        report = manage(simulator, "exact", ["stranger", "nolicence"], [])
        assert told(report) == {
            "stranger": FAILED,
            "nolicence": FAILED,
            "ann": CHANGED,
            "Bob": FAILED,
            "cy": CHANGED,
            2: CHANGED,
        }
        assert simulator.serving(KFID) == ["Bob"]
        (kept,) = [entry for entry in report["servicers"] if entry["userid"] == "Bob"]
        assert kept["msg"].startswith("not removed: every addition failed")
        assert "Bob (not removed)" in report["msg"]
        assert report["diff"]["after"] == "Bob\n"

    def test_nobody_is_kept_when_one_addition_worked(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann", "Bob"]))
        assert told(manage(simulator, "exact", ["stranger", "cy"])) == {
            "stranger": FAILED,
            "cy": CHANGED,
            "ann": CHANGED,
            "Bob": CHANGED,
        }

    def test_nobody_is_kept_when_a_department_goes_on_serving(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann", {"department_id": 2}]))
        manage(simulator, "exact", ["stranger"])
        assert simulator.serving(KFID) == [2]

    def test_nobody_is_kept_when_an_empty_account_is_what_is_asked(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann", {"department_id": 2}]))
        manage(simulator, "exact", [], [])
        assert simulator.serving(KFID) == []

    def test_absent_removes_the_last_one_if_told_to(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann"]))
        manage(simulator, "absent", ["ann"])
        assert simulator.serving(KFID) == []

    @pytest.mark.parametrize("gone", ["ann", "Bob"])
    def test_who_is_kept_is_one_who_still_serves(self, simulator: RunningSimulator, gone: str) -> None:
        """The one chosen at first may have been removed by somebody else; reading back shows it."""
        simulator.reset(corp(["ann", "Bob"]))
        simulator.fault(on=ADD, omit="all", meanwhile={"remove": [gone]})
        manage(simulator, "exact", ["stranger"])
        assert simulator.serving(KFID) == ["Bob" if gone == "ann" else "ann"]

    def test_who_is_kept_would_not_be_the_last_when_somebody_else_added_one(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann", "Bob"]))
        simulator.fault(on=ADD, omit="all", meanwhile={"add": ["cy"]})
        manage(simulator, "exact", ["stranger"])
        assert simulator.serving(KFID) == ["cy"]


class TestOtherWriters:
    def test_one_whom_somebody_else_added_first_is_ours_as_far_as_can_be_told(
        self, simulator: RunningSimulator
    ) -> None:
        """The service says `ignored`, in words never to be relied on: not there before, there now."""
        simulator.fault(on=ADD, meanwhile={"add": ["ann"]})
        assert told(manage(simulator, "present", ["ann"])) == {"ann": CHANGED}

    def test_one_who_appears_before_any_call_was_about_him_is_somebody_elses(self, simulator: RunningSimulator) -> None:
        names = [f"u{number:04d}" for number in range(1, 151)]
        simulator.fault(on=ADD, drop="after", meanwhile={"add": ["u0150"]})
        report = manage(simulator, "present", names)
        assert told(report)["u0150"] == AS_ASKED
        assert report["summary"] == {"added": 149, "removed": 0, "unchanged": 1, "failed": 0}
        assert [len(line["userids"]) for line in simulator.log() if line["endpoint"] == ADD] == [100, 49]

    def test_one_who_is_changed_back_is_not_as_asked(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["cy"]))
        simulator.fault(on=ADD, meanwhile={"remove": ["ann"], "when": "after"})
        simulator.fault(on=DEL, drop="after")
        report = manage(simulator, "exact", ["ann", "Bob"])
        assert told(report) == {"ann": FAILED, "Bob": CHANGED, "cy": CHANGED}
        assert report["servicers"][0]["msg"] == "changed back by somebody else while this task ran; run again"

    def test_one_who_was_as_asked_and_is_not_any_more_when_read_back(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann"]))
        simulator.fault(on=ADD, drop="after", meanwhile={"remove": ["ann"]})
        assert told(manage(simulator, "present", ["ann", "Bob"])) == {"ann": FAILED, "Bob": CHANGED}

    def test_whom_nobody_named_is_not_touched_and_not_reported(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann"]))
        simulator.fault(on=ADD, drop="after", meanwhile={"add": ["cy"]})
        assert told(manage(simulator, "exact", ["Bob"])) == {"Bob": CHANGED, "ann": CHANGED}
        assert simulator.serving(KFID) == ["cy", "Bob"]

    @pytest.mark.parametrize("strict", [False, True])
    def test_removing_one_twice_because_the_answer_was_lost_is_one_removal(
        self, simulator: RunningSimulator, strict: bool
    ) -> None:
        simulator.reset(corp(["ann", "Bob"], strict_removal=strict))
        simulator.fault(on=DEL, errcode=-1, applied=True)
        assert told(manage(simulator, "absent", ["ann", "Bob"])) == {"ann": CHANGED, "Bob": CHANGED}

    @pytest.mark.parametrize("errcode", [-1, 6000])
    def test_one_who_is_refused_when_it_is_done_again_was_changed_by_the_first_call(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        """The service says busy and removes her all the same; the second call finds no such member any more."""
        simulator.reset(corp(["gone", "Bob"], members=[{"userid": "gone", "left": True}, "Bob"]))
        simulator.fault(on=DEL, errcode=errcode, applied=True)
        report = manage(simulator, "absent", ["gone", "Bob"])
        assert told(report) == {"gone": CHANGED, "Bob": CHANGED}
        assert [line["errcode"] for line in simulator.log() if line["endpoint"] == DEL] == [errcode, 0]

    def test_one_who_is_refused_again_is_refused(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, errcode=-1)
        report = manage(simulator, "present", ["ann", "nolicence"])
        assert told(report) == {"ann": CHANGED, "nolicence": FAILED}
        assert report["servicers"][1]["errcode"] == 701008

    def test_one_who_was_refused_and_cannot_be_read_back_is_not_known(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ADD, errcode=-1, applied=True)
        simulator.fault(on=LIST, nth=2, errcode=48002, times=None)
        report = manage(simulator, "present", ["ann", "nolicence"])
        assert told(report) == {"ann": CHANGED, "nolicence": FAILED}
        assert report["servicers"][1]["msg"].startswith("not known whether added")


class TestMissingItems:
    def test_nothing_said_and_done_all_the_same(self, simulator: RunningSimulator) -> None:
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
        assert told(report) == {"ann": FAILED, "Bob": CHANGED, "cy": CHANGED}
        assert report["servicers"][0]["msg"] == (
            "not added: the answer did not say, and reading back showed it not to be done"
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
            [{"userid": "ann", "errcode": "0"}],
            [{"userid": "ann", "errcode": True}],
            [{"userid": "ann", "errcode": 0.0}],
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
