# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that others wrote finds in the simulator what it expects of the service."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import PNG

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

wechatpy_work = pytest.importorskip("wechatpy.work")
exceptions = pytest.importorskip("wechatpy.exceptions")

KFID = "wkSupport"


@pytest.fixture
def wechat(sim: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return wechatpy's work client, which knows only the address of the real service."""

    class Client(wechatpy_work.WeChatClient):  # type: ignore[name-defined, misc]  # imported at run time only
        API_BASE_URL = f"{sim.url}/cgi-bin/"

        def fetch_access_token(self) -> Any:
            return self._fetch_access_token(
                url=f"{self.API_BASE_URL}gettoken", params={"corpid": self.corp_id, "corpsecret": self.secret}
            )

    monkeypatch.setenv("NO_PROXY", "*")
    return Client(sim.corpid, sim.corpsecret, timeout=30)


def test_wechatpy_fetches_a_token(sim: RunningSimulator, wechat: Any) -> None:
    assert wechat.access_token == sim.token()


def test_wechatpy_is_told_of_a_wrong_secret(sim: RunningSimulator, wechat: Any) -> None:
    wechat.secret = "guess"
    with pytest.raises(exceptions.WeChatClientException) as caught:
        wechat.fetch_access_token()
    assert caught.value.errcode == 40001


def test_wechatpy_lists_servicers(wechat: Any) -> None:
    assert wechat.kf.get_servicer_list(KFID)["servicer_list"] == [
        {"userid": "zhangsan", "status": 0},
        {"userid": "LiSi", "status": 1, "stop_type": 1},
        {"department_id": 2},
    ]


def test_wechatpy_adds_and_removes_servicers(sim: RunningSimulator, wechat: Any) -> None:
    added = wechat.kf.add_servicer(KFID, ["wangwu", "nobody"])["result_list"]
    assert [(item["userid"], item["errcode"]) for item in added] == [("wangwu", 0), ("nobody", 60111)]
    assert sim.serving(KFID) == ["zhangsan", "LiSi", "wangwu", 2]
    assert wechat.kf.del_servicer(KFID, "zhangsan")["result_list"][0]["errcode"] == 0
    assert sim.serving(KFID) == ["LiSi", "wangwu", 2]


def test_wechatpy_renews_a_token_that_expired(sim: RunningSimulator, wechat: Any) -> None:
    wechat.kf.get_servicer_list(KFID)
    sim.expire_tokens()
    assert len(wechat.kf.get_servicer_list(KFID)["servicer_list"]) == 3
    assert sim.calls("gettoken") == 2


def test_wechatpy_lists_accounts_of_a_lenient_service(sim: RunningSimulator, wechat: Any) -> None:
    with pytest.raises(exceptions.WeChatClientException) as caught:
        wechat.kf.get_account_list()
    assert caught.value.errcode == 43002
    sim.settings(lenient=True)
    rows = wechat.kf.get_account_list()["account_list"]
    assert [row["open_kfid"] for row in rows] == [row["open_kfid"] for row in sim.accounts()]


def test_wechatpy_gets_a_link(wechat: Any) -> None:
    assert wechat.kf.add_contact_way(KFID, "shop")["url"].startswith("https://work.weixin.qq.com/kf/kfc")


def test_wechatpy_uploads_to_a_lenient_service(sim: RunningSimulator, wechat: Any) -> None:
    sim.settings(lenient=True)
    image = io.BytesIO(PNG)
    image.name = "avatar.png"
    assert wechat.media.upload("image", image)["media_id"] == sim.log()[-1]["media_id"]
