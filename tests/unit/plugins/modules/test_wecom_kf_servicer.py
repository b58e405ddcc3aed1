# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module wecom_kf_servicer as a whole: options in, calls over the wire, the result of the contract out."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.module_process import ModuleRun, run_module
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, DEL, GETTOKEN, KFID, LIST, corp, users

ALWAYS = {"changed", "failed", "msg", "open_kfid", "servicers", "summary", "api_calls"}
ENTRY = {"userid", "department_id", "action", "changed", "failed", "errcode", "errmsg", "msg"}
NOTHING = {"added": 0, "removed": 0, "unchanged": 0, "failed": 0}


def options(simulator: RunningSimulator, **more: t.Any) -> dict[str, t.Any]:
    return {
        "open_kfid": KFID,
        "api_url": simulator.url,
        "corpid": simulator.corpid,
        "corpsecret": simulator.corpsecret,
        **more,
    }


def run(simulator: RunningSimulator, how: dict[str, t.Any] | None = None, **more: t.Any) -> dict[str, t.Any]:
    """The result, after a look at what holds for every one."""
    given = {name: value for name, value in options(simulator, **more).items() if value is not None}
    done = run_module("wecom_kf_servicer", given, **(how or {}))
    return looked_at(done, simulator)


def looked_at(done: ModuleRun, simulator: RunningSimulator) -> dict[str, t.Any]:
    result = done.result
    # With tracebacks switched on, ansible-core itself adds where a module called fail_json.
    result.pop("exception", None)
    assert "Traceback" not in done.stderr
    assert simulator.corpsecret not in done.stdout + done.stderr
    assert simulator.token() not in done.stdout + done.stderr
    # Success is told by the absence of failure and of an exit code.
    assert done.returncode == (1 if result.get("failed") else 0)
    result.setdefault("failed", False)
    return result


class TestContract:
    def test_a_success_has_every_key(self, simulator: RunningSimulator) -> None:
        result = run(simulator, userids=["ann", "Bob"], department_ids=[2])
        assert set(result) == ALWAYS
        assert [set(entry) for entry in result["servicers"]] == [ENTRY] * 3
        assert result["servicers"][0] == {
            "userid": "ann",
            "department_id": None,
            "action": "add",
            "changed": True,
            "failed": False,
            "errcode": 0,
            "errmsg": "ok",
            "msg": "added",
        }
        assert (result["changed"], result["failed"], result["open_kfid"]) == (True, False, KFID)
        assert result["summary"] == {**NOTHING, "added": 3}
        assert result["msg"] == f"{KFID}: 3 added, 0 removed, 0 unchanged"
        assert result["api_calls"] == simulator.calls() == 3

    def test_one_user_who_fails_fails_the_task_with_everything_in_the_result(self, simulator: RunningSimulator) -> None:
        result = run(simulator, userids=["ann", "stranger"])
        assert set(result) == ALWAYS
        assert (result["changed"], result["failed"]) == (True, True)
        assert result["summary"] == {**NOTHING, "added": 1, "failed": 1}
        assert result["msg"].endswith("1 failed: stranger (60111 userid not found)")
        assert [entry["failed"] for entry in result["servicers"]] == [False, True]
        assert simulator.serving(KFID) == ["ann"]

    def test_a_call_that_fails_is_the_failure(self, simulator: RunningSimulator) -> None:
        simulator.settings(ip_trusted=False)
        result = run(simulator, userids=["ann"])
        assert set(result) == ALWAYS | {"failure"}
        assert set(result["failure"]) == {"errcode", "errmsg", "hint", "call", "http_status"}
        assert result["failure"]["errcode"] == 60020
        assert result["failure"]["call"] == LIST
        assert result["failure"]["http_status"] == 200
        assert result["failure"]["hint"].startswith("add 203.0.113.7 under 企业可信IP")
        assert "from ip: 203.0.113.7" in result["failure"]["errmsg"]

    def test_a_refused_option_leaves_the_same_keys(self, simulator: RunningSimulator) -> None:
        result = run(simulator, userids=["zhang san"])
        assert set(result) == ALWAYS
        assert (result["changed"], result["failed"], result["api_calls"]) == (False, True, 0)
        assert (result["servicers"], result["summary"]) == ([], NOTHING)
        assert simulator.calls() == 0

    @pytest.mark.parametrize("check", [False, True])
    def test_a_diff_is_shown_in_diff_mode(self, simulator: RunningSimulator, check: bool) -> None:
        simulator.reset(corp(["cy", {"department_id": 2}]))
        result = run(simulator, {"diff": True, "check": check}, userids=["ann"], state="exact")
        assert set(result) == ALWAYS | {"diff"}
        assert result["diff"] == {
            "before": "cy\ndepartment:2\n",
            "after": "ann\ndepartment:2\n",
            "before_header": KFID,
            "after_header": KFID,
        }

    def test_an_account_that_cannot_be_read_has_no_diff(self, simulator: RunningSimulator) -> None:
        result = run(simulator, {"diff": True}, userids=["ann"], open_kfid="wkNoSuch")
        assert "diff" not in result
        assert result["failure"]["errcode"] == 95004

    def test_check_mode_reports_what_the_real_run_then_does(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["cy", "Bob", {"department_id": 4}]))
        wish = {"userids": ["ann", "BOB", "Ann"], "department_ids": [2], "state": "exact"}
        foreseen = run(simulator, {"check": True, "diff": True}, **wish)
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0
        done = run(simulator, {"diff": True}, **wish)
        assert {**foreseen, "api_calls": None} == {**done, "api_calls": None}
        again = run(simulator, {"diff": True}, **wish)
        assert (again["changed"], again["diff"]["before"]) == (False, done["diff"]["after"])


