# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of many accounts and of information as a whole, and what goes wrong around any module."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.module_process import ModuleRun, run_module
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, KFID, OTHER_KFID, corp

BREAKS_WHEN_IT_BACKS_OFF = """
import importlib.util, os, sys, sysconfig
spec = importlib.util.spec_from_file_location("random", os.path.join(sysconfig.get_path("stdlib"), "random.py"))
real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
globals().update({name: value for name, value in vars(real).items() if not name.startswith("__")})
def uniform(*_bounds):
    raise RuntimeError("access_token=" + os.environ["ECHO"])
"""


def run(simulator: RunningSimulator, module: str, how: dict[str, t.Any] | None = None, **options: t.Any) -> ModuleRun:
    credentials = {"api_url": simulator.url, "corpid": simulator.corpid, "corpsecret": simulator.corpsecret}
    given = {name: value for name, value in {**credentials, **options}.items() if value is not None}
    return run_module(module, given, **(how or {}))


def test_many_accounts(simulator: RunningSimulator) -> None:
    accounts = [{"open_kfid": KFID, "userids": ["ann"]}, {"open_kfid": OTHER_KFID, "department_ids": [2]}]
    result = run(simulator, "wecom_kf_servicers", accounts=accounts).result
    assert result["changed"]
    assert [account["open_kfid"] for account in result["accounts"]] == [KFID, OTHER_KFID]
    assert (simulator.serving(KFID), simulator.serving(OTHER_KFID)) == (["ann"], [2])
    assert result["api_calls"] == simulator.calls() == 5


def test_who_serves(simulator: RunningSimulator) -> None:
    simulator.reset(corp([{"userid": "Bob", "status": 1, "stop_type": 1}]))
    result = run(simulator, "wecom_kf_servicer_info", open_kfids=[KFID, "wkNowhere"]).result
    assert [account["failed"] for account in result["accounts"]] == [False, True]
    assert [servicer["status_name"] for servicer in result["accounts"][0]["servicers"]] == ["suspended"]
    assert result["accounts"][1]["servicers"] is None


def test_which_accounts(simulator: RunningSimulator) -> None:
    result = run(simulator, "wecom_kf_account_info", open_kfids=[OTHER_KFID]).result
    assert [account["open_kfid"] for account in result["accounts"]] == [OTHER_KFID]


@pytest.mark.parametrize("end", ["\n", "\r\n", " "])
def test_a_token_that_came_with_a_lines_end_is_masked_without_it(simulator: RunningSimulator, end: str) -> None:
    token = simulator.token()
    simulator.change(KFID, name=token)
    done = run(simulator, "wecom_kf_account_info", corpid=None, corpsecret=None, access_token=token + end)
    assert done.result["accounts"]
    assert token not in done.stdout + done.stderr


