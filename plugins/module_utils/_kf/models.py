# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""What customer service is made of: servicers, accounts, and what a playbook wants of them. Pure values.

A servicer (接待人员) is a member, identified by a userid (a string), or a department, identified by a number.
"""

from __future__ import annotations

import re
import typing as t

ServicerId = t.Union[str, int]


class Servicer(t.NamedTuple):
    """Who serves an account, as the service lists it."""

    id: ServicerId
    """A userid in the service's own spelling, or a department id."""
    status: int | None = None
    """0 receiving, 1 stopped; None where the app has no management privilege on the account."""
    stop_type: int | None = None
    """0 stopped, 1 suspended; only with status 1."""


class ItemResponse(t.NamedTuple):
    """What the service says about one servicer in the response to an add or a del."""

    errcode: int
    errmsg: str

    @property
    def is_ignored(self) -> bool:
        """Whether the item was already as wanted before the call."""
        return self.errcode == 0 and re.search(r"(?<!not )\bignored\b", self.errmsg, re.IGNORECASE) is not None


class Account(t.NamedTuple):
    """A KF account, as the service lists it. What the service does not tell is None."""

    open_kfid: str
    """Empty for one that does not exist yet."""
    name: str | None
    avatar: str | None = None
    manage_privilege: bool | None = None


class RemovalLimit(t.NamedTuple):
    """The most removals that are allowed: a count, or a share of the current servicers."""

    text: str
    """As the playbook has it: ``10`` or ``25%``."""
    numerator: int
    denominator: int
    is_share: bool

    @classmethod
    def parse(cls, text: str) -> RemovalLimit | None:
        """Read ``10``, ``25%`` or ``12.5%``; return None where the text is neither a count nor a share up to 100%."""
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
        """Return whether this many removals are allowed, compared exactly: 25% of 10 current servicers allows 2, not 3.

        A share above 0% always allows one.
        """
        if not self.is_share:
            return removals <= self.numerator
        return removals * self.denominator <= self.numerator * current or (removals == 1 and self.numerator > 0)


class Desired(t.NamedTuple):
    """What a playbook wants of one account. A list that is None was omitted; an empty one was not."""

    open_kfid: str
    state: str
    """``present``, ``absent`` or ``exact``."""
    userids: list[str] | None
    department_ids: list[int] | None
    max_removals: RemovalLimit | None = None
    name: str | None = None
    """The account's name, where the playbook gives it."""
    origin: str | None = None
    """Where a reader finds this, such as a file and a line; only for messages."""

    def named(self) -> dict[ServicerId, ServicerId]:
        """Return everyone named, in the order given, by normalized id."""
        named: dict[ServicerId, ServicerId] = {}
        for group in (self.userids, self.department_ids):
            for servicer_id in group or ():
                named.setdefault(normalize(servicer_id), servicer_id)
        return named


def normalize(servicer_id: ServicerId) -> ServicerId:
    """Return what all spellings of a servicer's id have in common: the service ignores the case of userids."""
    return servicer_id.lower() if isinstance(servicer_id, str) else servicer_id


def as_fields(servicer_id: ServicerId) -> dict[str, t.Any]:
    """Return the two fields that identify a servicer in results, as in the service's responses."""
    if isinstance(servicer_id, str):
        return {"userid": servicer_id, "department_id": None}
    return {"userid": None, "department_id": servicer_id}


def as_line(servicer_id: ServicerId) -> str:
    """Return a servicer as a diff or a message shows it, on one line."""
    return printable(servicer_id) if isinstance(servicer_id, str) else f"department:{servicer_id}"


def label(open_kfid: str, name: str | None) -> str:
    """Return an account as a diff or a message shows it: its id, its name, or both."""
    if not name:
        return open_kfid
    return f"{open_kfid} ({printable(name)})" if open_kfid else printable(name)


def printable(text: str) -> str:
    """Return a text with a replacement character for each character that cannot be seen."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)
