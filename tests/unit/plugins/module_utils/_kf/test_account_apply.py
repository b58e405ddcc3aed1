# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of an account when responses are lost, the service is busy, or somebody else changes accounts too."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._kf.account_plan import DesiredAccount
from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import ApiError
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_account import AccountParams, manage_account
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ACCOUNT_ADD,
    ACCOUNT_DEL,
    ACCOUNT_UPDATE,
    ACCOUNTS,
    api_of,
)

LOST = [
    {"drop": "after"},
    {"drop": "after", "reset": True},
    {"http_status": 502, "applied": True},
    {"http_status": 504, "applied": True},
    {"errcode": -1, "applied": True},
    {"cut": 5},
    {"truncate": 5},
]
"""The change is made, and no response tells."""

NEVER_APPLIED = [
    {"drop": "before"},
    {"http_status": 503},
    {"http_status": 504},
    {"http_status": 429},
    {"errcode": -1},
    {"errcode": 6000},
    {"errcode": 45009},
    {"errcode": 45033},
    {"truncate": 5, "applied": False},
]
"""The change is not made, and may be made a moment later."""


@pytest.fixture
def service(simulator: RunningSimulator) -> RunningSimulator:
    accounts = [{"open_kfid": "wkA", "name": "咨询"}, {"open_kfid": "wkB", "name": "售后"}]
    simulator.reset({"accounts": accounts})
    return simulator


def manage(
    service: RunningSimulator, open_kfid: str | None, name: str | None, state: str, **options: t.Any
) -> dict[str, t.Any]:
    params = AccountParams(DesiredAccount(open_kfid, name, state), None, None, None)
    with api_of(service, **options) as api:
        return manage_account(params, api, check_mode=False, diff=True)


def create(service: RunningSimulator, **options: t.Any) -> dict[str, t.Any]:
    return manage(service, None, "西湖店", "present", **options)


def rename(service: RunningSimulator, **options: t.Any) -> dict[str, t.Any]:
    return manage(service, "wkA", "新咨询", "present", **options)


def delete(service: RunningSimulator, **options: t.Any) -> dict[str, t.Any]:
    return manage(service, "wkA", None, "absent", **options)


def names(service: RunningSimulator) -> list[str]:
    return sorted(account["name"] for account in service.accounts())


def told(result: dict[str, t.Any]) -> tuple[bool, bool]:
    return result["changed"], result["failed"]


CHANGED, UNCHANGED, FAILED = (True, False), (False, False), (False, True)


