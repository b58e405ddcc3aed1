# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms in which a response can come: numbers as texts, odd bytes, empty lists, unknown keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

    from .conftest import Client

KFID = "wkSupport"
LIST, ACCOUNTS = "kf/servicer/list", "kf/account/list"


def numbers(value: Any) -> list[Any]:
    """Every number in some JSON, true and false apart."""
    if isinstance(value, dict):
        return numbers(list(value.values()))
    if isinstance(value, list):
        return [number for inner in value for number in numbers(inner)]
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def test_numbers_as_text_leaves_no_number_in_any_response(sim: RunningSimulator, client: Client) -> None:
    sim.settings(numbers_as_text=True)
    assert client.servicers() == {
        "errcode": "0",
        "errmsg": "ok",
        "servicer_list": [
            {"userid": "zhangsan", "status": "0"},
            {"userid": "LiSi", "status": "1", "stop_type": "1"},
            {"department_id": "2"},
        ],
    }
    assert client.gettoken()["expires_in"] == "7200"
    assert client.post(ACCOUNTS, {})["account_list"][0]["manage_privilege"] is True
    sim.fault(on=LIST, errcode=-1)
    sim.fault(on="kf/servicer/add", items={"wangwu": 60111})
    for response in (client.servicers(), client.add("wangwu", 4), client.servicers("wkUnknown")):
        assert numbers(response) == []


def test_odd_bytes_are_in_names_and_error_texts_and_before_the_json(sim: RunningSimulator, client: Client) -> None:
    sim.settings(odd_bytes=True)
    body = client.raw(ACCOUNTS, {"limit": 1}).content
    assert body.startswith(b'\xef\xbb\xbf{"errcode":0,"errmsg":"o\t\x07\xff\xe5\xaek",')
    assert b'"name":"\xe5\x92\xa8\t\x07\xff\xe5\xae\xe8' in body
    assert client.raw("kf/servicer/add", {"open_kfid": "wkUnknown"}).content.count(b"\xff") == 1


def test_odd_bytes_leave_userids_and_the_words_for_success_alone(sim: RunningSimulator, client: Client) -> None:
    sim.settings(odd_bytes=True)
    body = client.raw("kf/servicer/add", client.body("zhangsan", "wangwu", "nobody")).content
    read = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    words = [(item["userid"], item["errcode"], item["errmsg"]) for item in read["result_list"]]
    assert words[:2] == [("zhangsan", 0, "ignored"), ("wangwu", 0, "success")]
    assert words[2][:2] == ("nobody", 60111)
    assert words[2][2].startswith("u\t\x07\ufffd")
    listed = client.http.get(client.url(LIST), params={"access_token": sim.token(), "open_kfid": KFID}, timeout=30)
    assert b'{"userid":"LiSi","status":1,"stop_type":1}' in listed.content


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("list", {"servicer_list": []}),
        ("null", {"servicer_list": None}),
        (None, {"servicer_list": None}),
        ("absent", {}),
    ],
)
def test_empty_list_says_how_nobody_comes(
    sim: RunningSimulator, client: Client, form: str | None, expected: dict[str, Any]
) -> None:
    sim.settings(empty_list=form)
    assert client.servicers("wkEmpty") == {"errcode": 0, "errmsg": "ok", **expected}
    assert len(client.servicers()["servicer_list"]) == 3


@pytest.mark.parametrize(("form", "expected"), [("null", {"account_list": None}), ("absent", {})])
def test_empty_list_is_the_form_of_the_page_after_the_last_full_one(
    sim: RunningSimulator, client: Client, form: str, expected: dict[str, Any]
) -> None:
    sim.reset({"accounts": {"prefix": "wkF", "count": 100}, "empty_list": form})
    assert len(client.post(ACCOUNTS, {"offset": 0, "limit": 100})["account_list"]) == 100
    assert client.post(ACCOUNTS, {"offset": 100, "limit": 100}) == {"errcode": 0, "errmsg": "ok", **expected}


def test_empty_list_is_the_form_of_a_result_list_without_items(sim: RunningSimulator, client: Client) -> None:
    sim.settings(empty_list="absent")
    sim.fault(on="kf/servicer/add", omit="all")
    assert client.add("wangwu") == {"errcode": 0, "errmsg": "ok"}


def test_extra_keys_are_in_the_response_and_in_each_row(sim: RunningSimulator, client: Client) -> None:
    before = client.servicers()
    sim.settings(extra_keys=True)
    after = client.servicers()
    extra = set(after) - set(before)
    assert extra
    for row, plain in enumerate(before["servicer_list"]):
        assert after["servicer_list"][row] == {**plain, **{key: after[key] for key in extra}}
    assert extra <= set(client.servicers("wkUnknown"))


def test_forms_combine_with_each_other_and_end_with_the_settings(sim: RunningSimulator, client: Client) -> None:
    plain = client.servicers()
    sim.settings(numbers_as_text=True, odd_bytes=True, extra_keys=True, empty_list="absent")
    body = client.http.get(client.url(LIST), params={"access_token": sim.token(), "open_kfid": "wkEmpty"}, timeout=30)
    read = json.loads(body.content.decode("utf-8-sig", "replace"), strict=False)
    assert (read["errcode"], "servicer_list" in read, numbers(read)) == ("0", False, [])
    sim.settings(numbers_as_text=False, odd_bytes=False, extra_keys=False, empty_list="list")
    assert client.servicers() == plain
