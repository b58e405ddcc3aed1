# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What faults do to calls."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

    from .conftest import Client

KFID = "wkSupport"
ADD, LIST = "kf/servicer/add", "kf/servicer/list"


def names(sim: RunningSimulator) -> list[Any]:
    return sim.serving(KFID)


def test_a_fault_acts_on_the_nth_call_and_this_many_times(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=LIST, nth=2, times=2, errcode=-1)
    assert [client.servicers()["errcode"] for _time in range(5)] == [0, -1, -1, 0, 0]
    assert sim.faults()[0]["hits"] == 2


def test_a_fault_without_end_acts_until_cleared(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on="any", times=None, errcode=6000)
    assert [client.servicers()["errcode"] for _time in range(3)] == [6000, 6000, 6000]
    assert client.gettoken()["errcode"] == 6000
    sim.clear_faults()
    assert client.servicers()["errcode"] == 0


def test_a_fault_acts_only_on_the_calls_named(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on="write", errcode=-1)
    sim.fault(on=[LIST], open_kfid="wkEmpty", errcode=-1)
    assert client.servicers()["errcode"] == 0
    assert client.servicers("wkEmpty")["errcode"] == -1
    assert client.add("wangwu")["errcode"] == -1
    assert client.add("wangwu")["errcode"] == 0


def test_the_fault_set_first_wins(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=LIST, errcode=1)
    sim.fault(on=LIST, times=2, errcode=2)
    assert [client.servicers()["errcode"] for _time in range(3)] == [1, 2, 0]


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize(
    "fault",
    [{"errcode": -1}, {"http_status": 502}, {"body": "<html>"}, {"body_size": 10}],
    ids=["errcode", "http_status", "body", "body_size"],
)
def test_a_call_with_another_response_changes_nothing_unless_applied(
    sim: RunningSimulator, client: Client, fault: dict[str, Any], applied: bool
) -> None:
    sim.fault(on=ADD, applied=applied, **fault)
    client.raw(ADD, client.body("wangwu"))
    assert ("wangwu" in names(sim)) is applied
    assert sim.log()[-1]["applied"] is applied


def test_errcode_can_have_its_own_errmsg(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=LIST, errcode=48002, errmsg="api forbidden, hint: [1]")
    assert client.servicers() == {"errcode": 48002, "errmsg": "api forbidden, hint: [1]"}
    sim.fault(on=LIST, errcode=48002)
    assert "hint: [" in client.servicers()["errmsg"]


def test_http_status_comes_with_a_page_and_headers(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, http_status=429, headers={"Retry-After": "3600"})
    response = client.raw(ADD, client.body("wangwu"))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "3600")
    assert response.headers["Content-Type"].startswith("text/html")
    assert "<html>" in response.text
    sim.fault(on=ADD, http_status=302, headers={"Location": "http://192.0.2.1/"})
    assert client.raw(ADD, client.body("wangwu")).is_redirect


@pytest.mark.parametrize("key", ["body", "body_base64"])
def test_body_is_sent_as_it_is(sim: RunningSimulator, client: Client, key: str) -> None:
    text = '{"errcode": '
    sim.fault(**{"on": ADD, key: text if key == "body" else base64.b64encode(text.encode()).decode()})
    assert client.raw(ADD, client.body("wangwu")).text == text


def test_truncate_announces_what_it_sends(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, truncate=20)
    response = client.raw(ADD, client.body("wangwu"))
    assert (response.content, response.headers["Content-Length"]) == (b'{"errcode":0,"errmsg', "20")
    assert "wangwu" in names(sim)


def test_cut_announces_more_than_it_sends(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, cut=20)
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=30)
    body = json.dumps(client.body("wangwu"))
    query = urllib.parse.urlencode({"access_token": sim.token()})
    connection.request("POST", f"/cgi-bin/{ADD}?{query}", body)
    with contextlib.closing(connection), pytest.raises(http.client.IncompleteRead):  # requests may not mind
        connection.getresponse().read()
    assert "wangwu" in names(sim)


