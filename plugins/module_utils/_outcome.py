# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""What became of an account and of everyone in its plan. Pure: knows neither HTTP nor Ansible."""

from __future__ import annotations

import enum
import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import ADD, NONE, REMOVE, Plan, Step, Wanted
from ansible_collections.wecom.kf.plugins.module_utils._servicers import ItemAnswer, Name, key_of
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError


class Verdict(enum.Enum):
    """What became of one servicer: in a word, whether this run changed it, and whether it is not as asked."""

    ADDED = ("added", True, False)
    REMOVED = ("removed", True, False)
    SERVES = ("serves", False, False)
    """As asked all the time."""
    SERVES_NOT = ("serves not", False, False)
    """As asked all the time."""
    AS_ASKED_BY_OTHERS = ("as asked by others", False, False)
    """Something had to be done, and somebody else did it first."""
    REFUSED = ("refused", False, True)
    """The service refused this one."""
    KEPT = ("kept", False, True)
    """Not removed, so that the account is not left without anybody."""
    NOT_APPLIED = ("not applied", False, True)
    """Asked for in a call that failed or did not say, and read back as not done."""
    NOT_TRIED = ("not tried", False, True)
    """An earlier call had failed."""
    UNDONE = ("undone", False, True)
    """Was as asked while this ran and is not any more: somebody else changes the account too."""
    UNKNOWN = ("unknown", False, True)
    """May or may not have been done: the answer was lost, and reading back failed too."""

    def __init__(self, _word: str, changed: bool, failed: bool) -> None:
        self.changed = changed
        self.failed = failed


class Entry(t.NamedTuple):
    """What became of one servicer of a plan."""

    name: Name
    action: str
    verdict: Verdict
    answer: ItemAnswer | None = None
    """What the service said of this one, where it said something."""


class Outcome(t.NamedTuple):
    """What became of one account."""

    open_kfid: str
    entries: list[Entry]
    before: list[Name]
    after: list[Name]
    failure: WecomError | None = None
    """The call that failed as a whole, if one did and something is not as asked."""
    refusal: str = ""
    """Why the collection itself refused to begin, in one sentence; empty where it did not."""


DONE = {ADD: Verdict.ADDED, REMOVE: Verdict.REMOVED}
"""The verdict on a step that was carried out."""


def at_rest(plan: Plan, step: Step) -> Verdict:
    """The verdict on a step that asks for nothing."""
    return Verdict.SERVES if key_of(step.name) in plan.before else Verdict.SERVES_NOT


def foresee(plan: Plan) -> Outcome:
    """What carrying the plan out gives if the service refuses nobody."""
    after = dict(plan.before)
    entries = []
    for step in plan.steps:
        if step.action == ADD:
            after[key_of(step.name)] = step.name
        elif step.action == REMOVE:
            del after[key_of(step.name)]
        entries.append(Entry(step.name, step.action, DONE.get(step.action) or at_rest(plan, step)))
    return Outcome(plan.open_kfid, entries, list(plan.before.values()), list(after.values()))


def refrain(plan: Plan, *, refusal: str = "", failure: WecomError | None = None) -> Outcome:
    """What a plan gives that is not carried out at all, and why."""
    entries = [
        Entry(step.name, step.action, at_rest(plan, step) if step.action == NONE else Verdict.NOT_TRIED)
        for step in plan.steps
    ]
    serving = list(plan.before.values())
    return Outcome(plan.open_kfid, entries, serving, serving, failure, refusal)


def give_up(wanted: Wanted, *, failure: WecomError | None = None, refusal: str = "") -> Outcome:
    """What an account gives of which nothing is known: everyone named has failed."""
    entries = [Entry(name, NONE, Verdict.NOT_TRIED) for name in wanted.names().values()]
    return Outcome(wanted.open_kfid, entries, [], [], failure, refusal)
