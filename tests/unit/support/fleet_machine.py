# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lives histories of many accounts against a simulator, and holds each row of the report against what was so."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._kf_api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._many_accounts import manage_accounts
from ansible_collections.wecom.kf.plugins.module_utils._many_options import read_fleet
from ansible_collections.wecom.kf.plugins.module_utils._options import OptionError, read_connection
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import RemovalLimit
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.fleet_history import Fleet
from ansible_collections.wecom.kf.tests.unit.support.history import REFUSED, Step
from ansible_collections.wecom.kf.tests.unit.support.history_machine import (
    STALE_TOKEN,
    Result,
    Tally,
    check_economy,
    check_foresight,
    check_patience,
    check_reach,
    check_secrets,
    check_shape,
    check_verdicts,
    connection_options,
    is_wanted,
    name_of,
    word_for,
)
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, DEL
from ansible_collections.wecom.kf.tests.unit.support.witness import Line, Name, Witness, key_of, keys


class FleetMachine:
    """One simulator, history after history."""

    def __init__(self, simulator: RunningSimulator, tally: Tally | None = None) -> None:
        self._simulator = simulator
        self.tally = tally or Tally()

    def live(self, fleet: Fleet) -> None:
        simulator = self._simulator
        simulator.reset(fleet.config())
        self.tally.histories += 1
        before = self._serving(fleet)
        for fault in fleet.faults:
            simulator.fault(**fault)
        first = fleet.steps[0]
        result, log = self._run(fleet, first, check_mode=first.check_mode)
        met = collections.Counter({fault["name"]: fault["hits"] for fault in simulator.faults()})
        self.tally.faults.update(met)
        simulator.clear_faults()
        if result is None:
            return
        witnesses = []
        for kfid in fleet.kfids():
            witness = Witness(before[kfid], fleet.faults, fleet.worlds[0].strict_removal)
            witnesses.append(witness.follow(line for line in log if line["open_kfid"] == kfid))
        after = self._serving(fleet)
        _check_order(witnesses, log)
        _check_whole(fleet, result)
        for row in result["accounts"][: None if fleet.last_exists else -1]:
            check_patience(first, [fault for fault in fleet.faults if met[fault["name"]]], row)
        guarded = any(_trips(step, witness) for step, witness in zip(fleet.asked(), witnesses))
        sections = {section["before_header"]: section for section in result["diff"]}
        assert list(sections) == [row["open_kfid"] for row in result["accounts"] if row["changed"]]
        for step, witness, row in zip(fleet.asked(), witnesses, result["accounts"]):
            kfid = row["open_kfid"]
            assert witness.really == after[kfid], "the log does not tell the truth"
            whole = _with_those_not_reported(row, step, witness)
            if kfid in sections:
                whole["diff"] = sections[kfid]
            for entry in whole["servicers"]:
                self.tally.verdicts[word_for(entry)] += 1
            check_shape(whole, step, 0)
            check_reach(step, witness)
            check_economy(
                step._replace(retry_timeout=first.retry_timeout),
                witness,
                whole,
                [line for line in log if line["open_kfid"] == kfid],
            )
            if _trips(step, witness):
                assert "max_removals" in result["msg"]
                assert kfid in result["msg"]
            if guarded or first.check_mode:
                assert witness.writes == 0, "wrote in check mode, or although a guard had tripped"
            if guarded:
                _check_left_alone(whole, witness)
            elif not first.check_mode:
                check_verdicts(step, witness, whole, after[kfid])
            elif "failure" not in row:
                check_foresight(step, witness, whole)
            else:
                _check_left_alone(whole, witness)
        self._settle(fleet)

    def _serving(self, fleet: Fleet) -> dict[str, set[Name]]:
        missing = () if fleet.last_exists else fleet.kfids()[-1:]
        return {kfid: set() if kfid in missing else keys(self._simulator.serving(kfid)) for kfid in fleet.kfids()}

    def _run(self, fleet: Fleet, how: Step, *, check_mode: bool) -> tuple[Result | None, list[Line]]:
        """The result, or None where the options were refused; and the calls."""
        simulator = self._simulator
        simulator.reset_counters()
        connection = read_connection(connection_options(simulator, how))
        try:
            wanted = read_fleet(fleet.options())
        except OptionError as error:
            refusal = str(error)
        else:
            refusal = ""
        for kfid, step in zip(fleet.kfids(), fleet.steps):
            is_empty = [] in (step.userids, step.department_ids)
            assert (f"{kfid}:" in refusal) == (is_empty and step.state == "exact" and not step.allow_empty)
        if refusal:
            return None, []
        client = WecomClient(connection, concurrency=fleet.concurrency, clock=VirtualClock().as_clock())
        try:
            result = manage_accounts(wanted, KfApi(client), check_mode=check_mode, diff=True)
            calls = client.api_calls
        finally:
            client.close()
        simulator.wait_idle()
        log = simulator.log()
        self.tally.runs += 1
        self.tally.calls += len(log)
        assert calls == len(log)
        check_secrets(result, [simulator.corpsecret, simulator.token(), STALE_TOKEN])
        return result, log

    def _settle(self, fleet: Fleet) -> None:
        """Without faults a second run does what check mode foresaw, and a third writes nothing."""
        how = fleet.steps[0]._replace(credentials="pair", retry_timeout=120.0)
        foreseen, _calls = self._run(fleet, how, check_mode=True)
        done, _calls = self._run(fleet, how, check_mode=False)
        again, more_calls = self._run(fleet, how, check_mode=False)
        assert foreseen is not None
        assert done is not None
        assert again is not None
        entries = [entry for row in done["accounts"] for entry in row["servicers"]]
        if not any(entry["action"] == "add" and key_of(name_of(entry)) in REFUSED for entry in entries):
            assert _but_hints(foreseen) == _but_hints(done), "check mode foresaw something else"
        assert not again["changed"], "a third run changed something"
        for line in more_calls:
            if line["endpoint"] in (ADD, DEL):
                assert line["endpoint"] == ADD
                assert keys([*line["userids"], *line["departments"]]) <= set(REFUSED), "a third run wrote"


