# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call as it comes in, and what comes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import errors
from .corp import ServicerId
from .endpoints import MEDIA_UPLOAD
from .media import Upload, read_upload

_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
_LOGGED = ("name", "scene", "media_id")


@dataclass
class Call:
    """One call as it came over the wire."""

    endpoint: str
    method: str
    query: Mapping[str, str]
    data: dict[str, Any] | None = None
    """The JSON object in the body; None when there is none."""
    upload: Upload | None = None
    """The file in the body; None when there is none."""

    @classmethod
    def read(cls, endpoint: str, method: str, query: Mapping[str, str], body: bytes, content_type: str) -> Call:
        """Read the body."""
        if endpoint == MEDIA_UPLOAD:
            return cls(endpoint, method, query, upload=read_upload(body, content_type))
        return cls(endpoint, method, query, _json_object(body) if body else None)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What the call says besides its token: the query of a GET, the body of a POST."""
        if self.method == "GET":
            return self.query
        return {} if self.data is None else self.data

    @property
    def open_kfid(self) -> Any:
        """The account that the call is about, if it is about one."""
        return self.parameters.get("open_kfid")

    def log_fields(self) -> dict[str, Any]:
        """Return what the log shows of the call."""
        parameters = self.parameters
        fields = {
            "open_kfid": self.open_kfid,
            "userids": _listed(parameters.get("userid_list")),
            "departments": _listed(parameters.get("department_id_list")),
        }
        fields.update({key: parameters[key] for key in _LOGGED if key in parameters})
        if self.upload is not None:
            fields["media"] = self.upload.description()
        return fields


@dataclass
class CallResult:
    """The response of a call that was carried out, and who or what is different now."""

    response: dict[str, Any]
    changed: list[ServicerId] = field(default_factory=list)
    log: dict[str, Any] = field(default_factory=dict)
    """What the log shows in addition."""


def ok(**more: Any) -> dict[str, Any]:
    """Return the response of a call that succeeded."""
    return {"errcode": errors.OK, "errmsg": "ok", **more}


def require_method(call: Call, method: str) -> None:
    """Refuse a call that was made with the wrong method."""
    if call.method != method:
        raise errors.Refusal(errors.REQUIRE_GET if method == "GET" else errors.REQUIRE_POST)


def is_integer(value: object) -> bool:
    """Tell whether a value of JSON is a whole number; Python counts True and False as such."""
    return isinstance(value, int) and not isinstance(value, bool)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _json_object(body: bytes) -> dict[str, Any] | None:
    if b"\\u" in body and _ESCAPE.search(body):
        return None
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
