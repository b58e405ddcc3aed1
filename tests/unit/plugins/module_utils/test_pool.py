# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fatal error ends the work on all accounts at once; what one account cannot get past ends that account alone."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._accounts_params import ServicersParams
from ansible_collections.wecom.kf.plugins.module_utils._kf.api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._kf.models import Desired
from ansible_collections.wecom.kf.plugins.module_utils._pool import Failures, Pool
from ansible_collections.wecom.kf.plugins.module_utils._wecom.client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom.connection import Connection
from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import ApiError, WecomError
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_servicers import manage_accounts
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.raw_server import raw_server
from ansible_collections.wecom.kf.tests.unit.support.service import LIST, api_of


def manage(api: KfApi, kfids: t.Sequence[str], concurrency: int) -> dict[str, t.Any]:
    accounts = [Desired(kfid, "present", ["ann"], None) for kfid in kfids]
    return manage_accounts(ServicersParams(accounts, None, concurrency, None), api, check_mode=False, diff=False)


def corp_of(kfids: t.Sequence[str]) -> dict[str, t.Any]:
    return {"members": ["ann"], "accounts": [{"open_kfid": kfid} for kfid in kfids]}


def test_a_flaky_account_beside_wrong_ids_ends_no_other(simulator: RunningSimulator) -> None:
    good = [f"wkGood{number}" for number in range(5)]
    simulator.reset(corp_of(["wkFlaky", *good]))
    simulator.fault(on=LIST, open_kfid="wkFlaky", errcode=-1, times=None)
    with api_of(simulator, retry_timeout=2.0) as api:
        result = manage(api, ["wkNowhere", "wkFlaky", *good], concurrency=1)
    assert [account["failed"] for account in result["accounts"]] == [True, True] + [False] * 5


def test_a_token_that_never_comes_is_waited_for_once() -> None:
    with raw_server(lambda connection: time.sleep(30)) as server:
        client = WecomClient(Connection(server.url, "ww", "secret", timeout=0.5, retry_timeout=0.0), concurrency=16)
        began = time.monotonic()
        result = manage(KfApi(client), [f"wk{number}" for number in range(40)], concurrency=16)
        took = time.monotonic() - began
        client.close()
    assert all(account["failed"] for account in result["accounts"])
    assert client.api_calls == 1
    assert took < 4


def test_whoever_waits_for_another_try_stops_at_a_fatal_error(simulator: RunningSimulator) -> None:
    """Four busy accounts are being retried when one of them is told that nothing can succeed."""
    kfids = [f"wk{number}" for number in range(4)]
    simulator.reset(corp_of(kfids))
    simulator.fault(on=LIST, open_kfid="wk0", nth=2, errcode=60020, delay=0.3, times=None)
    for kfid in kfids:
        simulator.fault(on=LIST, open_kfid=kfid, errcode=-1, times=None)
    began = time.monotonic()
    with api_of(simulator, concurrency=4, real_time=True, retry_timeout=60.0) as api:
        result = manage(api, kfids, concurrency=4)
    assert time.monotonic() - began < 10
    assert all(account["failed"] for account in result["accounts"])
    assert result["accounts"][0]["failure"]["errcode"] == 60020


class TestMap:
    def test_an_error_of_our_own_in_one_item_begins_no_other(self, simulator: RunningSimulator) -> None:
        begun = []

        def work(number: int, _api: KfApi) -> tuple[int, Failures]:
            begun.append(number)
            time.sleep(0.01)
            return 1 // (number - 5), ()

        with api_of(simulator) as api, pytest.raises(ZeroDivisionError):
            Pool(api, 4).map(range(1000), work, _never, key=str)
        assert len(begun) < 50

    def test_one_that_failed_is_retried_after_the_others_and_a_pause(self, simulator: RunningSimulator) -> None:
        clock = VirtualClock()
        order: list[int] = []

        def work(number: int, api: KfApi) -> tuple[int, Failures]:
            order.append(number)
            clock.sleep(7)
            fails = number == 1 and order.count(1) <= 2
            return len(order), (ApiError(-1, "busy", call=LIST),) if fails else ()

        with api_of(simulator, clock=clock) as api:
            assert Pool(api, 1).map(range(3), work, _never, key=str, retry_last=True) == [1, 4, 3]
            assert api.budget.remaining() == pytest.approx(120 - 7 - 0.25, abs=0.07), "the retry is charged"
        assert order == [0, 1, 2, 1]
        assert [0.18 < seconds <= 0.25 for seconds in clock.sleeps if seconds != 7] == [True]

    def test_what_a_first_try_spends_on_a_throttled_call_is_charged(self, simulator: RunningSimulator) -> None:
        clock = VirtualClock()

        def work(number: int, api: KfApi) -> tuple[int, Failures]:
            with api.budget.charging():
                clock.sleep(5)
            return number, ()

        with api_of(simulator, clock=clock) as api:
            Pool(api, 1).map(range(4), work, _never, key=str, retry_last=True)
            assert api.budget.remaining() == pytest.approx(100)

    def test_without_time_for_a_retry_the_first_output_stays(self, simulator: RunningSimulator) -> None:
        clock = VirtualClock()

        def work(number: int, api: KfApi) -> tuple[str, Failures]:
            if number == 0:
                return "first", (ApiError(-1, "busy", call=LIST),)
            with api.client.budget.charging():
                clock.sleep(200)
            return "other", ()

        with api_of(simulator, clock=clock) as api:
            assert Pool(api, 1).map(range(2), work, _never, key=str, retry_last=True) == ["first", "other"]

    def test_outputs_come_in_the_order_of_the_items(self, simulator: RunningSimulator) -> None:
        def work(number: int, _api: KfApi) -> tuple[int, Failures]:
            time.sleep(0.002 * (number % 3))
            return number, ()

        with api_of(simulator) as api:
            assert Pool(api, 4).map(range(100), work, _never, key=str) == list(range(100))
            assert Pool(api, 4).map([], work, _never, key=str) == []


def _never(_item: t.Any, failure: WecomError) -> t.NoReturn:
    raise AssertionError(f"nothing is skipped: {failure}")
