# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control routes, for playbooks and people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

    from .conftest import Client

KFID = "wkSupport"


def control(client: Client, method: str, route: str, data: Any = None, status: int = 200) -> Any:
    """Call a control route."""
    response = client.http.request(method, f"{client.sim.url}/_sim/{route}", json=data, timeout=30)
    assert response.status_code == status, response.text
    return response.json()


def test_state_shows_servicers_counters_and_the_log(client: Client) -> None:
    client.gettoken()
    client.add("wangwu", 4)
    state = control(client, "GET", "state")
    assert state["accounts"][KFID]["servicers"] == [
        {"userid": "zhangsan", "status": 0},
        {"userid": "LiSi", "status": 1, "stop_type": 1},
        {"userid": "wangwu", "status": 0},
        {"department_id": 2},
        {"department_id": 4},
    ]
    assert state["counters"] == {
        "calls": {"gettoken": 1, "kf/servicer/add": 1},
        "connections": 1,
        "highest_concurrency": {"overall": 1, "gettoken": 1, "kf/servicer/add": 1},
        "wrong_secrets": 0,
        "tokens_issued": 1,
    }
    line = state["log"][-1]
    assert line.pop("at") >= 0
    assert line == {
        "endpoint": "kf/servicer/add",
        "open_kfid": KFID,
        "userids": ["wangwu"],
        "departments": [4],
        "errcode": 0,
        "applied": True,
        "changed": ["wangwu", 4],
        "meanwhile": [],
        "meanwhile_accounts": [],
        "fault": None,
    }


def test_state_can_be_limited_to_some_accounts(client: Client) -> None:
    assert list(control(client, "GET", f"state?open_kfid={KFID}&open_kfid=wkEmpty")["accounts"]) == [KFID, "wkEmpty"]
    assert control(client, "GET", "state?open_kfid=")["accounts"] == {}


def test_state_holds_no_secret(sim: RunningSimulator, client: Client) -> None:
    token = client.gettoken()["access_token"]
    client.gettoken(corpsecret="a-guess")
    client.post("kf/account/add", {"name": "a", "media_id": client.upload()["media_id"]})
    client.servicers()
    shown = json.dumps(sim.state())
    for secret in (token, sim.corpsecret, "a-guess"):
        assert json.dumps(secret)[1:-1] not in shown


def test_control_requests_count_as_no_connection(sim: RunningSimulator, client: Client) -> None:
    control(client, "GET", "state")
    assert sim.connections() == 0


def test_faults_are_set_and_cleared(client: Client) -> None:
    control(client, "POST", "faults", {"on": "kf/servicer/list", "errcode": -1})
    control(client, "POST", "faults", [{"errcode": 1, "nth": 2}, {"errcode": 2, "nth": 3}])
    assert [client.servicers()["errcode"] for _time in range(2)] == [-1, 1]
    control(client, "DELETE", "faults")
    assert client.servicers()["errcode"] == 0


def test_reset_starts_again_or_from_another_configuration(sim: RunningSimulator, client: Client) -> None:
    client.add("wangwu")
    control(client, "POST", "reset")
    assert sim.serving(KFID) == ["zhangsan", "LiSi", 2]
    assert sim.calls() == 0
    control(client, "POST", "reset", {"accounts": [{"open_kfid": "wkOther"}]})
    assert list(sim.state()["accounts"]) == ["wkOther"]


def test_counters_reset_keeps_the_accounts(sim: RunningSimulator, client: Client) -> None:
    client.add("wangwu")
    control(client, "POST", "counters/reset")
    assert (sim.calls(), sim.connections(), sim.log()) == (0, 0, [])
    assert "wangwu" in sim.serving(KFID)


def test_settings_change_one_by_one(sim: RunningSimulator, client: Client) -> None:
    control(client, "POST", "settings", {"latency": 0.01, "limits": {"concurrency": 3}})
    control(client, "POST", "settings", {"ip_trusted": False})
    settings = sim.state()["settings"]
    assert (settings["latency"], settings["ip_trusted"], settings["limits"]["concurrency"]) == (0.01, False, 3)


@pytest.mark.parametrize(("how", "errcode"), [(None, 42001), ({"as": "invalid"}, 40014)])
def test_tokens_can_be_expired_or_forgotten(sim: RunningSimulator, client: Client, how: Any, errcode: int) -> None:
    token = sim.token()
    control(client, "POST", "tokens/expire", how)
    assert client.post("kf/servicer/add", client.body("wangwu"), access_token=token)["errcode"] == errcode


