# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding, removing and listing servicers, and paging through accounts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

    from .conftest import Client

KFID = "wkSupport"
ADD, DEL, LIST, ACCOUNTS = "kf/servicer/add", "kf/servicer/del", "kf/servicer/list", "kf/account/list"


def test_list_returns_users_with_status_and_departments(client: Client) -> None:
    assert client.servicers() == {
        "errcode": 0,
        "errmsg": "ok",
        "servicer_list": [
            {"userid": "zhangsan", "status": 0},
            {"userid": "LiSi", "status": 1, "stop_type": 1},
            {"department_id": 2},
        ],
    }


def test_list_has_no_status_without_management_privilege(client: Client) -> None:
    assert client.servicers("wkUnprivileged")["servicer_list"] == [{"userid": "wangwu"}]


def test_add_returns_a_code_for_each_servicer(sim: RunningSimulator, client: Client) -> None:
    response = client.add("wangwu", "zhangsan", "nobody", "-bad-", "unlicensed", 4, 2, 99)
    assert client.codes(response) == {
        "wangwu": (0, "success"),
        "zhangsan": (0, "ignored"),
        "nobody": (60111, "userid not found"),
        "-bad-": (40003, "invalid userid"),
        "unlicensed": (701008, "member has no interoperability license"),
        4: (0, "success"),
        2: (0, "ignored"),
        99: (60003, "department not found"),
    }
    assert sim.serving(KFID) == ["zhangsan", "LiSi", "wangwu", 2, 4]


def test_del_returns_a_code_for_each_servicer(sim: RunningSimulator, client: Client) -> None:
    response = client.remove("zhangsan", "wangwu", "nobody", 2, 4, 99)
    assert client.codes(response) == {
        "zhangsan": (0, "success"),
        "wangwu": (0, "ignored"),
        "nobody": (60111, "userid not found"),
        2: (0, "success"),
        4: (0, "ignored"),
        99: (60003, "department not found"),
    }
    assert sim.serving(KFID) == ["LiSi"]


@pytest.mark.parametrize(
    ("strict_removal", "errcode"), [(False, 0), (True, 60253), (60253, 60253), (95014, 95014), (60111, 60111)]
)
def test_removing_somebody_who_does_not_serve(
    sim: RunningSimulator, client: Client, strict_removal: bool | int, errcode: int
) -> None:
    sim.settings(strict_removal=strict_removal)
    codes = client.codes(client.remove("wangwu", 4, "zhangsan"))
    assert {name: code for name, (code, _errmsg) in codes.items()} == {"wangwu": errcode, 4: errcode, "zhangsan": 0}
    assert (codes["wangwu"][1] == "ignored") is (errcode == 0)


def department_serves(sim: RunningSimulator, **settings: Any) -> None:
    """Let a department with two members serve, and one of them by name as well."""
    sim.reset(
        {
            "members": ["ann", "Bob", "cy"],
            "departments": [{"id": 2, "members": ["ANN", "Bob"]}, 4],
            "accounts": [{"open_kfid": KFID, "servicers": ["Bob", {"department_id": 2}]}],
            **settings,
        }
    )


def test_members_of_a_serving_department_are_added_by_default(sim: RunningSimulator, client: Client) -> None:
    department_serves(sim)
    assert client.codes(client.add("ann"))["ann"] == (0, "success")
    assert sim.serving(KFID) == ["Bob", "ann", 2]


def test_members_of_a_serving_department_can_be_ignored_and_stay_unlisted(
    sim: RunningSimulator, client: Client
) -> None:
    department_serves(sim, covered_by_department="ignored")
    codes = client.codes(client.add("Ann", "cy"))
    assert codes == {"Ann": (0, "ignored"), "cy": (0, "success")}
    assert sim.serving(KFID) == ["Bob", "cy", 2]
    client.remove(2)
    assert client.codes(client.add("Ann"))["Ann"] == (0, "success")


def test_userids_ignore_case_and_keep_the_spelling_of_the_member(sim: RunningSimulator, client: Client) -> None:
    response = client.add("WANGWU", "ZhangSan", "wangwu")
    assert [(item["userid"], item["errmsg"]) for item in response["result_list"]] == [
        ("WANGWU", "success"),
        ("ZhangSan", "ignored"),
        ("wangwu", "ignored"),
    ]
    assert sim.serving(KFID) == ["zhangsan", "LiSi", "wangwu", 2]
    assert client.codes(client.remove("lisi")) == {"lisi": (0, "success")}


