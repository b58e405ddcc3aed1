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
    shown = json.loads(done.stdout)["invocation"]["module_args"]
    assert shown["accounts"] == "30 entries"
    assert shown["corpsecret"] != simulator.corpsecret
