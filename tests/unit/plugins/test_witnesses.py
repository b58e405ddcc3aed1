# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection held against what others wrote: the examples of the official documentation, served as they are.

See https://developer.work.weixin.qq.com/document/path/94645 and 94646, 94647, 94661, 94662, 94665, 91039.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._accounts_params import (
    read_account_info_params,
    read_servicer_info_params,
)
from ansible_collections.wecom.kf.plugins.module_utils._kf.api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._wecom.client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom.connection import Connection
from ansible_collections.wecom.kf.plugins.modules import (
    wecom_kf_account,
    wecom_kf_account_info,
    wecom_kf_servicer,
    wecom_kf_servicer_info,
)

KFID = "kfxxxxxxxxxxxxxx"

GETTOKEN = """{
   "errcode": 0,
   "errmsg": "ok",
   "access_token": "accesstoken000001",
   "expires_in": 7200
}"""
RESULTS = """    {
        "errcode": 0,
        "errmsg": "ok",
        "result_list": [
            {
                "userid": "zhangsan",
                "errcode": 0,
                "errmsg": "success"
            },
            {
                "userid": "lisi",
                "errcode": 0,
                "errmsg": "ignored"
            }
        ]
    }""".replace("    ", "\t")
SERVICERS = """    {
        "errcode": 0,
        "errmsg": "ok",
        "servicer_list": [
            {
                "userid": "zhangsan",
                "status": 0
            },
            {
                "userid": "lisi",
                "status": 1
            }
        ]
    }""".replace("    ", "\t")
SERVICERS_WITH_DEPARTMENT = """{"errcode":0,"errmsg":"ok","servicer_list":[
 {"userid":"zhangsan","status":0},
 {"userid":"lisi","status":1,"stop_type":1},
 {"department_id":2}]}"""
NOBODY = '{"errcode":0,"errmsg":"ok","servicer_list":[]}'
ACCOUNTS = """{
    "errcode": 0,
    "errmsg": "ok",
    "account_list": [
        {
            "open_kfid": "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q",
            "name": "咨询客服",
            "avatar": "https://wework.qpic.cn/wwhead/duc2TvpEgSSjibPZlNR6chpx9W3dtd9Ogp8XEmSNKGa6uufMWn2239HUPuwIFoYYZ7Ph580FPvo8/0",
            "manage_privilege": false
        }
    ]
}""".replace("    ", "\t")
NEW_ACCOUNT = '{\n   "errcode": 0,\n   "errmsg": "ok",\n   "open_kfid": "wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyJTw"\n}'
LINK = """{
   "errcode": 0,
   "errmsg": "ok",
   "url":"https://work.weixin.qq.com/kf/kfcbf8f8d07ac7215f?enc_scene=ENCGFSDF567DF"
}"""


