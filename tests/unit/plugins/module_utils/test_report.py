# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How outcomes are put into the shape and the words of a result."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._outcome import (
    Entry,
    Outcome,
    Verdict,
    foresee,
    give_up,
    refrain,
)
from ansible_collections.wecom.kf.plugins.module_utils._report import account_diff, account_report, accounts_report
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import ADD, NONE, REMOVE, Wanted, make_plan
from ansible_collections.wecom.kf.plugins.module_utils._servicers import ItemAnswer, Servicer
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError

KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
SERVING = [Servicer("lisi", 0), Servicer("WangWu", 0), Servicer(2)]
TIMEOUT = WecomError("host did not answer", call="kf/servicer/add", hint="raise timeout", answer_lost=True)
FORBIDDEN = WecomError(
    "48002 the API is forbidden", call="kf/servicer/add", errcode=48002, errmsg="api forbidden", http_status=200
)

ENTRY_KEYS = {"userid", "department_id", "action", "changed", "failed", "errcode", "errmsg", "msg"}

names = st.one_of(st.sampled_from(["ann", "Bob", "cy"]), st.integers(1, 9))
answers = st.builds(ItemAnswer, st.sampled_from([60111, 701008, 4711]), st.text("no 无", max_size=5))
at_rest = st.builds(Entry, names, st.just(NONE), st.sampled_from([Verdict.SERVES, Verdict.SERVES_NOT, Verdict.UNDONE]))
added = st.builds(Entry, names, st.just(ADD), st.just(Verdict.ADDED))
removed = st.builds(Entry, names, st.just(REMOVE), st.just(Verdict.REMOVED))
refused = st.builds(Entry, names, st.sampled_from([ADD, REMOVE]), st.just(Verdict.REFUSED), answers)
other_verdicts = [Verdict.AS_ASKED_BY_OTHERS, Verdict.NOT_APPLIED, Verdict.NOT_TRIED, Verdict.UNDONE, Verdict.UNKNOWN]
others = st.builds(Entry, names, st.sampled_from([ADD, REMOVE]), st.sampled_from(other_verdicts), st.none() | answers)
kept = st.builds(Entry, names, st.just(REMOVE), st.just(Verdict.KEPT))
entries = st.one_of(at_rest, added, removed, refused, others, kept)
outcomes = st.builds(
    Outcome,
    st.just(KFID),
    st.lists(entries, max_size=15),
    st.lists(names, max_size=4),
    st.lists(names, max_size=4),
    st.sampled_from([None, TIMEOUT, FORBIDDEN]),
    st.sampled_from(["", "max_removals: too many"]),
)


class TestAnyOutcome:
    @given(outcomes)
    def test_has_the_keys_of_the_contract(self, outcome: Outcome) -> None:
        report = account_report(outcome)
        keys = {"changed", "failed", "msg", "open_kfid", "servicers", "summary"}
        assert set(report) == keys | ({"failure"} if outcome.failure else set())
        assert set(report["summary"]) == {"added", "removed", "unchanged", "failed"}
        for entry in report["servicers"]:
            assert set(entry) == ENTRY_KEYS
            assert (entry["userid"] is None) != (entry["department_id"] is None)
            assert entry["msg"]
            assert "\n" not in entry["msg"]

    @given(outcomes)
    def test_adds_up(self, outcome: Outcome) -> None:
        report = account_report(outcome)
        summary, reported = report["summary"], report["servicers"]
        assert sum(summary.values()) == len(reported) == len(outcome.entries)
        assert summary["failed"] == sum(entry["failed"] for entry in reported)
        assert summary["added"] + summary["removed"] == sum(entry["changed"] for entry in reported)
        assert report["changed"] == any(entry["changed"] for entry in reported)
        assert not any(entry["changed"] and entry["failed"] for entry in reported)

    @given(outcomes)
    def test_is_failed_when_any_entry_is_or_the_whole(self, outcome: Outcome) -> None:
        report = account_report(outcome)
        whole = outcome.failure is not None or outcome.refusal
        assert report["failed"] == bool(whole or any(entry["failed"] for entry in report["servicers"]))

    @given(outcomes)
    def test_an_entry_that_did_not_fail_says_ok_and_one_that_did_says_no_such_thing(self, outcome: Outcome) -> None:
        for entry in account_report(outcome)["servicers"]:
            assert entry["failed"] or (entry["errcode"], entry["errmsg"]) == (0, "ok")
            assert not entry["failed"] or entry["errmsg"] != "ok"

    @given(outcomes)
    def test_msg_is_one_line_and_of_bounded_length(self, outcome: Outcome) -> None:
        msg = account_report(outcome)["msg"]
        assert msg.startswith(f"{KFID}: ")
        assert len(msg.splitlines()) == 1
        assert len(msg) < 2000

    @given(outcomes)
    def test_the_notable_ones_are_those_that_changed_or_failed(self, outcome: Outcome) -> None:
        everyone, notable = account_report(outcome), account_report(outcome, only_notable=True)
        assert notable["servicers"] == [e for e in everyone["servicers"] if e["changed"] or e["failed"]]
        assert notable["summary"] == everyone["summary"]

    @given(st.lists(outcomes, max_size=6))
    def test_many_accounts_add_up(self, several: list[Outcome]) -> None:
        reports = [account_report(outcome, only_notable=True) for outcome in several]
        total = accounts_report(reports, [])
        assert total["accounts"] == reports
        assert total["failed"] == any(report["failed"] for report in reports)
        assert total["changed"] == any(report["changed"] for report in reports)
        for kind, number in total["summary"].items():
            assert number == sum(report["summary"][kind] for report in reports)


