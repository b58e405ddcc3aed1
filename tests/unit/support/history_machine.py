# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs random histories against a simulator, and compares after every step what was reported with what is so."""

from __future__ import annotations

import collections
import json
import typing as t
from urllib.parse import quote

from ansible_collections.wecom.kf.plugins.module_utils._accounts_params import read_servicers_params
from ansible_collections.wecom.kf.plugins.module_utils._kf.api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._params import ParamError
from ansible_collections.wecom.kf.plugins.module_utils._wecom.client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom.connection import Connection
from ansible_collections.wecom.kf.plugins.modules import wecom_kf_servicer, wecom_kf_servicers
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.histories import (
    BYSTANDER,
    COVERED,
    KFIDS,
    NAMES,
    DesiredServicers,
    InitialState,
    Step,
)
from ansible_collections.wecom.kf.tests.unit.support.reference_model import (
    ADD,
    DELETE,
    LIST,
    Line,
    ReferenceModel,
    ServicerId,
    keys,
    normalize,
)

STALE_TOKEN = "stale+/=%token"

Result = t.Dict[str, t.Any]


class Stats:
    """What was lived through."""

    def __init__(self) -> None:
        self.histories = self.runs = self.calls = 0
        self.faults: collections.Counter[str] = collections.Counter()
        """Those that met a call, by kind."""
        self.messages: collections.Counter[str] = collections.Counter()

    def lines(self) -> t.Iterator[str]:
        """Yield a summary."""
        met = sum(self.faults.values())
        yield f"{self.histories} histories, {self.runs} runs, {self.calls} calls, {met} faults met"
        yield "faults: " + ", ".join(f"{name} {number}" for name, number in sorted(self.faults.items()))
        yield "servicers: " + ", ".join(f"{name} {number}" for name, number in self.messages.most_common(12))


