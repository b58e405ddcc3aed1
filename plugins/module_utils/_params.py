# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Reads the parameters of the modules into values, and refuses invalid ones before any call is made."""

from __future__ import annotations

import os
import re
import typing as t
from urllib.parse import urlsplit

from ._kf.models import Desired, RemovalLimit
from ._kf.userids import describe_invalid_userid, hint_for_slip, quote
from ._wecom.connection import Connection

_MAX_ID = 64
MAX_ISSUES = 10
_MAX_TIMEOUT = 3600.0
_MAX_RETRY_TIMEOUT = 86400.0
_OPEN_KFID = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z_.@-]+")
_CONVERTED = ("None", "True", "False")
"""What Ansible makes of a null or a boolean where a text belongs."""
_LOOPBACK = r"localhost|127(\.[0-9]{1,3}){3}|::1"

Params = t.Mapping[str, t.Any]


class ParamError(Exception):
    """An invalid parameter; the text is one sentence that names the parameter and, unless secret, the value."""


def read_connection(params: Params) -> Connection:
    """Return the parameters shared by all modules. Raises ParamError."""
    corpid, corpsecret, access_token = (
        (params[name] or "").strip() or None for name in ("corpid", "corpsecret", "access_token")
    )
    if bool(corpid) != bool(corpsecret):
        given, missing = ("corpid", "corpsecret") if corpid else ("corpsecret", "corpid")
        raise ParamError(f"{given} is given and {missing} is empty: they go together")
    if not corpid and not access_token:
        raise ParamError(f"no credentials; {CREDENTIALS_HINT}")
    timeout, retry_timeout = params["timeout"], params["retry_timeout"]
    if not 0 < timeout <= _MAX_TIMEOUT:
        raise ParamError(f"timeout must be more than 0 and at most {_MAX_TIMEOUT:g} seconds, not {timeout:g}")
    if not 0 <= retry_timeout <= _MAX_RETRY_TIMEOUT:
        raise ParamError(f"retry_timeout must be 0 to {_MAX_RETRY_TIMEOUT:g} seconds, not {retry_timeout:g}")
    verify: bool | str = params["validate_certs"]
    ca_path = params["ca_path"]
    if ca_path:
        if not os.access(ca_path, os.R_OK):
            raise ParamError(f"ca_path: {ca_path} does not exist or cannot be read")
        verify = ca_path if verify else False
    return Connection(
        _read_api_url(params["api_url"]), corpid, corpsecret, access_token, verify, float(timeout), float(retry_timeout)
    )


CREDENTIALS_HINT = (
    "set corpid and corpsecret (or WECOM_CORPID and WECOM_CORPSECRET), or access_token (or WECOM_ACCESS_TOKEN); the"
    " environment is read where the module runs, and become drops it"
)


def _read_api_url(api_url: str) -> str:
    api_url = api_url.strip().rstrip("/")
    if api_url.endswith("/cgi-bin"):  # many tools include it in what they call the base URL
        api_url = api_url[: -len("/cgi-bin")].rstrip("/")
    try:
        parts = urlsplit(api_url)
        port = parts.port
    except ValueError:
        parts = None
    # What can hold a password is not repeated.
    if "@" in api_url or "?" in api_url or "#" in api_url:
        raise ParamError("api_url must be a plain base URL, without user name, password, query or fragment")
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or not re.fullmatch(r"[!-~]+", api_url)
        or port == 0
    ):
        raise ParamError(f"api_url must be a URL such as https://qyapi.weixin.qq.com, not {api_url!r}")
    return api_url


def sends_secrets_unencrypted(connection: Connection) -> bool:
    """Return whether secrets would cross a network unencrypted."""
    parts = urlsplit(connection.api_url)
    return parts.scheme == "http" and not re.fullmatch(_LOOPBACK, parts.hostname or "")


# --- one account ---