@pytest.mark.parametrize(
    ("omit", "left"),
    [(["WANGWU", 4], ["agent001"]), ("all", []), ("result_list", None)],
    ids=["some", "all", "the list"],
)
def test_omit_leaves_items_out_although_they_are_applied(
    sim: RunningSimulator, client: Client, omit: Any, left: list[str] | None
) -> None:
    sim.fault(on=ADD, omit=omit)
    response = client.add("wangwu", "agent001", 4)
    assert (list(client.codes(response)) if "result_list" in response else None) == left
    assert {"wangwu", "agent001", 4} <= set(names(sim))


def test_omit_works_on_the_servicer_list_too(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=LIST, omit=["lisi", 2])
    assert client.servicers()["servicer_list"] == [{"userid": "zhangsan", "status": 0}]
    sim.fault(on=LIST, omit="errcode")
    assert "errcode" not in client.servicers()


def test_omitted_items_can_be_not_applied(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, omit=["wangwu"], applied=False)
    assert list(client.codes(client.add("wangwu", "agent001"))) == ["agent001"]
    assert "agent001" in names(sim)
    assert "wangwu" not in names(sim)


@pytest.mark.parametrize("applied", [None, True])
def test_items_overrides_the_codes_of_servicers(sim: RunningSimulator, client: Client, applied: bool | None) -> None:
    sim.fault(on=ADD, items={"WangWu": 60111, "department:4": 60003}, **({"applied": True} if applied else {}))
    codes = client.codes(client.add("wangwu", "agent001", 4))
    assert [code for code, _errmsg in codes.values()] == [60111, 0, 60003]
    assert ("wangwu" in names(sim), "agent001" in names(sim), 4 in names(sim)) == (bool(applied), True, bool(applied))


def test_patch_sets_keys_of_the_response(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=LIST, patch={"servicer_list": "nobody", "errcode": "0"})
    assert client.servicers() == {"errcode": "0", "errmsg": "ok", "servicer_list": "nobody"}


def test_a_call_that_is_not_applied_can_get_the_response_of_one_that_is(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, patch={"more": 1}, applied=False)
    assert client.codes(client.add("wangwu"))["wangwu"] == (0, "success")
    assert "wangwu" not in names(sim)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("drop", ["before", "after"])
def test_drop_closes_the_connection_before_or_after_the_change(
    sim: RunningSimulator, client: Client, drop: str, reset: bool
) -> None:
    sim.fault(on=ADD, drop=drop, reset=reset)
    with pytest.raises(requests.ConnectionError) as caught:
        client.raw(ADD, client.body("wangwu"))
    assert ("reset by peer" in str(caught.value)) is reset
    assert ("wangwu" in names(sim)) is (drop == "after")
    assert sim.log()[-1]["errcode"] is None


@pytest.mark.parametrize("which", ["delay", "delay_after"])
def test_a_delayed_call_is_applied_although_its_client_has_left(
    sim: RunningSimulator, client: Client, which: str
) -> None:
    sim.fault(on=ADD, **{which: 0.5})
    with pytest.raises(requests.ReadTimeout):
        client.http.post(client.url(ADD), params={"access_token": sim.token()}, json=client.body("wangwu"), timeout=0.1)
    assert ("wangwu" in names(sim)) is (which == "delay_after")
    sim.wait_idle()
    assert "wangwu" in names(sim)


def test_delay_and_drop_combine(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, delay=0.1, drop="after")
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        client.add("wangwu")
    assert time.monotonic() - started >= 0.1
    assert "wangwu" in names(sim)


def test_reset_cancels_delayed_calls(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, delay=60)
    with pytest.raises(requests.ReadTimeout):
        client.http.post(
            client.url(ADD), params={"access_token": sim.token()}, json=client.body("wangwu"), timeout=0.05
        )
    sim.reset()
    sim.wait_idle(1)
    assert "wangwu" not in names(sim)


def test_trickle_sends_headers_and_body_byte_by_byte(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=LIST, trickle=0.001)
    assert [entry.get("userid") for entry in client.servicers()["servicer_list"]] == ["zhangsan", "LiSi", None]
    sim.fault(on=LIST, trickle=0.5)
    with pytest.raises(requests.ReadTimeout):
        client.http.get(
            client.url(LIST), params={"access_token": sim.token(), "open_kfid": KFID}, timeout=0.2, stream=True
        )


