# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting a token, and the codes for a bad one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

    from .conftest import Client


def test_gettoken_returns_the_same_token_while_it_is_valid(sim: RunningSimulator, client: Client) -> None:
    first, second = client.gettoken(), client.gettoken()
    assert (first["errcode"], first["errmsg"], first["expires_in"]) == (0, "ok", 7200)
    assert first["access_token"] == second["access_token"]
    assert sim.state()["counters"]["tokens_issued"] == 1


def test_a_token_needs_encoding_in_a_query(sim: RunningSimulator, client: Client) -> None:
    token = client.gettoken()["access_token"]
    assert quote(token, safe="") != token
    assert client.servicers()["errcode"] == 0
    raw = client.http.get(f"{client.url('kf/servicer/list')}?open_kfid=wkSupport&access_token={token}", timeout=30)
    assert raw.json()["errcode"] == 40014, "a token that was not encoded is another token"


def test_the_first_tokens_can_be_chosen(sim: RunningSimulator, client: Client) -> None:
    sim.reset({"tokens": ["one", "two+"]})
    assert client.gettoken()["access_token"] == "one"
    sim.expire_tokens()
    assert client.gettoken()["access_token"] == "two+"
    sim.expire_tokens()
    assert client.gettoken()["access_token"] not in ("one", "two+")


@pytest.mark.parametrize(
    ("wrong", "errcode", "counted"),
    [({"corpid": "wwother"}, 40013, 0), ({"corpsecret": "guess"}, 40001, 1)],
    ids=["corpid", "secret"],
)
def test_wrong_credentials_get_no_token(
    sim: RunningSimulator, client: Client, wrong: dict[str, str], errcode: int, counted: int
) -> None:
    response = client.gettoken(**wrong)
    assert response["errcode"] == errcode
    assert "access_token" not in response
    assert sim.state()["counters"]["wrong_secrets"] == counted


@pytest.mark.parametrize("token", [None, "", "never-issued"])
def test_a_missing_or_unknown_token_is_refused(client: Client, token: str | None) -> None:
    params = {"open_kfid": "wkSupport"} if token is None else {"open_kfid": "wkSupport", "access_token": token}
    assert client.get("kf/servicer/list", **params)["errcode"] == (40014 if token else 41001)


def test_a_token_counts_only_in_the_query(sim: RunningSimulator, client: Client) -> None:
    token = sim.token()
    headers = {"Authorization": f"Bearer {token}", "access_token": token}
    body = {**client.body("wangwu"), "access_token": token}
    response = client.http.post(client.url("kf/servicer/add"), json=body, headers=headers, timeout=30)
    assert response.json()["errcode"] == 41001


def test_an_expired_token_gets_42001_and_is_replaced(sim: RunningSimulator, client: Client) -> None:
    old = sim.token()
    sim.expire_tokens()
    assert client.post("kf/servicer/add", client.body("wangwu"), access_token=old)["errcode"] == 42001
    assert client.gettoken()["access_token"] != old
    assert client.post("kf/servicer/add", client.body("wangwu"), access_token=old)["errcode"] == 42001


@pytest.mark.parametrize("errcode", [42001, 40014])
def test_a_token_can_live_for_a_number_of_calls(sim: RunningSimulator, client: Client, errcode: int) -> None:
    sim.settings(token_calls=2, token_calls_errcode=errcode)
    for _life in range(2):
        token = client.gettoken()["access_token"]
        assert client.gettoken()["access_token"] == token
        codes = [
            client.get("kf/servicer/list", access_token=token, open_kfid="wkSupport")["errcode"] for _call in range(3)
        ]
        assert codes == [0, 0, errcode]
        assert client.gettoken()["access_token"] != token


def test_calls_with_a_bad_token_do_not_shorten_the_life_of_the_good_one(sim: RunningSimulator, client: Client) -> None:
    sim.settings(token_calls=1)
    token = sim.token()
    assert client.get("kf/servicer/list", access_token="other", open_kfid="wkSupport")["errcode"] == 40014
    assert client.get("kf/servicer/list", access_token=token, open_kfid="wkSupport")["errcode"] == 0


def test_the_number_of_calls_can_be_unlimited_again(sim: RunningSimulator, client: Client) -> None:
    sim.settings(token_calls=1)
    sim.settings(token_calls=None)
    token = sim.token()
    for _call in range(3):
        assert client.get("kf/servicer/list", access_token=token, open_kfid="wkSupport")["errcode"] == 0


def test_a_forgotten_token_gets_40014(sim: RunningSimulator, client: Client) -> None:
    old = sim.token()
    sim.expire_tokens(as_invalid=True)
    assert client.post("kf/servicer/add", client.body("wangwu"), access_token=old)["errcode"] == 40014


def test_token_ttl_is_the_life_of_a_token(sim: RunningSimulator, client: Client) -> None:
    sim.settings(token_ttl=0)
    old = sim.token()
    assert client.post("kf/servicer/add", client.body("wangwu"), access_token=old)["errcode"] == 42001
    sim.settings(token_ttl=600)
    assert client.gettoken()["expires_in"] == 600
