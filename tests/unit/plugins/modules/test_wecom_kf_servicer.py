# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module wecom_kf_servicer as a whole: options in, calls over the wire, the result of the contract out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._kf.models import Desired
from ansible_collections.wecom.kf.plugins.module_utils._params import ParamError
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_servicer import SPEC, manage_servicers, read_params
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.cost import grows_linearly
from ansible_collections.wecom.kf.tests.unit.support.module_process import (
    ModuleRun,
    options_for,
    run_module,
    start_module,
)
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ACCOUNTS,
    ADD,
    DEL,
    GETTOKEN,
    KFID,
    LIST,
    api_of,
    corp,
    users,
)

MODULE = "wecom_kf_servicer"
SEE_ACCOUNTS = "wecom_kf_account_info lists the accounts that the app can see"

ALWAYS = {"changed", "failed", "msg", "open_kfid", "name", "servicers", "summary", "api_calls"}
ENTRY = {"userid", "department_id", "action", "changed", "failed", "errcode", "errmsg", "msg"}
NOTHING = {"added": 0, "removed": 0, "unchanged": 0, "failed": 0}


def run(simulator: RunningSimulator, how: dict[str, t.Any] | None = None, **more: t.Any) -> dict[str, t.Any]:
    """The result, after a look at what holds for every one."""
    done = run_module(MODULE, options_for(simulator, **{"open_kfid": KFID, **more}), **(how or {}))
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


@pytest.mark.slow
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
        options = {"userids": ["ann", "BOB", "Ann"], "department_ids": [2], "state": "exact"}
        predicted = run(simulator, {"check": True, "diff": True}, **options)
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0
        done = run(simulator, {"diff": True}, **options)
        assert {**predicted, "api_calls": None} == {**done, "api_calls": None}
        again = run(simulator, {"diff": True}, **options)
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


@pytest.mark.slow
class TestOptions:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"userids": None}, ["userids", "department_ids"]),
            ({"corpsecret": None}, ["corpid", "corpsecret"]),
            ({"corpid": None, "corpsecret": None}, ["credentials"]),
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
        assert "max_removals: 2 of the 2 servicers of" in result["msg"]
        assert simulator.calls(DEL) == 0

    def test_over_tls(self, tls_simulator: RunningSimulator) -> None:
        assert run(tls_simulator, userids=["ann"], ca_path=tls_simulator.ca_path)["changed"]
        assert not run(tls_simulator, userids=["ann"], validate_certs=False)["failed"]
        assert "ca_path" in run(tls_simulator, userids=["ann"])["msg"]


# --- the story of one account ---


def story(simulator: RunningSimulator, *, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
    """Return the result of these options, read and managed in this process."""
    defaults = {name: option.get("default") for name, option in SPEC.options.items()}
    with api_of(simulator) as api:
        return manage_servicers(read_params({**defaults, **options}), api, check_mode=check_mode, diff=True)


class TestAccountByName:
    def start(self, simulator: RunningSimulator) -> None:
        accounts = [
            {"open_kfid": "wkA", "name": "咨询", "servicers": ["Bob"]},
            {"open_kfid": "wkC", "name": "双"},
            {"open_kfid": "wkD", "name": "双"},
        ]
        simulator.reset({"members": ["ann", "Bob"], "accounts": accounts})

    def test_it_is_found_with_one_page_of_accounts(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = story(simulator, account="咨询", userids=["ann"], state="exact")
        assert (result["open_kfid"], result["name"]) == ("wkA", "咨询")
        assert simulator.serving("wkA") == ["ann"]
        assert [line["endpoint"] for line in simulator.log()] == [GETTOKEN, ACCOUNTS, LIST, ADD, DEL]
        assert result["diff"]["before_header"] == "wkA (咨询)"

    def test_an_id_costs_no_page_and_no_name_is_told(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = story(simulator, open_kfid="wkA", userids=["Bob"])
        assert (result["open_kfid"], result["name"]) == ("wkA", None)
        assert simulator.calls(ACCOUNTS) == 0

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("没有", f"account: no account is called '没有'; {SEE_ACCOUNTS}"),
            ("咨询 ", f"account: no account is called '咨询 ' (there is a blank at its end); {SEE_ACCOUNTS}"),
            ("双", "account: 2 accounts are called '双': wkC, wkD; name one by its open_kfid"),
        ],
    )
    @pytest.mark.parametrize("check_mode", [False, True])
    def test_a_name_that_does_not_identify_one_is_a_failure_before_anything_is_written(
        self, simulator: RunningSimulator, name: str, says: str, check_mode: bool
    ) -> None:
        self.start(simulator)
        result = story(simulator, account=name, userids=["ann"], check_mode=check_mode)
        assert (result["changed"], result["failed"]) == (False, True)
        assert result["msg"].endswith(says)
        assert [(entry["userid"], entry["failed"]) for entry in result["servicers"]] == [("ann", True)]
        assert result["servicers"][0]["msg"].startswith("not tried: account: ")
        assert simulator.calls(LIST) + simulator.calls(ADD) == 0

    def test_accounts_that_cannot_be_listed_are_the_failure(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ACCOUNTS, errcode=48002)
        result = story(simulator, account="咨询", userids=["ann"])
        assert (result["changed"], result["failed"], result["failure"]["call"]) == (False, True, ACCOUNTS)

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"account": ""}, "account is empty"),
            ({}, "neither open_kfid nor account is given; at least one of them is needed"),
        ],
        ids=str,
    )
    def test_a_name_that_is_missing_is_refused(self, options: dict[str, t.Any], says: str) -> None:
        defaults = {name: option.get("default") for name, option in SPEC.options.items()}
        with pytest.raises(ParamError) as raised:
            read_params({**defaults, "userids": ["ann"], **options})
        assert str(raised.value) == says

    def test_both_are_refused_by_ansible(self, simulator: RunningSimulator) -> None:
        result = run(simulator, account="咨询", userids=["ann"])
        assert "mutually exclusive" in result["msg"]
        assert simulator.calls() == 0