@pytest.mark.parametrize("announced", [True, False])
def test_body_size_is_sent_in_full_announced_or_not(sim: RunningSimulator, client: Client, announced: bool) -> None:
    sim.fault(on=LIST, body_size=300_000, content_length=announced)
    response = client.http.get(client.url(LIST), timeout=30)
    assert len(response.content) == 300_000
    assert ("Content-Length" in response.headers) is announced


def test_a_gigabyte_is_only_sent_as_far_as_it_is_read(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=LIST, body_size=2**30)
    with client.http.get(client.url(LIST), timeout=30, stream=True) as response:
        assert response.headers["Content-Length"] == str(2**30)
        assert len(response.raw.read(1000)) == 1000
    assert client.servicers()["errcode"] == 0


def test_expire_token_gives_the_call_42001(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, expire_token=True)
    assert client.add("wangwu")["errcode"] == 42001
    assert client.add("wangwu")["errcode"] == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_another_writer_changes_the_account_before_or_after_the_call(
    sim: RunningSimulator, client: Client, when: str
) -> None:
    sim.fault(on=LIST, meanwhile={"add": ["WANGWU", 4], "remove": ["lisi"], "when": when})
    seen = {entry.get("userid") for entry in client.servicers()["servicer_list"]}
    assert ("wangwu" in seen, "LiSi" in seen) == ((True, False) if when == "before" else (False, True))
    assert names(sim) == ["zhangsan", "wangwu", 2, 4]
    assert sim.log()[-1]["meanwhile"] == ["wangwu", 4, "LiSi"]


def test_another_writer_can_undo_a_call_whose_response_is_lost(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=ADD, drop="after", meanwhile={"remove": ["wangwu"], "when": "after"})
    with pytest.raises(requests.ConnectionError):
        client.add("wangwu")
    assert "wangwu" not in names(sim)


def test_another_writer_can_change_another_account(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=LIST, meanwhile={"open_kfid": "wkEmpty", "add": ["wangwu"]})
    client.servicers()
    assert sim.serving("wkEmpty") == ["wangwu"]


def test_a_response_can_come_with_another_status(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on=LIST, http_status=503, errcode=-1)
    response = client.http.get(client.url(LIST), timeout=30)
    assert (response.status_code, response.json()["errcode"]) == (503, -1)


def test_faults_act_on_gettoken_too(sim: RunningSimulator, client: Client) -> None:
    sim.fault(on="gettoken", drop="before")
    with pytest.raises(requests.ConnectionError):
        client.gettoken()
    assert sim.state()["counters"]["tokens_issued"] == 0
    sim.fault(on="gettoken", patch={"access_token": 7})
    assert client.gettoken()["access_token"] == 7


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"on": "kf/servicer/ad", "errcode": 1}, "'kf/servicer/ad' is none of gettoken, kf/servicer/add"),
        ({"on": ADD}, "says when it acts, but not what it does"),
        ({"on": ADD, "errcod": 1}, "fault.errcod: unknown key (did you mean errcode?)"),
        ({"True": ADD, "errcode": 1}, "fault.True: unknown key (many YAML readers take an unquoted on for a boolean"),
        ({"on": ADD, "errcode": "1"}, "fault.errcode: a whole number is needed, not a text ('1')"),
        ({"on": ADD, "nth": 0, "errcode": 1}, "fault.nth: 0 is below 1"),
        ({"on": ADD, "drop": "between"}, "fault.drop: 'between' is none of before, after"),
        ({"on": ADD, "meanwhile": {"add": ["stranger"]}}, "'stranger' is not a member"),
        ({"on": ADD, "meanwhile": {"open_kfid": "wkNo", "add": []}}, "there is no account 'wkNo'"),
        ({"on": ADD, "body_base64": "*"}, "fault.body_base64: not valid base64"),
    ],
)
def test_an_invalid_fault_is_refused_with_its_reason(
    sim: RunningSimulator, fault: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- the text is what matters
        sim.fault(**fault)
    assert message in str(caught.value)


def test_the_connection_stays_open_after_an_error_status(sim: RunningSimulator, client: Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=30)
    sim.fault(on=LIST, times=2, http_status=500)
    for _time in range(3):
        connection.request("GET", "/cgi-bin/kf/servicer/list")
        connection.getresponse().read()
    assert sim.connections() == 1
    connection.close()
