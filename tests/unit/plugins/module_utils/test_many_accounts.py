# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many accounts in one task: read and planned first, guarded as a whole, written side by side."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._information import which_accounts, who_serves
from ansible_collections.wecom.kf.plugins.module_utils._many_accounts import manage_accounts
from ansible_collections.wecom.kf.plugins.module_utils._many_options import AccountFilter, AccountsAsked, Fleet
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import RemovalLimit, Wanted
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.service import ACCOUNTS, ADD, DEL, GETTOKEN, LIST, api_of

CONCURRENCY = 4


def fleet_of(number: int, each: int = 2, **more: t.Any) -> dict[str, t.Any]:
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
    wishes: t.Sequence[Wanted],
    *,
    check_mode: bool = False,
    concurrency: int = CONCURRENCY,
    **options: t.Any,
) -> dict[str, t.Any]:
    with api_of(simulator, concurrency=concurrency, **options) as api:
        result = manage_accounts(Fleet(list(wishes), concurrency), api, check_mode=check_mode, diff=True)
        assert api.client.api_calls == simulator.calls()
    assert [account["open_kfid"] for account in result["accounts"]] == [wish.open_kfid for wish in wishes]
    assert result["failed"] == any(account["failed"] for account in result["accounts"])
    assert result["changed"] == any(account["changed"] for account in result["accounts"])
    return result


def newcomer(number: int) -> list[Wanted]:
    return [Wanted(kfid, "present", ["newcomer"], None) for kfid in kfids(number)]


def failed(result: dict[str, t.Any]) -> list[str]:
    return [account["open_kfid"] for account in result["accounts"] if account["failed"]]


def writes(simulator: RunningSimulator) -> int:
    return simulator.calls(ADD) + simulator.calls(DEL)


class TestTheMinimum:
    def test_nothing_to_do_is_one_list_an_account(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(20))
        wishes = [Wanted(kfid, "present", [], None) for kfid in kfids(20)]
        assert not manage(simulator, wishes)["changed"]
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST), simulator.calls()) == (1, 20, 21)

    def test_one_change_in_each_is_one_more(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(20))
        result = manage(simulator, newcomer(20))
        assert result["summary"] == {"added": 20, "removed": 0, "unchanged": 0, "failed": 0}
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST), simulator.calls(ADD)) == (1, 20, 20)
        assert simulator.connections() <= CONCURRENCY

    def test_only_those_who_changed_or_failed_are_reported(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(1, 5))
        (account,) = manage(simulator, [Wanted("wkF1", "present", ["u001", "newcomer", "who"], None)])["accounts"]
        assert [entry["userid"] for entry in account["servicers"]] == ["newcomer", "who"]
        assert account["summary"] == {"added": 1, "removed": 0, "unchanged": 1, "failed": 1}

    def test_a_diff_has_one_section_for_each_account_that_changes(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(3, 1))
        wishes = [Wanted("wkF1", "present", ["u001"], None), *newcomer(3)[1:]]
        diff = manage(simulator, wishes)["diff"]
        assert [section["before_header"] for section in diff] == ["wkF2", "wkF3"]
        assert diff[0]["after"] == "newcomer\nu002\n"

    def test_all_of_it_is_read_before_the_first_write(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(30))
        manage(simulator, newcomer(30))
        endpoints = [line["endpoint"] for line in simulator.log()]
        assert set(endpoints[:31]) == {GETTOKEN, LIST}

    @pytest.mark.parametrize("concurrency", [1, 4, 16])
    def test_no_more_are_worked_on_at_a_time_than_allowed(self, simulator: RunningSimulator, concurrency: int) -> None:
        simulator.reset(fleet_of(40, latency=0.01))
        manage(simulator, newcomer(40), concurrency=concurrency)
        counters = simulator.state()["counters"]
        assert counters["highest_concurrency"]["overall"] <= concurrency
        assert counters["connections"] <= concurrency

    def test_check_mode_foresees_and_writes_nothing(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(5))
        foreseen = manage(simulator, newcomer(5), check_mode=True)
        assert writes(simulator) == 0
        simulator.reset_counters()
        assert manage(simulator, newcomer(5)) == foreseen