def test_somebody_who_left_can_be_removed_but_not_added(sim: RunningSimulator, client: Client) -> None:
    sim.members(remove=["LiSi"])
    assert "LiSi" in sim.serving(KFID)
    assert client.codes(client.remove("lisi"))["lisi"] == (0, "success")
    assert client.codes(client.add("lisi"))["lisi"][0] == 60111


def test_department_ids_above_32_bits_can_be_added(sim: RunningSimulator, client: Client) -> None:
    assert client.codes(client.add(2147483650))[2147483650] == (0, "success")


@pytest.mark.parametrize("endpoint", [ADD, DEL])
@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"open_kfid": KFID}, 40063),
        ({"open_kfid": KFID, "userid_list": [], "department_id_list": []}, 40063),
        ({"open_kfid": KFID, "userid_list": "wangwu"}, 40058),
        ({"open_kfid": KFID, "userid_list": [7]}, 40058),
        ({"open_kfid": KFID, "department_id_list": ["2"]}, 40058),
        ({"open_kfid": KFID, "department_id_list": [True]}, 40058),
        ({"open_kfid": KFID, "userid_list": [f"agent{number:03d}" for number in range(1, 102)]}, 40058),
        ({"open_kfid": KFID, "department_id_list": list(range(101))}, 40058),
        ({"open_kfid": "wkUnknown", "userid_list": ["wangwu"]}, 95004),
        ({"open_kfid": "kfcShownInTheConsole", "userid_list": ["wangwu"]}, 95000),
        ({"open_kfid": "wk" + "x" * 63, "userid_list": ["wangwu"]}, 95000),
        ({"userid_list": ["wangwu"]}, 40063),
        ({"open_kfid": "", "userid_list": ["wangwu"]}, 40063),
        ({"open_kfid": "wkForeign", "userid_list": ["wangwu"]}, 48007),
    ],
)
def test_a_call_refused_as_a_whole_changes_nobody(
    sim: RunningSimulator, client: Client, endpoint: str, body: dict[str, Any], errcode: int
) -> None:
    before = sim.serving(KFID)
    response = client.post(endpoint, body)
    assert response["errcode"] == errcode
    assert "result_list" not in response
    assert sim.serving(KFID) == before


def test_twenty_departments_on_add_and_a_hundred_on_del(client: Client) -> None:
    twenty_one = list(range(21))
    assert client.add(*twenty_one)["errcode"] == 40058
    assert client.remove(*twenty_one)["errcode"] == 0


def test_a_hundred_userids_are_not_too_many(sim: RunningSimulator, client: Client) -> None:
    assert client.add(*[f"agent{number:03d}" for number in range(1, 101)])["errcode"] == 0
    assert len(sim.serving(KFID)) == 103


def test_two_departments_of_which_one_serves_ignore_its_members_only(sim: RunningSimulator, client: Client) -> None:
    department_serves(sim, covered_by_department="ignored")
    client.remove(2)
    client.add(4)
    assert client.codes(client.add("ann"))["ann"] == (0, "success")


def test_servicers_over_the_limit_of_the_account_are_refused_one_by_one(sim: RunningSimulator, client: Client) -> None:
    sim.settings(limits={"userids_per_account": 3, "departments_per_account": 1})
    codes = client.codes(client.add("wangwu", "agent001", "zhangsan", 4))
    assert {name: code for name, (code, _errmsg) in codes.items()} == {
        "wangwu": 0,
        "agent001": 81017,
        "zhangsan": 0,
        4: 81017,
    }


@pytest.mark.parametrize("errcode", [81017, 40058])
def test_the_code_for_the_limit_of_the_account_is_a_setting(
    sim: RunningSimulator, client: Client, errcode: int
) -> None:
    sim.settings(limits={"userids_per_account": 2, "account_limit_errcode": errcode})
    response = client.add("wangwu")
    assert response["errcode"] == 0
    assert client.codes(response)["wangwu"][0] == errcode


@pytest.mark.parametrize("names", [("wangwu", "agent001"), ("wangwu", 4)], ids=["userids", "departments"])
def test_the_limit_of_the_account_can_fail_the_call_and_then_nothing_is_applied(
    sim: RunningSimulator, client: Client, names: tuple[str | int, ...]
) -> None:
    limits = {"userids_per_account": 3, "departments_per_account": 1, "account_limit_fails_call": True}
    sim.settings(limits={**limits, "account_limit_errcode": 40058})
    before = sim.serving(KFID)
    response = client.add(*names)
    assert response["errcode"] == 40058
    assert "result_list" not in response
    assert sim.serving(KFID) == before
    assert (sim.log()[-1]["applied"], sim.log()[-1]["changed"]) == (False, [])


