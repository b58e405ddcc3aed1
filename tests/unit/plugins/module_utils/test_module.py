# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is alike in all modules: the environment, secrets, results where nothing was done, errors of our own."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.module_process import run_on
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, GETTOKEN, KFID, OTHER_KFID

NO_SUMMARY = {"added": 0, "removed": 0, "unchanged": 0, "failed": 0}

NOTHING: dict[str, dict[str, t.Any]] = {
    "wecom_kf_servicer": {"open_kfid": KFID, "name": None, "servicers": [], "summary": NO_SUMMARY},
    "wecom_kf_servicers": {"accounts": [], "summary": NO_SUMMARY},
    "wecom_kf_servicer_info": {"accounts": []},
    "wecom_kf_account": {"account": None, "url": None},
    "wecom_kf_account_info": {"accounts": []},
}
"""What the result of each module has where nothing was done, besides ``changed``, ``failed``, ``msg`` and more."""

GOOD: dict[str, dict[str, t.Any]] = {
    "wecom_kf_servicer": {"open_kfid": KFID, "userids": ["ann"]},
    "wecom_kf_servicers": {"accounts": [{"open_kfid": KFID, "userids": ["ann"]}]},
    "wecom_kf_servicer_info": {"open_kfids": [KFID]},
    "wecom_kf_account": {"name": "咨询", "scene": ""},
    "wecom_kf_account_info": {},
}

BREAKS_WHEN_IT_BACKS_OFF = """
import importlib.util, os, sys, sysconfig
spec = importlib.util.spec_from_file_location("random", os.path.join(sysconfig.get_path("stdlib"), "random.py"))
real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
globals().update({name: value for name, value in vars(real).items() if not name.startswith("__")})
def uniform(*_bounds):
    raise RuntimeError("access_token=" + os.environ["ECHO"])
"""

BREAKS_WHEN_IT_SENDS = """
import http.client
def putrequest(self, method, url, *more, **other):
    raise LookupError("unthinkable at " + url)
http.client.HTTPConnection.putrequest = putrequest
"""

pytestmark = pytest.mark.slow  # modules run as processes of their own


def nothing_done(module: str, result: dict[str, t.Any]) -> None:
    assert (result["changed"], result["failed"], result["api_calls"]) == (False, True, 0)
    assert {key: result[key] for key in NOTHING[module]} == NOTHING[module]


@pytest.mark.parametrize("module", sorted(GOOD))
class TestResultsWhereNothingWasDone:
    def test_where_ansible_refuses_an_option_all_keys_are_there(self, simulator: RunningSimulator, module: str) -> None:
        nothing_done(module, run_on(simulator, module, **GOOD[module], nmae="x").result)
        assert simulator.calls() == 0

    def test_where_the_module_refuses_an_option_all_keys_are_there(
        self, simulator: RunningSimulator, module: str
    ) -> None:
        result = run_on(simulator, module, **{**GOOD[module], "timeout": 0}).result
        nothing_done(module, result)
        assert result["msg"] == "timeout must be more than 0 and at most 3600 seconds, not 0"

    def test_without_requests_all_keys_are_there_and_the_interpreter_is_named(
        self, simulator: RunningSimulator, tmp_path: Path, module: str
    ) -> None:
        (tmp_path / "requests.py").write_text("raise ImportError('No module named requests')\n", encoding="utf-8")
        result = run_on(simulator, module, {"stand_ins": tmp_path}, **GOOD[module]).result
        nothing_done(module, result)
        assert result["msg"].startswith("Failed to import the required Python library (requests) on ")
        assert sys.executable in result["msg"]
        assert "ansible_python_interpreter" in result["msg"]


