# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating, changing and deleting accounts, and their links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

    from .conftest import Client

KFID = "wkSupport"
LIST, ADD, UPDATE, DEL = "kf/account/list", "kf/account/add", "kf/account/update", "kf/account/del"
LINK = "kf/add_contact_way"
OK = {"errcode": 0, "errmsg": "ok"}


def names(client: Client) -> list[str]:
    return [row["name"] for row in client.accounts()]


def test_a_new_account_has_an_id_of_its_own_and_is_the_last_in_the_list(client: Client) -> None:
    response = client.post(ADD, {"name": "新建的客服帐号"})
    open_kfid = response.pop("open_kfid")
    assert response == OK
    assert re.fullmatch(r"wk[0-9A-Za-z_-]{30}", open_kfid)
    row = client.accounts()[-1]
    assert row.pop("avatar").startswith("https://")
    assert row == {"open_kfid": open_kfid, "name": "新建的客服帐号", "manage_privilege": True}
    assert client.servicers(open_kfid)["servicer_list"] == []
    assert client.codes(client.add("wangwu", open_kfid=open_kfid))["wangwu"][0] == 0


def test_two_accounts_may_have_one_name(client: Client) -> None:
    ids = {client.post(ADD, {"name": "咨询客服"})["open_kfid"] for _time in range(2)}
    assert len(ids) == 2
    assert names(client).count("咨询客服") == 3


def test_a_seed_gives_the_same_ids_again(sim: RunningSimulator, client: Client) -> None:
    ids = []
    for seed in (1, 1, 2, None):
        sim.reset({"seed": seed})
        ids.append(client.post(ADD, {"name": "a"})["open_kfid"])
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 40063),
        ({"name": None}, 40063),
        ({"name": ""}, 95006),
        ({"name": "字" * 17}, 95006),
        ({"name": 7}, 40058),
        ({"name": "a", "media_id": "unknown"}, 40007),
        ({"name": "a", "media_id": 7}, 40007),
    ],
)
def test_accounts_that_cannot_be_created(
    sim: RunningSimulator, client: Client, body: dict[str, Any], errcode: int
) -> None:
    before = sim.accounts()
    assert client.post(ADD, body)["errcode"] == errcode
    assert sim.accounts() == before


def test_sixteen_characters_are_not_too_many_for_a_name(client: Client) -> None:
    assert client.post(ADD, {"name": "客" * 16})["errcode"] == 0


@pytest.mark.parametrize(
    ("settings", "errcode"),
    [
        ({"limits": {"accounts_per_corp": 4}}, 95005),
        ({"accounts_underused": True}, 95026),
        ({"avatar_required": True}, 40063),
    ],
    ids=["limit", "underused", "avatar required"],
)
def test_a_corp_that_may_not_create_another_account(
    sim: RunningSimulator, client: Client, settings: dict[str, Any], errcode: int
) -> None:
    sim.settings(**settings)
    assert client.post(ADD, {"name": "a"})["errcode"] == errcode
    assert len(sim.accounts()) == 4


def test_a_corp_that_is_not_verified_has_ten_accounts_at_most(sim: RunningSimulator, client: Client) -> None:
    sim.settings(verified=False)
    codes = [client.post(ADD, {"name": "a"})["errcode"] for _time in range(7)]
    assert codes == [0] * 6 + [95027]


def test_update_changes_the_name_and_the_avatar_each_on_its_own(client: Client) -> None:
    before = client.accounts()[0]
    assert client.post(UPDATE, {"open_kfid": KFID, "name": "售后客服"}) == OK
    renamed = client.accounts()[0]
    assert renamed == {**before, "name": "售后客服"}
    assert client.post(UPDATE, {"open_kfid": KFID, "media_id": client.upload()["media_id"]}) == OK
    repainted = client.accounts()[0]
    assert repainted["avatar"] != renamed["avatar"]
    assert {**repainted, "avatar": renamed["avatar"]} == renamed


