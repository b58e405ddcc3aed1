# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module wecom_kf_servicer_info: who serves which account now."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._accounts_params import InfoParams
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_servicer_info import list_servicers
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.module_process import run_on
from ansible_collections.wecom.kf.tests.unit.support.service import ACCOUNTS, KFID, LIST, api_of, corp


def info(
    simulator: RunningSimulator,
    open_kfids: list[str] | None = None,
    names: list[str] | None = None,
    *,
    concurrency: int = 4,
    **options: t.Any,
) -> dict[str, t.Any]:
    with api_of(simulator, concurrency=concurrency, **options) as api:
        result = list_servicers(InfoParams(open_kfids, names, concurrency), api)
    assert result["changed"] is False
    assert result["failed"] == ("failure" in result or any(row["failed"] for row in result["accounts"]))
    return result


def many(number: int, **more: t.Any) -> dict[str, t.Any]:
    return {"members": [], "accounts": [{"prefix": "wkF", "count": number}], **more}


def kfids(number: int) -> list[str]:
    return [f"wkF{n:0{len(str(number))}d}" for n in range(1, number + 1)]


def test_servicers_come_in_the_order_asked_for_with_their_status(simulator: RunningSimulator) -> None:
    servicers = [
        "ann",
        {"userid": "Bob", "status": 1, "stop_type": 1},
        {"userid": "cy", "status": 1, "stop_type": 0},
        {"department_id": 2},
    ]
    accounts = [
        {"open_kfid": "wkA", "servicers": servicers},
        {"open_kfid": "wkB", "manage_privilege": False, "servicers": ["ann"]},
    ]
    simulator.reset({"members": ["ann", "Bob", "cy"], "departments": [2], "accounts": accounts})
    result = info(simulator, ["wkB", "wkNo", "wkA"])
    assert result["failed"]
    assert [(row["open_kfid"], row["failed"]) for row in result["accounts"]] == [
        ("wkB", False),
        ("wkNo", True),
        ("wkA", False),
    ]
    assert result["accounts"][0]["servicers"] == [
        {"userid": "ann", "department_id": None, "status": None, "stop_type": None, "status_name": None}
    ]
    names = [(row["userid"], row["department_id"], row["status_name"]) for row in result["accounts"][2]["servicers"]]
    assert names == [
        ("ann", None, "receiving"),
        ("Bob", None, "suspended"),
        ("cy", None, "stopped"),
        (None, 2, None),
    ]
    assert result["accounts"][2]["msg"] == "4 servicers"
    assert result["accounts"][0]["msg"] == "1 servicer"


def test_an_account_that_cannot_be_read_has_no_servicers_and_its_failure(simulator: RunningSimulator) -> None:
    row = info(simulator, ["wkNo"])["accounts"][0]
    assert row["servicers"] is None
    assert row["failure"]["errcode"] == 95004
    assert row["failure"]["call"] == LIST
    assert row["failure"]["errmsg"], "the errmsg that is to be reported"
    assert "95004" in row["msg"]


def test_an_account_without_servicers_has_an_empty_list(simulator: RunningSimulator) -> None:
    assert info(simulator, [KFID])["accounts"][0]["servicers"] == []


def test_the_message_counts_and_tells_the_first_failure(simulator: RunningSimulator) -> None:
    assert info(simulator, [KFID])["msg"] == "1 of 1 account read"
    assert info(simulator, [KFID, "wkNo"])["msg"].startswith(
        "1 of 2 accounts read; wkNo: kf/servicer/list failed: 95004"
    )


def test_a_fatal_error_ends_it_after_few_calls(simulator: RunningSimulator) -> None:
    simulator.reset(many(50, api_enabled=False))
    result = info(simulator, kfids(50))
    assert all(row["failed"] and row["failure"]["errcode"] == 95017 for row in result["accounts"])
    assert simulator.calls() <= 8


class TestNames:
    def start(self, simulator: RunningSimulator) -> None:
        accounts = [
            {"open_kfid": "wkA", "name": "咨询", "servicers": ["ann"]},
            {"open_kfid": "wkB", "name": "售后"},
            {"open_kfid": "wkC", "name": "双"},
            {"open_kfid": "wkD", "name": "双"},
        ]
        simulator.reset({"members": ["ann"], "accounts": accounts})

    def test_ids_come_first_and_then_names(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = info(simulator, ["wkB"], ["售后", "咨询"])
        assert [(row["open_kfid"], row["name"]) for row in result["accounts"]] == [
            ("wkB", None),
            ("wkB", "售后"),
            ("wkA", "咨询"),
        ]
        assert simulator.calls(ACCOUNTS) == 1

    def test_names_that_do_not_identify_an_account_are_failed_rows(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = info(simulator, None, ["咨询", "没有", "双"])
        assert [row["failed"] for row in result["accounts"]] == [False, True, True]
        assert result["accounts"][1]["msg"] == "no account is called '没有'"
        assert "wkC, wkD" in result["accounts"][2]["msg"]
        assert [row["servicers"] for row in result["accounts"][1:]] == [None, None]
        assert [row["name"] for row in result["accounts"]] == ["咨询", "没有", "双"]

    def test_ids_alone_cost_no_page_of_accounts(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        info(simulator, ["wkA"], [])
        assert simulator.calls(ACCOUNTS) == 0

    def test_a_name_that_is_asked_for_twice_has_two_rows_as_an_id_has(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = info(simulator, ["wkB", "wkB"], ["咨询", "咨询"])
        assert [row["open_kfid"] for row in result["accounts"]] == ["wkB", "wkB", "wkA", "wkA"]

    def test_accounts_that_cannot_be_listed_fail_the_names_and_not_the_ids(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        simulator.fault(on=ACCOUNTS, errcode=60011)
        result = info(simulator, ["wkA"], ["咨询", "售后"])
        assert [(row["open_kfid"], row["name"], row["failed"]) for row in result["accounts"]] == [
            ("wkA", None, False),
            (None, "咨询", True),
            (None, "售后", True),
        ]
        assert [row["failure"]["errcode"] for row in result["accounts"][1:]] == [60011, 60011]
        assert result["failure"]["errcode"] == 60011
        assert "kf/account/list failed: 60011" in result["msg"]

    def test_where_no_call_can_succeed_no_other_call_is_made(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        simulator.fault(on=ACCOUNTS, errcode=48002)
        result = info(simulator, ["wkA"], ["咨询"])
        assert [row["failure"]["errcode"] for row in result["accounts"]] == [48002, 48002]
        assert simulator.calls() == 2


@pytest.mark.parametrize("alias", ["open_kfids", "open_kfid"])
def test_the_module_as_a_whole(simulator: RunningSimulator, alias: str) -> None:
    simulator.reset(corp([{"userid": "Bob", "status": 1, "stop_type": 1}]))
    result = run_on(simulator, "wecom_kf_servicer_info", **{alias: [KFID, "wkNowhere"]}).result
    assert [account["failed"] for account in result["accounts"]] == [False, True]
    assert [servicer["status_name"] for servicer in result["accounts"][0]["servicers"]] == ["suspended"]
    assert result["accounts"][1]["servicers"] is None
    assert result["api_calls"] == simulator.calls() == 3
