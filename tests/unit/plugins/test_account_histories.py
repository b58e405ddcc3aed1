# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random histories of wecom_kf_account: never a second account for want of a response, and nothing else is touched."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._kf.account_api import Image
from ansible_collections.wecom.kf.plugins.module_utils._kf.account_plan import DesiredAccount
from ansible_collections.wecom.kf.plugins.module_utils._kf.api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._wecom.client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom.connection import Connection
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_account import AccountParams, manage_account
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator, running_simulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock

Fault = t.Dict[str, t.Any]
Accounts = t.Dict[str, str]
"""Names by open_kfid."""

NAMES = ("一店", "二店", "三店")
PNG = Image(b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png")
EXISTING = [{"open_kfid": "wkFirst", "name": "一店"}, {"open_kfid": "wkOther", "name": "别的"}]


class Step(t.NamedTuple):
    """One run of the task, and what happens to it."""

    name: str
    by_id: bool
    state: str
    avatar: bool
    always: bool
    scene: str | None
    check_mode: bool
    retry_timeout: float
    faults: list[Fault]


_ON = st.sampled_from(["account_write", "account_write", "account_write", "kf/account/list", "media/upload", "any"])
_KINDS = st.sampled_from(
    [
        {"drop": "before"},
        {"drop": "after"},
        {"errcode": -1},
        {"errcode": -1, "applied": True},
        {"http_status": 502},
        {"http_status": 502, "applied": True},
        {"http_status": 504},
        {"http_status": 504, "applied": True},
        {"cut": 10},
        {"body": "<html>"},
        {"errcode": 48002},
        {"errcode": 95026},
        {"expire_token": True},
        {"meanwhile": {"create": ["二店"]}},
        {"meanwhile": {"delete": ["wkFirst"]}},
        {"meanwhile": {"rename": {"wkFirst": "三店"}, "when": "after"}},
        {"drop": "before", "meanwhile": {"create": ["二店"]}},
    ]
)
_faults = st.builds(
    lambda kind, on, nth, times: {**kind, "on": on, "nth": nth, "times": times},
    _KINDS,
    _ON,
    st.integers(1, 2),
    st.sampled_from([1, 1, 1, 2, None]),
)
_steps = st.builds(
    Step,
    st.sampled_from(NAMES),
    st.booleans(),
    st.sampled_from(["present", "present", "absent"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, "", "poster"]),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([120.0, 120.0, 0.0]),
    st.lists(_faults, max_size=3),
)


def accounts_of(simulator: RunningSimulator) -> Accounts:
    return {account["open_kfid"]: account["name"] for account in simulator.accounts()}


def run(simulator: RunningSimulator, step: Step) -> dict[str, t.Any]:
    desired = DesiredAccount("wkFirst" if step.by_id else None, step.name, step.state, step.avatar, step.always)
    connection = Connection(simulator.url, simulator.corpid, simulator.corpsecret, retry_timeout=step.retry_timeout)
    client = WecomClient(connection, clock=VirtualClock().as_clock())
    try:
        params = AccountParams(desired, PNG if step.avatar else None, "store.png", step.scene)
        result = manage_account(params, KfApi(client), check_mode=step.check_mode, diff=True)
    finally:
        client.close()
    simulator.wait_idle()
    return result


def run_history(simulator: RunningSimulator, steps: list[Step]) -> None:
    """Live one history. Raises AssertionError where a promise does not hold."""
    simulator.reset({"accounts": EXISTING})
    for step in steps:
        before = accounts_of(simulator)
        simulator.reset_counters()
        for fault in step.faults:
            simulator.fault(**fault)
        result = run(simulator, step)
        simulator.clear_faults()
        log = simulator.log()
        others = any(line["meanwhile_accounts"] for line in log)
        check(step, result, before, accounts_of(simulator), others, [line["endpoint"] for line in log])
        check_converges(simulator, step)


def check(
    step: Step, result: dict[str, t.Any], before: Accounts, after: Accounts, others: bool, calls: list[str]
) -> None:
    new = [name for open_kfid, name in after.items() if open_kfid not in before]
    assert after.get("wkOther") == "别的", "another account was touched"
    if step.check_mode:
        assert not {"kf/account/add", "kf/account/update", "kf/account/del", "media/upload"} & set(calls)
    if others:
        return
    assert len(new) <= 1, "a second account for want of a response"
    is_known = "; then " not in result["msg"]  # the accounts could not be listed after a lost response
    sets_avatar = step.avatar and step.always
    if not step.check_mode and is_known and not sets_avatar:
        assert result["changed"] == (before != after), "changed is not true"
    if not result["failed"] and not step.check_mode:
        if step.state == "present":
            assert step.name in after.values()
            assert after[result["account"]["open_kfid"]] == step.name
            assert step.scene is None or result["url"]
        else:
            assert result["account"] is None
            assert "wkFirst" not in after if step.by_id else step.name not in after.values()
    gone = [open_kfid for open_kfid in before if open_kfid not in after]
    assert not gone or step.state == "absent", "deleted without being asked to"


def check_converges(simulator: RunningSimulator, step: Step) -> None:
    """Without faults the next run does the rest, and the one after it changes nothing."""
    calm = step._replace(faults=[], check_mode=False, retry_timeout=120.0, always=False)
    first = run(simulator, calm)
    again = run(simulator, calm)
    assert first["failed"] == again["failed"]
    assert not again["changed"]
    assert again["failed"] or again["account"] == first["account"] or first["changed"]


@pytest.fixture(scope="module")
def simulator() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(_steps, min_size=1, max_size=3))
def test_no_second_account_comes_of_a_lost_response(simulator: RunningSimulator, steps: list[Step]) -> None:
    run_history(simulator, steps)


@pytest.mark.soak
def test_no_second_account_comes_of_a_lost_response_in_the_long_run(
    soak_options: tuple[int, int], record_property: t.Callable[[str, object], None]
) -> None:
    number, first = soak_options
    with running_simulator() as running:

        @seed(first)
        @settings(
            max_examples=number,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(steps=st.lists(_steps, min_size=1, max_size=3))
        def run(steps: list[Step]) -> None:
            run_history(running, steps)

        run()
    record_property("histories of wecom_kf_account", number)