def test_who_serves_or_is_refused_does_not_count_towards_the_limit_of_the_account(
    sim: RunningSimulator, client: Client
) -> None:
    sim.settings(limits={"userids_per_account": 3, "account_limit_fails_call": True})
    codes = client.codes(client.add("zhangsan", "nobody", "wangwu", "WANGWU"))
    assert [code for code, _errmsg in codes.values()] == [0, 60111, 0, 0]


@pytest.mark.parametrize(
    "body",
    ["", "[]", "not json", "\ufeff{}", json.dumps({"open_kfid": KFID, "userid_list": ["张三"]})],
    ids=["nothing", "a list", "not json", "a byte order mark", "escaped characters"],
)
def test_a_body_that_is_not_raw_json_is_refused(client: Client, body: str) -> None:
    assert client.post(ADD, body)["errcode"] == 40033


def test_a_body_with_raw_characters_is_accepted(client: Client) -> None:
    body = json.dumps({"open_kfid": KFID, "userid_list": ["张三", "back\\\\u1234slash"]}, ensure_ascii=False)
    assert client.post(ADD, body)["errcode"] == 0


def test_the_wrong_method_is_refused(client: Client) -> None:
    assert client.get(ADD, access_token=client.sim.token())["errcode"] == 43002
    assert client.post(LIST, client.body())["errcode"] == 43001


def test_a_lenient_service_lists_servicers_for_post_too(sim: RunningSimulator, client: Client) -> None:
    sim.settings(lenient=True)
    assert client.post(LIST, {"open_kfid": KFID}) == client.servicers()
    assert client.post(LIST, {})["errcode"] == 40063


def test_a_lenient_service_takes_null_for_a_list_and_departments_as_texts(
    sim: RunningSimulator, client: Client
) -> None:
    bodies = [
        {"open_kfid": KFID, "userid_list": ["wangwu"], "department_id_list": None},
        {"open_kfid": KFID, "userid_list": None, "department_id_list": ["4"]},
    ]
    assert [client.post(ADD, body)["errcode"] for body in bodies] == [40058, 40058]
    sim.settings(lenient=True)
    responses = [client.post(ADD, body) for body in bodies]
    assert [client.codes(response) for response in responses] == [{"wangwu": (0, "success")}, {4: (0, "success")}]
    assert sim.serving(KFID) == ["zhangsan", "LiSi", "wangwu", 2, 4]
    assert client.post(ADD, {"open_kfid": KFID, "department_id_list": ["four"]})["errcode"] == 40058
    assert client.post(ADD, {"open_kfid": KFID, "department_id_list": None})["errcode"] == 40063


def test_an_ip_that_is_not_trusted_is_named(sim: RunningSimulator, client: Client) -> None:
    sim.settings(ip_trusted=False)
    response = client.servicers()
    assert response["errcode"] == 60020
    assert response["errmsg"].startswith("not allow to access from your ip, hint: [")
    assert (
        "from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e=60020" in response["errmsg"]
    )


def test_every_kf_call_fails_when_the_api_is_switched_off(sim: RunningSimulator, client: Client) -> None:
    sim.settings(api_enabled=False)
    assert client.servicers()["errcode"] == 95017


def test_account_pages_are_full_but_for_the_last(sim: RunningSimulator, client: Client) -> None:
    sim.reset({"accounts": {"prefix": "wkFleet", "count": 205}})
    pages = [client.post(ACCOUNTS, {"offset": at, "limit": 100})["account_list"] for at in (0, 100, 200)]
    assert [len(page) for page in pages] == [100, 100, 5]
    assert pages[2][4]["open_kfid"] == "wkFleet205"


def test_an_account_row_has_name_avatar_and_privilege(sim: RunningSimulator, client: Client) -> None:
    row = client.post(ACCOUNTS, {"offset": 0, "limit": 1})["account_list"][0]
    assert row.pop("avatar").startswith("https://")
    assert row == {"open_kfid": KFID, "name": "咨询客服", "manage_privilege": True}
    sim.change(KFID, manage_privilege=None)
    assert "manage_privilege" not in client.post(ACCOUNTS, {})["account_list"][0]


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": 101}, {"limit": "10"}, {"offset": -1}])
def test_an_invalid_page_is_refused(client: Client, page: dict[str, Any]) -> None:
    assert client.post(ACCOUNTS, page)["errcode"] == 40058