class TestUserids:
    ODD = "张三/+é"

    def start(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp([self.ODD, "Bob"], members=[self.ODD, "ann", "Bob"]))

    def test_one_outside_of_todays_charset_that_serves_can_be_kept(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        result = story(simulator, open_kfid=KFID, userids=[self.ODD], state="exact")
        assert result["summary"] == {**NOTHING, "removed": 1, "unchanged": 1}

    def test_one_outside_of_todays_charset_that_serves_can_be_removed(self, simulator: RunningSimulator) -> None:
        self.start(simulator)
        story(simulator, open_kfid=KFID, userids=[self.ODD], state="absent")
        assert simulator.serving(KFID) == ["Bob"]

    def test_one_outside_of_todays_charset_can_be_added(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp([], members=[self.ODD]))
        assert story(simulator, open_kfid=KFID, userids=[self.ODD])["summary"]["added"] == 1

    def test_blanks_around_one_are_dropped(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(["ann", "Bob"]))
        assert not story(simulator, open_kfid=KFID, userids=[" ann", "Bob\n"], state="exact")["changed"]

    def test_texts_with_blanks_after_the_commas_are_lists(self, simulator: RunningSimulator) -> None:
        result = run(simulator, userids="ann, Bob", department_ids="2, 4")
        assert result["summary"]["added"] == 4
        assert simulator.serving(KFID) == ["ann", "Bob", 2, 4]

    def test_leading_zeros_survive_in_quotes(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp([], members=["00123"]))
        assert run(simulator, userids=["00123"])["servicers"][0]["userid"] == "00123"

    def test_several_invalid_ones_are_named_at_once_and_cost_no_call(self, simulator: RunningSimulator) -> None:
        result = run(simulator, userids=["李 四", "a b", 123, "ok"])
        for words in ("'李 四'", "'a b'", "123 is a number"):
            assert words in result["msg"]
        assert simulator.calls() == 0


class TestHints:
    def test_a_refused_removal_says_in_its_entry_what_makes_sense_for_a_removal(
        self, simulator: RunningSimulator
    ) -> None:
        simulator.reset(corp(["ann"]))
        simulator.fault(on=DEL, items={"ann": 60111})
        (entry,) = story(simulator, open_kfid=KFID, userids=["ann"], state="absent")["servicers"]
        assert "still lists" in entry["msg"]
        assert "可见范围" not in entry["msg"]

    def test_a_refused_addition_says_what_makes_sense_for_an_addition(self, simulator: RunningSimulator) -> None:
        (entry,) = story(simulator, open_kfid=KFID, userids=["stranger"])["servicers"]
        assert "可见范围" in entry["msg"]


# --- runs that do not come to their end, and two at once ---

WANTED = users(1, 450)
BEFORE = users(401, 700)


def interruptible(simulator: RunningSimulator, **more: t.Any) -> dict[str, t.Any]:
    given = {"open_kfid": KFID, "userids": WANTED, "state": "exact", "retry_timeout": 0.5, **more}
    return options_for(simulator, **given)


def wait_for(condition: t.Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.005)


def ended(process: subprocess.Popen[str]) -> ModuleRun:
    stdout, stderr = process.communicate(timeout=60)
    return ModuleRun(process.returncode, stdout, stderr)


def the_next_run_converges(simulator: RunningSimulator, before: t.Iterable[t.Any]) -> None:
    """It reports what was left to do, no more and no less, and the one after that has nothing to do."""
    left = set(before)
    result = run_module(MODULE, interruptible(simulator)).result
    assert not result.get("failed")
    told = {entry["userid"]: entry["changed"] for entry in result["servicers"]}
    assert {name for name, changed in told.items() if changed} == left ^ set(WANTED)
    assert set(simulator.serving(KFID)) == set(WANTED)
    simulator.reset_counters()
    assert not run_module(MODULE, interruptible(simulator)).result["changed"]
    assert simulator.calls(ADD) + simulator.calls(DEL) == 0


def claims_only_what_is_so(result: dict[str, t.Any], simulator: RunningSimulator) -> None:
    serving = set(simulator.serving(KFID))
    for entry in result["servicers"]:
        if entry["msg"].startswith("not known"):
            continue
        serves = entry["userid"] in serving
        assert entry["changed"] == (serves != (entry["userid"] in BEFORE)), entry
        assert entry["failed"] == (serves != (entry["userid"] in WANTED)), entry


@pytest.mark.slow
@pytest.mark.parametrize("call", [ADD, DEL])
@pytest.mark.parametrize("done", ["before", "after"])
def test_the_service_dies_between_batches(simulator: RunningSimulator, call: str, done: str) -> None:
    """The second call of this kind is the last that it gets, and its response never comes."""
    simulator.reset(corp(BEFORE))
    simulator.fault(on=call, nth=2, **{"delay" if done == "before" else "delay_after": 30})
    process = start_module(MODULE, interruptible(simulator))
    wait_for(lambda: simulator.calls(call) == 2)
    simulator.stop()
    run = ended(process)
    simulator.clear_faults()
    simulator.start_again()
    result = run.result
    assert result["failed"]
    assert run.returncode == 1
    claims_only_what_is_so(result, simulator)
    unknown = [entry for entry in result["servicers"] if entry["msg"].startswith("not known")]
    assert len(unknown) == 100
    assert result["failure"]["call"] == call
    the_next_run_converges(simulator, simulator.serving(KFID))


@pytest.mark.slow
def test_the_service_comes_back_in_time(simulator: RunningSimulator) -> None:
    simulator.reset(corp(BEFORE))
    simulator.fault(on=ADD, nth=2, delay=30)
    process = start_module(MODULE, interruptible(simulator, retry_timeout=30))
    wait_for(lambda: simulator.calls(ADD) == 2)
    simulator.stop()
    time.sleep(0.5)
    simulator.clear_faults()
    simulator.start_again()
    result = ended(process).result
    assert not result.get("failed")
    assert result["summary"] == {"added": 400, "removed": 250, "unchanged": 50, "failed": 0}
    assert set(simulator.serving(KFID)) == set(WANTED)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
@pytest.mark.parametrize(("call", "nth"), [(LIST, 1), (ADD, 3), (DEL, 2)])
def test_the_module_is_killed(simulator: RunningSimulator, number: signal.Signals, call: str, nth: int) -> None:
    simulator.reset(corp(BEFORE))
    simulator.fault(on=call, nth=nth, delay_after=1.0)
    process = start_module(MODULE, interruptible(simulator))
    wait_for(lambda: simulator.calls(call) == nth)
    process.send_signal(number)
    run = ended(process)
    assert run.returncode != 0
    assert '"changed"' not in run.stdout, "it reported something"
    assert simulator.corpsecret not in run.stdout + run.stderr
    assert simulator.token() not in run.stdout + run.stderr
    simulator.clear_faults()
    simulator.wait_idle()
    the_next_run_converges(simulator, simulator.serving(KFID))


@pytest.mark.slow
class TestTwoAtOnce:
    def test_with_the_same_wish(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(BEFORE, latency=0.02))
        processes = [start_module(MODULE, interruptible(simulator)) for _number in range(2)]
        results = [ended(process).result for process in processes]
        assert [bool(result.get("failed")) for result in results] == [False, False]
        assert set(simulator.serving(KFID)) == set(WANTED)
        changed = [{e["userid"] for e in result["servicers"] if e["changed"]} for result in results]
        assert changed[0] | changed[1] == set(BEFORE) ^ set(WANTED)
        simulator.settings(latency=0)
        the_next_run_converges(simulator, WANTED)

    @pytest.mark.parametrize("strict", [False, True])
    def test_with_wishes_that_contradict_each_other(self, simulator: RunningSimulator, strict: bool) -> None:
        simulator.reset(corp(BEFORE, latency=0.02, strict_removal=strict))
        others = users(401, 900)
        processes = [
            start_module(MODULE, interruptible(simulator)),
            start_module(MODULE, interruptible(simulator, userids=others)),
        ]
        for process in processes:
            result = ended(process).result
            # What one says of a user is true of a moment of its run; nobody else was touched.
            assert {entry["userid"] for entry in result["servicers"]} <= set(users(1, 900))
            assert all(entry["msg"] in _SAID_OF_TWO or not entry["failed"] for entry in result["servicers"])
        simulator.settings(latency=0)
        the_next_run_converges(simulator, simulator.serving(KFID))


_SAID_OF_TWO = ("changed back by somebody else while this task ran; run again",)


# --- large accounts and large requests ---


def manage(simulator: RunningSimulator, desired: Desired, *, check_mode: bool = False) -> dict[str, t.Any]:
    with api_of(simulator, timeout=60.0) as api:
        return manage_servicers(desired, api, check_mode=check_mode, diff=True)


@pytest.mark.slow
def test_two_thousand_are_changed_in_one_task(simulator: RunningSimulator) -> None:
    """A thousand go and two thousand come: 20 calls to add, 10 to remove, one connection."""
    simulator.reset(corp(users(2001, 3000), limits={"userids_per_account": 3000}))
    began = time.monotonic()
    report = manage(simulator, Desired(KFID, "exact", users(1, 2000), None))
    print(f"3000 changes in {time.monotonic() - began:.2f} s")
    assert report["summary"] == {"added": 2000, "removed": 1000, "unchanged": 0, "failed": 0}
    assert (simulator.calls(LIST), simulator.calls(ADD), simulator.calls(DEL)) == (1, 20, 10)
    assert simulator.connections() == 1


@pytest.mark.slow
def test_ten_thousand_names_with_duplicates(simulator: RunningSimulator) -> None:
    def work(number: int) -> t.Callable[[], object]:
        names = users(1, number // 2)
        options = {
            "open_kfid": KFID,
            "account": None,
            "userids": names + [name.upper() for name in names],
            "department_ids": None,
            "state": "exact",
            "allow_empty": False,
            "max_removals": "50%",
        }
        return lambda: manage(simulator, read_params(options), check_mode=True)

    grows_linearly("names", work, 2500)
    report = manage(simulator, Desired(KFID, "present", users(1, 5000) + users(1, 5000), None), check_mode=True)
    assert len(report["servicers"]) == 5000


@pytest.mark.slow
def test_a_list_of_a_hundred_thousand(simulator: RunningSimulator) -> None:
    def work(number: int) -> t.Callable[[], object]:
        userids = [f"Somebody.{n:06d}@example.com" for n in range(number)]
        rows = [{"userid": userid, "status": 0} for userid in userids]
        simulator.clear_faults()
        simulator.fault(on=LIST, times=None, body=json.dumps({"errcode": 0, "errmsg": "ok", "servicer_list": rows}))
        desired = Desired(KFID, "exact", userids[: number // 2], None)
        return lambda: manage(simulator, desired, check_mode=True)

    grows_linearly("entries", work, 25_000)


@pytest.mark.slow
def test_a_result_list_that_says_much_of_nobody(simulator: RunningSimulator) -> None:
    def work(number: int) -> t.Callable[[], object]:
        items = [{"userid": f"x{n}", "errcode": 60111, "errmsg": "userid not found"} for n in range(number)]
        body = json.dumps({"errcode": 0, "errmsg": "ok", "result_list": [*items, {"userid": "ann", "errcode": 0}]})
        simulator.clear_faults()
        simulator.fault(on=ADD, times=None, body=body)
        return lambda: manage(simulator, Desired(KFID, "present", ["ann"], None))

    grows_linearly("items", work, 25_000)


def test_nothing_is_kept_of_what_is_done_with(simulator: RunningSimulator) -> None:
    """The same task again and again needs no more memory than once."""
    simulator.reset(corp(users(1, 500)))
    desired = Desired(KFID, "present", users(1, 500), None)
    manage(simulator, desired)
    before = sys.getallocatedblocks()
    for _turn in range(20):
        manage(simulator, desired)
    assert sys.getallocatedblocks() - before < 20_000