class TestCreation:
    @pytest.mark.parametrize("retry_timeout", [0.0, 120.0])
    @pytest.mark.parametrize("fault", LOST, ids=str)
    def test_one_that_was_made_although_no_response_told_is_found_and_not_made_again(
        self, service: RunningSimulator, fault: dict[str, t.Any], retry_timeout: float
    ) -> None:
        service.fault(on=ACCOUNT_ADD, **fault)
        result = create(service, retry_timeout=retry_timeout)
        assert told(result) == CHANGED
        assert names(service) == sorted(["咨询", "售后", "西湖店"])
        assert result["account"]["open_kfid"] in [account["open_kfid"] for account in service.accounts()]
        assert service.calls(ACCOUNT_ADD) == 1
        assert "failure" not in result

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_one_that_was_not_made_is_made_again_after_the_accounts_were_listed(
        self, service: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        service.fault(on=ACCOUNT_ADD, times=2, **fault)
        assert told(create(service)) == CHANGED
        assert names(service) == sorted(["咨询", "售后", "西湖店"])
        was_lost = "errcode" not in fault and fault.get("http_status") != 429
        assert (service.calls(ACCOUNT_ADD), service.calls(ACCOUNTS)) == (3, 3 + was_lost)

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_without_a_budget_it_is_a_failure(self, service: RunningSimulator, fault: dict[str, t.Any]) -> None:
        service.fault(on=ACCOUNT_ADD, times=None, **fault)
        result = create(service, retry_timeout=0.0)
        assert told(result) == FAILED
        assert result["failure"]["call"] == ACCOUNT_ADD
        assert (service.calls(ACCOUNT_ADD), names(service)) == (1, sorted(["咨询", "售后"]))

    def test_the_budget_bounds_how_long_it_is_tried(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_ADD, times=None, errcode=-1)
        clock = VirtualClock()
        assert told(create(service, clock=clock)) == FAILED
        assert 119 < clock.now() < 121

    @pytest.mark.parametrize("fault", LOST, ids=str)
    def test_it_is_never_repeated_where_the_accounts_cannot_be_listed(
        self, service: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        service.fault(on=ACCOUNT_ADD, **fault)
        service.fault(on=ACCOUNTS, nth=2, errcode=48002, times=None)
        result = create(service)
        assert result["failed"]
        assert service.calls(ACCOUNT_ADD) == 1
        assert (result["failure"]["call"], names(service)) == (ACCOUNT_ADD, sorted(["咨询", "售后", "西湖店"]))
        assert "then kf/account/list failed: 48002" in result["msg"]
        assert result["msg"].startswith("not known whether the account was created: ")

    @pytest.mark.parametrize(("budget", "waited"), [(120.0, 0.9), (1.0, 0.5)])
    def test_after_a_timeout_it_may_still_arrive_before_the_accounts_are_listed(
        self, service: RunningSimulator, budget: float, waited: float
    ) -> None:
        """Three times the timeout, or half of what is left for retries."""
        service.fault(on=ACCOUNT_ADD, delay_after=0.6)
        clock = VirtualClock()
        assert told(create(service, timeout=0.3, retry_timeout=budget, clock=clock)) == CHANGED
        assert clock.sleeps[0] == pytest.approx(waited)

    def test_one_that_arrives_after_the_timeout_is_not_made_twice(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_ADD, delay=0.9)
        assert told(create(service, timeout=0.4, real_time=True)) == CHANGED
        assert names(service) == sorted(["咨询", "售后", "西湖店"])
        assert service.calls(ACCOUNT_ADD) == 1

    @pytest.mark.parametrize("change", [ACCOUNT_UPDATE, ACCOUNT_DEL])
    def test_what_can_be_repeated_without_harm_is_repeated_at_once(
        self, service: RunningSimulator, change: str
    ) -> None:
        service.fault(on=change, delay_after=0.6)
        clock = VirtualClock()
        act = rename if change == ACCOUNT_UPDATE else delete
        assert told(act(service, timeout=0.3, clock=clock)) == CHANGED
        assert clock.now() < 0.3

    @pytest.mark.parametrize(
        "fault", [{"drop": "before"}, {"http_status": 502}, {"truncate": 5, "applied": False}], ids=str
    )
    def test_one_that_was_lost_in_another_way_has_three_seconds_to_arrive(
        self, service: RunningSimulator, fault: dict[str, t.Any]
    ) -> None:
        service.fault(on=ACCOUNT_ADD, **fault)
        clock = VirtualClock()
        assert told(create(service, clock=clock)) == CHANGED
        assert clock.sleeps == [3.0]

    def test_two_accounts_that_a_late_one_makes_are_told(self, service: RunningSimulator) -> None:
        """The first creation is carried out after the accounts were listed again."""
        service.fault(on=ACCOUNT_ADD, drop="before")
        service.fault(on=ACCOUNT_ADD, nth=2, meanwhile={"create": ["西湖店"]})
        result = create(service)
        assert (result["changed"], result["failed"]) == (True, True)
        assert "2 accounts are called '西湖店'" in result["msg"]
        assert (result["diff"]["before"], result["diff"]["after"]) == ("", "name: 西湖店\n")

    def test_one_that_was_repeated_is_created_although_the_accounts_cannot_be_listed_then(
        self, service: RunningSimulator
    ) -> None:
        service.fault(on=ACCOUNT_ADD, drop="before")
        service.fault(on=ACCOUNTS, nth=3, errcode=48002)
        assert told(create(service)) == CHANGED

    def test_one_that_comes_late_and_has_the_repetition_refused_is_found(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_ADD, drop="before")
        service.fault(on=ACCOUNT_ADD, nth=2, errcode=95005, meanwhile={"create": ["西湖店"]})
        result = create(service)
        assert told(result) == CHANGED
        assert result["account"]["name"] == "西湖店"

    def test_other_failures_are_retried_soon(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_ADD, errcode=-1)
        clock = VirtualClock()
        assert told(create(service, clock=clock)) == CHANGED
        assert clock.now() < 0.3

    def test_pauses_grow(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_ADD, times=4, errcode=-1)
        clock = VirtualClock()
        assert told(create(service, clock=clock)) == CHANGED
        assert 0.75 * 3.75 < clock.now() < 3.76

    def test_the_calls_of_a_retry_are_charged_too(
        self, service: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each takes 50 seconds: the first costs nothing, and the third spends the last of the two minutes."""
        clock = VirtualClock()
        writes = []

        def write(call: str, body: dict[str, t.Any]) -> t.NoReturn:
            writes.append(call)
            clock.sleep(50)
            raise ApiError(-1, "busy", call=call)

        params = AccountParams(DesiredAccount(None, "西湖店", "present"), None, None, None)
        with api_of(service, clock=clock) as api:
            monkeypatch.setattr(api.client, "write", write)
            assert told(manage_account(params, api, check_mode=False, diff=False)) == FAILED
        assert len(writes) == 4

    def test_the_last_of_the_budget_is_used(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_ADD, errcode=-1)
        assert told(create(service, retry_timeout=0.4, clock=VirtualClock())) == CHANGED

    def test_another_task_that_creates_the_same_name_at_the_same_time_is_told_apart(
        self, service: RunningSimulator
    ) -> None:
        """Both were made, and no response tells which is ours."""
        service.fault(on=ACCOUNT_ADD, drop="after", meanwhile={"create": ["西湖店"]})
        result = create(service)
        assert (result["changed"], result["failed"]) == (True, True)
        assert result["msg"].count("wk") >= 2
        assert "2 accounts are called '西湖店'" in result["msg"]
        assert result["account"] is None
        assert service.calls(ACCOUNT_ADD) == 1

    def test_an_account_of_that_name_that_another_task_made_is_taken(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_ADD, drop="before", meanwhile={"create": ["西湖店"]})
        result = create(service)
        assert not result["failed"]
        assert names(service) == sorted(["咨询", "售后", "西湖店"])
        assert service.calls(ACCOUNT_ADD) == 1

    def test_a_response_without_an_id_is_settled_by_listing(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_ADD, omit="open_kfid")
        assert told(create(service)) == CHANGED
        assert (service.calls(ACCOUNT_ADD), service.calls(ACCOUNTS)) == (1, 2)

    @pytest.mark.parametrize("fault", [{"errcode": 95006}, {"errcode": 48002}, {"errcode": 4711}], ids=str)
    def test_a_refusal_is_not_retried(self, service: RunningSimulator, fault: dict[str, t.Any]) -> None:
        service.fault(on=ACCOUNT_ADD, **fault)
        assert told(create(service)) == FAILED
        assert (service.calls(ACCOUNT_ADD), service.calls(ACCOUNTS)) == (1, 1)


class TestRename:
    @pytest.mark.parametrize("retry_timeout", [0.0, 120.0])
    @pytest.mark.parametrize("fault", LOST, ids=str)
    def test_one_that_was_done_although_no_response_told_is_found_out(
        self, service: RunningSimulator, fault: dict[str, t.Any], retry_timeout: float
    ) -> None:
        service.fault(on=ACCOUNT_UPDATE, **fault)
        result = rename(service, retry_timeout=retry_timeout)
        assert told(result) == CHANGED
        assert result["account"]["name"] == "新咨询"
        assert names(service) == sorted(["售后", "新咨询"])
        assert service.calls(ACCOUNT_UPDATE) == 1

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_one_that_was_not_done_is_done_again(self, service: RunningSimulator, fault: dict[str, t.Any]) -> None:
        service.fault(on=ACCOUNT_UPDATE, times=2, **fault)
        assert told(rename(service)) == CHANGED
        assert service.calls(ACCOUNT_UPDATE) == 3

    def test_the_id_decides_although_another_task_gives_the_name_to_another_account(
        self, service: RunningSimulator
    ) -> None:
        service.fault(on=ACCOUNT_UPDATE, drop="before", meanwhile={"rename": {"wkB": "新咨询"}})
        assert told(rename(service)) == CHANGED
        assert names(service) == ["新咨询", "新咨询"]

    def test_one_that_comes_late_and_has_the_repetition_refused_is_found_out(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_UPDATE, drop="before")
        service.fault(on=ACCOUNT_UPDATE, nth=2, errcode=95006, meanwhile={"rename": {"wkA": "新咨询"}})
        assert told(rename(service)) == CHANGED

    def test_an_account_that_is_deleted_meanwhile_is_a_failure(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_UPDATE, drop="before", meanwhile={"delete": ["wkA"]})
        result = rename(service)
        assert told(result) == FAILED
        assert result["failure"]["errcode"] == 95004


class TestDeletion:
    @pytest.mark.parametrize("retry_timeout", [0.0, 120.0])
    @pytest.mark.parametrize("fault", LOST, ids=str)
    def test_one_that_was_done_although_no_response_told_is_found_out(
        self, service: RunningSimulator, fault: dict[str, t.Any], retry_timeout: float
    ) -> None:
        service.fault(on=ACCOUNT_DEL, **fault)
        assert told(delete(service, retry_timeout=retry_timeout)) == CHANGED
        assert names(service) == ["售后"]
        assert service.calls(ACCOUNT_DEL) == 1

    @pytest.mark.parametrize("fault", NEVER_APPLIED, ids=str)
    def test_one_that_was_not_done_is_done_again(self, service: RunningSimulator, fault: dict[str, t.Any]) -> None:
        service.fault(on=ACCOUNT_DEL, times=2, **fault)
        assert told(delete(service)) == CHANGED
        assert service.calls(ACCOUNT_DEL) == 3

    def test_one_that_another_task_deleted_first_is_not_changed_by_this_one(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_DEL, meanwhile={"delete": ["wkA"]})
        assert told(delete(service)) == UNCHANGED
        assert service.calls(ACCOUNT_DEL) == 1

    def test_one_that_is_gone_at_the_second_try_may_be_our_own_work(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_DEL, drop="before")
        service.fault(on=ACCOUNT_DEL, nth=2, meanwhile={"delete": ["wkA"]})
        assert told(delete(service)) == CHANGED

    def test_without_a_list_it_is_a_failure_that_names_both_calls(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_DEL, drop="after")
        service.fault(on=ACCOUNTS, nth=2, errcode=48002, times=None)
        result = delete(service)
        assert told(result) == FAILED
        assert result["failure"]["call"] == ACCOUNT_DEL
        assert "then kf/account/list failed: 48002" in result["msg"]
        assert result["msg"].startswith("not known whether the account was deleted: ")
