# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""What became of an account and of everyone in its plan. Pure: knows neither HTTP nor Ansible."""

from __future__ import annotations

import enum
import typing as t

from .._wecom.errors import WecomError
from .models import Desired, ItemResponse, ServicerId, normalize
from .plan import ADD, NONE, REMOVE, Plan, Step


class Status(enum.Enum):
    """What became of one servicer: a word, whether this run changed it, and whether it is not as wanted."""

    ADDED = ("added", True, False)
    REMOVED = ("removed", True, False)
    REMOVED_IN_VAIN = ("removed in vain", True, False)
    """Removed to make room for an addition that then failed, and not added again."""
    ALREADY_PRESENT = ("already present", False, False)
    ALREADY_ABSENT = ("already absent", False, False)
    CHANGED_CONCURRENTLY = ("changed concurrently", False, False)
    """There was something to do, and somebody else did it first."""
    COVERED = ("covered", False, False)
    """The service says that this one serves already, and does not list it by name."""
    REFUSED = ("refused", False, True)
    """The service refused this one."""
    KEPT = ("kept", False, True)
    """Not removed, because an addition failed."""
    ALL_KEPT = ("all kept", False, True)
    """Not removed, because none of those who are to serve is serving."""
    NOT_APPLIED = ("not applied", False, True)
    """Asked for in a call that failed or said nothing, and found not done when the account was listed again."""
    SKIPPED = ("skipped", False, True)
    """Not tried, because something else failed before."""
    REVERTED = ("reverted", False, True)
    """Was as wanted during the run and no longer is: somebody else changes the account too."""
    UNKNOWN = ("unknown", False, True)
    """May or may not have been done: the response was lost, and the account could not be listed again."""

    def __init__(self, _word: str, changed: bool, failed: bool) -> None:
        self.changed = changed
        self.failed = failed


class Entry(t.NamedTuple):
    """What became of one servicer of a plan."""

    id: ServicerId
    action: str
    status: Status
    response: ItemResponse | None = None
    """What the service said about this one when it refused."""


class Outcome(t.NamedTuple):
    """What became of one account."""

    open_kfid: str
    entries: list[Entry]
    before: list[ServicerId]
    after: list[ServicerId]
    failures: tuple[WecomError, ...] = ()
    """The call that failed as a whole, and the one that failed when the account was listed again after it."""
    refusal: str = ""
    """Why the collection itself refused to begin, in one sentence; empty where it did not."""
    name: str | None = None
    """The account's name, where the playbook gives it."""


DONE = {ADD: Status.ADDED, REMOVE: Status.REMOVED}
"""The status of a step that was applied."""


def _unchanged(plan: Plan, step: Step) -> Status:
    """Return the status of a step that asks for nothing."""
    return Status.ALREADY_PRESENT if normalize(step.id) in plan.before else Status.ALREADY_ABSENT


def predict(plan: Plan) -> Outcome:
    """Return the outcome of applying the plan if the service refuses nobody."""
    after = dict(plan.before)
    entries = []
    for step in plan.steps:
        if step.action == ADD:
            after[normalize(step.id)] = step.id
        elif step.action == REMOVE:
            del after[normalize(step.id)]
        entries.append(Entry(step.id, step.action, DONE.get(step.action) or _unchanged(plan, step)))
    return Outcome(plan.open_kfid, entries, list(plan.before.values()), list(after.values()), name=plan.name)


def skip(plan: Plan, *, refusal: str = "", failures: tuple[WecomError, ...] = ()) -> Outcome:
    """Return the outcome of a plan that is not applied at all, and why."""
    entries = [
        Entry(step.id, step.action, _unchanged(plan, step) if step.action == NONE else Status.SKIPPED)
        for step in plan.steps
    ]
    serving = list(plan.before.values())
    return Outcome(plan.open_kfid, entries, serving, serving, failures, refusal, plan.name)


def unreadable(desired: Desired, *, refusal: str = "", failures: tuple[WecomError, ...] = ()) -> Outcome:
    """Return the outcome of an account that could not be read: every named servicer failed."""
    entries = [Entry(servicer_id, NONE, Status.SKIPPED) for servicer_id in desired.named().values()]
    return Outcome(desired.open_kfid, entries, [], [], failures, refusal, desired.name)
