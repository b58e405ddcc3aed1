# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lives histories against a simulator, and holds after every step what was reported against what was so."""

from __future__ import annotations

import collections
import json
import typing as t
from urllib.parse import quote

from ansible_collections.wecom.kf.plugins.module_utils._client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._kf_api import KfApi, batches
from ansible_collections.wecom.kf.plugins.module_utils._one_account import manage_account
from ansible_collections.wecom.kf.plugins.module_utils._options import OptionError, read_connection, read_wanted
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.history import REFUSED, Fault, Step, World, passes
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, DEL, GETTOKEN, KFID, LIST, OTHER_KFID
from ansible_collections.wecom.kf.tests.unit.support.witness import Line, Name, Witness, key_of, keys

STALE_TOKEN = "stale+/=%token"
FATAL_FOR_CREDENTIALS = (40001, 40013, 40091)
FATAL = (48002, 60020, 95017, 95004, 40058)
LOSES_THE_ANSWER = ("drop", "drop and others", "cut", "truncate", "delay", "delay after", "types", "junk items")

Result = t.Dict[str, t.Any]


class Tally:
    """What was lived through."""

    def __init__(self) -> None:
        self.histories = 0
        self.runs = 0
        self.calls = 0
        self.faults: collections.Counter[str] = collections.Counter()
        """Those that really met a call, by kind."""
        self.verdicts: collections.Counter[str] = collections.Counter()

    def lines(self) -> t.Iterator[str]:
        met = sum(self.faults.values())
        yield f"{self.histories} histories, {self.runs} runs, {self.calls} calls, {met} faults met"
        yield "faults: " + ", ".join(f"{name} {number}" for name, number in sorted(self.faults.items()))
        yield "servicers: " + ", ".join(f"{name} {number}" for name, number in self.verdicts.most_common())


class HistoryMachine:
    """One simulator, history after history."""

    def __init__(self, simulator: RunningSimulator, tally: Tally | None = None) -> None:
        self._simulator = simulator
        self.tally = tally or Tally()

    def live(self, world: World, steps: list[Step]) -> None:
        simulator = self._simulator
        simulator.reset(world.config())
        self.tally.histories += 1
        for step in steps:
            simulator.change(KFID, *step.click)
            elsewhere = simulator.serving(OTHER_KFID)
            self._step(step, world)
            left = simulator.serving(KFID)
            self._settle(step)
            assert simulator.serving(OTHER_KFID) == elsewhere, "another account was touched"
            # The next step begins where this one ended and not where it was put right.
            simulator.change(KFID, left, [name for name in simulator.serving(KFID) if name not in left])

    # --- one run ---

    def _run(
        self, step: Step, *, check_mode: bool, credentials: str = "pair", retry_timeout: float = 120.0
    ) -> tuple[Result | None, list[Line]]:
        """The result, or None where the options were refused; and the calls."""
        simulator = self._simulator
        simulator.reset_counters()
        how = step._replace(credentials=credentials, retry_timeout=retry_timeout)
        connection = read_connection(connection_options(simulator, how))
        try:
            wanted = read_wanted(step.options())
        except OptionError:
            assert "exact" in step.state
            assert not step.allow_empty
            assert not step.userids or not step.department_ids
            return None, []
        client = WecomClient(connection, clock=VirtualClock().as_clock())
        try:
            result = manage_account(wanted, KfApi(client), check_mode=check_mode, diff=True)
            result["api_calls"] = client.api_calls
        finally:
            client.close()
        simulator.wait_idle()
        log = simulator.log()
        self.tally.runs += 1
        self.tally.calls += len(log)
        check_shape(result, step, len(log))
        check_secrets(result, [simulator.corpsecret, simulator.token(), STALE_TOKEN])
        return result, log

    def _step(self, step: Step, world: World) -> None:
        simulator = self._simulator
        before = simulator.serving(KFID)
        for fault in step.faults:
            simulator.fault(**fault)
        result, log = self._run(
            step, check_mode=step.check_mode, credentials=step.credentials, retry_timeout=step.retry_timeout
        )
        met = collections.Counter({fault["name"]: fault["hits"] for fault in simulator.faults()})
        self.tally.faults.update(met)
        simulator.clear_faults()
        if result is None:
            return
        check_patience(step, [fault for fault in step.faults if met[fault["name"]]], result)
        witness = Witness(before, step.faults, world.strict_removal).follow(log)
        for entry in result["servicers"]:
            self.tally.verdicts[word_for(entry)] += 1
        after = keys(simulator.serving(KFID))
        assert witness.really == after, "the log does not tell the truth"
        check_reach(step, witness)
        check_economy(step, witness, result, log)
        if step.check_mode:
            assert witness.writes == 0, "check mode wrote"
            check_foresight(step, witness, result)
        else:
            assert ("diff" in result) == (witness.first_list is not None)
            check_verdicts(step, witness, result, after)

    def _settle(self, step: Step) -> None:
        """Without faults a second run converges, as check mode foresaw, and a third writes nothing."""
        foreseen, calls = self._run(step, check_mode=True)
        if foreseen is None:
            return
        assert not any(line["endpoint"] in (ADD, DEL) for line in calls)
        done, calls = self._run(step, check_mode=False)
        again, more_calls = self._run(step, check_mode=False)
        assert done is not None
        assert again is not None
        asks_for_somebody = step.state == "exact" and bool(step.userids or step.department_ids)
        assert self._simulator.serving(KFID) or not asks_for_somebody or not done["diff"]["before"], "nobody is left"
        refused = {key_of(name_of(entry)) for entry in done["servicers"] if entry["action"] == "add"} & set(REFUSED)
        if not refused:
            assert {**foreseen, "api_calls": 0} == {**done, "api_calls": 0}, "check mode foresaw something else"
        assert not again["changed"], "a third run changed something"
        if "max_removals" in done["msg"]:
            assert not any(line["endpoint"] in (ADD, DEL) for line in calls + more_calls)
            return
        for line in more_calls:
            if line["endpoint"] in (ADD, DEL):
                assert line["endpoint"] == ADD
                assert keys([*line["userids"], *line["departments"]]) <= set(REFUSED), "a third run wrote"
        for entry in again["servicers"]:
            assert entry["failed"] == (key_of(name_of(entry)) in refused or "every addition failed" in entry["msg"])
        assert bool(again["failed"]) == any(entry["failed"] for entry in again["servicers"])