def test_an_administrator_changes_an_account(sim: RunningSimulator, client: Client) -> None:
    data = {"add": ["wangwu", 4], "remove": ["LISI"], "status": {"zhangsan": {"status": 1}}, "name": "售后"}
    assert control(client, "POST", f"accounts/{KFID}", data)["changed"] == ["wangwu", 4, "LiSi"]
    account = sim.state(KFID)["accounts"][KFID]
    assert account["name"] == "售后"
    assert account["servicers"][0] == {"userid": "zhangsan", "status": 1, "stop_type": 0}
    control(client, "POST", f"accounts/{KFID}", {"authorized": False})
    assert client.servicers()["errcode"] == 48007


def test_an_administrator_creates_and_deletes_accounts(sim: RunningSimulator, client: Client) -> None:
    created = control(client, "POST", "accounts", {"name": "售后", "servicers": ["wangwu"]})["open_kfid"]
    assert client.accounts()[-1]["open_kfid"] == created
    assert sim.serving(created) == ["wangwu"]
    assert control(client, "POST", "accounts", {"open_kfid": "wkChosen", "name": "售后"})["open_kfid"] == "wkChosen"
    control(client, "DELETE", f"accounts/{created}")
    assert [(row["open_kfid"], row["name"]) for row in sim.accounts()][-2:] == [
        ("wkUnprivileged", "wkUnprivileged"),
        ("wkChosen", "售后"),
    ]
    assert client.servicers(created)["errcode"] == 95004


def test_state_shows_accounts_in_the_order_of_the_service(sim: RunningSimulator, client: Client) -> None:
    client.post("kf/account/add", {"name": "a"})
    client.post("kf/account/del", {"open_kfid": "wkEmpty"})
    shown = control(client, "GET", "state")["accounts"]
    assert [(open_kfid, row["name"], row["avatar"]) for open_kfid, row in shown.items()] == [
        (row["open_kfid"], row["name"], row["avatar"]) for row in client.accounts()
    ]


def test_members_join_and_leave(client: Client) -> None:
    control(
        client, "POST", "members", {"add": ["newcomer", {"userid": "picky", "refuse": 95014}], "remove": ["wangwu"]}
    )
    codes = client.codes(client.add("newcomer", "picky", "wangwu"))
    assert [code for code, _errmsg in codes.values()] == [0, 95014, 60111]


@pytest.mark.parametrize(
    ("route", "data", "message"),
    [
        ("faults", {"errcode": "x"}, "fault.errcode: a whole number is needed"),
        ("settings", {"latencies": 1}, "settings.latencies: unknown key (did you mean latency?)"),
        ("settings", {"limits": {"window": -1}}, "settings.limits.window: -1 is below 0"),
        ("reset", {"acounts": []}, "acounts: unknown key (did you mean accounts?)"),
        ("accounts/wkNo", {"add": []}, "there is no account 'wkNo'"),
        ("accounts/wkEmpty", {"add": ["stranger"]}, "'stranger' is not a member"),
        ("accounts", {"open_kfid": "wkEmpty"}, "accounts.open_kfid: 'wkEmpty' exists already"),
        ("accounts", {"nam": "a"}, "accounts.nam: unknown key (did you mean name?)"),
        ("faults", {"meanwhile": {"rename": {"wkEmpty": 7}}}, "fault.meanwhile.rename: texts are needed"),
        ("faults", {"meanwhile": {"create": [7]}}, "fault.meanwhile.create: texts are needed, not a number (7)"),
    ],
)
def test_a_control_request_that_cannot_be_done_changes_nothing(
    sim: RunningSimulator, client: Client, route: str, data: Any, message: str
) -> None:
    before = sim.state()
    assert message in control(client, "POST", route, data, status=400)["error"]
    assert sim.state() == before


def test_an_unknown_route_is_404(client: Client) -> None:
    assert "POST /_sim/faults" in control(client, "POST", "nothing", status=404)["routes"]
    assert client.http.get(client.url("user/get"), timeout=30).status_code == 404
    assert "/_sim/state" in client.http.get(client.sim.url, timeout=30).text