def entry_of(verdict: Verdict, action: str, answer: ItemAnswer | None = None, **more: t.Any) -> dict[str, t.Any]:
    outcome = Outcome(KFID, [Entry("ann", action, verdict, answer)], [], [], **more)
    report: dict[str, t.Any] = account_report(outcome)
    entry: dict[str, t.Any] = report["servicers"][0]
    return entry


class TestWords:
    def test_the_line_of_a_mixed_run(self) -> None:
        outcome = Outcome(
            KFID,
            [
                Entry("zhangsan", ADD, Verdict.ADDED),
                Entry("zhaoliu", ADD, Verdict.REFUSED, ItemAnswer(60111, "userid not found")),
                Entry("lisi", NONE, Verdict.SERVES),
                Entry("wangwu", REMOVE, Verdict.REMOVED),
            ],
            [],
            [],
        )
        assert account_report(outcome)["msg"] == (
            f"{KFID}: 1 added, 1 removed, 1 unchanged, 1 failed: zhaoliu (60111 userid not found)"
        )

    def test_of_many_who_failed_ten_are_named(self) -> None:
        many = [Entry(f"u{n}", ADD, Verdict.REFUSED, ItemAnswer(60111, "")) for n in range(250)]
        msg = account_report(Outcome(KFID, many, [], []))["msg"]
        assert "u9 (60111 userid not found), and 240 more" in msg
        assert "u10 " not in msg

    def test_a_refused_one_has_cause_and_cure(self) -> None:
        entry = entry_of(Verdict.REFUSED, ADD, ItemAnswer(701008, "no licence"))
        assert entry["errcode"] == 701008
        assert entry["errmsg"] == "no licence"
        assert entry["msg"].startswith("701008 no interoperability licence; assign")

    def test_one_not_tried_says_so_and_why(self) -> None:
        entry = entry_of(Verdict.NOT_TRIED, ADD, failure=FORBIDDEN)
        assert entry["msg"] == "not tried: kf/servicer/add failed: 48002 the API is forbidden"
        assert entry["errcode"] is None

    def test_one_of_whom_nothing_is_known_is_not_said_to_have_changed(self) -> None:
        entry = entry_of(Verdict.UNKNOWN, REMOVE, failure=TIMEOUT)
        assert entry["msg"].startswith("not known whether removed")
        assert (entry["changed"], entry["failed"]) == (False, True)

    def test_one_in_a_call_that_failed_has_its_code(self) -> None:
        entry = entry_of(Verdict.NOT_APPLIED, ADD, failure=FORBIDDEN)
        assert (entry["errcode"], entry["errmsg"]) == (48002, "api forbidden")
        assert entry["msg"].startswith("not added: kf/servicer/add failed: 48002")

    def test_whom_the_service_kept_silent_about_is_not_said_to_be_refused(self) -> None:
        assert entry_of(Verdict.NOT_APPLIED, REMOVE)["msg"].startswith("not removed: the answer did not say")

    def test_a_failure_is_shown_whole(self) -> None:
        report = account_report(give_up(Wanted(KFID, "present", ["ann"], None), failure=FORBIDDEN))
        assert report["failure"] == {
            "errcode": 48002,
            "errmsg": "api forbidden",
            "hint": "",
            "call": "kf/servicer/add",
            "http_status": 200,
        }
        assert report["msg"].endswith("1 failed; kf/servicer/add failed: 48002 the API is forbidden")


class TestDiff:
    def test_it_is_sorted_with_departments_in_words(self) -> None:
        plan = make_plan(Wanted(KFID, "exact", ["zhangsan", "LISI"], [10]), SERVING)
        assert account_diff(foresee(plan)) == {
            "before": "WangWu\ndepartment:2\nlisi\n",
            "after": "department:10\nlisi\nzhangsan\n",
            "before_header": KFID,
            "after_header": KFID,
        }

    def test_what_is_not_carried_out_changes_nothing(self) -> None:
        plan = make_plan(Wanted(KFID, "absent", ["lisi"], None), SERVING)
        diff = account_diff(refrain(plan, refusal="max_removals"))
        assert diff["before"] == diff["after"]


@given(st.lists(names, max_size=6), st.lists(names, max_size=6), st.sampled_from(["present", "absent", "exact"]))
def test_check_mode_foresees_that_everything_works(serving: list[t.Any], named: list[t.Any], state: str) -> None:
    wanted = Wanted(
        KFID, state, [n for n in named if isinstance(n, str)], [n for n in named if isinstance(n, int)], None
    )
    plan = make_plan(wanted, [Servicer(name) for name in serving])
    report = account_report(foresee(plan))
    assert not report["failed"]
    assert report["summary"]["added"] == len(plan.names(ADD))
    assert report["summary"]["removed"] == len(plan.names(REMOVE))
