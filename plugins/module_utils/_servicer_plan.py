# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Compares who shall serve an account with who does. Pure: knows neither HTTP nor Ansible."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._servicers import Key, Name, Servicer, key_of

ADD = "add"
REMOVE = "remove"
NONE = "none"


class RemovalLimit(t.NamedTuple):
    """At most so many removals: a count, or a share of those who serve now."""

    text: str
    """As the playbook has it: C(10) or C(25%)."""
    numerator: int
    denominator: int
    is_share: bool

    @classmethod
    def parse(cls, text: str) -> RemovalLimit | None:
        """Read C(10), C(25%) or C(12.5%); None where the text is neither a count nor a share up to 100%."""
        count = re.fullmatch(r"[0-9]{1,9}", text)
        if count:
            return cls(text, int(text), 1, False)
        share = re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]{1,6}))?%", text)
        if share is None:
            return None
        fraction = share.group(2) or ""
        numerator, denominator = int(share.group(1) + fraction), 100 * 10 ** len(fraction)
        return cls(text, numerator, denominator, True) if numerator <= denominator else None

    def allows(self, removals: int, current: int) -> bool:
        """Compared exactly: 25% of 10 allows 2, not 3."""
        if self.is_share:
            return removals * self.denominator <= self.numerator * current
        return removals <= self.numerator


class Wanted(t.NamedTuple):
    """What a playbook asks for one account. A list that is None was omitted; an empty one was not."""

    open_kfid: str
    state: str
    """C(present), C(absent) or C(exact)."""
    userids: list[str] | None
    department_ids: list[int] | None
    max_removals: RemovalLimit | None = None

    def names(self) -> dict[Key, Name]:
        """Everyone named, once each, in the order given."""
        names: dict[Key, Name] = {}
        for group in (self.userids, self.department_ids):
            for name in group or ():
                names.setdefault(key_of(name), name)
        return names


class Step(t.NamedTuple):
    """One servicer and what is to be done: C(add), C(remove) or C(none)."""

    name: Name
    """As the playbook spells it; whom to remove, as the service does."""
    action: str


class Plan(t.NamedTuple):
    """What is to be done to one account."""

    open_kfid: str
    steps: list[Step]
    """Everyone named, in the order given, then whoever else goes."""
    before: dict[Key, Name]
    """Who serves now."""
    last_resort: Key | None
    """Whom to keep if the removals would leave nobody: someone who is receiving now, if it is known who is."""

    @property
    def changes_nothing(self) -> bool:
        """Whether all is as wanted already."""
        return all(step.action == NONE for step in self.steps)

    def names(self, action: str) -> list[Name]:
        """Whom an action is planned for."""
        return [step.name for step in self.steps if step.action == action]

    def excess_removals(self, limit: RemovalLimit | None) -> str:
        """One sentence where the plan removes more than the limit allows; empty where it does not."""
        removals = len(self.names(REMOVE))
        if limit is None or limit.allows(removals, len(self.before)):
            return ""
        return (
            f"max_removals: {removals} of the {len(self.before)} who serve {self.open_kfid} would be removed,"
            f" more than the {limit.text} allowed; nothing was changed"
        )


def make_plan(wanted: Wanted, serving: t.Iterable[Servicer]) -> Plan:
    """Compare wanted with current."""
    before: dict[Key, Name] = {}
    receiving: Key | None = None
    named = wanted.names()
    going: list[Key] = []
    for servicer in serving:
        key = key_of(servicer.name)
        if key in before:
            continue
        before[key] = servicer.name
        if _goes(wanted, servicer.name, key in named):
            going.append(key)
            if receiving is None and servicer.status == 0:
                receiving = key
    leaving = set(going)
    steps = []
    for key, name in named.items():
        if key in leaving:
            steps.append(Step(before[key], REMOVE))
        elif key not in before and wanted.state != "absent":
            steps.append(Step(name, ADD))
        else:
            steps.append(Step(name, NONE))
    steps.extend(Step(before[key], REMOVE) for key in going if key not in named)
    users = (key for key in going if isinstance(key, str))
    last_resort = receiving if receiving is not None else next(users, going[0] if going else None)
    return Plan(wanted.open_kfid, steps, before, last_resort)


def _goes(wanted: Wanted, name: Name, is_named: bool) -> bool:
    if wanted.state == "absent":
        return is_named
    if wanted.state == "exact":
        group = wanted.userids if isinstance(name, str) else wanted.department_ids
        return group is not None and not is_named
    return False
