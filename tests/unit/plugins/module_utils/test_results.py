# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How outcomes are put into the shape and the words of a result."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._kf.models import Desired, ItemResponse, Servicer
from ansible_collections.wecom.kf.plugins.module_utils._kf.outcome import (
    Entry,
    Outcome,
    Status,
    predict,
    skip,
    unreadable,
)
from ansible_collections.wecom.kf.plugins.module_utils._kf.plan import ADD, NONE, REMOVE, make_plan
from ansible_collections.wecom.kf.plugins.module_utils._results import (
    account_diff,
    account_result,
    accounts_result,
    count,
    unchanged_result,
)
from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import ApiError, TransportError, WecomError

KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
SERVING = [Servicer("lisi", 0), Servicer("WangWu", 0), Servicer(2)]
TIMEOUT = TransportError(
    "host did not respond", call="kf/servicer/add", hint="raise timeout", sent=True, retryable=True
)
FORBIDDEN = ApiError(48002, "api forbidden", call="kf/servicer/add")
NO_HINT = WecomError("host is gone", call="kf/servicer/list")

ENTRY_KEYS = {"userid", "department_id", "action", "changed", "failed", "errcode", "errmsg", "msg"}

names = st.one_of(st.sampled_from(["ann", "Bob", "cy"]), st.integers(1, 9))
responses = st.builds(ItemResponse, st.sampled_from([60111, 701008, 4711]), st.text("no 无", max_size=5))
unchanged = st.builds(
    Entry, names, st.just(NONE), st.sampled_from([Status.ALREADY_PRESENT, Status.ALREADY_ABSENT, Status.REVERTED])
)
added = st.builds(Entry, names, st.just(ADD), st.just(Status.ADDED))
removed = st.builds(Entry, names, st.just(REMOVE), st.just(Status.REMOVED))
refused = st.builds(Entry, names, st.sampled_from([ADD, REMOVE]), st.just(Status.REFUSED), responses)
other_statuses = [
    Status.CHANGED_CONCURRENTLY,
    Status.COVERED,
    Status.NOT_APPLIED,
    Status.SKIPPED,
    Status.REVERTED,
    Status.UNKNOWN,
]
others = st.builds(Entry, names, st.sampled_from([ADD, REMOVE]), st.sampled_from(other_statuses), st.none() | responses)
kept = st.builds(Entry, names, st.just(REMOVE), st.sampled_from([Status.KEPT, Status.ALL_KEPT]))
entries = st.one_of(unchanged, added, removed, refused, others, kept)
outcomes = st.builds(
    Outcome,
    st.just(KFID),
    st.lists(entries, max_size=15),
    st.lists(names, max_size=4),
    st.lists(names, max_size=4),
    st.sampled_from([(), (TIMEOUT,), (FORBIDDEN,), (FORBIDDEN, NO_HINT)]),
    st.sampled_from(["", "max_removals: too many"]),
    st.sampled_from([None, "咨询客服", "a\nb\u2028c"]),
)


class TestAnyOutcome:
    @given(outcomes)
    def test_has_the_keys_of_the_contract(self, outcome: Outcome) -> None:
        report = account_result(outcome)
        keys = {"changed", "failed", "msg", "open_kfid", "name", "servicers", "summary"}
        assert set(report) == keys | ({"failure"} if outcome.failures else set())
        assert set(report["summary"]) == {"added", "removed", "unchanged", "failed"}
        for entry in report["servicers"]:
            assert set(entry) == ENTRY_KEYS
            assert (entry["userid"] is None) != (entry["department_id"] is None)
            assert entry["msg"]
            assert "\n" not in entry["msg"]

    @given(outcomes)
    def test_adds_up(self, outcome: Outcome) -> None:
        report = account_result(outcome)
        summary, reported = report["summary"], report["servicers"]
        assert sum(summary.values()) == len(reported) == len(outcome.entries)
        assert summary["failed"] == sum(entry["failed"] for entry in reported)
        assert summary["added"] + summary["removed"] == sum(entry["changed"] for entry in reported)
        assert report["changed"] == any(entry["changed"] for entry in reported)
        assert not any(entry["changed"] and entry["failed"] for entry in reported)

    @given(outcomes)
    def test_is_failed_when_any_entry_is_or_the_whole(self, outcome: Outcome) -> None:
        report = account_result(outcome)
        whole = outcome.failures or outcome.refusal
        assert report["failed"] == bool(whole or any(entry["failed"] for entry in report["servicers"]))

    @given(outcomes)
    def test_an_entry_that_did_not_fail_says_ok_and_one_that_did_says_no_such_thing(self, outcome: Outcome) -> None:
        for entry in account_result(outcome)["servicers"]:
            assert entry["failed"] or (entry["errcode"], entry["errmsg"]) == (0, "ok")
            assert not entry["failed"] or entry["errmsg"] != "ok"

    @given(outcomes)
    def test_msg_is_one_line_and_of_bounded_length(self, outcome: Outcome) -> None:
        msg = account_result(outcome)["msg"]
        assert msg.startswith(KFID)
        assert len(msg.splitlines()) == 1
        assert len(msg) < 2000

    @given(outcomes)
    def test_the_notable_ones_are_those_that_changed_or_failed(self, outcome: Outcome) -> None:
        everyone, notable = account_result(outcome), account_result(outcome, only_notable=True)
        assert notable["servicers"] == [e for e in everyone["servicers"] if e["changed"] or e["failed"]]
        assert notable["summary"] == everyone["summary"]

    @given(st.lists(outcomes, max_size=6))
    def test_many_accounts_add_up(self, several: list[Outcome]) -> None:
        reports = [account_result(outcome, only_notable=True) for outcome in several]
        total = accounts_result(reports, [])
        assert total["accounts"] == reports
        assert total["failed"] == any(report["failed"] for report in reports)
        assert total["changed"] == any(report["changed"] for report in reports)
        for kind, number in total["summary"].items():
            assert number == sum(report["summary"][kind] for report in reports)