class HistoryMachine:
    """One simulator, history after history."""

    def __init__(self, simulator: RunningSimulator, stats: Stats | None = None) -> None:
        self._simulator = simulator
        self.stats = stats or Stats()

    def run_history(self, state: InitialState, steps: list[Step]) -> None:
        """Live one history. Raises AssertionError where a promise does not hold."""
        simulator = self._simulator
        simulator.reset(state.config())
        self.stats.histories += 1
        for step in steps:
            simulator.change(KFIDS[0], *step.admin_change)
            kfids = KFIDS[: len(step.desired)]
            bystander = simulator.serving(BYSTANDER)
            self._run_step(step, state)
            left = {kfid: simulator.serving(kfid) for kfid in kfids}
            self._check_converges(step, state)
            assert simulator.serving(BYSTANDER) == bystander, "another account was touched"
            # The next step begins where this one ended, and not where it converged.
            for kfid, serving in left.items():
                simulator.change(kfid, serving, [name for name in simulator.serving(kfid) if name not in serving])

    # --- one run ---

    def _run_step(self, step: Step, state: InitialState) -> None:
        simulator = self._simulator
        before = [simulator.serving(kfid) for kfid in KFIDS[: len(step.desired)]]
        for fault in step.faults:
            simulator.fault(**fault)
        result, log = self._run(step)
        for fault in simulator.faults():
            self.stats.faults[fault["name"]] += fault["hits"]
        simulator.clear_faults()
        if result is None:
            return
        rows = result["accounts"]
        assert result["changed"] == any(row["changed"] for row in rows)
        assert result["failed"] == any(row["failed"] for row in rows)
        models = [
            ReferenceModel(desired, serving, [line for line in log if line["open_kfid"] == kfid])
            for kfid, desired, serving in zip(KFIDS, step.desired, before)
        ]
        _check_order(log, models)
        for kfid, row, model in zip(KFIDS, rows, models):
            assert row["open_kfid"] in (kfid, None)
            if step.check_mode:
                assert not model.writes, "check mode wrote"
            elif not step.is_late:
                _check_row(row, model, keys(simulator.serving(kfid)), state)
            for entry in row["servicers"]:
                self.stats.messages[entry["msg"].partition(":")[0].partition(";")[0][:40]] += 1

    def _run(self, step: Step, **changes: t.Any) -> tuple[Result | None, list[Line]]:
        """Return the result in the shape for many accounts, None where the parameters are refused, and the calls."""
        step = step._replace(**changes)
        simulator = self._simulator
        simulator.reset_counters()
        clock = VirtualClock()
        client = WecomClient(self._connection(step), concurrency=step.concurrency, clock=clock.as_clock())
        is_single = len(step.desired) == 1 and not step.as_many
        try:
            result = (_run_single if is_single else _run_many)(step, KfApi(client))
        except ParamError:
            assert not step.allow_empty, "refused without need"
            return None, []
        finally:
            client.close()
        simulator.wait_idle()
        log = simulator.log()
        self.stats.runs += 1
        self.stats.calls += len(log)
        assert client.api_calls == len(log)
        assert sum(clock.sleeps) <= step.retry_timeout + 0.01, "more time for retries than allowed"
        assert "\n" not in result["msg"]
        _check_secrets(result, [simulator.corpsecret, simulator.token(), STALE_TOKEN])
        for row in result["accounts"]:
            _check_shape(row)
        return result, log

    def _connection(self, step: Step) -> Connection:
        simulator = self._simulator
        has_pair = "pair" in step.credentials
        token = simulator.token() if "token" in step.credentials else None
        return Connection(
            simulator.url,
            simulator.corpid if has_pair else None,
            simulator.corpsecret if has_pair else None,
            STALE_TOKEN if "stale" in step.credentials else token,
            timeout=step.timeout,
            retry_timeout=step.retry_timeout,
        )

    # --- afterwards ---

    def _check_converges(self, step: Step, state: InitialState) -> None:
        """Without faults a run does what check mode predicts, and the next one changes nothing."""
        if any(state.is_overfull(self._simulator.serving(kfid)) for kfid in KFIDS[: len(step.desired)]):
            return
        how = {"faults": [], "credentials": "pair", "retry_timeout": 120.0}
        predicted, _log = self._run(step, check_mode=True, **how)
        done, _log = self._run(step, check_mode=False, **how)
        again, log = self._run(step, check_mode=False, **how)
        if predicted is None or done is None or again is None:
            return
        entries = [entry for row in done["accounts"] for entry in row["servicers"]]
        covered = {"ann", "bob"} if state.settings["covered_by_department"] == "ignored" else set()
        is_plain = not any(entry["failed"] for entry in entries) and not covered
        if is_plain and not predicted["failed"]:
            assert _without_hints(predicted) == _without_hints(done), "check mode predicts something else"
        assert not again["changed"], "a third run changes something"
        deleted = sum(line["endpoint"] == DELETE for line in log)
        added = sum(line["endpoint"] == ADD and bool(line["changed"]) for line in log)
        assert deleted == added or again["failed"], "a third run writes"


def _run_single(step: Step, api: KfApi) -> Result:
    given = {**_params_of(wecom_kf_servicer), **_options(step), **_of_account(KFIDS[0], step.desired[0], "account")}
    desired = wecom_kf_servicer.read_params(given)
    row = wecom_kf_servicer.manage_servicers(desired, api, check_mode=step.check_mode, diff=True)
    notable = [entry for entry in row["servicers"] if entry["changed"] or entry["failed"]]
    named = keys([*(step.desired[0].userids or ()), *(step.desired[0].department_ids or ())])
    assert named <= {_key_of(entry) for entry in row["servicers"]}, "somebody named is missing in the result"
    return {**row, "accounts": [{**row, "servicers": notable}], "diff": [row["diff"]] if row.get("diff") else []}


def _run_many(step: Step, api: KfApi) -> Result:
    accounts = [
        {"max_removals": None, "allow_empty": None, **_of_account(kfid, desired, "name")}
        for kfid, desired in zip(KFIDS, step.desired)
    ]
    total = step.max_total_removals
    given = {**_params_of(wecom_kf_servicers), **_options(step), "accounts": accounts, "max_total_removals": total}
    params = read_servicers_params({**given, "concurrency": step.concurrency})
    return wecom_kf_servicers.manage_accounts(params, api, check_mode=step.check_mode, diff=True)


def _params_of(module: t.Any) -> dict[str, t.Any]:
    return {name: option.get("default") for name, option in module.SPEC.options.items()}


def _options(step: Step) -> dict[str, t.Any]:
    return {"allow_empty": step.allow_empty, "max_removals": step.max_removals}


