# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""What a servicer is: a member by userid or a department by id.

Everywhere in the collection a servicer is named by a string (a userid) or an integer (a department id),
and found by its key, which is the same for all spellings of a userid.
"""

from __future__ import annotations

import typing as t

Name = t.Union[str, int]
Key = t.Union[str, int]


class Servicer(t.NamedTuple):
    """Who serves an account, as the service lists it."""

    name: Name
    """A userid in the service's own spelling, or a department id."""
    status: int | None = None
    """0 receiving, 1 stopped; None where the app has no management privilege on the account."""
    stop_type: int | None = None
    """0 stopped, 1 suspended; only with status 1."""


class ItemAnswer(t.NamedTuple):
    """What the service says of one servicer in an add or a del."""

    errcode: int
    errmsg: str


def key_of(name: Name) -> Key:
    """What two spellings of the same servicer have in common: the service ignores the case of userids."""
    if not isinstance(name, str):
        return name
    key = name.lower()
    return name if key == name else key  # the same object where it can be, as there may be millions of them


def as_fields(name: Name) -> dict[str, t.Any]:
    """The two fields that name a servicer in results, as in the service's answers."""
    if isinstance(name, str):
        return {"userid": name, "department_id": None}
    return {"userid": None, "department_id": name}


def as_line(name: Name) -> str:
    """A servicer in a diff or a message."""
    return name if isinstance(name, str) else f"department:{name}"
