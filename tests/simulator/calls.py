# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the API: what came in, checked and carried out on the corp."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from . import errors
from .corp import Corp, Key
from .endpoints import ACCOUNT_LIST, SERVICER_ADD, SERVICER_DEL, SERVICER_LIST
from .settings import Settings

_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


@dataclass
class Call:
    """One call as it came over the wire."""

    endpoint: str
    method: str
    query: Mapping[str, str]
    data: dict[str, Any] | None = None
    """The JSON object in the body; None when there is none."""

    @classmethod
    def read(cls, endpoint: str, method: str, query: Mapping[str, str], body: bytes) -> Call:
        """Look into the body."""
        return cls(endpoint, method, query, _json_object(body) if body else None)

    @property
    def open_kfid(self) -> Any:
        """The account that the call is about, if it is about one."""
        if self.method == "GET":
            return self.query.get("open_kfid")
        return None if self.data is None else self.data.get("open_kfid")

    def names(self, key: str) -> list[Any]:
        """A list out of the body, for the log."""
        value = None if self.data is None else self.data.get(key)
        return value if isinstance(value, list) else []


@dataclass
class Performed:
    """What a call yields, and who is different by it."""

    answer: dict[str, Any]
    changed: list[Key]


def require_method(call: Call, method: str) -> None:
    """Refuse a call that was made with the wrong method."""
    if call.method != method:
        raise errors.Refusal(errors.REQUIRE_GET if method == "GET" else errors.REQUIRE_POST)


def perform(call: Call, corp: Corp, settings: Settings, withheld: Container[Key]) -> Performed:
    """Carry out a call below kf/ whose token was found good."""
    require_method(call, "GET" if call.endpoint == SERVICER_LIST else "POST")
    if not settings.ip_trusted:
        raise errors.Refusal(errors.IP_NOT_TRUSTED)
    if call.method == "POST" and call.data is None:
        raise errors.Refusal(errors.INVALID_BODY)
    if not settings.api_enabled:
        raise errors.Refusal(errors.API_SWITCHED_OFF)
    if call.endpoint == ACCOUNT_LIST:
        return Performed(_ok(account_list=_page_of_accounts(call, corp)), [])
    account = corp.account(call.open_kfid)
    if call.endpoint == SERVICER_LIST:
        with_status = account.manage_privilege is not False
        return Performed(_ok(servicer_list=corp.servicers(account, with_status)), [])
    adding = call.endpoint == SERVICER_ADD
    userids, departments = _servicers(call, settings)
    if adding:
        outcome = corp.add(account, userids, departments, settings, withheld)
    else:
        outcome = corp.remove(account, userids, departments, settings.removal_errcode, withheld)
    return Performed(_ok(result_list=outcome.items), outcome.changed)


def _ok(**more: Any) -> dict[str, Any]:
    return {"errcode": errors.OK, "errmsg": "ok", **more}


def _json_object(body: bytes) -> dict[str, Any] | None:
    if b"\\u" in body and _ESCAPE.search(body):
        return None
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _servicers(call: Call, settings: Settings) -> tuple[list[str], list[int]]:
    """The userids and departments that a call names, when there are neither too few nor too many."""
    assert call.data is not None
    userids = call.data.get("userid_list", [])
    departments = call.data.get("department_id_list", [])
    if not isinstance(userids, list) or not all(isinstance(userid, str) for userid in userids):
        raise errors.Refusal(errors.INVALID_PARAMETER)
    if not isinstance(departments, list) or not all(map(_is_whole_number, departments)):
        raise errors.Refusal(errors.INVALID_PARAMETER)
    if not userids and not departments:
        raise errors.Refusal(errors.MISSING_PARAMETER)
    limits = settings.limits
    most = limits.departments_per_del if call.endpoint == SERVICER_DEL else limits.departments_per_add
    if len(userids) > limits.userids_per_call or len(departments) > most:
        raise errors.Refusal(errors.INVALID_PARAMETER)
    return userids, departments


def _is_whole_number(value: object) -> bool:
    """True and False are none, though Python counts them as numbers."""
    return isinstance(value, int) and not isinstance(value, bool)


def _page_of_accounts(call: Call, corp: Corp) -> list[dict[str, Any]]:
    assert call.data is not None
    offset, limit = call.data.get("offset", 0), call.data.get("limit", 100)
    if not _is_whole_number(offset) or not _is_whole_number(limit) or offset < 0 or not 1 <= limit <= 100:
        raise errors.Refusal(errors.INVALID_PARAMETER)
    page = []
    for open_kfid in corp.order[offset : offset + limit]:
        account = corp.accounts[open_kfid]
        row: dict[str, Any] = {"open_kfid": open_kfid, "name": account.name, "avatar": account.avatar}
        if account.manage_privilege is not None:
            row["manage_privilege"] = account.manage_privilege
        page.append(row)
    return page