class TestOneBadAccount:
    @pytest.mark.parametrize("errcode", [95004, 95000, 48007, 60011, 4711])
    def test_one_that_cannot_be_read_fails_alone(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(fleet_of(10))
        simulator.fault(on=LIST, open_kfid="wkF03", errcode=errcode, times=None)
        result = manage(simulator, newcomer(10))
        assert failed(result) == ["wkF03"]
        assert result["summary"] == {"added": 9, "removed": 0, "unchanged": 0, "failed": 1}
        assert result["accounts"][2]["failure"]["errcode"] == errcode

    @pytest.mark.parametrize("errcode", [95004, 48007, 60011, 4711])
    def test_one_whose_write_fails_fails_alone(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(fleet_of(10))
        simulator.fault(on=ADD, open_kfid="wkF03", errcode=errcode, times=None)
        result = manage(simulator, newcomer(10))
        assert failed(result) == ["wkF03"]
        assert simulator.calls(ADD) == 10

    def test_one_bad_user_fails_only_the_account_that_names_him(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(3))
        wishes = [*newcomer(3)[:2], Wanted("wkF3", "present", ["stranger", "newcomer"], None)]
        result = manage(simulator, wishes)
        assert failed(result) == ["wkF3"]
        assert result["summary"] == {"added": 3, "removed": 0, "unchanged": 0, "failed": 1}
        assert "wkF3: 1 added, 0 removed, 0 unchanged, 1 failed: stranger (60111" in result["msg"]


class TestGuards:
    @pytest.mark.parametrize("check_mode", [False, True])
    def test_one_that_trips_stops_everything_before_the_first_write(
        self, simulator: RunningSimulator, check_mode: bool
    ) -> None:
        simulator.reset(fleet_of(6, 4))
        limit = RemovalLimit.parse("25%")
        wishes = newcomer(6)
        for number in (1, 4):
            wishes[number] = Wanted(f"wkF{number + 1}", "exact", ["newcomer"], None, limit)
        result = manage(simulator, wishes, check_mode=check_mode)
        assert writes(simulator) == 0
        assert failed(result) == kfids(6)
        assert not result["changed"]
        for kfid in ("wkF2", "wkF5"):
            assert f"4 of the 4 who serve {kfid} would be removed" in result["msg"]

    def test_accounts_with_nothing_to_do_are_not_failed_by_it(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(2, 4))
        wishes = [
            Wanted("wkF1", "present", ["u001"], None),
            Wanted("wkF2", "exact", ["newcomer"], None, RemovalLimit.parse("1")),
        ]
        assert failed(manage(simulator, wishes)) == ["wkF2"]


class TestWhatNoAccountCanGetPast:
    @pytest.mark.parametrize("errcode", [48002, 60020, 95017, 50003])
    def test_it_ends_the_task_without_asking_for_every_account(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(fleet_of(100))
        simulator.fault(on=LIST, errcode=errcode, times=None)
        result = manage(simulator, newcomer(100))
        assert simulator.calls() <= 2 * CONCURRENCY
        assert failed(result) == kfids(100)
        assert writes(simulator) == 0

    @pytest.mark.parametrize("errcode", [48002, 60020, 95017])
    def test_while_writing_too(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(fleet_of(100))
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
        simulator.reset(fleet_of(100))
        result = manage(simulator, newcomer(100), corpsecret="wrong")
        assert simulator.calls() == 1
        assert failed(result) == kfids(100)
        assert "40001" in result["msg"]
        assert len(result["msg"]) < 5000

    def test_a_service_that_is_gone_is_not_waited_for_in_every_account(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(100))
        token = simulator.token()
        simulator.stop()
        try:
            with api_of(simulator, concurrency=CONCURRENCY, corpid=None, corpsecret=None, access_token=token) as api:
                result = manage_accounts(Fleet(newcomer(100), CONCURRENCY), api, check_mode=False, diff=False)
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
        simulator.reset(fleet_of(30))
        for call, number in ((LIST, 1), (LIST, 2), (LIST, 3), (ADD, 5), (ADD, 6), (ADD, 7)):
            simulator.fault(on=call, open_kfid=kfids(30)[number], times=None, **fault)
        result = manage(simulator, newcomer(30), concurrency=concurrency, retry_timeout=2.0)
        assert failed(result) == [kfids(30)[number] for number in (1, 2, 3, 5, 6, 7)]
        assert result["summary"] == {"added": 24, "removed": 0, "unchanged": 0, "failed": 6}

    @pytest.mark.parametrize("errcode", [-1, 6000])
    def test_nor_are_many_to_whom_the_service_answers(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.reset(fleet_of(30))
        for kfid in kfids(30)[:20]:
            simulator.fault(on=ADD, open_kfid=kfid, times=None, errcode=errcode)
        result = manage(simulator, newcomer(30), concurrency=1, retry_timeout=0.0)
        assert failed(result) == kfids(30)[:20]

    def test_nor_are_lost_answers_where_reading_back_works(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(30))
        for kfid in kfids(30)[:20]:
            simulator.fault(on=ADD, open_kfid=kfid, times=None, drop="before")
        result = manage(simulator, newcomer(30), concurrency=1, retry_timeout=0.0)
        assert failed(result) == kfids(30)[:20]

    @pytest.mark.parametrize("concurrency", [1, 4, 16])
    def test_met_when_reading_back_it_counts_too(self, simulator: RunningSimulator, concurrency: int) -> None:
        simulator.reset(fleet_of(60))
        simulator.fault(on=ADD, times=concurrency, drop="after")
        simulator.fault(on=LIST, nth=61, times=None, errcode=60020)
        result = manage(simulator, newcomer(60), concurrency=concurrency)
        told = [line["errcode"] for line in simulator.log()]
        assert len(told[told.index(60020) :]) <= 2 * concurrency
        assert result["accounts"][0]["failure"]["call"] == ADD
        assert "企业可信IP" in result["accounts"][0]["msg"]
        assert result["accounts"][-1]["failure"]["errcode"] == 60020

    def test_a_service_that_only_times_out_neither(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(100))
        simulator.fault(on=LIST, drop="after", times=None)
        result = manage(simulator, newcomer(100))
        assert failed(result) == kfids(100)
        assert simulator.calls(LIST) < 200


class TestLimitsOfTheService:
    def test_too_many_at_once_lowers_the_number_for_the_rest_of_the_run(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(60, latency=0.01, limits={"concurrency": {LIST: 2, ADD: 2}}))
        clock = VirtualClock()
        result = manage(simulator, newcomer(60), clock=clock, concurrency=8)
        assert not result["failed"]
        refused = sum(line["errcode"] == 45033 for line in simulator.log())
        assert 0 < refused < 40
        late = [line["errcode"] for line in simulator.log()][-60:]
        assert late.count(45033) == 0

    def test_the_pace_stays_below_a_limit_of_calls_a_minute(self, simulator: RunningSimulator) -> None:
        """A moment of real time stands for a minute, so that the service's windows pass as the client's do."""
        simulator.reset(fleet_of(50, limits={"calls_per_minute": 20, "window": 0.2}))
        result = manage(simulator, newcomer(50), clock=QuickClock(0.25), calls_per_minute=18)
        assert not result["failed"]
        assert [line for line in simulator.log() if line["errcode"] == 45009] == []

    def test_a_frequency_limit_is_waited_out(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(10))
        simulator.fault(on=LIST, nth=4, errcode=45009, times=12)
        clock = VirtualClock()
        assert not manage(simulator, newcomer(10), clock=clock)["failed"]
        assert clock.now() > 5

    def test_the_token_is_fetched_once_and_renewed_once(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(40))
        simulator.fault(on=LIST, nth=15, expire_token=True)
        assert not manage(simulator, newcomer(40), concurrency=16)["failed"]
        assert simulator.calls(GETTOKEN) == 2


class QuickClock(VirtualClock):
    """A clock whose minutes take a moment of real time."""

    def __init__(self, minute: float) -> None:
        super().__init__()
        self._minute = minute
        self._began = time.monotonic()

    def now(self) -> float:
        return (time.monotonic() - self._began) / self._minute * 60

    def sleep(self, seconds: float, _wake: threading.Event | None = None) -> None:
        time.sleep(seconds / 60 * self._minute)


class TestInformation:
    def test_who_serves_what_in_the_order_asked_for(self, simulator: RunningSimulator) -> None:
        servicers = [
            "ann",
            {"userid": "Bob", "status": 1, "stop_type": 1},
            {"userid": "cy", "status": 1, "stop_type": 0},
            {"department_id": 2},
        ]
        simulator.reset(
            {
                "members": ["ann", "Bob", "cy"],
                "departments": [2],
                "accounts": [
                    {"open_kfid": "wkA", "servicers": servicers},
                    {"open_kfid": "wkB", "manage_privilege": False, "servicers": ["ann"]},
                ],
            }
        )
        with api_of(simulator) as api:
            result = who_serves(AccountsAsked(["wkB", "wkNo", "wkA"], 2), api, check_mode=False, diff=False)
        assert (result["changed"], result["failed"]) == (False, True)
        assert [(row["open_kfid"], row["failed"]) for row in result["accounts"]] == [
            ("wkB", False),
            ("wkNo", True),
            ("wkA", False),
        ]
        assert result["accounts"][0]["servicers"] == [
            {"userid": "ann", "department_id": None, "status": None, "stop_type": None, "status_name": None}
        ]
        names = [(row["userid"], row["status_name"]) for row in result["accounts"][2]["servicers"]]
        assert names == [("ann", "receiving"), ("Bob", "suspended"), ("cy", "stopped"), (None, None)]
        assert "95004" in result["accounts"][1]["msg"]

    def test_what_no_account_can_get_past_ends_it(self, simulator: RunningSimulator) -> None:
        simulator.reset(fleet_of(50, api_enabled=False))
        with api_of(simulator, concurrency=4) as api:
            result = who_serves(AccountsAsked(kfids(50), 4), api, check_mode=False, diff=False)
        assert all(row["failed"] for row in result["accounts"])
        assert simulator.calls() <= 8

    @pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 250])
    def test_all_pages_of_accounts(self, simulator: RunningSimulator, number: int) -> None:
        simulator.reset(fleet_of(number, 0))
        with api_of(simulator) as api:
            result = which_accounts(AccountFilter(None, None), api, check_mode=False, diff=False)
        assert [row["open_kfid"] for row in result["accounts"]] == (kfids(number) if number else [])
        assert simulator.calls(ACCOUNTS) == number // 100 + 1

    def test_accounts_by_name_and_by_id(self, simulator: RunningSimulator) -> None:
        simulator.reset(
            {
                "accounts": [
                    {"open_kfid": "wkA", "name": "咨询"},
                    {"open_kfid": "wkB", "name": "咨询"},
                    {"open_kfid": "wkC", "name": "咨询客服", "manage_privilege": None},
                ]
            }
        )

        def found(name: str | None, ids: list[str] | None) -> list[str]:
            with api_of(simulator) as api:
                result = which_accounts(AccountFilter(name, ids), api, check_mode=False, diff=False)
            return [row["open_kfid"] for row in result["accounts"]]

        assert found("咨询", None) == ["wkA", "wkB"]
        assert found(None, ["wkC", "wkA", "wkNo"]) == ["wkA", "wkC"]
        assert found("咨询", ["wkB", "wkC"]) == ["wkB"]
        assert found("售后", None) == []

    def test_accounts_that_cannot_be_listed(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ACCOUNTS, errcode=48002)
        with api_of(simulator) as api:
            result = which_accounts(AccountFilter(None, None), api, check_mode=False, diff=False)
        assert (result["failed"], result["accounts"]) == (True, [])
        assert result["failure"]["errcode"] == 48002
