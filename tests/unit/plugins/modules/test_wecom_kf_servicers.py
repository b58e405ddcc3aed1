# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module wecom_kf_servicers: many accounts, read and planned first, guarded as a whole, written in parallel."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._accounts_params import ServicersParams
from ansible_collections.wecom.kf.plugins.module_utils._kf.models import Desired, RemovalLimit
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_servicers import manage_accounts
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.cost import cost_of
from ansible_collections.wecom.kf.tests.unit.support.module_process import run_on
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ACCOUNTS,
    ADD,
    DEL,
    GETTOKEN,
    KFID,
    LIST,
    OTHER_KFID,
    api_of,
    corp,
    users,
)

MODULE = "wecom_kf_servicers"
CONCURRENCY = 4


def many_accounts(number: int, each: int = 2, **more: t.Any) -> dict[str, t.Any]:
    """wkF001 and so on, served by the next members in turn."""
    return {
        "members": [{"prefix": "u", "count": 500}, "newcomer"],
        "departments": [2],
        "accounts": [{"prefix": "wkF", "count": number, "servicers_each": each}],
        **more,
    }


def kfids(number: int) -> list[str]:
    width = len(str(number))
    return [f"wkF{n:0{width}d}" for n in range(1, number + 1)]


def manage(
    simulator: RunningSimulator,
    accounts: t.Sequence[Desired],
    *,
    total: str = "",
    check_mode: bool = False,
    concurrency: int = CONCURRENCY,
    **options: t.Any,
) -> dict[str, t.Any]:
    with api_of(simulator, concurrency=concurrency, **options) as api:
        params = ServicersParams(list(accounts), None, concurrency, RemovalLimit.parse(total))
        result = manage_accounts(params, api, check_mode=check_mode, diff=True)
        assert api.client.api_calls == simulator.calls()
    assert [account["open_kfid"] for account in result["accounts"]] == [desired.open_kfid for desired in accounts]
    assert result["failed"] == any(account["failed"] for account in result["accounts"])
    assert result["changed"] == any(account["changed"] for account in result["accounts"])
    return result


def newcomer(number: int) -> list[Desired]:
    return [Desired(kfid, "present", ["newcomer"], None) for kfid in kfids(number)]


def failed(result: dict[str, t.Any]) -> list[str]:
    return [account["open_kfid"] for account in result["accounts"] if account["failed"]]


def writes(simulator: RunningSimulator) -> int:
    return simulator.calls(ADD) + simulator.calls(DEL)


class TestTheMinimum:
    def test_nothing_to_do_is_one_list_an_account(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(20))
        accounts = [Desired(kfid, "present", [], None) for kfid in kfids(20)]
        assert not manage(simulator, accounts)["changed"]
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST), simulator.calls()) == (1, 20, 21)

    def test_one_change_in_each_is_one_more(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(20))
        result = manage(simulator, newcomer(20))
        assert result["summary"] == {"added": 20, "removed": 0, "unchanged": 0, "failed": 0}
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST), simulator.calls(ADD)) == (1, 20, 20)
        assert simulator.connections() <= CONCURRENCY

    def test_only_those_who_changed_or_failed_are_reported(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(1, 5))
        (account,) = manage(simulator, [Desired("wkF1", "present", ["u001", "newcomer", "who"], None)])["accounts"]
        assert [entry["userid"] for entry in account["servicers"]] == ["newcomer", "who"]
        assert account["summary"] == {"added": 1, "removed": 0, "unchanged": 1, "failed": 1}

    def test_a_diff_has_one_section_for_each_account_that_changes(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(3, 1))
        accounts = [Desired("wkF1", "present", ["u001"], None), *newcomer(3)[1:]]
        diff = manage(simulator, accounts)["diff"]
        assert [section["before_header"] for section in diff] == ["wkF2", "wkF3"]
        assert diff[0]["after"] == "newcomer\nu002\n"

    def test_all_of_it_is_read_before_the_first_write(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(30))
        manage(simulator, newcomer(30))
        endpoints = [line["endpoint"] for line in simulator.log()]
        assert set(endpoints[:31]) == {GETTOKEN, LIST}

    @pytest.mark.parametrize("concurrency", [1, 4, 16])
    def test_no_more_are_worked_on_at_a_time_than_allowed(self, simulator: RunningSimulator, concurrency: int) -> None:
        simulator.reset(many_accounts(40, latency=0.01))
        manage(simulator, newcomer(40), concurrency=concurrency)
        counters = simulator.state()["counters"]
        assert counters["highest_concurrency"]["overall"] <= concurrency
        assert counters["connections"] <= concurrency

    def test_check_mode_predict_and_writes_nothing(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(5))
        predicted = manage(simulator, newcomer(5), check_mode=True)
        assert writes(simulator) == 0
        simulator.reset_counters()
        assert manage(simulator, newcomer(5)) == predicted


