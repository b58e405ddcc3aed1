# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Compares who is to serve an account with who does. Pure: knows neither HTTP nor Ansible."""

from __future__ import annotations

import typing as t

from .models import Desired, RemovalLimit, Servicer, ServicerId, label, normalize

ADD = "add"
REMOVE = "remove"
NONE = "none"


class Step(t.NamedTuple):
    """One servicer and what is to be done: ``add``, ``remove`` or ``none``."""

    id: ServicerId
    """As the playbook spells it; on a removal, as the service does."""
    action: str


class Plan(t.NamedTuple):
    """What is to be done to one account."""

    open_kfid: str
    steps: list[Step]
    """Everyone named, in the order given, then everyone else who is removed."""
    before: dict[ServicerId, ServicerId]
    """Who serves now, by normalized id."""
    receiving: frozenset[ServicerId]
    """Who of those to remove is receiving customers now, by normalized id."""
    name: str | None = None
    """The account's name, where the playbook gives it."""

    @property
    def changes_nothing(self) -> bool:
        """Whether all is as wanted already."""
        return all(step.action == NONE for step in self.steps)

    @property
    def removals(self) -> int:
        """How many are to be removed."""
        return sum(step.action == REMOVE for step in self.steps)

    def excess_removals(self, limit: RemovalLimit | None) -> str:
        """Return one sentence where the plan removes more than the limit allows; empty where it does not."""
        if limit is None or limit.allows(self.removals, len(self.before)):
            return ""
        return (
            f"max_removals: {self.removals} of the {len(self.before)} servicers of {label(self.open_kfid, self.name)}"
            f" would be removed, more than the {limit.text} allowed; nothing was changed"
        )


def make_plan(desired: Desired, current: t.Iterable[Servicer]) -> Plan:
    """Compare desired with current."""
    named = desired.named()
    before: dict[ServicerId, ServicerId] = {}
    going: dict[ServicerId, bool] = {}
    for servicer in current:
        key = normalize(servicer.id)
        if key in before:
            continue
        before[key] = servicer.id
        if _is_to_go(desired, servicer.id, key in named):
            going[key] = servicer.status == 0
    steps = []
    for key, servicer_id in named.items():
        if key in going:
            steps.append(Step(before[key], REMOVE))
        elif key not in before and desired.state != "absent":
            steps.append(Step(servicer_id, ADD))
        else:
            steps.append(Step(servicer_id, NONE))
    steps.extend(Step(before[key], REMOVE) for key in going if key not in named)
    receiving = frozenset(key for key, is_receiving in going.items() if is_receiving)
    return Plan(desired.open_kfid, steps, before, receiving, desired.name)


def _is_to_go(desired: Desired, servicer_id: ServicerId, is_named: bool) -> bool:
    if desired.state == "absent":
        return is_named
    if desired.state == "exact":
        group = desired.userids if isinstance(servicer_id, str) else desired.department_ids
        return group is not None and not is_named
    return False
