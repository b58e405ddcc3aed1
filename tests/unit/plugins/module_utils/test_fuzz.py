# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a call is answered with, the end is a right report or a clear failure: no exception, and never `nobody`."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._information import which_accounts, who_serves
from ansible_collections.wecom.kf.plugins.module_utils._many_options import AccountFilter, AccountsAsked
from ansible_collections.wecom.kf.plugins.module_utils._one_account import manage_account
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import Wanted
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ACCOUNTS,
    ADD,
    DEL,
    GETTOKEN,
    KFID,
    LIST,
    api_of,
    corp,
)

fuzzing = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

texts = st.one_of(st.text(max_size=8), st.sampled_from(["", "ann", "ANN", "cy", "\ud800", "\x00", "a" * 70, "../.."]))
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([0, 1, -1, 2, 60111, 42001, 2**63, 10**30]))
leaves = st.one_of(st.none(), st.booleans(), numbers, texts)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
servicer = st.one_of(
    anything,
    st.fixed_dictionaries(
        {},
        optional={
            "userid": texts | anything,
            "department_id": numbers | anything,
            "status": leaves,
            "stop_type": leaves,
        },
    ),
)
item = st.fixed_dictionaries(
    {}, optional={"userid": texts | anything, "department_id": numbers, "errcode": numbers | leaves, "errmsg": leaves}
)
account = st.fixed_dictionaries(
    {}, optional={"open_kfid": texts, "name": leaves, "avatar": leaves, "manage_privilege": leaves}
)
nearly_right = st.fixed_dictionaries(
    {},
    optional={
        "errcode": st.sampled_from([0, 0, 0, -1, 40058, "0", None, 0.0, True]) | leaves,
        "errmsg": leaves,
        "access_token": texts | anything,
        "expires_in": leaves,
        "servicer_list": st.lists(servicer, max_size=4) | anything,
        "result_list": st.lists(item | anything, max_size=4) | anything,
        "account_list": st.lists(account | anything, max_size=4) | anything,
    },
)
jsons = st.one_of(nearly_right, nearly_right, anything).map(lambda value: json.dumps(value).encode())
bodies = st.one_of(
    jsons,
    jsons.flatmap(lambda body: st.integers(0, len(body)).map(lambda at: body[:at])),
    st.binary(max_size=40),
    st.sampled_from([b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"errcode":1e999}', b"{" * 5000, b"9" * 5000]),
)


def answered(simulator: RunningSimulator, call: str, body: bytes, nth: int = 1, **more: t.Any) -> None:
    simulator.reset(corp(["cy", {"department_id": 2}]))
    encoded = base64.b64encode(body).decode()
    simulator.fault(on=call, nth=nth, body_base64=encoded, **more)


def managed(simulator: RunningSimulator, **wish: t.Any) -> dict[str, t.Any]:
    wanted = Wanted(KFID, **{"state": "exact", "userids": ["ann", "Bob"], "department_ids": None, **wish})
    with api_of(simulator, retry_timeout=1.0) as api:
        report = manage_account(wanted, api, check_mode=False, diff=True)
    written = json.dumps(report, ensure_ascii=False).encode("utf-8")
    assert written
    assert report["failed"] in (True, False)
    assert len(report["msg"].splitlines()) == 1
    return report


def tells_who_serves(body: bytes) -> bool:
    """Whether this is the answer of a service that lists servicers, judged without the code under test."""
    try:
        answer = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    if not isinstance(answer, dict):
        return False
    errcode = answer.get("errcode", 0)
    if not isinstance(errcode, int) or isinstance(errcode, bool) or errcode != 0:
        return False
    rows = answer.get("servicer_list")
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


@fuzzing
@given(body=bodies)
@example(body=b'{"errcode":0,"errmsg":"ok"}')
@example(body=b'{"errcode":0,"servicer_list":[{"userid":"\\ud800"}]}')
@example(body=b'{"errcode":0,"servicer_list":[{"userid":"a\\nb"},{"userid":"\\u0130"}]}')
def test_the_list(simulator: RunningSimulator, body: bytes) -> None:
    answered(simulator, LIST, body, times=None)
    report = managed(simulator)
    if not tells_who_serves(body):
        assert report["failed"]
        assert not report["changed"]
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0


@fuzzing
@given(body=bodies)
def test_the_token(simulator: RunningSimulator, body: bytes) -> None:
    answered(simulator, GETTOKEN, body, times=None)
    report = managed(simulator)
    assert report["failed"]
    assert not report["changed"]
    assert simulator.calls(ADD) + simulator.calls(DEL) == 0


@fuzzing
@given(body=bodies, applied=st.booleans())
@pytest.mark.parametrize("call", [ADD, DEL])
def test_a_write(simulator: RunningSimulator, call: str, body: bytes, applied: bool) -> None:
    answered(simulator, call, body, applied=applied)
    report = managed(simulator)
    serving = {str(name).lower() for name in simulator.serving(KFID)}
    if b'"errcode"' not in body or b"userid" not in body:
        # No item can have been understood, so that what is reported was read back or done again.
        for entry in report["servicers"]:
            wanted = entry["action"] == "add"
            assert entry["failed"] == ((entry["userid"].lower() in serving) != wanted), entry
            assert entry["changed"] == (not entry["failed"])


@fuzzing
@given(body=bodies)
def test_reading_back(simulator: RunningSimulator, body: bytes) -> None:
    answered(simulator, LIST, body, nth=2, times=None)
    simulator.fault(on=ADD, drop="after")
    report = managed(simulator)
    if not tells_who_serves(body):
        assert report["failed"]
        assert [entry["msg"][:9] for entry in report["servicers"]] == ["not known", "not known", "not tried"]


@fuzzing
@given(body=bodies)
def test_the_account_list(simulator: RunningSimulator, body: bytes) -> None:
    answered(simulator, ACCOUNTS, body, times=None)
    with api_of(simulator, retry_timeout=1.0) as api:
        result = which_accounts(AccountFilter(None, None), api, check_mode=False, diff=False)
    json.dumps(result, ensure_ascii=False).encode("utf-8")
    assert result["failed"] or isinstance(json.loads(body.decode())["account_list"], list)


@fuzzing
@given(body=bodies)
def test_the_lists_of_the_info_module(simulator: RunningSimulator, body: bytes) -> None:
    answered(simulator, LIST, body, times=None)
    with api_of(simulator, retry_timeout=1.0) as api:
        result = who_serves(AccountsAsked([KFID], 2), api, check_mode=False, diff=False)
    json.dumps(result, ensure_ascii=False).encode("utf-8")
    assert result["failed"] or tells_who_serves(body)