def _but_hints(result: Result) -> Result:
    """Without what the service makes anew for each answer."""
    for row in result["accounts"]:
        row.get("failure", {}).pop("errmsg", None)
    return result


def _check_order(witnesses: list[Witness], log: list[Line]) -> None:
    """Every account is read before the first write: the first list of none comes after it."""
    endpoints = [line["endpoint"] for line in log]
    firsts: dict[str, int] = {}
    for number, line in enumerate(log):
        if line["open_kfid"]:
            firsts.setdefault(line["open_kfid"], number)
    writes = [number for number, endpoint in enumerate(endpoints) if endpoint in (ADD, DEL)]
    if writes:
        assert all(first < writes[0] for first in firsts.values())
        assert sum(witness.writes for witness in witnesses) == len(writes)


def _check_whole(fleet: Fleet, result: Result) -> None:
    rows = result["accounts"]
    assert [row["open_kfid"] for row in rows] == fleet.kfids()
    assert result["changed"] == any(row["changed"] for row in rows)
    assert result["failed"] == any(row["failed"] for row in rows)
    total: collections.Counter[str] = collections.Counter()
    for row in rows:
        total.update(row["summary"])
        assert all(entry["changed"] or entry["failed"] for entry in row["servicers"]), "reported without need"
    assert dict(total) == result["summary"]
    assert "\n" not in result["msg"]


def _check_left_alone(row: Result, witness: Witness) -> None:
    assert not row["changed"]
    for entry in row["servicers"]:
        # Whoever is as asked is so whatever else happened, if the account could be read.
        assert not entry["changed"]
        assert entry["failed"] == (entry["action"] != "none" or witness.first_list is None)


def _trips(step: Step, witness: Witness) -> bool:
    limit = RemovalLimit.parse(step.max_removals) if step.max_removals else None
    if limit is None or witness.first_list is None:
        return False
    removals = [key for key in witness.first_list if _action(key, step, witness.first_list) == "remove"]
    return not limit.allows(len(removals), len(witness.first_list))


def _action(key: Name, step: Step, first_list: set[Name]) -> str:
    serves = key in first_list
    if key in keys([*(step.userids or ()), *(step.department_ids or ())]):
        if is_wanted(key, step):
            return "none" if serves else "add"
        return "remove" if serves else "none"
    kind = step.userids if isinstance(key, str) else step.department_ids
    return "remove" if step.state == "exact" and kind is not None and serves else "none"


def _with_those_not_reported(row: Result, step: Step, witness: Witness) -> Result:
    """The row as if it told of everybody, which is what can be checked as one account's result is."""
    told = {key_of(name_of(entry)): entry for entry in row["servicers"]}
    named = dict.fromkeys(key_of(name) for name in [*(step.userids or ()), *(step.department_ids or ())])
    assert list(told) == [key for key in named if key in told] + [key for key in told if key not in named]
    first_list = witness.first_list or set()
    going = [key for key in first_list if key not in named and _action(key, step, first_list) == "remove"]
    entries = []
    for key in [*named, *going]:
        unreported: dict[str, t.Any] = {
            "userid": key if isinstance(key, str) else None,
            "department_id": key if isinstance(key, int) else None,
            "action": _action(key, step, first_list) if witness.first_list is not None else "none",
            "changed": False,
            "failed": False,
            "msg": "",
        }
        entries.append(told.pop(key, unreported))
    assert not told, "a stranger"
    return {**row, "servicers": entries, "api_calls": 0}