class TestEnvironment:
    def given(self, simulator: RunningSimulator, environment: dict[str, str], **options: t.Any) -> dict[str, t.Any]:
        none = {"corpid": None, "corpsecret": None, "api_url": None}
        how = {"environment": environment}
        return run_on(simulator, "wecom_kf_servicer_info", how, open_kfids=[KFID], **{**none, **options}).result

    def test_credentials_and_url_may_come_from_it(self, simulator: RunningSimulator) -> None:
        environment = {
            "WECOM_CORPID": simulator.corpid,
            "WECOM_CORPSECRET": simulator.corpsecret,
            "WECOM_API_URL": f" {simulator.url}/cgi-bin\n",
        }
        assert not self.given(simulator, environment).get("failed")

    def test_a_token_may_come_from_it(self, simulator: RunningSimulator) -> None:
        environment = {"WECOM_ACCESS_TOKEN": simulator.token()}
        assert not self.given(simulator, environment, api_url=simulator.url).get("failed")
        assert simulator.calls(GETTOKEN) == 0

    def test_a_variable_that_is_set_and_empty_counts_as_not_set(self, simulator: RunningSimulator) -> None:
        environment = {
            "WECOM_CORPID": "",
            "WECOM_CORPSECRET": "  ",
            "WECOM_ACCESS_TOKEN": simulator.token(),
            "WECOM_API_URL": "",
        }
        assert not self.given(simulator, environment, api_url=simulator.url).get("failed")
        assert "no credentials" in self.given(simulator, {**environment, "WECOM_ACCESS_TOKEN": ""})["msg"]

    def test_without_credentials_the_hint_mentions_become(self, simulator: RunningSimulator) -> None:
        assert "become drops it" in self.given(simulator, {})["msg"]

    @pytest.mark.parametrize("secret", ["", None])
    def test_half_a_pair_is_told_where_the_other_half_may_come_from(
        self, simulator: RunningSimulator, secret: str | None
    ) -> None:
        environment = {"WECOM_CORPID": simulator.corpid, **({} if secret is None else {"WECOM_CORPSECRET": secret})}
        msg = self.given(simulator, environment)["msg"]
        assert msg.startswith("parameters are required together: corpid, corpsecret; ")
        assert "become drops it" in msg

    def test_an_option_wins_over_it(self, simulator: RunningSimulator) -> None:
        environment = {"WECOM_CORPID": "wrong", "WECOM_CORPSECRET": "wrong"}
        given = {"corpid": simulator.corpid, "corpsecret": simulator.corpsecret, "api_url": simulator.url}
        assert not self.given(simulator, environment, **given).get("failed")


def test_half_of_the_credentials_is_refused_by_ansible_itself(simulator: RunningSimulator) -> None:
    result = run_on(simulator, "wecom_kf_account_info", corpsecret=None).result
    assert "corpsecret" in result["msg"]
    assert simulator.calls() == 0


class TestOmit:
    """What ansible-core before 2.19 leaves of ``omit`` inside lists and mappings is not there."""

    LEFT = "__omit_place_holder__0123456789abcdef"

    def test_in_the_lists_of_servicers(self, simulator: RunningSimulator) -> None:
        lists = {"userids": ["u0001", self.LEFT], "department_ids": [self.LEFT, 2]}
        result = run_on(simulator, "wecom_kf_servicer", open_kfid=KFID, **lists).result
        assert [entry["userid"] or entry["department_id"] for entry in result["servicers"]] == ["u0001", 2]

    def test_a_list_of_nothing_else_is_empty(self, simulator: RunningSimulator) -> None:
        result = run_on(simulator, "wecom_kf_servicer", open_kfid=KFID, state="exact", userids=[self.LEFT]).result
        assert result["msg"].startswith("userids is empty")

    def test_in_the_ids_and_names_of_accounts(self, simulator: RunningSimulator) -> None:
        named = {"open_kfids": [self.LEFT, KFID], "names": [self.LEFT]}
        result = run_on(simulator, "wecom_kf_servicer_info", **named).result
        assert [account["open_kfid"] for account in result["accounts"]] == [KFID]

    def test_in_an_entry_of_accounts(self, simulator: RunningSimulator) -> None:
        simulator.change(KFID, name="咨询")
        accounts = [{"name": "咨询", "open_kfid": self.LEFT, "userids": ["u0001"], "state": self.LEFT}, self.LEFT]
        result = run_on(simulator, "wecom_kf_servicers", accounts=accounts).result
        assert [account["open_kfid"] for account in result["accounts"]] == [KFID]
        assert result["changed"]


