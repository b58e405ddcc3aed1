# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module wecom_kf_account_info: which accounts exist, and their links."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._accounts_params import InfoParams
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_account_info import list_accounts
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.module_process import run_on
from ansible_collections.wecom.kf.tests.unit.support.service import ACCOUNTS, GETTOKEN, LINK, OTHER_KFID, api_of


def info(
    simulator: RunningSimulator,
    name: str | None = None,
    open_kfids: list[str] | None = None,
    *,
    scene: str | None = None,
    concurrency: int = 4,
    **options: t.Any,
) -> dict[str, t.Any]:
    with api_of(simulator, concurrency=concurrency, **options) as api:
        names = None if name is None else [name]
        result = list_accounts(InfoParams(open_kfids, names, concurrency, scene), api)
    assert result["changed"] is False
    return result


def ids(result: dict[str, t.Any]) -> list[str]:
    return [row["open_kfid"] for row in result["accounts"]]


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 250])
def test_the_accounts_of_all_pages_are_listed(simulator: RunningSimulator, number: int) -> None:
    simulator.reset({"accounts": [{"prefix": "wkF", "count": number}]})
    result = info(simulator)
    assert ids(result) == [f"wkF{n:0{len(str(number))}d}" for n in range(1, number + 1)]
    assert simulator.calls(ACCOUNTS) == number // 100 + 1
    assert result["msg"] == ("1 account" if number == 1 else f"{number} accounts")


def test_accounts_are_chosen_by_name_and_by_id(simulator: RunningSimulator) -> None:
    accounts = [
        {"open_kfid": "wkA", "name": "咨询"},
        {"open_kfid": "wkB", "name": "咨询"},
        {"open_kfid": "wkC", "name": "咨询客服", "manage_privilege": None},
    ]
    simulator.reset({"accounts": accounts})
    assert ids(info(simulator, "咨询")) == ["wkA", "wkB"]
    assert ids(info(simulator, None, ["wkC", "wkA", "wkNo"])) == ["wkA", "wkC"]
    assert ids(info(simulator, "咨询", ["wkB", "wkC"])) == ["wkB"]
    assert ids(info(simulator, "售后")) == []
    assert ids(info(simulator, None, [])) == []


def test_each_row_has_what_the_service_tells(simulator: RunningSimulator) -> None:
    accounts = [
        {"open_kfid": "wkA", "name": "咨询", "avatar": "https://a", "manage_privilege": True},
        {"open_kfid": "wkB", "name": "售后", "avatar": "https://b", "manage_privilege": None},
    ]
    simulator.reset({"accounts": accounts})
    assert info(simulator)["accounts"] == [
        {"open_kfid": "wkA", "name": "咨询", "avatar": "https://a", "manage_privilege": True},
        {"open_kfid": "wkB", "name": "售后", "avatar": "https://b", "manage_privilege": None},
    ]


def test_accounts_that_cannot_be_listed_are_the_failure(simulator: RunningSimulator) -> None:
    simulator.fault(on=ACCOUNTS, errcode=48002)
    result = info(simulator)
    assert (result["failed"], result["accounts"]) == (True, [])
    assert result["failure"]["errcode"] == 48002
    assert "48002" in result["msg"]


class TestLinks:
    def start(self, simulator: RunningSimulator, **more: t.Any) -> None:
        simulator.reset({"accounts": [{"prefix": "wkF", "count": 9}], **more})

    def test_each_account_gets_its_link_at_one_call_each(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = info(simulator, scene="store_1")
        urls = [row["url"] for row in result["accounts"]]
        assert all(url.startswith("https://work.weixin.qq.com/kf/") for url in urls)
        assert len(set(urls)) == 9
        assert (simulator.calls(GETTOKEN), simulator.calls(ACCOUNTS), simulator.calls(LINK)) == (1, 1, 9)
        assert {line["scene"] for line in simulator.log() if line["endpoint"] == LINK} == {"store_1"}
        assert urls == [row["url"] for row in info(simulator, scene="store_1")["accounts"]]

    def test_an_empty_scene_asks_for_the_link_without_one(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        assert all(row["url"] for row in info(simulator, None, ["wkF1"], scene="")["accounts"])
        assert not any(line.get("scene") for line in simulator.log() if line["endpoint"] == LINK)

    def test_only_the_accounts_that_were_chosen_are_asked_for(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        info(simulator, None, ["wkF2"], scene="a")
        assert simulator.calls(LINK) == 1

    def test_without_a_scene_there_are_no_links_and_no_calls(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        assert not any("url" in row for row in info(simulator)["accounts"])
        assert simulator.calls(LINK) == 0

    def test_a_link_that_cannot_be_had_fails_its_row_and_the_task(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        simulator.fault(on=LINK, open_kfid="wkF3", errcode=48007, times=None)
        result = info(simulator, scene="a")
        assert result["failed"]
        assert [row.get("failed", False) for row in result["accounts"]] == [n == 3 for n in range(1, 10)]
        assert result["accounts"][2]["url"] is None
        assert result["accounts"][2]["failure"]["errcode"] == 48007
        assert "48007" in result["accounts"][2]["msg"]
        assert result["msg"].startswith("9 accounts, 1 without link: wkF3: kf/add_contact_way failed: 48007")

    def test_busy_responses_are_retried(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        simulator.fault(on=LINK, errcode=-1, times=3)
        assert not info(simulator, scene="a")["failed"]

    def test_a_fatal_error_ends_it_after_few_calls(self, simulator: RunningSimulator) -> None:
        simulator.reset({"accounts": [{"prefix": "wkF", "count": 90}]})
        simulator.fault(on=LINK, errcode=48002, times=None)
        result = info(simulator, scene="a")
        assert all(row["failed"] for row in result["accounts"])
        assert simulator.calls(LINK) <= 8

    @pytest.mark.parametrize("url", [None, "", 7, "https://a\nb"], ids=repr)
    def test_a_response_without_a_usable_link_is_a_failure(self, simulator: RunningSimulator, url: t.Any) -> None:
        self.start(simulator)
        simulator.fault(on=LINK, patch={"url": url})
        (row,) = info(simulator, None, ["wkF1"], scene="a")["accounts"]
        assert "the response cannot be used: it lacks url" in row["msg"]


@pytest.mark.parametrize("alias", ["open_kfids", "open_kfid"])
def test_the_module_as_a_whole(simulator: RunningSimulator, alias: str) -> None:
    result = run_on(simulator, "wecom_kf_account_info", **{alias: [OTHER_KFID]}, scene="a").result
    (row,) = result["accounts"]
    assert row["open_kfid"] == OTHER_KFID
    assert row["url"].startswith("https://")
    assert result["api_calls"] == simulator.calls() == 3