def test_del_deletes_the_account_and_nothing_else(client: Client) -> None:
    before = client.accounts()
    assert client.post(DEL, {"open_kfid": KFID}) == OK
    assert client.accounts() == before[1:]
    assert client.servicers()["errcode"] == 95004
    assert client.post(DEL, {"open_kfid": KFID})["errcode"] == 95004


def test_the_last_account_stays(sim: RunningSimulator, client: Client) -> None:
    sim.reset({"accounts": [{"open_kfid": "wkLast"}]})
    assert client.post(DEL, {"open_kfid": "wkLast"})["errcode"] == 95005
    assert len(sim.accounts()) == 1


@pytest.mark.parametrize("endpoint", [UPDATE, DEL, LINK])
@pytest.mark.parametrize(
    ("open_kfid", "errcode"),
    [("wkUnknown", 95004), ("kfc123", 95000), (7, 95000), (None, 40063), ("", 40063), ("wkForeign", 48007)],
)
def test_accounts_that_the_app_cannot_work_on(
    sim: RunningSimulator, client: Client, endpoint: str, open_kfid: Any, errcode: int
) -> None:
    before = sim.accounts()
    assert client.post(endpoint, {"open_kfid": open_kfid})["errcode"] == errcode
    assert sim.accounts() == before


@pytest.mark.parametrize(("endpoint", "errcode"), [(UPDATE, 48007), (DEL, 48007), (LINK, 0)])
def test_without_management_privilege_an_account_is_neither_changed_nor_deleted(
    client: Client, endpoint: str, errcode: int
) -> None:
    assert client.post(endpoint, {"open_kfid": "wkUnprivileged"})["errcode"] == errcode


def test_a_bad_name_or_media_id_changes_nothing(client: Client) -> None:
    before = client.accounts()
    media_id = client.upload()["media_id"]
    assert client.post(UPDATE, {"open_kfid": KFID, "name": "", "media_id": media_id})["errcode"] == 95006
    assert client.post(UPDATE, {"open_kfid": KFID, "name": "b", "media_id": "unknown"})["errcode"] == 40007
    assert client.accounts() == before


def test_a_link_differs_by_account_and_scene_and_is_the_same_each_time(client: Client) -> None:
    def link(**body: str) -> str:
        response = client.post(LINK, body)
        url: str = response.pop("url")
        assert response == OK
        return url

    plain, other = link(open_kfid=KFID), link(open_kfid="wkEmpty")
    assert re.fullmatch(r"https://work\.weixin\.qq\.com/kf/kfc[0-9a-f]{17}", plain)
    scenes = [link(open_kfid=KFID, scene=scene) for scene in ("12345", "a" * 32, "A_b-9")]
    assert all(url.startswith(f"{plain}?enc_scene=ENC") for url in scenes)
    assert len({plain, other, *scenes}) == 5
    assert link(open_kfid=KFID, scene="12345") == scenes[0]
    assert link(open_kfid=KFID, scene="") == plain


@pytest.mark.parametrize("scene", ["a" * 33, "a b", "a\n", "客", 7, None])
def test_scenes_that_are_refused(client: Client, scene: Any) -> None:
    assert client.post(LINK, {"open_kfid": KFID, "scene": scene})["errcode"] == 40058


def test_the_log_tells_names_scenes_and_media_ids(sim: RunningSimulator, client: Client) -> None:
    media_id = client.upload()["media_id"]
    open_kfid = client.post(ADD, {"name": "a", "media_id": media_id})["open_kfid"]
    client.post(UPDATE, {"open_kfid": open_kfid, "name": "a"})
    client.post(UPDATE, {"open_kfid": open_kfid, "name": "b"})
    client.post(LINK, {"open_kfid": open_kfid, "scene": "shop"})
    client.post(DEL, {"open_kfid": open_kfid})
    shown = [
        {key: line.get(key) for key in ("endpoint", "open_kfid", "name", "scene", "media_id", "changed")}
        for line in sim.log()[1:]
    ]
    base = {"open_kfid": open_kfid, "name": None, "scene": None, "media_id": None, "changed": [open_kfid]}
    assert shown == [
        {**base, "endpoint": ADD, "name": "a", "media_id": media_id},
        {**base, "endpoint": UPDATE, "name": "a", "changed": []},
        {**base, "endpoint": UPDATE, "name": "b"},
        {**base, "endpoint": LINK, "scene": "shop", "changed": []},
        {**base, "endpoint": DEL},
    ]


