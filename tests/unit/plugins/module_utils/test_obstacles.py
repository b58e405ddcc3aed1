# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no account can get past ends the task at once; what one account cannot get past ends that account alone."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._client import Connection, WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._kf_api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._many_accounts import manage_accounts
from ansible_collections.wecom.kf.plugins.module_utils._many_options import Fleet
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import Wanted
from ansible_collections.wecom.kf.plugins.module_utils._side_by_side import SideBySide
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.raw_server import raw_server
from ansible_collections.wecom.kf.tests.unit.support.service import ACCOUNTS, LIST, api_of


def manage(api: KfApi, kfids: t.Sequence[str], concurrency: int) -> dict[str, t.Any]:
    wishes = [Wanted(kfid, "present", ["ann"], None) for kfid in kfids]
    return manage_accounts(Fleet(wishes, concurrency), api, check_mode=False, diff=False)


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


def test_who_waits_for_another_try_gives_up_when_an_obstacle_is_met(simulator: RunningSimulator) -> None:
    kfids = [f"wk{number}" for number in range(20)]
    simulator.reset(corp_of(kfids))
    for kfid in kfids[1:4]:
        simulator.fault(on=LIST, open_kfid=kfid, errcode=-1, times=None)
    simulator.fault(on=LIST, open_kfid="wk0", errcode=60020, delay=0.3, times=None)
    began = time.monotonic()
    with api_of(simulator, concurrency=4, real_time=True, retry_timeout=60.0) as api:
        result = manage(api, kfids, concurrency=4)
    assert time.monotonic() - began < 20
    assert all(account["failed"] for account in result["accounts"])
    assert {account["open_kfid"] for account in simulator.log() if account["endpoint"] == LIST} <= set(kfids[:8])


def test_an_error_of_our_own_in_one_account_begins_no_other(simulator: RunningSimulator) -> None:
    begun = []

    def work(number: int) -> t.Any:
        begun.append(number)
        time.sleep(0.01)
        return 1 // (number - 5), None

    with api_of(simulator) as api, pytest.raises(ZeroDivisionError):
        SideBySide(api.client, 4).each(range(1000), work, lambda number, failure: 0)
    assert len(begun) < 50


def test_results_come_in_the_order_of_the_items(simulator: RunningSimulator) -> None:
    def work(number: int) -> tuple[int, None]:
        time.sleep(0.002 * (number % 3))
        return number, None

    with api_of(simulator) as api:
        assert SideBySide(api.client, 4).each(range(100), work, lambda number, failure: 0) == list(range(100))
        assert SideBySide(api.client, 4).each([], work, lambda number, failure: 0) == []


def test_an_account_that_comes_on_two_pages_counts_once(simulator: RunningSimulator) -> None:
    rows = [{"open_kfid": f"wk{number:03}", "name": "n"} for number in range(100)]
    simulator.fault(on=ACCOUNTS, nth=1, patch={"account_list": rows})
    simulator.fault(on=ACCOUNTS, nth=2, patch={"account_list": rows[-1:]})
    with api_of(simulator) as api:
        accounts = [account.open_kfid for account in api.accounts()]
    assert accounts == [row["open_kfid"] for row in rows]
