# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Reads the parameters of the modules that work on many accounts, and says which accounts are not right."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.errors import UnsupportedError

from ._argspec import SERVICERS, Options
from ._kf.models import Desired, RemovalLimit
from ._kf.userids import quote
from ._params import (
    MAX_ISSUES,
    ParamError,
    Params,
    is_open_kfid,
    read_desired,
    read_ids,
    read_limit,
    read_name,
    read_open_kfid,
    read_scene,
    require_one_of,
)

MAX_CONCURRENCY = 16

ACCOUNT: Options = {
    "open_kfid": {"type": "str"},
    "name": {"type": "str"},
    **SERVICERS,
    "state": {"type": "str", "choices": ["present", "absent", "exact"]},
    "max_removals": {"type": "str"},
    "allow_empty": {"type": "bool"},
    "origin": {"type": "str"},
}
"""An entry of accounts; the task's own options are its defaults."""
ACCOUNT_NAMED = (("open_kfid", "name"),)
"""One of these has to name the account."""


class Issue(t.NamedTuple):
    """What is wrong with one of many accounts."""

    label: str
    """The account's ID or name, or its place in the list."""
    text: str


def label_account(account: t.Any, number: int) -> str:
    """Return how messages name an entry of accounts; ``number`` is its place in the list, from 1."""
    account = account if isinstance(account, dict) else {}
    open_kfid, name, origin = account.get("open_kfid"), account.get("name"), account.get("origin")
    if is_open_kfid(open_kfid):
        label = str(open_kfid)
    else:
        label = name if isinstance(name, str) and name and open_kfid is None else f"number {number}"
    return with_origin(label, origin)


def with_origin(label: str, origin: str | None) -> str:
    """Return an entry's label with its origin, if it has one."""
    return f"{label} ({origin})" if origin else label


def describe_twice(numbers: tuple[int, int], origins: tuple[str | None, str | None]) -> str:
    """Return where an account is listed twice: by the entries' origins, or their places in the list, from 1."""
    where = [f"in {origin}" if origin else f"as number {number}" for number, origin in zip(numbers, origins)]
    return f"is listed twice, {where[0]} and {where[1]}"


def format_issues(issues: list[Issue]) -> str:
    """Return one sentence that names every account concerned; empty where there are no issues."""
    if not issues:
        return ""
    told = "; ".join(f"{issue.label}: {issue.text}" for issue in issues[:MAX_ISSUES])
    others = dict.fromkeys(issue.label for issue in issues[MAX_ISSUES:])
    return f"accounts: {told}" + (f"; and in {', '.join(others)}" if others else "")


class ServicersParams(t.NamedTuple):
    """What wecom_kf_servicers is to do."""

    accounts: list[Desired] | None
    """None for every account that the app may manage."""
    defaults: Desired | None
    """What is wanted of every account, where ``accounts`` is None."""
    concurrency: int
    max_total_removals: RemovalLimit | None


def read_servicers_params(params: Params) -> ServicersParams:
    """Return what is wanted of many accounts. Raises ParamError, naming every account that is not right."""
    concurrency = read_concurrency(params)
    total = read_limit(params, "max_total_removals")
    if params["accounts"] is None:
        if not params["all_accounts"]:
            raise ParamError("all_accounts is false and accounts is not given; one of them is needed")
        defaults = read_desired({**params, "open_kfid": None, "name": None})
        return ServicersParams(None, defaults, concurrency, total)
    _check_values(params)  # also where each account has values of its own
    accounts: list[Desired] = []
    first_seen: dict[tuple[t.Any, t.Any], int] = {}
    issues: list[Issue] = []
    for number, account in enumerate(params["accounts"], start=1):
        label = label_account(account, number)
        own = {name: value for name, value in account.items() if value is not None}
        identity = (account["open_kfid"], None if account["open_kfid"] else account["name"])
        first = first_seen.setdefault(identity, number)
        if first != number:
            origins = (params["accounts"][first - 1].get("origin"), account.get("origin"))
            issues.append(Issue(label, describe_twice((first, number), origins)))
        try:
            require_one_of(account, "open_kfid", "name")
            if account["open_kfid"] is None:
                read_name(account, "name")
            desired = read_desired({**params, "open_kfid": None, "name": None, **own})
            accounts.append(desired._replace(origin=account.get("origin")))
        except ParamError as error:
            issues.append(Issue(label, str(error)))
    if issues:
        raise ParamError(format_issues(issues))
    return ServicersParams(accounts, None, concurrency, total)


def _check_values(params: Params) -> None:
    read_ids(params)
    read_limit(params, "max_removals")


class InfoParams(t.NamedTuple):
    """Which accounts an info module is asked for; None is any."""

    open_kfids: list[str] | None
    names: list[str] | None
    concurrency: int
    scene: str | None = None


def read_servicer_info_params(params: Params) -> InfoParams:
    """Return the accounts whose servicers are asked for. Raises ParamError."""
    require_one_of(params, "open_kfids", "names")
    names = params["names"] or []
    for name in names:
        read_name({"names": name}, "names")
    return InfoParams(_read_open_kfids(params) or [], names, read_concurrency(params))


def read_account_info_params(params: Params) -> InfoParams:
    """Return which accounts are asked for. Raises ParamError."""
    names = None if params["name"] is None else [params["name"]]
    return InfoParams(_read_open_kfids(params), names, read_concurrency(params), read_scene(params))


def _read_open_kfids(params: Params) -> list[str] | None:
    open_kfids = params["open_kfids"]
    return None if open_kfids is None else [read_open_kfid(open_kfid) for open_kfid in open_kfids]


def read_concurrency(params: Params) -> int:
    """Return how many accounts to work on at a time. Raises ParamError."""
    concurrency: int = params["concurrency"]
    if not 1 <= concurrency <= MAX_CONCURRENCY:
        raise ParamError(f"concurrency must be 1 to {MAX_CONCURRENCY}, not {concurrency}")
    return concurrency


def explain_invalid_accounts(msg: str, given: Params) -> str:
    """Return which accounts Ansible refuses, and why: its own message tells neither."""
    accounts = given.get("accounts")
    # Of a text in place of a mapping Ansible says only this, and not where it is.
    is_about_accounts = "accounts" in msg or msg.startswith("dictionary requested")
    if not is_about_accounts or not isinstance(accounts, list):
        return msg
    validator = ArgumentSpecValidator(ACCOUNT, required_one_of=ACCOUNT_NAMED)
    issues = [issue for number, account in enumerate(accounts, 1) for issue in _issues_of(account, number, validator)]
    return format_issues(issues) or msg


def _issues_of(account: t.Any, number: int, validator: ArgumentSpecValidator) -> t.Iterator[Issue]:
    try:
        account = check_type_dict(account)
    except (TypeError, ValueError):
        text = f"{quote(account)} is not a valid account, which is a mapping with open_kfid or name and more"
        yield Issue(f"number {number}", text)
        return
    validated = validator.validate(account)
    texts = [f"unknown option {e.msg}" if isinstance(e, UnsupportedError) else e.msg for e in validated.errors]
    if not texts:
        try:
            _check_values(validated.validated_parameters)
        except ParamError as error:
            texts = [str(error)]
    for text in texts:
        yield Issue(label_account(account, number), text)