def _of_account(kfid: str, desired: DesiredServicers, name_option: str) -> dict[str, t.Any]:
    return {
        "open_kfid": None if desired.by_name else kfid,
        name_option: NAMES[kfid] if desired.by_name else None,
        "userids": desired.userids,
        "department_ids": desired.department_ids,
        "state": desired.state,
    }


def _key_of(entry: Result) -> ServicerId:
    return normalize(entry["department_id"] if entry["userid"] is None else entry["userid"])


def _check_shape(row: Result) -> None:
    assert row["changed"] == any(entry["changed"] for entry in row["servicers"])
    if any(entry["failed"] for entry in row["servicers"]):
        assert row["failed"]
    summary = row["summary"]
    assert summary["added"] + summary["removed"] == sum(entry["changed"] for entry in row["servicers"])
    assert summary["failed"] == sum(entry["failed"] for entry in row["servicers"])
    for entry in row["servicers"]:
        assert not (entry["changed"] and entry["failed"])
        assert "\n" not in entry["msg"]


def _check_secrets(result: Result, secrets: list[str]) -> None:
    text = json.dumps(result, ensure_ascii=False)
    for secret in secrets:
        assert secret not in text
        assert quote(secret, safe="") not in text


def _check_order(log: list[Line], models: list[ReferenceModel]) -> None:
    """Every account that can be read is read before the first write."""
    writes = [number for number, line in enumerate(log) if line["endpoint"] in (ADD, DELETE)]
    lists: dict[str, int] = {}
    for number, line in enumerate(log):
        if line["endpoint"] == LIST:
            lists.setdefault(line["open_kfid"], number)
    if writes:
        assert len(lists) == len(models)
        assert max(lists.values()) < writes[0], "a write before every account was read"


def _check_row(row: Result, model: ReferenceModel, serving: set[ServicerId], state: InitialState) -> None:
    """What the row says about everyone is so at the service, except for those that somebody else touched."""
    told = {_key_of(entry): entry for entry in row["servicers"]}
    assert len(told) == len(row["servicers"]), "an entry twice"
    unknown = {key for key, entry in told.items() if "not known" in entry["msg"]}
    if model.first_list is None:
        assert not row["changed"]
        return
    for key in (model.names | model.first_list | set(told)) - model.by_others - unknown:
        entry = told.get(key, {"changed": False, "failed": False, "action": model.action(key), "msg": ""})
        assert entry["action"] == model.action(key), f"{key}: another action"
        assert entry["changed"] == (key in model.by_us), f"{key}: changed is not true"
        is_as_wanted = {"add": key in serving, "remove": key not in serving}.get(entry["action"], True)
        is_covered = key in keys(COVERED) and state.settings["covered_by_department"] == "ignored"
        assert is_as_wanted is not entry["failed"] or is_covered, f"{key}: failed is not true"
    if not model.by_others and not unknown and row["changed"] and "failure" not in row:
        assert model.before ^ model.by_us == serving
    if not state.is_overfull(model.before):
        _check_held_back(row, model, serving)


def _check_held_back(row: Result, model: ReferenceModel, serving: set[ServicerId]) -> None:
    """Nobody is removed for an addition that did not come, and the account is never emptied by a wrong list."""
    additions = {key for key in model.names if model.action(key) == "add"}
    failed = {_key_of(entry) for entry in row["servicers"] if entry["failed"]} & additions
    if model.by_others or model.desired.state != "exact" or not failed:
        return
    removals = {key for key in model.before if model.action(key) == "remove"}
    removed = removals - serving - model.put_back  # the service may refuse to take somebody back
    assert len(removed) <= max(len(removals) - len(failed), len(additions & serving)), "removed for nothing"
    if removed:
        assert model.wanted & (serving | keys(COVERED)), "none of those who are to serve serves, and some were removed"
    assert model.lowest >= min(len(model.before), len(serving)) - 100, "fewer than before and after, less one batch"


def _without_hints(result: Result) -> Result:
    """Return the result without what the service words differently in each response."""
    for row in result["accounts"]:
        row.get("failure", {}).pop("errmsg", None)
    return {key: value for key, value in result.items() if key not in ("api_calls", "servicers")}
