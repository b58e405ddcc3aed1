# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random histories of many accounts in one task: as those of one account, and what goes wrong may hit one of them."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.wecom.kf.tests.unit.support.history import Fault, Step, World, faults, is_late, steps, worlds
from ansible_collections.wecom.kf.tests.unit.support.service import GETTOKEN

MOST_ACCOUNTS = 5


class Fleet(t.NamedTuple):
    """Accounts as they are, and one task that is about all of them."""

    worlds: list[World]
    steps: list[Step]
    """What is asked for each account. Check mode, budget and credentials are those of the first one."""
    last_exists: bool
    """Whether the service knows the last account."""
    concurrency: int
    faults: list[Fault]

    def kfids(self) -> list[str]:
        return [f"wkF{number}" for number in range(len(self.steps))]

    def config(self) -> dict[str, t.Any]:
        """The simulator's configuration."""
        accounts = [
            {"open_kfid": kfid, "servicers": world.servicers, "manage_privilege": world.manage_privilege}
            for kfid, world in zip(self.kfids(), self.worlds)
        ]
        return {**self.worlds[0].config(), "accounts": accounts if self.last_exists else accounts[:-1]}

    def options(self) -> dict[str, t.Any]:
        """What is asked for, as the module gets it: what the accounts have in common is the task's own."""
        first = self.steps[0]
        defaults = {name: getattr(first, name) for name in ("state", "allow_empty", "max_removals")}
        accounts = []
        for kfid, step in zip(self.kfids(), self.steps):
            account = {**step.options(), "open_kfid": kfid}
            accounts.append({name: None if defaults.get(name) == value else value for name, value in account.items()})
        return {"accounts": accounts, "concurrency": self.concurrency, **defaults}

    def asked(self) -> list[Step]:
        """The steps as they are meant: an account cannot take a limit back that the task has."""
        limit = self.steps[0].max_removals
        return [step._replace(max_removals=step.max_removals or limit) for step in self.steps]


@st.composite
def _faults(draw: st.DrawFn, kfids: list[str]) -> Fault:
    fault = draw(faults().filter(lambda fault: not is_late(fault) and "delay_after" not in fault))
    if "meanwhile" in fault and fault["on"] in ("any", GETTOKEN):
        fault["on"] = "write"  # a token is fetched for no account
    if fault["on"] != GETTOKEN and draw(st.integers(0, 2)) == 0:
        fault["open_kfid"] = draw(st.sampled_from(kfids))
    return fault


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    number = draw(st.integers(1, MOST_ACCOUNTS))
    fleet = Fleet(
        worlds=draw(st.lists(worlds(), min_size=number, max_size=number)),
        steps=draw(st.lists(steps(), min_size=number, max_size=number)),
        last_exists=draw(st.integers(0, 9)) > 0,
        concurrency=draw(st.sampled_from([1, 2, 4, 16])),
        faults=[],
    )
    met = st.lists(_faults(fleet.kfids()), max_size=5, unique_by=lambda fault: fault["name"])
    return fleet._replace(faults=draw(met))
