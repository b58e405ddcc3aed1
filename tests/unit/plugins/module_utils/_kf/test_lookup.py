# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts by their names."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._kf.lookup import describe_lookup, find_accounts
from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import WecomError
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.service import ACCOUNTS, api_of


def found(simulator: RunningSimulator, *names: str, **options: t.Any) -> dict[str, list[str]]:
    with api_of(simulator, **options) as api:
        return find_accounts(names, api)


def test_names_are_matched_as_a_whole_and_exactly(simulator: RunningSimulator) -> None:
    accounts = [("wkA", "咨询"), ("wkB", "咨询客服"), ("wkC", "Sales"), ("wkD", "咨询 "), ("wkE", None)]
    simulator.fault(on=ACCOUNTS, patch={"account_list": [{"open_kfid": kfid, "name": name} for kfid, name in accounts]})
    assert found(simulator, "咨询", "sales", "Sales", "询") == {
        "咨询": ["wkA"],
        "sales": [],
        "Sales": ["wkC"],
        "询": [],
    }


def test_all_accounts_of_one_name_are_found_also_on_later_pages(simulator: RunningSimulator) -> None:
    twins = [{"open_kfid": "wkA", "name": "咨询"}, {"open_kfid": "wkB", "name": "咨询"}]
    simulator.reset({"accounts": [twins[0], {"prefix": "wkF", "count": 150}, twins[1]]})
    assert found(simulator, "咨询") == {"咨询": ["wkA", "wkB"]}
    assert simulator.calls(ACCOUNTS) == 2


def test_without_a_name_no_page_is_read(simulator: RunningSimulator) -> None:
    assert found(simulator) == {}
    assert simulator.calls() == 0


def test_accounts_that_cannot_be_listed_are_an_error(simulator: RunningSimulator) -> None:
    simulator.fault(on=ACCOUNTS, errcode=48002)
    with pytest.raises(WecomError, match="48002"):
        found(simulator, "咨询")


@pytest.mark.slow
def test_five_thousand_accounts_take_fifty_one_pages(simulator: RunningSimulator) -> None:
    simulator.reset({"accounts": [{"prefix": "wkF", "count": 5000}]})
    assert found(simulator, "nobody") == {"nobody": []}
    assert simulator.calls(ACCOUNTS) <= 51


class TestDescription:
    def test_one_account_needs_none(self) -> None:
        assert describe_lookup("咨询", ["wkA"]) == ""

    def test_an_unknown_name_is_said_to_be_unknown(self) -> None:
        assert describe_lookup("咨询", []) == "no account is called '咨询'"

    def test_a_blank_at_the_end_of_an_unknown_name_is_pointed_out(self) -> None:
        assert describe_lookup("咨询 ", []) == "no account is called '咨询 ' (there is a blank at its end)"

    def test_the_ids_of_several_accounts_are_listed(self) -> None:
        assert describe_lookup("咨询", ["wkA", "wkB"]) == (
            "2 accounts are called '咨询': wkA, wkB; name one by its open_kfid"
        )

    def test_all_of_many_accounts_are_listed(self) -> None:
        assert "wk29; name one" in describe_lookup("咨询", [f"wk{number}" for number in range(30)])
