# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries calls out on the corp: what all calls have in common, and the calls for servicers."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from . import account_calls, errors
from .call import Call, CallResult, is_integer, ok, require_method
from .corp import Corp, ServicerId
from .endpoints import (
    ACCOUNT_ADD,
    ACCOUNT_DEL,
    ACCOUNT_LIST,
    ACCOUNT_UPDATE,
    CONTACT_WAY_ADD,
    MEDIA_UPLOAD,
    SERVICER_ADD,
    SERVICER_DEL,
    SERVICER_LIST,
)
from .settings import Settings

_LISTS = (SERVICER_LIST, ACCOUNT_LIST)


def perform(call: Call, corp: Corp, settings: Settings, withheld: Container[ServicerId]) -> CallResult:
    """Carry out a call whose token was found valid."""
    if not (settings.lenient and call.endpoint in _LISTS and call.method in ("GET", "POST")):
        require_method(call, "GET" if call.endpoint == SERVICER_LIST else "POST")
    if not settings.ip_trusted:
        raise errors.Refusal(errors.IP_NOT_TRUSTED)
    if call.method == "POST" and call.data is None and call.endpoint != MEDIA_UPLOAD:
        raise errors.Refusal(errors.INVALID_BODY)
    if call.endpoint.startswith("kf/") and not settings.api_enabled:
        raise errors.Refusal(errors.API_SWITCHED_OFF)
    return _CALLS[call.endpoint](call, corp, settings, withheld)


def _list_servicers(call: Call, corp: Corp, _settings: Settings, _withheld: Container[ServicerId]) -> CallResult:
    account = corp.account(call.open_kfid)
    return CallResult(ok(servicer_list=corp.servicers(account, with_status=account.manage_privilege is not False)))


def _add_servicers(call: Call, corp: Corp, settings: Settings, withheld: Container[ServicerId]) -> CallResult:
    account = corp.account(call.open_kfid)
    userids, departments = _servicers(call, settings, settings.limits.departments_per_add)
    outcome = corp.add(account, userids, departments, settings, withheld)
    return CallResult(ok(result_list=outcome.items), outcome.changed)


def _remove_servicers(call: Call, corp: Corp, settings: Settings, withheld: Container[ServicerId]) -> CallResult:
    account = corp.account(call.open_kfid)
    userids, departments = _servicers(call, settings, settings.limits.departments_per_del)
    outcome = corp.remove(account, userids, departments, settings.removal_errcode, withheld)
    return CallResult(ok(result_list=outcome.items), outcome.changed)


def _servicers(call: Call, settings: Settings, max_departments: int) -> tuple[list[str], list[int]]:
    """Return the userids and departments that a call names, when there are neither too few nor too many."""
    userids, departments = (_list(call, key, settings) for key in ("userid_list", "department_id_list"))
    if settings.lenient:
        departments = [int(number) if _is_digits(number) else number for number in departments]
    if not all(isinstance(userid, str) for userid in userids) or not all(map(is_integer, departments)):
        raise errors.Refusal(errors.INVALID_PARAMETER)
    if not userids and not departments:
        raise errors.Refusal(errors.MISSING_PARAMETER)
    if len(userids) > settings.limits.userids_per_call or len(departments) > max_departments:
        raise errors.Refusal(errors.INVALID_PARAMETER)
    return userids, departments


def _list(call: Call, key: str, settings: Settings) -> list[Any]:
    value = call.parameters.get(key, [])
    if value is None and settings.lenient:
        return []
    if not isinstance(value, list):
        raise errors.Refusal(errors.INVALID_PARAMETER)
    return value


def _is_digits(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()


_CALLS: dict[str, Callable[[Call, Corp, Settings, Container[ServicerId]], CallResult]] = {
    SERVICER_LIST: _list_servicers,
    SERVICER_ADD: _add_servicers,
    SERVICER_DEL: _remove_servicers,
    ACCOUNT_LIST: account_calls.list_accounts,
    ACCOUNT_ADD: account_calls.add_account,
    ACCOUNT_UPDATE: account_calls.update_account,
    ACCOUNT_DEL: account_calls.delete_account,
    CONTACT_WAY_ADD: account_calls.add_contact_way,
    MEDIA_UPLOAD: account_calls.upload_media,
}
