# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the response of a call, and alters it as a fault or a setting asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import errors
from .corp import ServicerId
from .faults import Fault
from .settings import Settings

_JSON = "application/json; charset=UTF-8"
_HTML = "text/html; charset=UTF-8"
_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>{0}</title></head>\n"
    "<body><h1>{0}</h1><p>This page was made by the simulator.</p></body></html>\n"
)
_ITEM_LISTS = ("result_list", "servicer_list")
_LISTS = (*_ITEM_LISTS, "account_list")
_EXTRA = {"simulated_extra": {"nested": [1, None, "x"]}}

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ODD = "\ue000"
"""Stands for the odd bytes until the JSON is encoded: JSON itself has no way to write them."""
_ODD_BYTES = b"\t\x07\xff\xe5\xae"
"""A tab, a control character, a byte that is never UTF-8, and a character that breaks off."""


@dataclass
class RawResponse:
    """What goes over the wire."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] | None = None


def plain(response: dict[str, Any], settings: Settings) -> RawResponse:
    """Return the response of a call that no fault meets."""
    return RawResponse(200, _JSON, encode(response, settings))


def encode(response: dict[str, Any], settings: Settings) -> bytes:
    """Write JSON as the service does, with raw characters, in the form that the settings ask for."""
    if settings.empty_list != "list":
        response = _with_empty_lists(response, settings.empty_list)
    if settings.extra_keys:
        response = {**_EXTRA, **_each_row(response, lambda row: {**row, **_EXTRA})}
    if settings.odd_bytes:
        response = _odd_errmsg(_each_row(response, _odd_row))
    if settings.numbers_as_text:
        response = _numbers_as_text(response)
    body = json.dumps(response, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    if settings.odd_bytes:
        body = _BYTE_ORDER_MARK + body.replace(_ODD.encode(), _ODD_BYTES)
    return body


def altered(response: dict[str, Any], fault: Fault, failure: dict[str, Any] | None, settings: Settings) -> RawResponse:
    """Return what the fault leaves of a response; ``failure`` is the response for the fault's error code."""
    status = 200 if fault.http_status is None else fault.http_status
    if fault.body is not None:
        body, content_type = fault.body, _JSON
    elif failure is not None:
        body, content_type = encode({**failure, **(fault.patch or {})}, settings), _JSON
    elif fault.http_status is not None:
        body, content_type = _PAGE.format(fault.http_status).encode(), _HTML
    else:
        body, content_type = encode(_patched(response, fault), settings), _JSON
    if fault.truncate is not None:
        body = body[: fault.truncate]
    return RawResponse(status, fault.content_type or content_type, body, fault.headers)


def _patched(response: dict[str, Any], fault: Fault) -> dict[str, Any]:
    patched = dict(response)
    for key in _ITEM_LISTS:
        if isinstance(patched.get(key), list):
            patched[key] = [_overridden(item, fault) for item in patched[key] if not _omitted(item, fault)]
    if isinstance(fault.omit, str) and fault.omit != "all":
        patched.pop(fault.omit, None)
    patched.update(fault.patch or {})
    return patched


def _omitted(item: Mapping[str, Any], fault: Fault) -> bool:
    return fault.omit == "all" or (isinstance(fault.omit, frozenset) and _key(item) in fault.omit)


def _overridden(item: dict[str, Any], fault: Fault) -> dict[str, Any]:
    errcode = (fault.items or {}).get(_key(item))
    if errcode is None or "errcode" not in item:
        return item
    return {**item, "errcode": errcode, "errmsg": errors.describe(errcode) if errcode else "success"}


def _key(item: Mapping[str, Any]) -> ServicerId:
    name: ServicerId = item["userid"].lower() if "userid" in item else item["department_id"]
    return name


def _with_empty_lists(response: dict[str, Any], form: str) -> dict[str, Any]:
    empty = [key for key in _LISTS if response.get(key) == []]
    shaped = {key: value for key, value in response.items() if key not in empty}
    return shaped if form == "absent" else {**shaped, **dict.fromkeys(empty)}


def _each_row(response: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    return {
        key: [change(row) if isinstance(row, dict) else row for row in value]
        if key in _LISTS and isinstance(value, list)
        else value
        for key, value in response.items()
    }


def _odd_row(row: dict[str, Any]) -> dict[str, Any]:
    """Leave ``success`` and ``ignored`` as they are: these are words to be read, and no texts for people."""
    row = _odd_errmsg(row) if row.get("errcode") else row
    return {**row, "name": _odd(row["name"])} if isinstance(row.get("name"), str) else row


def _odd_errmsg(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "errmsg": _odd(part["errmsg"])} if isinstance(part.get("errmsg"), str) else part


def _odd(text: str) -> str:
    return text[:1] + _ODD + text[1:]


def _numbers_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers_as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_numbers_as_text(inner) for inner in value]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