def entry_of(status: Status, action: str, response: ItemResponse | None = None, **more: t.Any) -> dict[str, t.Any]:
    outcome = Outcome(KFID, [Entry("ann", action, status, response)], [], [], **more)
    report: dict[str, t.Any] = account_result(outcome)
    entry: dict[str, t.Any] = report["servicers"][0]
    return entry


class TestWords:
    def test_the_line_of_a_mixed_run(self) -> None:
        outcome = Outcome(
            KFID,
            [
                Entry("zhangsan", ADD, Status.ADDED),
                Entry("zhaoliu", ADD, Status.REFUSED, ItemResponse(60111, "userid not found")),
                Entry("lisi", NONE, Status.ALREADY_PRESENT),
                Entry("wangwu", REMOVE, Status.REMOVED),
            ],
            [],
            [],
        )
        assert account_result(outcome)["msg"] == (
            f"{KFID}: 1 added, 1 removed, 1 unchanged, 1 failed: zhaoliu (60111 userid not found)"
        )

    def test_of_many_who_failed_ten_are_named(self) -> None:
        many = [Entry(f"u{n}", ADD, Status.REFUSED, ItemResponse(60111, "")) for n in range(250)]
        msg = account_result(Outcome(KFID, many, [], []))["msg"]
        assert "u9 (60111 userid not found), and 240 more" in msg
        assert "u10 " not in msg

    def test_a_refused_one_has_cause_and_cure(self) -> None:
        entry = entry_of(Status.REFUSED, ADD, ItemResponse(701008, "no license"))
        assert entry["errcode"] == 701008
        assert entry["errmsg"] == "no license"
        assert entry["msg"].startswith("701008 no interoperability license; assign")

    def test_one_not_tried_says_so_and_why(self) -> None:
        entry = entry_of(Status.SKIPPED, ADD, failures=(FORBIDDEN,))
        assert entry["msg"] == f"not tried: {FORBIDDEN.sentence()}"
        assert entry["errcode"] is None

    def test_one_about_which_nothing_is_known_is_not_said_to_have_changed(self) -> None:
        entry = entry_of(Status.UNKNOWN, REMOVE, failures=(TIMEOUT,))
        assert entry["msg"].startswith("not known whether removed")
        assert (entry["changed"], entry["failed"]) == (False, True)

    def test_one_in_a_call_that_failed_has_its_code(self) -> None:
        entry = entry_of(Status.NOT_APPLIED, ADD, failures=(FORBIDDEN,))
        assert (entry["errcode"], entry["errmsg"]) == (48002, "api forbidden")
        assert entry["msg"].startswith("not added: kf/servicer/add failed: 48002")

    def test_one_about_which_the_service_said_nothing_is_not_said_to_be_refused(self) -> None:
        assert entry_of(Status.NOT_APPLIED, REMOVE)["msg"].startswith("not removed: the response did not say")

    def test_a_failure_is_shown_whole(self) -> None:
        report = account_result(unreadable(Desired(KFID, "present", ["ann"], None), failures=(FORBIDDEN,)))
        assert report["failure"] == {
            "errcode": 48002,
            "errmsg": "api forbidden",
            "hint": FORBIDDEN.hint,
            "call": "kf/servicer/add",
            "http_status": 200,
        }
        assert report["msg"].endswith(f"1 failed; {FORBIDDEN.sentence()}")


class TestDiff:
    def test_it_is_sorted_with_departments_in_words(self) -> None:
        plan = make_plan(Desired(KFID, "exact", ["zhangsan", "LISI"], [10]), SERVING)
        assert account_diff(predict(plan)) == {
            "before": "WangWu\ndepartment:2\nlisi\n",
            "after": "department:10\nlisi\nzhangsan\n",
            "before_header": KFID,
            "after_header": KFID,
        }

    def test_what_is_not_applied_changes_nothing(self) -> None:
        plan = make_plan(Desired(KFID, "absent", ["lisi"], None), SERVING)
        diff = account_diff(skip(plan, refusal="max_removals"))
        assert diff["before"] == diff["after"]