def connection_options(simulator: RunningSimulator, how: Step) -> dict[str, t.Any]:
    """How to reach the simulator, as the modules get it."""
    is_paired = "pair" in how.credentials
    token = simulator.token() if "token" in how.credentials and "stale" not in how.credentials else None
    return {
        "corpid": simulator.corpid if is_paired else None,
        "corpsecret": simulator.corpsecret if is_paired else None,
        "access_token": STALE_TOKEN if "stale" in how.credentials else token,
        "api_url": simulator.url,
        "validate_certs": True,
        "ca_path": None,
        "timeout": how.timeout,
        "retry_timeout": how.retry_timeout,
    }


# --- what has to hold ---


def check_shape(result: Result, step: Step, calls: int) -> None:
    entries = result["servicers"]
    summary = result["summary"]
    assert sum(summary.values()) == len(entries)
    assert summary["failed"] == sum(entry["failed"] for entry in entries)
    assert summary["added"] == sum(entry["changed"] for entry in entries if entry["action"] == "add")
    assert summary["removed"] == sum(entry["changed"] for entry in entries if entry["action"] == "remove")
    assert result["changed"] == any(entry["changed"] for entry in entries)
    assert not any(entry["changed"] and entry["failed"] for entry in entries)
    assert result["failed"] or not any(entry["failed"] for entry in entries)
    named = list(dict.fromkeys(key_of(name) for name in [*(step.userids or ()), *(step.department_ids or ())]))
    told = [key_of(name_of(entry)) for entry in entries]
    assert told[: len(named)] == named, "not in the order given, once each"
    assert len(set(told)) == len(told)
    assert all(entry["action"] == "remove" for entry in entries[len(named) :])
    assert result["api_calls"] == calls
    assert "\n" not in result["msg"]


def check_secrets(result: Result, secrets: list[str]) -> None:
    text = json.dumps(result, ensure_ascii=False)
    for secret in secrets:
        assert secret not in text
        assert quote(secret, safe="") not in text


def check_patience(step: Step, met: list[Fault], result: Result) -> None:
    """What may pass by itself is got over, if there is a budget for it and a way to renew a token."""
    if step.retry_timeout < 100 or "pair" not in step.credentials or not all(map(passes, met)):
        return
    if step.credentials == "stale token and pair" and any(fault["name"] == "expire" for fault in met):
        return  # a token is renewed once
    assert "failure" not in result, result["failure"]


def check_reach(step: Step, witness: Witness) -> None:
    """Nobody outside the request was touched, and none of those who were as asked."""
    named = keys([*(step.userids or ()), *(step.department_ids or ())])
    before = witness.first_list
    if before is None:
        assert witness.writes == 0, "wrote without having read"
        return
    allowed = named if step.state != "absent" else named & before
    if step.state == "present":
        allowed = named - before
    elif step.state == "exact":
        kinds = [kind for kind, given in ((str, step.userids), (int, step.department_ids)) if given is not None]
        others = {key for key in before - named if isinstance(key, tuple(kinds))}
        allowed = (named - before) | others
    assert witness.sent <= allowed
    assert witness.by_us <= allowed