class Service:
    """Responds to each call with texts, one after the other and the last one again, and records what is asked."""

    def __init__(self, texts: dict[str, list[str]]) -> None:
        self.calls: list[tuple[str, str, t.Any]] = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _respond(self) -> None:
                call = self.path.partition("?")[0].replace("/cgi-bin/", "", 1)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.calls.append((self.command, call, json.loads(body) if body else None))
                left = texts[call]
                content = (left.pop(0) if len(left) > 1 else left[0]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json; charset=UTF-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _respond  # noqa: N815 -- the names that the standard library calls

            def log_message(self, *_args: t.Any) -> None:
                """Keep the output of the tests clean."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def api_of(**texts: list[str]) -> t.Iterator[tuple[KfApi, Service]]:
    calls = {name.replace("__", "/"): text for name, text in texts.items()}
    service = Service({"gettoken": [GETTOKEN], **calls})
    client = WecomClient(Connection(service.url, "ww1", "secret"))
    try:
        yield KfApi(client), service
    finally:
        client.close()
        service.close()


def params_of(module: t.Any, **given: t.Any) -> dict[str, t.Any]:
    """Return the parameters of a module as Ansible makes them."""
    defaults = {name: option.get("default") for name, option in module.SPEC.options.items()}
    return {**defaults, **given}


def manage(api: KfApi, **given: t.Any) -> dict[str, t.Any]:
    desired = wecom_kf_servicer.read_params(params_of(wecom_kf_servicer, **given))
    return wecom_kf_servicer.manage_servicers(desired, api, check_mode=False, diff=True)


def changed(result: dict[str, t.Any]) -> dict[str, bool]:
    return {entry["userid"]: entry["changed"] for entry in result["servicers"]}


def test_the_documented_response_to_an_add_changes_zhangsan_and_not_lisi_who_is_ignored() -> None:
    with api_of(kf__servicer__list=[NOBODY, SERVICERS], kf__servicer__add=[RESULTS]) as (api, service):
        result = manage(api, open_kfid=KFID, userids=["zhangsan", "lisi"])
    assert changed(result) == {"zhangsan": True, "lisi": False}
    assert (result["changed"], result["failed"]) == (True, False)
    assert result["summary"] == {"added": 1, "removed": 0, "unchanged": 1, "failed": 0}
    assert service.calls == [
        ("GET", "gettoken", None),
        ("GET", "kf/servicer/list", None),
        ("POST", "kf/servicer/add", {"open_kfid": KFID, "userid_list": ["zhangsan", "lisi"]}),
        ("GET", "kf/servicer/list", None),
    ]


def test_the_documented_response_to_a_del_changes_zhangsan_and_not_lisi_who_is_ignored() -> None:
    with api_of(kf__servicer__list=[SERVICERS, NOBODY], kf__servicer__del=[RESULTS]) as (api, service):
        result = manage(api, open_kfid=KFID, userids=["zhangsan", "lisi"], state="absent")
    assert changed(result) == {"zhangsan": True, "lisi": False}
    assert (result["changed"], result["failed"]) == (True, False)
    assert service.calls[2] == ("POST", "kf/servicer/del", {"open_kfid": KFID, "userid_list": ["zhangsan", "lisi"]})


def test_somebody_who_is_ignored_and_never_listed_is_not_added_again_by_every_run() -> None:
    only_zhangsan = '{"errcode":0,"errmsg":"ok","servicer_list":[{"userid":"zhangsan","status":0}]}'
    with api_of(kf__servicer__list=[only_zhangsan], kf__servicer__add=[RESULTS]) as (api, _service):
        result = manage(api, open_kfid=KFID, userids=["lisi"])
    assert (result["changed"], result["failed"]) == (False, False)
    assert "through a department" in result["msg"]


def test_the_documented_list_gives_the_status_of_each_servicer() -> None:
    with api_of(kf__servicer__list=[SERVICERS, SERVICERS_WITH_DEPARTMENT]) as (api, _service):
        given = params_of(wecom_kf_servicer_info, open_kfids=["wkA", "wkB"], concurrency=1)
        params = read_servicer_info_params(given)
        result = wecom_kf_servicer_info.list_servicers(params, api)
    names = [[row["status_name"] for row in account["servicers"]] for account in result["accounts"]]
    assert names == [["receiving", "stopped"], ["receiving", "suspended", None]]
    assert result["accounts"][1]["servicers"][2]["department_id"] == 2


def test_the_documented_account_is_found_by_its_name_and_gets_its_link() -> None:
    with api_of(kf__account__list=[ACCOUNTS], kf__add_contact_way=[LINK]) as (api, service):
        given = params_of(wecom_kf_account_info, name="咨询客服", scene="12345")
        result = wecom_kf_account_info.list_accounts(read_account_info_params(given), api)
    (account,) = result["accounts"]
    assert account["open_kfid"] == "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
    assert account["manage_privilege"] is False
    assert account["url"] == "https://work.weixin.qq.com/kf/kfcbf8f8d07ac7215f?enc_scene=ENCGFSDF567DF"
    assert service.calls[1:] == [
        ("POST", "kf/account/list", {"offset": 0, "limit": 100}),
        ("POST", "kf/add_contact_way", {"open_kfid": account["open_kfid"], "scene": "12345"}),
    ]


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_documented_new_account_gets_its_id_from_the_response(check_mode: bool) -> None:
    with api_of(kf__account__list=[ACCOUNTS], kf__account__add=[NEW_ACCOUNT]) as (api, service):
        params = wecom_kf_account.read_params(params_of(wecom_kf_account, name="新建的客服帐号"))
        result = wecom_kf_account.manage_account(params, api, check_mode=check_mode, diff=True)
    assert result["changed"]
    assert result["account"]["open_kfid"] == (None if check_mode else "wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyJTw")
    assert ("kf/account/add" in [call for _method, call, _body in service.calls]) is not check_mode