@given(st.lists(names, max_size=6), st.lists(names, max_size=6), st.sampled_from(["present", "absent", "exact"]))
def test_check_mode_predict_that_everything_works(serving: list[t.Any], named: list[t.Any], state: str) -> None:
    desired = Desired(
        KFID, state, [n for n in named if isinstance(n, str)], [n for n in named if isinstance(n, int)], None
    )
    plan = make_plan(desired, [Servicer(name) for name in serving])
    report = account_result(predict(plan))
    assert not report["failed"]
    assert report["summary"]["added"] == sum(step.action == ADD for step in plan.steps)
    assert report["summary"]["removed"] == plan.removals


class TestNames:
    def test_an_account_that_was_asked_for_by_name_is_shown_with_id_and_name(self) -> None:
        plan = make_plan(Desired(KFID, "present", ["ann"], None, name="咨询客服"), SERVING)
        result = account_result(predict(plan))
        assert result["msg"] == f"{KFID} (咨询客服): 1 added, 0 removed, 0 unchanged"
        assert (result["open_kfid"], result["name"]) == (KFID, "咨询客服")
        assert account_diff(predict(plan))["before_header"] == f"{KFID} (咨询客服)"

    def test_an_account_whose_id_was_not_found_is_shown_with_its_name(self) -> None:
        result = account_result(unreadable(Desired("", "present", ["ann"], None, name="咨询"), refusal="account: no"))
        assert result["msg"] == "咨询: 0 added, 0 removed, 0 unchanged, 1 failed; account: no"
        assert (result["open_kfid"], result["name"]) == (None, "咨询")


class TestManyAccounts:
    def test_accounts_with_nothing_to_do_are_counted_and_nobody_is_listed(self) -> None:
        assert unchanged_result(KFID, None, 3) == {
            "changed": False,
            "failed": False,
            "msg": f"{KFID}: 0 added, 0 removed, 3 unchanged",
            "open_kfid": KFID,
            "name": None,
            "servicers": [],
            "summary": {"added": 0, "removed": 0, "unchanged": 3, "failed": 0},
        }

    def test_accounts_that_failed_for_one_reason_are_told_once_and_counted(self) -> None:
        failed = [
            account_result(unreadable(Desired(f"wk{n}", "present", [], None), failures=(FORBIDDEN,))) for n in range(12)
        ]
        msg = accounts_result(failed, [])["msg"]
        assert msg.startswith("12 accounts, 0 changed, 12 failed: ")
        assert msg.count("48002") == 1
        assert msg.endswith("; and 11 more accounts for the same reason")

    def test_of_accounts_that_failed_for_different_reasons_ten_are_told_and_the_others_counted(self) -> None:
        errors = [ApiError(5000 + n, "", call="kf/servicer/list") for n in range(12)]
        failed = [
            account_result(unreadable(Desired(f"wk{n}", "present", [], None), failures=(errors[n],))) for n in range(12)
        ]
        msg = accounts_result(failed, [])["msg"]
        assert "wk9: " in msg
        assert "wk10: " not in msg
        assert msg.endswith("; and 2 more accounts")

    def test_beside_a_guard_only_those_are_named_that_failed_by_themselves(self) -> None:
        plan = make_plan(Desired("wkGuarded", "absent", ["lisi"], None), SERVING)
        rows = [
            account_result(skip(plan, refusal="max_removals: too many")),
            account_result(unreadable(Desired("wkDead", "present", [], None), failures=(FORBIDDEN,))),
        ]
        msg = accounts_result(rows, ["max_removals: too many"])["msg"]
        assert msg.count("max_removals: too many") == 1
        assert "wkDead: " in msg
        assert "wkGuarded: " not in msg

    def test_one_account_is_not_called_accounts(self) -> None:
        assert accounts_result([unchanged_result(KFID, None, 0)], [])["msg"].startswith("1 account, 0 changed")
        assert (count(0, "account"), count(1, "account"), count(2, "account")) == (
            "0 accounts",
            "1 account",
            "2 accounts",
        )


def test_two_failures_of_one_cause_are_told_once_and_of_two_causes_one_after_the_other() -> None:
    desired = Desired(KFID, "present", ["ann"], None)
    once = account_result(unreadable(desired, failures=(FORBIDDEN, FORBIDDEN)))["msg"]
    assert once.count("48002") == 1
    both = account_result(unreadable(desired, failures=(TIMEOUT, NO_HINT)))["msg"]
    assert both.endswith(f"{TIMEOUT.sentence()}; then {NO_HINT.sentence()}")


def test_one_who_is_covered_is_named_in_the_line_of_the_account() -> None:
    outcome = Outcome(KFID, [Entry("ann", ADD, Status.COVERED)], [], [])
    assert account_result(outcome)["msg"] == (
        f"{KFID}: 0 added, 0 removed, 1 unchanged;"
        " serves already in a way that the list does not show, for example through a department (ann)"
    )