class TestOneBadAccount:
    @pytest.mark.parametrize("errcode", [95004, 95000, 48007, 60011, 4711])
    def test_one_that_cannot_be_read_fails_alone(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(many_accounts(10))
        simulator.fault(on=LIST, open_kfid="wkF03", errcode=errcode, times=None)
        result = manage(simulator, newcomer(10))
        assert failed(result) == ["wkF03"]
        assert result["summary"] == {"added": 9, "removed": 0, "unchanged": 0, "failed": 1}
        assert result["accounts"][2]["failure"]["errcode"] == errcode

    @pytest.mark.parametrize("errcode", [95004, 48007, 60011, 4711])
    def test_one_whose_write_fails_fails_alone(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(many_accounts(10))
        simulator.fault(on=ADD, open_kfid="wkF03", errcode=errcode, times=None)
        result = manage(simulator, newcomer(10))
        assert failed(result) == ["wkF03"]
        assert simulator.calls(ADD) == 10

    def test_one_bad_user_fails_only_the_account_that_names_him(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(3))
        accounts = [*newcomer(3)[:2], Desired("wkF3", "present", ["stranger", "newcomer"], None)]
        result = manage(simulator, accounts)
        assert failed(result) == ["wkF3"]
        assert result["summary"] == {"added": 3, "removed": 0, "unchanged": 0, "failed": 1}
        assert "wkF3: 1 added, 0 removed, 0 unchanged, 1 failed: stranger (60111" in result["msg"]


class TestGuards:
    @pytest.mark.parametrize("check_mode", [False, True])
    def test_one_that_trips_stops_everything_before_the_first_write(
        self, simulator: RunningSimulator, check_mode: bool
    ) -> None:
        simulator.reset(many_accounts(6, 4))
        limit = RemovalLimit.parse("25%")
        accounts = newcomer(6)
        for number in (1, 4):
            accounts[number] = Desired(f"wkF{number + 1}", "exact", ["newcomer"], None, limit)
        result = manage(simulator, accounts, check_mode=check_mode)
        assert writes(simulator) == 0
        assert failed(result) == kfids(6)
        assert not result["changed"]
        for kfid in ("wkF2", "wkF5"):
            assert f"4 of the 4 servicers of {kfid} would be removed" in result["msg"]

    def test_each_account_has_its_own_guard_or_the_other_ones_in_its_message(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(3, 4))
        accounts = newcomer(3)
        accounts[1] = Desired("wkF2", "exact", ["newcomer"], None, RemovalLimit.parse("1"))
        messages = [row["msg"] for row in manage(simulator, accounts)["accounts"]]
        assert "4 of the 4 servicers of wkF2 would be removed" in messages[1]
        for message in (messages[0], messages[2]):
            assert "max_removals was exceeded in another account, so nothing was changed" in message
            assert "wkF2" not in message

    def test_accounts_with_nothing_to_do_are_not_failed_by_it(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(2, 4))
        accounts = [
            Desired("wkF1", "present", ["u001"], None),
            Desired("wkF2", "exact", ["newcomer"], None, RemovalLimit.parse("1")),
        ]
        assert failed(manage(simulator, accounts)) == ["wkF2"]


class TestFatalErrors:
    @pytest.mark.parametrize("errcode", [48002, 60020, 95017, 50003])
    def test_it_ends_the_task_without_asking_for_fatal(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(many_accounts(100))
        simulator.fault(on=LIST, errcode=errcode, times=None)
        result = manage(simulator, newcomer(100))
        assert simulator.calls() <= 2 * CONCURRENCY
        assert failed(result) == kfids(100)
        assert writes(simulator) == 0

    @pytest.mark.parametrize("errcode", [48002, 60020, 95017])
    def test_while_writing_too(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(many_accounts(100))
        simulator.fault(on=ADD, nth=5, errcode=errcode, times=None)
        result = manage(simulator, newcomer(100))
        assert writes(simulator) <= 4 + 2 * CONCURRENCY
        assert result["summary"]["added"] == 4
        assert len(failed(result)) == 96
        for account in result["accounts"]:
            served = "newcomer" in simulator.serving(account["open_kfid"])
            assert account["changed"] == served
            assert account["failed"] == (not served)

    def test_a_wrong_secret_is_tried_once(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(100))
        result = manage(simulator, newcomer(100), corpsecret="wrong")
        assert simulator.calls() == 1
        assert failed(result) == kfids(100)
        assert "40001" in result["msg"]
        assert len(result["msg"]) < 5000

    def test_a_service_that_is_gone_is_not_waited_for_in_fatal(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(100))
        token = simulator.token()
        simulator.stop()
        try:
            with api_of(simulator, concurrency=CONCURRENCY, corpid=None, corpsecret=None, access_token=token) as api:
                result = manage_accounts(
                    ServicersParams(newcomer(100), None, CONCURRENCY, None), api, check_mode=False, diff=False
                )
                calls = api.client.api_calls
        finally:
            simulator.start_again()
        assert failed(result) == kfids(100)
        assert calls < 200

    @pytest.mark.parametrize("concurrency", [1, 4])
    @pytest.mark.parametrize("fault", [{"errcode": 6000}, {"errcode": -1}, {"http_status": 502}], ids=str)
    def test_a_few_that_fail_at_every_try_are_not_taken_for_it(
        self, simulator: RunningSimulator, fault: dict[str, t.Any], concurrency: int
    ) -> None:
        """The budget is spent on them, and the others are yet done."""
        simulator.reset(many_accounts(30))
        for call, number in ((LIST, 1), (LIST, 2), (LIST, 3), (ADD, 5), (ADD, 6), (ADD, 7)):
            simulator.fault(on=call, open_kfid=kfids(30)[number], times=None, **fault)
        result = manage(simulator, newcomer(30), concurrency=concurrency, retry_timeout=2.0)
        assert failed(result) == [kfids(30)[number] for number in (1, 2, 3, 5, 6, 7)]
        assert result["summary"] == {"added": 24, "removed": 0, "unchanged": 0, "failed": 6}

    @pytest.mark.parametrize("errcode", [-1, 6000])
    def test_nor_are_many_to_which_the_service_responds(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(many_accounts(30))
        for kfid in kfids(30)[:20]:
            simulator.fault(on=ADD, open_kfid=kfid, times=None, errcode=errcode)
        result = manage(simulator, newcomer(30), concurrency=1, retry_timeout=0.0)
        assert failed(result) == kfids(30)[:20]

    def test_nor_are_lost_responses_where_listing_again_works(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(30))
        for kfid in kfids(30)[:20]:
            simulator.fault(on=ADD, open_kfid=kfid, times=None, drop="before")
        result = manage(simulator, newcomer(30), concurrency=1, retry_timeout=0.0)
        assert failed(result) == kfids(30)[:20]

    @pytest.mark.parametrize("concurrency", [1, 4, 16])
    def test_met_when_reading_back_it_counts_too(self, simulator: RunningSimulator, concurrency: int) -> None:
        simulator.reset(many_accounts(60))
        simulator.fault(on=ADD, times=concurrency, drop="after")
        simulator.fault(on=LIST, nth=61, times=None, errcode=60020)
        result = manage(simulator, newcomer(60), concurrency=concurrency)
        told = [line["errcode"] for line in simulator.log()]
        assert len(told[told.index(60020) :]) <= 2 * concurrency
        assert result["accounts"][0]["failure"]["call"] == ADD
        assert "企业可信IP" in result["accounts"][0]["msg"]
        assert result["accounts"][-1]["failure"]["errcode"] == 60020

    def test_a_service_that_only_times_out_neither(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(100))
        simulator.fault(on=LIST, drop="after", times=None)
        result = manage(simulator, newcomer(100))
        assert failed(result) == kfids(100)
        assert simulator.calls(LIST) < 200


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, "<html>not found</html>"),
        (200, "<html>Sign in to the network</html>"),
        pytest.param(403, "forbidden", marks=pytest.mark.slow),
        pytest.param(302, "", marks=pytest.mark.slow),
        pytest.param(200, "OK", marks=pytest.mark.slow),
        pytest.param(200, "[]", marks=pytest.mark.slow),
    ],
)
class TestForeignResponses:
    """What is not the service at all responds in its place to everything but gettoken."""

    def replace(self, simulator: RunningSimulator, call: t.Any, status: int, body: str, **when: t.Any) -> None:
        headers = {"Location": "https://elsewhere.example/"} if status == 302 else {}
        what = {"http_status": status, "headers": headers} if status != 200 else {}
        simulator.fault(on=call, times=None, body=body, **what, **when)

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_a_hundred_accounts_cost_few_calls_and_one_message(
        self, simulator: RunningSimulator, status: int, body: str, check_mode: bool
    ) -> None:
        simulator.reset(many_accounts(100))
        self.replace(simulator, LIST, status, body)
        result = manage(simulator, newcomer(100), check_mode=check_mode)
        assert failed(result) == kfids(100)
        assert simulator.calls() <= 2 * CONCURRENCY + 1
        assert result["msg"].count("responded with") == 1
        assert all("failure" in account for account in result["accounts"])

    def test_while_writing_it_ends_the_task_after_few_accounts(
        self, simulator: RunningSimulator, status: int, body: str
    ) -> None:
        simulator.reset(many_accounts(100))
        self.replace(simulator, ADD, status, body)
        result = manage(simulator, newcomer(100))
        assert failed(result) == kfids(100)
        assert writes(simulator) <= 8

    def test_eight_accounts_in_a_row_that_meet_it_after_others_succeeded_end_the_task(
        self, simulator: RunningSimulator, status: int, body: str
    ) -> None:
        simulator.reset(many_accounts(30))
        for kfid in ("wkF02", *kfids(30)[9:]):
            self.replace(simulator, LIST, status, body, open_kfid=kfid)
        result = manage(simulator, newcomer(30), concurrency=1)
        assert failed(result) == kfids(30)
        assert simulator.calls(LIST) == 9 + 8

    def test_it_is_the_write_that_counts_and_not_the_list_after_it(
        self, simulator: RunningSimulator, status: int, body: str
    ) -> None:
        simulator.reset(many_accounts(20))
        simulator.fault(on=ADD, drop="after", times=None)
        self.replace(simulator, LIST, status, body, nth=21)
        result = manage(simulator, newcomer(20), concurrency=1)
        assert writes(simulator) == 20
        assert "not known" in result["accounts"][19]["servicers"][0]["msg"]

    @pytest.mark.slow
    @pytest.mark.parametrize("concurrency", [1, 4, 16])
    @pytest.mark.parametrize("kfid", ["wkF01", "wkF02"])
    def test_one_account_that_meets_it_fails_alone_whenever_it_is_asked_for(
        self, simulator: RunningSimulator, status: int, body: str, concurrency: int, kfid: str
    ) -> None:
        simulator.reset(many_accounts(20))
        self.replace(simulator, LIST, status, body, open_kfid=kfid)
        assert failed(manage(simulator, newcomer(20), concurrency=concurrency)) == [kfid]

    def test_one_account_that_meets_it_after_others_succeeded_fails_alone(
        self, simulator: RunningSimulator, status: int, body: str
    ) -> None:
        simulator.reset(many_accounts(20))
        self.replace(simulator, LIST, status, body, open_kfid="wkF10")
        assert failed(manage(simulator, newcomer(20), concurrency=1)) == ["wkF10"]


def test_accounts_with_http_500_do_not_end_the_task_without_time_for_retries(simulator: RunningSimulator) -> None:
    simulator.reset(many_accounts(30))
    for kfid in kfids(30)[:20]:
        simulator.fault(on=LIST, open_kfid=kfid, http_status=500, times=None)
    assert failed(manage(simulator, newcomer(30), concurrency=1, retry_timeout=0.0)) == kfids(30)[:20]


class TestUnknownErrcodes:
    @pytest.mark.parametrize("concurrency", [1, 4, 16])
    def test_one_that_every_account_meets_ends_the_task(self, simulator: RunningSimulator, concurrency: int) -> None:
        """After eight accounts in a row, or twice as many as are worked on at a time."""
        simulator.reset(many_accounts(100))
        simulator.fault(on=LIST, errcode=4711, times=None)
        result = manage(simulator, newcomer(100), concurrency=concurrency)
        assert failed(result) == kfids(100)
        assert simulator.calls(LIST) == max(8, 2 * concurrency)
        assert result["msg"].count("failed: 4711") == 1

    def test_seven_accounts_in_a_row_are_not_enough(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(9))
        for kfid in kfids(9)[:7]:
            simulator.fault(on=LIST, open_kfid=kfid, errcode=4711, times=None)
        assert failed(manage(simulator, newcomer(9), concurrency=1)) == kfids(9)[:7]

    def test_one_success_before_shows_that_it_concerns_single_accounts(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(30))
        for kfid in kfids(30)[1:21]:
            simulator.fault(on=LIST, open_kfid=kfid, errcode=4711, times=None)
        assert failed(manage(simulator, newcomer(30), concurrency=1)) == kfids(30)[1:21]

    @pytest.mark.slow
    def test_many_accounts_that_meet_it_after_a_success_are_worked_on_side_by_side(
        self, simulator: RunningSimulator
    ) -> None:
        latency, bad = 0.1, 20
        simulator.reset(many_accounts(30, latency=latency))
        for kfid in kfids(30)[-bad:]:
            simulator.fault(on=LIST, open_kfid=kfid, errcode=4711, times=None)

        def seconds(concurrency: int) -> float:
            simulator.reset_counters()
            began = time.monotonic()
            assert len(failed(manage(simulator, newcomer(30), concurrency=concurrency))) == bad
            return time.monotonic() - began

        assert seconds(16) < seconds(1) - bad / 2 * latency

    def test_different_unknown_codes_are_not_one_cause(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(30))
        for number, kfid in enumerate(kfids(30)[:20]):
            simulator.fault(on=LIST, open_kfid=kfid, errcode=4711 + number % 2, times=None)
        assert failed(manage(simulator, newcomer(30), concurrency=1)) == kfids(30)[:20]

    def test_a_code_that_is_known_to_concern_one_account_ends_no_other(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(30))
        for kfid in kfids(30)[:20]:
            simulator.fault(on=LIST, open_kfid=kfid, errcode=95004, times=None)
        assert failed(manage(simulator, newcomer(30), concurrency=1)) == kfids(30)[:20]


class TestBusyAccounts:
    """One account cannot spend the time of all."""

    @pytest.mark.parametrize("concurrency", [1, 4])
    def test_the_others_are_read_before_a_busy_one_is_retried(
        self, simulator: RunningSimulator, concurrency: int
    ) -> None:
        simulator.reset(many_accounts(20))
        simulator.fault(on=LIST, open_kfid="wkF01", errcode=-1, times=3)
        assert not manage(simulator, newcomer(20), concurrency=concurrency)["failed"]
        read = [line["open_kfid"] for line in simulator.log() if line["endpoint"] == LIST]
        assert sorted(read) == sorted(kfids(20) + ["wkF01"] * 3)
        # The last ones may still be in flight.
        assert read.index("wkF01", read.index("wkF01") + 1) > 20 - concurrency

    @pytest.mark.parametrize("call", [LIST, ADD])
    def test_one_that_is_busy_for_ever_spends_a_quarter_of_the_budget(
        self, simulator: RunningSimulator, call: str
    ) -> None:
        simulator.reset(many_accounts(20))
        simulator.fault(on=call, open_kfid="wkF01", errcode=-1, times=None)
        clock = VirtualClock()
        assert failed(manage(simulator, newcomer(20), clock=clock, concurrency=1)) == ["wkF01"]
        assert clock.now() == pytest.approx(30, abs=1)

    def test_its_reading_and_its_writing_share_the_quarter(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(2))
        simulator.fault(on=LIST, open_kfid="wkF1", errcode=-1, times=4)
        simulator.fault(on=ADD, open_kfid="wkF1", errcode=-1, times=None)
        clock = VirtualClock()
        assert failed(manage(simulator, newcomer(2), clock=clock, concurrency=1)) == ["wkF1"]
        assert clock.now() == pytest.approx(30, abs=1)

    def test_a_few_busy_ones_leave_time_for_another(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(10))
        for kfid in kfids(10)[:3]:
            simulator.fault(on=LIST, open_kfid=kfid, errcode=-1, times=None)
        simulator.fault(on=ADD, open_kfid="wkF10", errcode=-1, times=3)
        assert failed(manage(simulator, newcomer(10), concurrency=1)) == kfids(10)[:3]

    def test_the_only_account_of_several_that_changes_spends_a_quarter_too(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(2))
        simulator.fault(on=ADD, open_kfid="wkF1", errcode=-1, times=None)
        clock = VirtualClock()
        manage(simulator, [*newcomer(1), Desired("wkF2", "absent", ["newcomer"], None)], clock=clock)
        assert clock.now() == pytest.approx(30, abs=1)

    def test_the_only_account_may_spend_all_of_it(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(1))
        simulator.fault(on=LIST, errcode=-1, times=None)
        clock = VirtualClock()
        manage(simulator, newcomer(1), clock=clock)
        assert clock.now() == pytest.approx(120, abs=1)

    def test_without_a_budget_a_busy_one_is_not_retried(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(10))
        simulator.fault(on=LIST, open_kfid="wkF03", errcode=-1, times=None)
        clock = VirtualClock()
        assert failed(manage(simulator, newcomer(10), clock=clock, retry_timeout=0.0)) == ["wkF03"]
        assert (simulator.calls(LIST), clock.sleeps) == (10, [])

    def test_a_service_that_only_times_out_is_not_asked_for_every_account(self, simulator: RunningSimulator) -> None:
        """Each further account would cost a whole timeout."""
        simulator.reset(many_accounts(100))
        simulator.fault(on=LIST, delay=30, times=None)
        result = manage(simulator, newcomer(100), timeout=0.05, retry_timeout=0.0)
        assert failed(result) == kfids(100)
        assert simulator.calls(LIST) <= 8 + CONCURRENCY

    @pytest.mark.parametrize("responses", [0, 3])
    def test_eight_accounts_in_a_row_without_a_response_end_the_task(
        self, simulator: RunningSimulator, responses: int
    ) -> None:
        simulator.reset(many_accounts(20))
        simulator.fault(on=LIST, nth=responses + 1, delay=30, times=None)
        result = manage(simulator, newcomer(20), timeout=0.05, retry_timeout=0.0, concurrency=1)
        assert result["summary"]["failed"] == 20
        assert simulator.calls(LIST) == responses + 8

    def test_a_service_that_stops_responding_while_writing_is_not_asked_for_every_account(
        self, simulator: RunningSimulator
    ) -> None:
        simulator.reset(many_accounts(60))
        simulator.fault(on=ADD, delay=30, times=None)
        simulator.fault(on=LIST, nth=61, delay=30, times=None)
        result = manage(simulator, newcomer(60), timeout=0.05, retry_timeout=0.0)
        assert failed(result) == kfids(60)
        assert writes(simulator) <= 8 + CONCURRENCY


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_fatal_error_met_while_reading_fails_also_the_accounts_that_were_planned(
    simulator: RunningSimulator, check_mode: bool
) -> None:
    simulator.reset(many_accounts(20))
    simulator.fault(on=LIST, nth=11, errcode=60020, times=None)
    result = manage(simulator, newcomer(20), check_mode=check_mode, concurrency=1)
    assert failed(result) == kfids(20)
    assert writes(simulator) == 0
    assert not result["changed"]
    assert {account["failure"]["errcode"] for account in result["accounts"]} == {60020}
    assert simulator.calls(LIST) == 11


def named(name: str, userids: list[str], open_kfid: str = "") -> Desired:
    return Desired(open_kfid, "present", userids, None, name=name)


class TestNames:
    def start(self, simulator: RunningSimulator) -> None:
        accounts = [
            {"open_kfid": "wkA", "name": "咨询"},
            {"open_kfid": "wkB", "name": "售后"},
            {"open_kfid": "wkC", "name": "双"},
            {"open_kfid": "wkD", "name": "双"},
        ]
        simulator.reset({"members": ["ann", "Bob"], "accounts": accounts})

    def run(self, simulator: RunningSimulator, *accounts: Desired, check_mode: bool = False) -> dict[str, t.Any]:
        with api_of(simulator) as api:
            params = ServicersParams(list(accounts), None, CONCURRENCY, None)
            return manage_accounts(params, api, check_mode=check_mode, diff=True)

    def test_accounts_are_found_by_name_with_one_page_of_accounts(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = self.run(simulator, named("咨询", ["ann"]), named("售后", ["Bob"]))
        assert [(row["open_kfid"], row["name"]) for row in result["accounts"]] == [("wkA", "咨询"), ("wkB", "售后")]
        assert (simulator.serving("wkA"), simulator.serving("wkB")) == (["ann"], ["Bob"])
        assert (simulator.calls(ACCOUNTS), simulator.calls(LIST)) == (1, 2)
        assert result["diff"][0]["before_header"] == "wkA (咨询)"

    def test_with_id_and_name_the_id_decides_and_no_page_is_read(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = self.run(simulator, named("售后", ["ann"], "wkA"))
        assert simulator.serving("wkA") == ["ann"]
        assert simulator.calls(ACCOUNTS) == 0
        assert result["accounts"][0]["name"] == "售后"

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_all_names_that_do_not_identify_an_account_are_refused_at_once(
        self, simulator: RunningSimulator, check_mode: bool
    ) -> None:
        self.start(simulator)
        result = self.run(
            simulator, named("咨询", ["ann"]), named("没有", ["ann"]), named("双", ["ann"]), check_mode=check_mode
        )
        assert (result["changed"], result["failed"]) == (False, True)
        assert "没有: no account is called '没有'" in result["msg"]
        assert "双: 2 accounts are called '双': wkC, wkD" in result["msg"]
        assert [row["failed"] for row in result["accounts"]] == [True] * 3
        assert result["accounts"][0]["msg"].endswith("another entry of accounts is not valid, so nothing was changed")
        assert (simulator.calls(LIST), writes(simulator)) == (0, 0)

    def test_one_account_by_id_and_by_name_is_refused(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = self.run(simulator, named("", ["ann"], "wkA"), named("咨询", ["Bob"]))
        assert "咨询: is listed twice, as number 1 and as number 2" in result["msg"]
        assert writes(simulator) == 0

    def test_messages_say_where_an_entry_comes_from(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        first = named("", ["ann"], "wkA")._replace(origin="a.yml, line 3")
        result = self.run(
            simulator,
            first,
            named("咨询", ["Bob"])._replace(origin="c.yml, line 7"),
            named("没有", ["Bob"])._replace(origin="c.yml, line 9"),
        )
        assert "咨询: is listed twice, in a.yml, line 3 and in c.yml, line 7" in result["msg"]
        assert "没有 (c.yml, line 9): no account is called '没有'" in result["msg"]

    def test_an_account_that_is_renamed_after_it_was_found_is_still_meant(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        simulator.fault(on=LIST, meanwhile={"rename": {"wkA": "新", "wkB": "咨询"}})
        self.run(simulator, named("咨询", ["ann"]))
        assert (simulator.serving("wkA"), simulator.serving("wkB")) == (["ann"], [])

    def test_accounts_that_cannot_be_listed_fail_all(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        simulator.fault(on=ACCOUNTS, errcode=48002)
        result = self.run(simulator, named("咨询", ["ann"]), named("", ["Bob"], "wkB"))
        assert [row["failed"] for row in result["accounts"]] == [True, True]
        assert result["failure"]["call"] == ACCOUNTS
        assert writes(simulator) == 0


class TestAllAccounts:
    def run(
        self, simulator: RunningSimulator, state: str, userids: list[str], total: str = "", **options: t.Any
    ) -> dict[str, t.Any]:
        with api_of(simulator, concurrency=CONCURRENCY, **options) as api:
            params = ServicersParams(None, Desired("", state, userids, None), CONCURRENCY, RemovalLimit.parse(total))
            return manage_accounts(params, api, check_mode=False, diff=True)

    def test_a_leaver_is_taken_off_everywhere_in_one_task(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(150, 2))
        serving = [kfid for kfid in kfids(150) if "u007" in simulator.serving(kfid)]
        assert serving
        result = self.run(simulator, "absent", ["U007"])
        assert result["summary"]["removed"] == len(serving)
        assert [row["open_kfid"] for row in result["accounts"] if row["changed"]] == serving
        assert not any("u007" in simulator.serving(kfid) for kfid in kfids(150))
        assert len(result["accounts"]) == 150
        assert (simulator.calls(ACCOUNTS), simulator.calls(LIST), simulator.calls(DEL)) == (2, 150, len(serving))

    def test_accounts_that_the_app_may_not_manage_are_left_out(self, simulator: RunningSimulator) -> None:
        accounts = [
            {"open_kfid": "wkYes", "manage_privilege": True, "servicers": ["ann"]},
            {"open_kfid": "wkNo", "manage_privilege": False, "servicers": ["ann"]},
            {"open_kfid": "wkUnsaid", "manage_privilege": None, "servicers": ["ann"]},
        ]
        simulator.reset({"members": ["ann"], "accounts": accounts})
        result = self.run(simulator, "absent", ["ann"])
        assert [row["open_kfid"] for row in result["accounts"]] == ["wkYes", "wkUnsaid"]
        assert simulator.serving("wkNo") == ["ann"]

    def test_accounts_that_cannot_be_listed_are_the_failure(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ACCOUNTS, errcode=48002)
        result = self.run(simulator, "absent", ["ann"])
        assert (result["changed"], result["failed"], result["accounts"]) == (False, True, [])
        assert result["failure"]["errcode"] == 48002
        assert "48002" in result["msg"]

    @pytest.mark.slow
    def test_tokens_that_die_again_and_again_end_nothing(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(100, 2, token_calls=30))
        result = self.run(simulator, "present", ["newcomer"])
        assert result["summary"]["added"] == 100
        assert not result["failed"]
        assert simulator.calls(GETTOKEN) >= 6


class TestLimitOfAllRemovals:
    def accounts(self, number: int) -> list[Desired]:
        return [Desired(kfid, "exact", ["newcomer"], None) for kfid in kfids(number)]

    @pytest.mark.parametrize("check_mode", [False, True])
    @pytest.mark.parametrize(("total", "tripped"), [("8", False), ("7", True), ("100%", False), ("99%", True)])
    def test_it_counts_the_removals_of_all_accounts_together(
        self, simulator: RunningSimulator, total: str, tripped: bool, check_mode: bool
    ) -> None:
        simulator.reset(many_accounts(4, 2))
        result = manage(simulator, self.accounts(4), total=total, check_mode=check_mode)
        assert result["failed"] == tripped
        assert result["changed"] != tripped
        if tripped:
            assert writes(simulator) == 0
            assert (
                "max_total_removals: 8 of the 8 servicers of the accounts of this task would be removed, more than the"
                f" {total} allowed; nothing was changed (removals in wkF1, wkF2, wkF3, wkF4)"
            ) in result["msg"]
            assert failed(result) == kfids(4)

    def test_servicers_of_accounts_with_nothing_to_do_count_for_a_share(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(4, 2))
        one = [Desired("wkF1", "absent", ["u001", "u002"], None)]
        rest = [Desired(kfid, "present", [], None) for kfid in kfids(4)[1:]]
        assert not manage(simulator, one + rest, total="25%")["failed"]

    def test_an_account_that_cannot_be_read_counts_for_nothing(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(4, 2))
        simulator.fault(on=LIST, open_kfid="wkF2", errcode=95004, times=None)
        result = manage(simulator, self.accounts(4), total="6")
        assert failed(result) == ["wkF2"]

    def test_beside_the_guard_of_one_account_both_are_named(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(4, 2))
        accounts = self.accounts(4)
        accounts[1] = accounts[1]._replace(max_removals=RemovalLimit.parse("1"))
        result = manage(simulator, accounts, total="5")
        assert "max_removals: 2 of the 2 servicers of wkF2" in result["msg"]
        assert "max_total_removals: 8 of the 8" in result["msg"]
        messages = {row["open_kfid"]: row["msg"] for row in result["accounts"]}
        assert "max_removals: 2 of the 2 servicers of wkF2" in messages["wkF2"]
        assert "wkF2" not in messages["wkF1"].partition("(removals")[0]


class TestLimitsOfTheService:
    def test_too_many_at_once_lowers_the_number_for_the_rest_of_the_run(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(60, latency=0.01, limits={"concurrency": {LIST: 2, ADD: 2}}))
        clock = VirtualClock()
        result = manage(simulator, newcomer(60), clock=clock, concurrency=8)
        assert not result["failed"]
        refused = sum(line["errcode"] == 45033 for line in simulator.log())
        assert 0 < refused < 40
        late = [line["errcode"] for line in simulator.log()][-60:]
        assert late.count(45033) == 0

    def test_the_pace_stays_below_a_limit_of_calls_a_minute(self, simulator: RunningSimulator) -> None:
        """50 lists and then 50 additions, at 18 a minute of each, take two whole minutes each."""
        simulator.reset(many_accounts(50))
        clock = VirtualClock()
        result = manage(simulator, newcomer(50), clock=clock, calls_per_minute=18, concurrency=1)
        assert not result["failed"]
        assert (simulator.calls(LIST), simulator.calls(ADD)) == (50, 50)
        assert clock.now() == pytest.approx(240, abs=1)

    def test_a_frequency_limit_is_waited_out(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(10))
        simulator.fault(on=LIST, nth=4, errcode=45009, times=12)
        clock = VirtualClock()
        assert not manage(simulator, newcomer(10), clock=clock)["failed"]
        assert clock.now() > 5

    def test_the_token_is_fetched_once_and_renewed_once(self, simulator: RunningSimulator) -> None:
        simulator.reset(many_accounts(40))
        simulator.fault(on=LIST, nth=15, expire_token=True)
        assert not manage(simulator, newcomer(40), concurrency=16)["failed"]
        assert simulator.calls(GETTOKEN) == 2


# --- the module as a whole ---


def test_each_account_gets_what_its_entry_says(simulator: RunningSimulator) -> None:
    accounts = [{"open_kfid": KFID, "userids": ["ann"]}, {"open_kfid": OTHER_KFID, "department_ids": [2]}]
    result = run_on(simulator, MODULE, accounts=accounts).result
    assert result["changed"]
    assert [account["open_kfid"] for account in result["accounts"]] == [KFID, OTHER_KFID]
    assert (simulator.serving(KFID), simulator.serving(OTHER_KFID)) == (["ann"], [2])
    assert result["api_calls"] == simulator.calls() == 5


def test_invalid_accounts_are_all_named_before_any_call(simulator: RunningSimulator) -> None:
    accounts = [{"open_kfid": KFID, "department_ids": ["two"]}, {"open_kfid": OTHER_KFID, "userids": ["a b"]}]
    result = run_on(simulator, MODULE, accounts=accounts).result
    assert all(word in result["msg"] for word in (KFID, "'two'", OTHER_KFID, "'a b'"))
    assert (result["changed"], result["accounts"], simulator.calls()) == (False, [], 0)


def refused_accounts(simulator: RunningSimulator, *accounts: t.Any) -> str:
    """Return the message with which a list of accounts is refused, after one good account."""
    result = run_on(simulator, MODULE, accounts=[{"open_kfid": KFID, "userids": ["ann"]}, *accounts]).result
    assert (result["changed"], result["failed"], result["accounts"], result["api_calls"]) == (False, True, [], 0)
    assert simulator.calls() == 0
    message: str = result["msg"]
    assert len(message.splitlines()) == 1
    return message


def test_accounts_that_ansible_refuses_are_each_named_with_the_reason(simulator: RunningSimulator) -> None:
    """Ansible's own message names no account."""
    message = refused_accounts(
        simulator,
        {"open_kfid": "wkState", "userids": ["ann"], "state": "exat"},
        {"open_kfid": "wkBool", "userids": ["ann"], "allow_empty": "maybe"},
        {"open_kfid": "wkList", "userids": {"a": "b"}},
        {"name": "售后", "usersids": ["ann"]},
        {"userids": ["ann"]},
        None,
        7,
        OTHER_KFID,
    )
    for says in (
        "wkState: value of state must be one",
        "wkBool: argument 'allow_empty",
        "wkList: argument 'userids'",
        "售后: unknown option usersids",
        "number 6: one of the following is required: open_kfid, name",
        "number 7: null is not a valid account",
        "number 8: 7 is not a valid account",
        f"number 9: '{OTHER_KFID}' is not a valid account",
    ):
        assert says in message


def test_accounts_that_ansible_takes_and_that_are_invalid_are_each_named_with_the_reason(
    simulator: RunningSimulator,
) -> None:
    message = refused_accounts(
        simulator,
        {"open_kfid": True, "userids": ["ann"]},
        {"open_kfid": 5, "userids": ["ann"]},
        {"open_kfid": "a\x1b[2J", "userids": ["ann"]},
        {"open_kfid": "x" * 9000, "userids": ["ann"]},
        {"open_kfid": KFID, "userids": ["ann"]},
        {"open_kfid": "wkNumber", "userids": 83},
        {"open_kfid": "wkAlias", "userid": [1.5]},
        {"open_kfid": "wkList", "userids": [123]},
        {"open_kfid": None, "userids": ["ann"]},
    )
    for says in (
        "number 2: open_kfid: 'True' is not a valid account ID",
        "number 3: open_kfid: '5' is not a valid account ID",
        "number 4: open_kfid: 'a\\x1b[2J' is not a valid account ID",
        "number 5: open_kfid: 'xxxxxxxx",
        f"{KFID}: is listed twice, as number 1 and as number 6",
        "wkNumber: userids: 83 is a number: put the userid in quotes",
        "wkAlias: userids: 1.5 is a number",
        "wkList: userids: 123 is a number",
        "number 10: neither open_kfid nor name is given",
    ):
        assert says in message


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"accounts": [], "timeout": "soon"}, "timeout"),
        ({"accounts": [], "all_accounts": True}, "mutually exclusive"),
        ({}, "one of the following is required: accounts, all_accounts"),
    ],
    ids=str,
)
def test_ansibles_own_message_stays_where_it_is_not_about_entries_of_accounts(
    simulator: RunningSimulator, options: dict[str, t.Any], says: str
) -> None:
    result = run_on(simulator, MODULE, **options).result
    assert says in result["msg"]
    assert (result["failed"], result["accounts"]) == (True, [])


def test_however_many_accounts_are_refused_all_are_named(simulator: RunningSimulator) -> None:
    accounts = [{"open_kfid": f"wk{number}", "userids": ["ann"], "state": "exat"} for number in range(20)]
    result = run_on(simulator, MODULE, accounts=accounts).result
    assert all(f"wk{number}" in result["msg"] for number in range(20))


def test_beside_a_guard_an_account_that_cannot_be_read_is_named(simulator: RunningSimulator) -> None:
    simulator.reset(corp(["ann", "Bob"]))
    accounts = [{"open_kfid": KFID, "userids": ["cy"]}, {"open_kfid": "wkNowhere", "userids": ["cy"]}]
    result = run_on(simulator, MODULE, accounts=accounts, state="exact", max_removals="1").result
    assert all(word in result["msg"] for word in ("max_removals", "wkNowhere", "95004"))


# --- large rosters ---


@pytest.mark.slow
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
        accounts = [Desired(f"wkF{n:03d}", "present", users(1, named, width=3), None) for n in range(1, number + 1)]

        def check() -> None:
            with api_of(simulator) as api:
                assert not manage_accounts(ServicersParams(accounts, None, 1, None), api, check_mode=True, diff=True)[
                    "changed"
                ]

        return check

    few, many = cost_of(work(20)), cost_of(work(120))
    each = (many.mebibytes - few.mebibytes) * 1024 / 100
    print(f"{each:.2f} KiB for each account in which {named} of 500 are named")
    assert each < 6  # 500 names alone take more than 30; where coverage runs, half of it is what that allocates
