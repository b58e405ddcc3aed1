# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the answer that a call ought to have to the answer that a fault lets it have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import errors
from .corp import Key
from .faults import Fault

_JSON = "application/json; charset=UTF-8"
_HTML = "text/html; charset=UTF-8"
_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>{0}</title></head>\n"
    "<body><h1>{0}</h1><p>This page was made by the simulator.</p></body></html>\n"
)
_LISTS = ("result_list", "servicer_list")


@dataclass
class Answer:
    """What goes over the wire."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] | None = None


def plain(answer: dict[str, Any]) -> Answer:
    """The answer of a call that nothing happens to."""
    return Answer(200, _JSON, encode(answer))


def encode(answer: object) -> bytes:
    """JSON as the service writes it, with raw characters."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def altered(true: dict[str, Any], fault: Fault, failure: dict[str, Any] | None) -> Answer:
    """What is left of the true answer; `failure` is what the fault's error code says."""
    status = 200 if fault.http_status is None else fault.http_status
    if fault.body is not None:
        body, content_type = fault.body, _JSON
    elif failure is not None:
        body, content_type = encode({**failure, **(fault.patch or {})}), _JSON
    elif fault.http_status is not None:
        body, content_type = _PAGE.format(fault.http_status).encode(), _HTML
    else:
        body, content_type = encode(_tampered(true, fault)), _JSON
    if fault.truncate is not None:
        body = body[: fault.truncate]
    return Answer(status, fault.content_type or content_type, body, fault.headers)


def _tampered(true: dict[str, Any], fault: Fault) -> dict[str, Any]:
    answer = dict(true)
    for key in _LISTS:
        if isinstance(answer.get(key), list):
            answer[key] = [_overridden(item, fault) for item in answer[key] if not _omitted(item, fault)]
    if isinstance(fault.omit, str) and fault.omit != "all":
        answer.pop(fault.omit, None)
    answer.update(fault.patch or {})
    return answer


def _omitted(item: Mapping[str, Any], fault: Fault) -> bool:
    return fault.omit == "all" or (isinstance(fault.omit, frozenset) and _key(item) in fault.omit)


def _overridden(item: dict[str, Any], fault: Fault) -> dict[str, Any]:
    errcode = (fault.items or {}).get(_key(item))
    if errcode is None or "errcode" not in item:
        return item
    return {**item, "errcode": errcode, "errmsg": errors.describe(errcode) if errcode else "success"}


def _key(item: Mapping[str, Any]) -> Key:
    name: Key = item["userid"].lower() if "userid" in item else item["department_id"]
    return name
