# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Reads the options of the modules that work on many accounts."""

from __future__ import annotations

import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._options import (
    OptionError,
    Options,
    is_open_kfid,
    read_open_kfid,
    read_wanted,
)
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import Wanted

_MOST_CONCURRENT = 16
_MOST_PROBLEMS = 10


class Fleet(t.NamedTuple):
    """What is asked for many accounts, and how many to work on at a time."""

    accounts: list[Wanted]
    concurrency: int


class AccountsAsked(t.NamedTuple):
    """Whose servicers are asked for, and how many accounts to ask at a time."""

    open_kfids: list[str]
    concurrency: int


class AccountFilter(t.NamedTuple):
    """Which accounts are asked for; None is any."""

    name: str | None
    open_kfids: list[str] | None


class Problem(t.NamedTuple):
    """What is wrong with one of many accounts."""

    open_kfid: t.Any
    """As it was given."""
    number: int
    """The account's place in the list, from 1."""
    text: str

    def concerned(self) -> str:
        """The account by its id, or by its place where what stands for the id is none."""
        return self.open_kfid if is_open_kfid(self.open_kfid) else f"number {self.number}"


def tell_problems(problems: list[Problem]) -> str:
    """One sentence that names every account concerned; empty where there are no problems."""
    if not problems:
        return ""
    told = "; ".join(f"{problem.concerned()}: {problem.text}" for problem in problems[:_MOST_PROBLEMS])
    others = dict.fromkeys(problem.concerned() for problem in problems[_MOST_PROBLEMS:])
    return f"accounts: {told}" + (f"; and in {', '.join(others)}" if others else "")


def read_fleet(options: Options) -> Fleet:
    """What is asked for many accounts. Raises OptionError, naming every account that is not right."""
    concurrency = _read_concurrency(options)
    wanted: list[Wanted] = []
    first_seen: dict[str, int] = {}
    problems: list[Problem] = []
    for number, account in enumerate(options["accounts"], start=1):
        own = {name: value for name, value in account.items() if value is not None}
        open_kfid = account["open_kfid"]
        first = first_seen.setdefault(open_kfid, number)
        if first != number:
            problems.append(Problem(open_kfid, number, f"is there twice, as number {first} and as number {number}"))
        try:
            wanted.append(read_wanted({**options, "userids": None, "department_ids": None, **own}))
        except OptionError as error:
            problems.append(Problem(open_kfid, number, str(error)))
    if problems:
        raise OptionError(tell_problems(problems))
    return Fleet(wanted, concurrency)


def read_accounts_asked(options: Options) -> AccountsAsked:
    """Whose servicers are asked for. Raises OptionError."""
    return AccountsAsked(_read_open_kfids(options), _read_concurrency(options))


def read_account_filter(options: Options) -> AccountFilter:
    """Which accounts are asked for. Raises OptionError."""
    return AccountFilter(options["name"], None if options["open_kfids"] is None else _read_open_kfids(options))


def _read_open_kfids(options: Options) -> list[str]:
    return [read_open_kfid(open_kfid) for open_kfid in options["open_kfids"]]


def _read_concurrency(options: Options) -> int:
    concurrency: int = options["concurrency"]
    if not 1 <= concurrency <= _MOST_CONCURRENT:
        raise OptionError(f"concurrency must be 1 to {_MOST_CONCURRENT}, not {concurrency}")
    return concurrency