def test_a_lost_response_leaves_the_account_created(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, drop="after")
    with pytest.raises(requests.ConnectionError):
        client.post(ADD, {"name": "a"})
    assert names(client)[-1] == "a"
    assert sim.log()[0]["changed"] == [client.accounts()[-1]["open_kfid"]]


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [(ADD, {"name": "a"}), (UPDATE, {"open_kfid": KFID, "name": "b"}), (DEL, {"open_kfid": KFID})],
)
def test_an_account_call_that_is_not_applied_gets_a_response_as_if(
    sim: RunningSimulator, client: Client, endpoint: str, body: dict[str, Any]
) -> None:
    before = sim.accounts()
    sim.fault(on=endpoint, applied=False, patch={"note": 1})
    assert client.post(endpoint, body)["errcode"] == 0
    assert sim.accounts() == before
    assert (sim.log()[-1]["applied"], sim.log()[-1]["changed"]) == (False, [])


def test_account_write_is_every_call_that_changes_an_account_and_write_none_of_them(
    sim: RunningSimulator, client: Client
) -> None:
    def codes() -> list[int]:
        bodies = {ADD: {"name": "a"}, UPDATE: {"open_kfid": KFID}, DEL: {"open_kfid": "wkEmpty"}}
        return [client.post(endpoint, body)["errcode"] for endpoint, body in bodies.items()]

    sim.fault(on="account_write", times=3, errcode=-1)
    assert (client.add("wangwu")["errcode"], len(client.accounts())) == (0, 4)
    assert codes() == [-1, -1, -1]
    sim.fault(on="write", errcode=-1)
    assert codes() == [0, 0, 0]


@pytest.mark.parametrize("when", ["before", "after"])
def test_another_writer_creates_renames_and_deletes_accounts(sim: RunningSimulator, client: Client, when: str) -> None:
    sim.fault(
        on=LIST,
        meanwhile={
            "create": ["新店"],
            "rename": {"咨询客服": "售后客服", "wkEmpty": "空"},
            "delete": ["wkUnprivileged", "nobody"],
            "when": when,
        },
    )
    old, new = ["咨询客服", "wkEmpty", "wkForeign", "wkUnprivileged"], ["售后客服", "空", "wkForeign", "新店"]
    assert names(client) == (new if when == "before" else old)
    assert names(client) == new
    created = client.accounts()[-1]["open_kfid"]
    assert sim.log()[0]["meanwhile_accounts"] == [created, KFID, "wkEmpty", "wkUnprivileged"]


def test_another_writer_can_undo_what_the_call_did(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, meanwhile={"delete": ["a"], "when": "after"})
    assert client.post(ADD, {"name": "a"})["errcode"] == 0
    assert "a" not in names(client)


def test_strict_methods_unless_lenient(sim: RunningSimulator, client: Client) -> None:
    assert client.get(LIST, access_token=sim.token())["errcode"] == 43002
    sim.settings(lenient=True)
    assert client.get(LIST, access_token=sim.token())["account_list"] == client.accounts()
    page = client.get(LIST, access_token=sim.token(), offset="1", limit="2")["account_list"]
    assert [row["open_kfid"] for row in page] == ["wkEmpty", "wkForeign"]
    assert client.get(LIST, access_token=sim.token(), limit="x")["errcode"] == 40058
    assert client.get(ADD, access_token=sim.token(), name="a")["errcode"] == 43002
