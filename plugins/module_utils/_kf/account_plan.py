# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Compares the account that a playbook wants with those that exist. Pure: knows neither HTTP nor Ansible."""

from __future__ import annotations

import typing as t

from .lookup import describe_lookup
from .models import Account

CREATE = "create"
UPDATE = "update"
DELETE = "delete"
NONE = "none"


class DesiredAccount(t.NamedTuple):
    """What a playbook wants of one account."""

    open_kfid: str | None
    name: str | None
    state: str
    """``present`` or ``absent``."""
    has_avatar: bool = False
    always_set_avatar: bool = False


class AccountPlan(t.NamedTuple):
    """What is to be done to one account."""

    action: str
    """``create``, ``update``, ``delete`` or ``none``."""
    current: Account | None = None
    name: str | None = None
    """The name to give; None where it stays."""
    set_avatar: bool = False
    refusal: str = ""
    """Why nothing can be done, in one sentence; empty where something can."""

    def predict(self) -> Account | None:
        """Return the account as it is after the plan was applied; None where there is none."""
        if self.action == CREATE:
            return Account("", self.name)
        if self.current is None or self.action == DELETE:
            return None
        changed = self.current._replace(name=self.name) if self.name is not None else self.current
        return changed._replace(avatar=None) if self.set_avatar else changed


def make_account_plan(desired: DesiredAccount, accounts: t.Iterable[Account]) -> AccountPlan:
    """Compare desired with current; an open_kfid decides, and without one the name does."""
    if desired.open_kfid is not None:
        found = [account for account in accounts if account.open_kfid == desired.open_kfid]
    else:
        found = [account for account in accounts if account.name == desired.name]
        if len(found) > 1:
            open_kfids = [account.open_kfid for account in found]
            return AccountPlan(NONE, refusal=f"name: {describe_lookup(t.cast(str, desired.name), open_kfids)}")
    current = found[0] if found else None
    if desired.state == "absent":
        return AccountPlan(DELETE if current else NONE, current)
    if current is None and desired.open_kfid is not None:
        refusal = f"open_kfid: there is no account {desired.open_kfid}, and the ID of a new one cannot be chosen"
        return AccountPlan(NONE, refusal=refusal)
    if current is None:
        return AccountPlan(CREATE, name=desired.name, set_avatar=desired.has_avatar)
    name = desired.name if desired.name is not None and desired.name != current.name else None
    set_avatar = desired.has_avatar and desired.always_set_avatar
    return AccountPlan(UPDATE if name or set_avatar else NONE, current, name, set_avatar)