class TestNumbersOfCalls:
    def test_500_who_serve_already_take_one_list_and_one_gettoken(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(users(1, 500)))
        result = run(simulator, userids=users(1, 500))
        assert not result["changed"]
        assert [line["endpoint"] for line in simulator.log()] == [GETTOKEN, LIST]
        assert result["api_calls"] == 2

    def test_250_new_ones_take_three_more_on_the_same_connection(self, simulator: RunningSimulator) -> None:
        result = run(simulator, userids=users(1, 250))
        assert result["summary"]["added"] == 250
        assert [line["endpoint"] for line in simulator.log()] == [GETTOKEN, LIST, ADD, ADD, ADD]
        assert simulator.connections() == 1
        assert result["api_calls"] == 5

    def test_an_empty_list_is_nothing_to_do(self, simulator: RunningSimulator) -> None:
        result = run(simulator, userids=[])
        assert (result["changed"], result["failed"], result["servicers"]) == (False, False, [])


class TestOptions:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"open_kfid": ""}, ["open_kfid"]),
            ({"userids": ["x" * 65]}, ["userids", "x" * 65]),
            ({"userids": None, "department_ids": ["two"]}, ["department_ids"]),
            ({"userids": None}, ["userids", "department_ids"]),
            ({"corpsecret": None}, ["corpid", "corpsecret"]),
            ({"corpid": None, "corpsecret": None}, ["credentials"]),
            ({"api_url": "qyapi"}, ["api_url", "qyapi"]),
            ({"max_removals": "lots"}, ["max_removals", "lots"]),
            ({"state": "here"}, ["state", "here"]),
            ({"timeout": "soon"}, ["timeout"]),
            ({"allow_emtpy": True}, ["allow_emtpy"]),
        ],
        ids=str,
    )
    def test_bad_input_is_refused_in_one_sentence(
        self, simulator: RunningSimulator, changes: dict[str, t.Any], words: list[str]
    ) -> None:
        result = run(simulator, **{"userids": ["ann"], **changes})
        assert result["failed"]
        assert [word for word in words if word not in result["msg"]] == []
        assert "\n" not in result["msg"]
        assert simulator.calls() == 0

    def test_credentials_may_come_from_the_environment(self, simulator: RunningSimulator) -> None:
        environment = {
            "WECOM_CORPID": simulator.corpid,
            "WECOM_CORPSECRET": simulator.corpsecret,
            "WECOM_API_URL": simulator.url,
        }
        how = {"environment": environment}
        assert run(simulator, how, userids=["ann"], corpid=None, corpsecret=None, api_url=None)["changed"]

    def test_and_a_token_too(self, simulator: RunningSimulator) -> None:
        how = {"environment": {"WECOM_ACCESS_TOKEN": simulator.token()}}
        assert run(simulator, how, userids=["ann"], corpid=None, corpsecret=None)["changed"]
        assert simulator.calls(GETTOKEN) == 0

    @pytest.mark.parametrize(
        ("alias", "value"), [("userid", ["ann"]), ("userid_list", ["ann"]), ("department_id_list", [2])]
    )
    def test_names_as_the_api_has_them_are_taken(self, simulator: RunningSimulator, alias: str, value: t.Any) -> None:
        assert run(simulator, **{alias: value})["summary"]["added"] == 1

    def test_department_ids_may_be_written_as_text(self, simulator: RunningSimulator) -> None:
        run(simulator, department_ids=["2", "2147483650"])
        assert simulator.serving(KFID) == [2, 2147483650]

    def test_a_guard_that_trips_is_a_failure_without_a_call_that_writes(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann", "Bob"]))
        result = run(simulator, userids=["ann", "Bob"], state="absent", max_removals=1)
        assert "max_removals: 2 of the 2 who serve" in result["msg"]
        assert simulator.calls(DEL) == 0

    def test_http_to_another_host_earns_a_warning(self, simulator: RunningSimulator) -> None:
        there = run(simulator, userids=["ann"], api_url=f"http://0.0.0.0:{simulator.port}")
        assert "the secret and the token cross the network unencrypted" in str(there["warnings"])
        assert "warnings" not in run(simulator, userids=["ann"])

    def test_over_tls(self, tls_simulator: RunningSimulator) -> None:
        assert run(tls_simulator, userids=["ann"], ca_path=tls_simulator.ca_path)["changed"]
        assert not run(tls_simulator, userids=["ann"], validate_certs=False)["failed"]
        assert "ca_path" in run(tls_simulator, userids=["ann"])["msg"]


def test_without_requests_the_usual_words_are_said(simulator: RunningSimulator, tmp_path: Path) -> None:
    (tmp_path / "requests.py").write_text("raise ImportError('No module named requests')\n", encoding="utf-8")
    done = run_module("wecom_kf_servicer", options(simulator, userids=["ann"]), stand_ins=tmp_path)
    assert done.result["msg"].startswith("Failed to import the required Python library (requests) on ")
    assert done.returncode == 1


def test_a_bug_of_our_own_is_said_to_be_one(simulator: RunningSimulator, tmp_path: Path) -> None:
    """Something below breaks in a way that nobody thought of, with the URL and so the token in its words."""
    (tmp_path / "sitecustomize.py").write_text(
        "import http.client\n"
        "def putrequest(self, method, url, *more, **other):\n"
        "    raise LookupError('unthinkable at ' + url)\n"
        "http.client.HTTPConnection.putrequest = putrequest\n",
        encoding="utf-8",
    )
    done = run_module("wecom_kf_servicer", options(simulator, userids=["ann"]), stand_ins=tmp_path)
    result = done.result
    assert result["msg"].startswith("an error in wecom.kf itself, please report it (LookupError)")
    assert set(result) == ALWAYS | {"exception"}
    assert "unthinkable at " in result["exception"]
    for text in (simulator.corpsecret, "simulated-secret%2B"):
        assert text not in done.stdout + done.stderr
