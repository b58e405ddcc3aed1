# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the configuration: the corp's members, departments and accounts, and the settings."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

import yaml

from .corp import RECEIVING, Account, Corp, Member, Status
from .faults import Fault
from .fields import ConfigError, Section, kind_of
from .settings import Settings

DEFAULT_CORPID = "ww00000000simulator"
DEFAULT_CORPSECRET = "simulated-secret+/=%not&real"


class _Loader(yaml.SafeLoader):
    """Reads YAML in which only true and false are booleans: ``on`` and ``no`` stay words."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass
class Config:
    """A valid configuration. Its corp is shared with nobody."""

    corpid: str
    corpsecret: str
    tokens: list[str]
    settings: Settings
    corp: Corp
    faults: list[Fault]


def load_file(path: str) -> Any:
    """Read the mapping in a YAML file."""
    try:
        with open(path, encoding="utf-8") as handle:
            data = yaml.load(handle, Loader=_Loader)  # noqa: S506 -- a SafeLoader
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    return {} if data is None else data


def parse_config(data: object) -> Config:
    """Read a configuration, or raise an error that says what is wrong with it."""
    section = Section(data, "")
    members = _members(section.take("members", []))
    departments = _departments(section.listing("departments", []), members)
    accounts = _accounts(section.take("accounts", []), members, departments)
    corp = Corp(members, departments, accounts, section.nullable("seed", section.integer, None))
    config = Config(
        corpid=section.text("corpid", DEFAULT_CORPID),
        corpsecret=section.text("corpsecret", DEFAULT_CORPSECRET),
        tokens=[str(token) for token in section.listing("tokens", [])],
        settings=Settings().taken_from(section),
        corp=corp,
        faults=[Fault.read(fault, f"faults[{at}]") for at, fault in enumerate(section.listing("faults", []))],
    )
    section.finish()
    for fault in config.faults:
        fault.check(corp)
    return config


def _each(value: object, where: str) -> list[tuple[str, Any]]:
    """Return the entries of a list with their places; a mapping stands for a list of one."""
    if isinstance(value, dict):
        return [(where, value)]
    if not isinstance(value, (list, tuple)):
        raise ConfigError(f"{where}: a list is needed, not {kind_of(value)}")
    return [(f"{where}[{at}]", entry) for at, entry in enumerate(value)]


def _numbered(section: Section) -> list[str]:
    """Return agent001 to agent250 for ``{prefix: agent, count: 250}``."""
    prefix, count = section.text("prefix"), section.integer("count", least=0)
    width = len(str(count))
    return [f"{prefix}{number:0{width}d}" for number in range(1, count + 1)]


def _members(value: object) -> dict[str, Member]:
    members: dict[str, Member] = {}
    for where, entry in _each(value, "members"):
        if isinstance(entry, dict) and "prefix" in entry:
            section = Section(entry, where)
            refuse = section.integer("refuse", 0)
            members.update((name.lower(), Member(name, refuse)) for name in _numbered(section))
            section.finish()
            continue
        member = read_member(entry, where)
        if member.userid.lower() in members:
            raise ConfigError(f"{where}: {member.userid!r} is a duplicate (case does not count)")
        members[member.userid.lower()] = member
    return members


def read_member(entry: object, where: str) -> Member:
    """Read a member, which is a userid or a mapping."""
    if isinstance(entry, str):
        return Member(entry)
    if not isinstance(entry, dict):
        expected = "a userid (in quotes, if it looks like a number) or a mapping is needed"
        raise ConfigError(f"{where}: {expected}, not {kind_of(entry)} ({entry!r})")
    section = Section(entry, where)
    member = Member(section.text("userid"), section.integer("refuse", 0), section.boolean("left", False))
    section.finish()
    return member


def _departments(value: list[Any], members: dict[str, Member]) -> dict[int, frozenset[str]]:
    departments: dict[int, frozenset[str]] = {}
    for at, entry in enumerate(value):
        where = f"departments[{at}]"
        if not isinstance(entry, dict):
            entry = {"id": entry}
        section = Section(entry, where)
        number, userids = section.integer("id"), section.listing("members", [])
        section.finish()
        departments[number] = frozenset(_member_key(userid, members, where) for userid in userids)
    return departments


def _accounts(value: object, members: dict[str, Member], departments: Container[int]) -> list[Account]:
    accounts: dict[str, Account] = {}
    for where, entry in _each(value, "accounts"):
        section = Section(entry, where)
        read = _fleet(section, members) if "prefix" in section else [read_account(section, members, departments)]
        section.finish()
        for account in read:
            if account.open_kfid in accounts:
                raise ConfigError(f"{where}: {account.open_kfid!r} is a duplicate")
            accounts[account.open_kfid] = account
    return list(accounts.values())


def _fleet(section: Section, members: dict[str, Member]) -> list[Account]:
    """Read many accounts at once; each gets the next members in turn as its servicers."""
    keys = list(members)
    each = section.integer("servicers_each", 0, least=0)
    if each > len(keys):
        raise section.error("servicers_each", f"there are only {len(keys)} members")
    accounts, first = [], 0
    for open_kfid in _numbered(section):
        servicers = keys[first : first + each]
        servicers += keys[: each - len(servicers)]
        accounts.append(Account(open_kfid, name=open_kfid, users=dict.fromkeys(servicers, RECEIVING)))
        first = (first + each) % len(keys) if keys else 0
    return accounts


def read_account(section: Section, members: dict[str, Member], departments: Container[int]) -> Account:
    """Read one account."""
    open_kfid = section.text("open_kfid")
    account = Account(
        open_kfid,
        name=section.text("name", open_kfid),
        avatar=section.text("avatar", Account.avatar),
        manage_privilege=section.nullable("manage_privilege", section.boolean, True),
        authorized=section.boolean("authorized", True),
    )
    for where, entry in _each(section.take("servicers", []), section.place("servicers")):
        if isinstance(entry, str):
            account.users[_member_key(entry, members, where)] = RECEIVING
            continue
        inner = Section(entry, where)
        if "prefix" in inner:
            for userid in _numbered(inner):
                account.users[_member_key(userid, members, where)] = RECEIVING
        elif "department_id" in inner:
            number = inner.integer("department_id")
            if number not in departments:
                raise ConfigError(f"{where}: {number!r} is not among the departments")
            account.departments[number] = None
        else:
            account.users[_member_key(inner.text("userid"), members, where)] = read_status(inner)
        inner.finish()
    return account


def read_status(section: Section) -> Status:
    """Read ``status`` and, for a stopped servicer, ``stop_type``."""
    status = section.integer("status", 0, least=0)
    stop_type = section.integer("stop_type", 0 if status else None, least=0)
    return Status(status, stop_type) if status else RECEIVING


def _member_key(userid: object, members: dict[str, Member], where: str) -> str:
    if not isinstance(userid, str) or userid.lower() not in members:
        raise ConfigError(f"{where}: {userid!r} is not among the members")
    return userid.lower()