def check_economy(step: Step, witness: Witness, result: Result, log: list[Line]) -> None:
    """No more calls than needed, but for what went wrong."""
    endpoints = [line["endpoint"] for line in log]
    needed = 0
    for call, action in ((ADD, "add"), (DEL, "remove")):
        needed += sum(1 for _batch in batches(call, [name_of(e) for e in result["servicers"] if e["action"] == action]))
    assert witness.writes <= needed + witness.unclear_writes, "more writes than needed"
    # One whom somebody else changed back may rightly be asked for again.
    assert witness.sent_again <= witness.by_others | witness.late, "asked again for those who had been answered for"
    if step.retry_timeout == 0:
        rejected = sum(line["errcode"] in (40014, 42001) for line in log)
        assert witness.writes <= needed + rejected
        assert endpoints.count(LIST) <= 1 + witness.unclear_writes + rejected
    if DEL in endpoints:
        assert ADD not in endpoints[endpoints.index(DEL) :], "added after it had removed"
    fetches = [line for line in log if line["endpoint"] == GETTOKEN]
    for number, line in enumerate(fetches):
        if line["errcode"] in FATAL_FOR_CREDENTIALS:
            assert number == len(fetches) - 1, "asked again with a refused secret"
    for first, second in zip(log, log[1:]):
        if first["fault"] == "junk items" and first["errcode"] in (40014, 42001):
            continue  # junk beside an errcode that is read: nothing was done, and it is sent again with another token
        if first["endpoint"] in (ADD, DEL) and (first["errcode"] in FATAL or first["fault"] in LOSES_THE_ANSWER):
            assert second["endpoint"] == LIST, "went on writing without having looked"


def check_verdicts(step: Step, witness: Witness, result: Result, after: set[Name]) -> None:
    if witness.first_list is None:
        assert all(entry["failed"] for entry in result["servicers"])
        assert result["failed"]
        return
    guarded = "max_removals" in result["msg"]
    if guarded:
        assert witness.writes == 0
    for entry in result["servicers"]:
        key = key_of(name_of(entry))
        if key in witness.late:
            continue
        expected = _expected(entry, key, step, witness)
        assert (entry["changed"], entry["failed"]) == expected, f"{entry} and not {expected}"
        unknown = entry["msg"].startswith("not known")
        if key in witness.doubted and not unknown:
            # It is said not to have been done, so it had better not have been.
            assert key not in witness.by_us, entry
        if unknown:
            assert key in witness.doubted, entry
        if key not in witness.by_others and not unknown:
            wanted = is_wanted(key, step)
            assert entry["changed"] == ((key in witness.first_list) != (key in after)), entry
            assert entry["failed"] == ((key in after) != wanted), entry
    if "diff" in result:
        _check_diff(witness, result)
    _check_staffed(step, witness, after)


def check_foresight(step: Step, witness: Witness, result: Result) -> None:
    """What check mode says follows from the list that it read."""
    if witness.first_list is None or "max_removals" in result["msg"]:
        assert not result["changed"]
        return
    for entry in result["servicers"]:
        serves = key_of(name_of(entry)) in witness.first_list
        assert entry["changed"] == (serves != is_wanted(key_of(name_of(entry)), step))
        assert not entry["failed"]


def _expected(entry: Result, key: Name, step: Step, witness: Witness) -> tuple[bool, bool]:
    """Whether this one changed and failed, by what a client could know."""
    assert witness.first_list is not None
    wanted = is_wanted(key, step)
    as_asked = (key in witness.known) == wanted
    if entry["action"] == "none":
        assert (key in witness.first_list) == wanted
        return False, not as_asked
    assert (key in witness.first_list) != wanted
    assert (entry["action"] == "add") == wanted
    if key in witness.doubted:
        return False, True
    ours = key in witness.sent and key not in witness.refused and key not in witness.done_before
    return as_asked and ours, not as_asked


def is_wanted(key: Name, step: Step) -> bool:
    return step.state != "absent" and key in keys([*(step.userids or ()), *(step.department_ids or ())])


def _check_diff(witness: Witness, result: Result) -> None:
    before, after = (_names_in(result["diff"][side]) for side in ("before", "after"))
    assert before == witness.first_list
    told = {key_of(name_of(entry)): entry for entry in result["servicers"]}
    for key, entry in told.items():
        if entry["changed"]:
            assert (key in before) != (key in after)
        elif not entry["failed"] and key not in witness.by_others:
            assert (key in before) == (key in after)
    if not (witness.by_others or witness.late or witness.doubted):
        assert after == witness.really


def _names_in(lines: str) -> set[Name]:
    return {int(line[11:]) if line.startswith("department:") else line.lower() for line in lines.splitlines()}


def _check_staffed(step: Step, witness: Witness, after: set[Name]) -> None:
    """Where exact has somebody to add, the account is never left with nobody."""
    if step.state == "exact" and witness.first_list and not (witness.by_others or witness.late):
        asks_for_somebody = bool(keys([*(step.userids or ()), *(step.department_ids or ())]))
        assert after or not asks_for_somebody, "nobody is left"


def name_of(entry: Result) -> Name:
    name: Name = entry["userid"] if entry["userid"] is not None else entry["department_id"]
    return name


def word_for(entry: Result) -> str:
    if entry["changed"]:
        return str(entry["msg"])
    if not entry["failed"]:
        return "as asked"
    for word in ("not known", "not tried", "not added", "not removed: every addition", "not removed", "changed back"):
        if entry["msg"].startswith(word):
            return word
    return "refused"