class TestSecrets:
    @pytest.mark.parametrize("end", ["\n", "\r\n", " "])
    def test_a_token_that_came_with_a_lines_end_is_masked_without_it(
        self, simulator: RunningSimulator, end: str
    ) -> None:
        token = simulator.token()
        simulator.change(KFID, name=token)
        given = {"corpid": None, "corpsecret": None, "access_token": token + end}
        assert run_on(simulator, "wecom_kf_account_info", **given).result["accounts"]

    @pytest.mark.parametrize("account", [None, 7, "wkA", ["wkA"]], ids=repr)
    def test_none_is_shown_where_an_entry_of_accounts_is_not_a_mapping(
        self, simulator: RunningSimulator, account: t.Any
    ) -> None:
        """Ansible then stops before it has gathered what must not be shown; ``run_on`` looks for it."""
        token = simulator.token()
        result = run_on(simulator, "wecom_kf_servicers", accounts=[account], access_token=token).result
        assert "number 1: " in result["msg"]

    @pytest.mark.parametrize("last", ["u2", "not a userid"])
    def test_a_roster_of_many_accounts_is_not_sent_back(self, simulator: RunningSimulator, last: str) -> None:
        """Nor where it is refused: -vvv tells its length."""
        accounts = [{"open_kfid": f"wkF{number:02d}", "userids": ["u1", last]} for number in range(1, 31)]
        done = run_on(simulator, "wecom_kf_servicers", {"check": True}, accounts=accounts)
        invocation = json.loads(done.stdout).get("invocation")
        if invocation is not None:  # ansible-core 2.21 and later hold it back unless it is asked for
            assert invocation["module_args"]["accounts"] == "30 entries"

    def test_http_to_another_host_earns_a_warning(self, simulator: RunningSimulator) -> None:
        there = run_on(simulator, "wecom_kf_account_info", api_url=f"http://0.0.0.0:{simulator.port}").result
        assert "the secret and the token cross the network unencrypted" in str(there["warnings"])
        assert "warnings" not in run_on(simulator, "wecom_kf_account_info").result


class TestErrorsOfOurOwn:
    def test_one_after_a_write_does_not_claim_that_nothing_changed(
        self, simulator: RunningSimulator, tmp_path: Path
    ) -> None:
        (tmp_path / "random.py").write_text(BREAKS_WHEN_IT_BACKS_OFF, encoding="utf-8")
        simulator.fault(on=ADD, errcode=-1, applied=True)
        how = {"stand_ins": tmp_path, "environment": {"ECHO": simulator.token()}}
        result = run_on(simulator, "wecom_kf_servicer", how, open_kfid=KFID, userids=["ann"]).result
        assert simulator.serving(KFID) == ["ann"]
        assert result["changed"]
        assert "not known" in result["msg"]

    def test_one_with_the_token_in_its_words_is_said_to_be_a_bug_and_shows_no_secret(
        self, simulator: RunningSimulator, tmp_path: Path
    ) -> None:
        (tmp_path / "sitecustomize.py").write_text(BREAKS_WHEN_IT_SENDS, encoding="utf-8")
        done = run_on(simulator, "wecom_kf_servicer", {"stand_ins": tmp_path}, open_kfid=KFID, userids=["ann"])
        result = done.result
        assert result["msg"].startswith("an error in wecom.kf itself, please report it (LookupError)")
        assert set(result) == {"changed", "failed", "msg", "api_calls", "exception", *NOTHING["wecom_kf_servicer"]}
        assert result["changed"] is False
        assert "unthinkable at " in result["exception"]
        assert "simulated-secret%2B" not in done.stdout + done.stderr

    def test_a_lone_number_or_boolean_in_place_of_a_list_is_refused_as_what_it_is(
        self, simulator: RunningSimulator
    ) -> None:
        for option, value, said in (
            ("userids", 83, "83 is a number"),
            ("userid", 1.5, "1.5 is a number"),
            ("userid_list", True, "true is a boolean"),
        ):
            given = {"open_kfid": OTHER_KFID, option: value}
            assert f"userids: {said}" in run_on(simulator, "wecom_kf_servicer", **given).result["msg"]
        assert simulator.calls() == 0