def test_an_error_of_our_own_after_a_write_does_not_claim_that_nothing_changed(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    (tmp_path / "random.py").write_text(BREAKS_WHEN_IT_BACKS_OFF, encoding="utf-8")
    simulator.fault(on=ADD, errcode=-1, applied=True)
    how = {"stand_ins": tmp_path, "environment": {"ECHO": simulator.token()}}
    done = run(simulator, "wecom_kf_servicer", how, open_kfid=KFID, userids=["ann"])
    assert simulator.serving(KFID) == ["ann"]
    assert done.returncode == 1
    assert done.result["changed"]
    assert "not known" in done.result["msg"]
    assert simulator.token() not in done.stdout + done.stderr


def test_accounts_that_are_wrong_are_all_named_before_any_call(simulator: RunningSimulator) -> None:
    accounts = [{"open_kfid": KFID, "department_ids": ["two"]}, {"open_kfid": OTHER_KFID, "userids": ["a b"]}]
    result = run(simulator, "wecom_kf_servicers", accounts=accounts).result
    assert all(word in result["msg"] for word in (KFID, "'two'", OTHER_KFID, "'a b'"))
    assert (result["changed"], result["accounts"], simulator.calls()) == (False, [], 0)


@pytest.mark.parametrize("last", ["u2", "not a userid"])
def test_a_roster_of_many_accounts_is_not_sent_back(simulator: RunningSimulator, last: str) -> None:
    """Nor where it is refused: -vvv says how long it is."""
    accounts = [{"open_kfid": f"wkF{number:02d}", "userids": ["u1", last]} for number in range(1, 31)]
    done = run(simulator, "wecom_kf_servicers", {"check": True}, accounts=accounts)
    invocation = json.loads(done.stdout).get("invocation")
    if invocation is not None:  # ansible-core 2.21 and later hold it back unless it is asked for
        assert invocation["module_args"]["accounts"] == "30 entries"
    assert simulator.corpsecret not in done.stdout


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"open_kfid": OTHER_KFID, "userids": ["ann"], "state": "exat"}, f"{OTHER_KFID}: value of state must be one"),
        ({"open_kfid": OTHER_KFID, "userids": ["ann"], "allow_empty": "maybe"}, f"{OTHER_KFID}: argument 'allow_empty"),
        ({"open_kfid": OTHER_KFID, "userids": {"a": "b"}}, f"{OTHER_KFID}: argument 'userids'"),
        ({"open_kfid": OTHER_KFID, "usersids": ["ann"]}, f"{OTHER_KFID}: unknown option usersids"),
        ({"userids": ["ann"]}, "number 2: missing required arguments: open_kfid"),
        ({"open_kfid": None, "userids": ["ann"]}, "number 2: "),
        (None, "number 2: None is no account"),
        (7, "number 2: 7 is no account"),
        (OTHER_KFID, f"number 2: '{OTHER_KFID}' is no account"),
        ({"open_kfid": True, "userids": ["ann"]}, "number 2: open_kfid: 'True' is no account id"),
        ({"open_kfid": 5, "userids": ["ann"]}, "number 2: open_kfid: '5' is no account id"),
        ({"open_kfid": "a\x1b[2J", "userids": ["ann"]}, "number 2: open_kfid: 'a\\x1b[2J' is no account id"),
        ({"open_kfid": "x" * 9000, "userids": ["ann"]}, "number 2: open_kfid: 'xxxxxxxx"),
        ({"open_kfid": KFID, "userids": ["a b"]}, f"{KFID}: is there twice, as number 1 and as number 2"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_account_that_cannot_be_meant_is_named(simulator: RunningSimulator, wrong: t.Any, says: str) -> None:
    """Also where it is Ansible that refuses it, whose own message names no account."""
    accounts = [{"open_kfid": KFID, "userids": ["ann"]}, wrong]
    result = run(simulator, "wecom_kf_servicers", accounts=accounts).result
    assert says in result["msg"]
    assert len(result["msg"]) < 600
    assert (result["changed"], result["failed"], result["accounts"], result["api_calls"]) == (False, True, [], 0)
    assert simulator.calls() == 0


def test_all_that_are_refused_are_named(simulator: RunningSimulator) -> None:
    accounts = [{"open_kfid": f"wk{number}", "userids": ["ann"], "state": "exat"} for number in range(20)]
    result = run(simulator, "wecom_kf_servicers", accounts=accounts).result
    assert all(f"wk{number}" in result["msg"] for number in range(20))


@pytest.mark.parametrize(
    ("module", "options", "empty"),
    [
        ("wecom_kf_servicer", {"open_kfid": KFID, "userids": ["ann"], "state": "exat"}, "servicers"),
        ("wecom_kf_servicer", {"userids": ["ann"]}, "servicers"),
        ("wecom_kf_servicers", {"accounts": [], "concurrency": "many"}, "accounts"),
        ("wecom_kf_servicer_info", {"open_kfids": [KFID], "concurrency": "many"}, "accounts"),
        ("wecom_kf_account_info", {"nmae": "x"}, "accounts"),
    ],
    ids=str,
)
def test_a_result_is_whole_where_ansible_refuses_the_options(
    simulator: RunningSimulator, module: str, options: dict[str, t.Any], empty: str
) -> None:
    result = run(simulator, module, **options).result
    assert (result["failed"], result["changed"], result["api_calls"], result[empty]) == (True, False, 0, [])


def test_beside_a_guard_an_account_that_cannot_be_read_is_told(simulator: RunningSimulator) -> None:
    simulator.reset(corp(["ann", "Bob"]))
    accounts = [{"open_kfid": KFID, "userids": ["cy"]}, {"open_kfid": "wkNowhere", "userids": ["cy"]}]
    result = run(simulator, "wecom_kf_servicers", accounts=accounts, state="exact", max_removals="1").result
    assert all(word in result["msg"] for word in ("max_removals", "wkNowhere", "95004"))