def read_desired(params: Params) -> Desired:
    """Return what is wanted of one account, named by ``open_kfid`` or ``name``. Raises ParamError."""
    open_kfid, name = params["open_kfid"], params["name"]
    return Desired(
        "" if open_kfid is None else read_open_kfid(open_kfid),
        params["state"],
        *_read_servicers(params),
        read_limit(params, "max_removals"),
        name,
    )


def _read_servicers(params: Params) -> tuple[list[str] | None, list[int] | None]:
    require_one_of(params, "userids", "department_ids")
    userids, department_ids = read_ids(params)
    for name, values in (("userids", userids), ("department_ids", department_ids)):
        if params["state"] == "exact" and values == [] and not params["allow_empty"]:
            raise ParamError(
                f"{name} is empty, and with state=exact that removes all of them; set allow_empty=true if you want"
                " that, or leave the list out to keep them"
            )
    return userids, department_ids


def read_ids(params: Params) -> tuple[list[str] | None, list[int] | None]:
    """Return userids and department_ids, None where a list is not given. Raises ParamError."""
    userids, department_ids = params["userids"], params["department_ids"]
    return (
        None if userids is None else _read_userids(userids),
        None if department_ids is None else [_read_department_id(value) for value in department_ids],
    )


def _read_userids(values: list[t.Any]) -> list[str]:
    userids = [value.strip() if isinstance(value, str) else value for value in values]
    issues = list(filter(None, map(describe_invalid_userid, userids)))
    if issues:
        more = f"; and {len(issues) - MAX_ISSUES} more" if len(issues) > MAX_ISSUES else ""
        raise ParamError(f"userids: {'; '.join(issues[:MAX_ISSUES])}{more}")
    return userids


def _read_department_id(value: t.Any) -> int:
    if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ParamError(f"department_ids: {quote(value)} is not a valid department ID (a whole number, 1 or more)")
    return value


def read_limit(params: Params, name: str) -> RemovalLimit | None:
    """Return a limit of removals, None where it is not given. Raises ParamError."""
    text = params[name]
    if text is None:
        return None
    limit = RemovalLimit.parse(text.strip())
    if limit is None:
        raise ParamError(f"{name} must be a count such as 10 or a share such as 25%, not {quote(text)}")
    return limit


def read_open_kfid(open_kfid: str) -> str:
    """Return an account's id, if it can be one. Raises ParamError."""
    if not open_kfid:
        raise ParamError("open_kfid is empty")
    if is_open_kfid(open_kfid):
        return open_kfid
    if len(open_kfid) > _MAX_ID:
        raise ParamError(f"open_kfid: {quote(open_kfid)} is longer than {_MAX_ID} bytes")
    hint = hint_for_slip(open_kfid) or "for example wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
    raise ParamError(f"open_kfid: {quote(open_kfid)} is not a valid account ID ({hint})")


def is_open_kfid(value: t.Any) -> bool:
    """Return whether this can be an account's id."""
    return (
        isinstance(value, str)
        and len(value) <= _MAX_ID
        and _OPEN_KFID.fullmatch(value) is not None
        and value not in _CONVERTED
    )


def require_one_of(params: Params, one: str, other: str) -> None:
    """Raise ParamError where neither is given; Ansible's own check takes a null for a value."""
    if params[one] is None and params[other] is None:
        raise ParamError(f"neither {one} nor {other} is given; at least one of them is needed")


def read_name(params: Params, option: str) -> str:
    """Return the name of an account. Raises ParamError."""
    name: str = params[option]
    if not name.strip():
        raise ParamError(f"{option} is empty")
    return name


def read_scene(params: Params) -> str | None:
    """Return the scene of a contact link, empty for the link without one. Raises ParamError."""
    scene: str | None = params["scene"]
    if scene and not re.fullmatch("[0-9A-Za-z_-]{1,32}", scene):
        raise ParamError(
            f"scene: {quote(scene)} is not a valid scene: at most 32 of the characters 0-9, A-Z, a-z, _ and -"
        )
    return scene
