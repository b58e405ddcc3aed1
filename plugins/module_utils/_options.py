# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Reads a module's options into values, and refuses what cannot be meant before any call is made."""

from __future__ import annotations

import os
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.wecom.kf.plugins.module_utils._client import Connection
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import RemovalLimit, Wanted

_LONGEST_ID = 64
_MOST_SHOWN = 80
_USERID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]*")
_OPEN_KFID = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z_.@-]+")
_MADE_TEXTS = ("None", "True", "False")
"""What Ansible makes of a null or a boolean where a text belongs."""
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1")
_LONGEST_TIMEOUT = 3600.0
_LONGEST_RETRY_TIMEOUT = 86400.0

Options = t.Mapping[str, t.Any]


class OptionError(Exception):
    """An option that cannot be meant; the text is one sentence that names the option and, unless secret, the value."""


def read_connection(options: Options) -> Connection:
    """The options shared by all modules. Raises OptionError."""
    corpid, corpsecret, access_token = (
        (options[name] or "").strip() or None for name in ("corpid", "corpsecret", "access_token")
    )
    if corpid and not corpsecret:
        raise OptionError(f"corpid ({corpid}) is given without corpsecret; set it, or WECOM_CORPSECRET, or neither")
    if corpsecret and not corpid:
        raise OptionError("corpsecret is given without corpid; set it, or WECOM_CORPID, or neither")
    if not corpid and not access_token:
        raise OptionError(
            "no credentials: set corpid and corpsecret (or WECOM_CORPID and WECOM_CORPSECRET),"
            " or access_token (or WECOM_ACCESS_TOKEN)"
        )
    timeout, retry_timeout = options["timeout"], options["retry_timeout"]
    if not 0 < timeout <= _LONGEST_TIMEOUT:
        raise OptionError(f"timeout must be more than 0 and at most {_LONGEST_TIMEOUT:g} seconds, not {timeout:g}")
    if not 0 <= retry_timeout <= _LONGEST_RETRY_TIMEOUT:
        raise OptionError(f"retry_timeout must be 0 to {_LONGEST_RETRY_TIMEOUT:g} seconds, not {retry_timeout:g}")
    verify: bool | str = options["validate_certs"]
    ca_path = options["ca_path"]
    if ca_path:
        if not os.access(ca_path, os.R_OK):
            raise OptionError(f"ca_path: {ca_path} does not exist or cannot be read")
        verify = ca_path if verify else False
    return Connection(
        _read_api_url(options["api_url"]),
        corpid,
        corpsecret,
        access_token,
        verify,
        float(timeout),
        float(retry_timeout),
    )


def _read_api_url(api_url: str) -> str:
    try:
        parts = urlsplit(api_url)
        port = parts.port
    except ValueError:
        parts = None
    # What may hold a password is not repeated.
    if "@" in api_url or "?" in api_url or "#" in api_url:
        raise OptionError("api_url must be a plain base URL, without user name, password, query or fragment")
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or not re.fullmatch(r"[!-~]+", api_url)
        or port == 0
    ):
        raise OptionError(f"api_url must be a URL such as https://qyapi.weixin.qq.com, not {api_url!r}")
    return api_url.rstrip("/")


def sends_secrets_in_the_clear(connection: Connection) -> bool:
    """Whether secrets would cross a network unencrypted."""
    parts = urlsplit(connection.api_url)
    return parts.scheme == "http" and not _LOOPBACK.fullmatch(parts.hostname or "")


def read_wanted(options: Options) -> Wanted:
    """What is asked for one account. Raises OptionError."""
    userids, department_ids = options["userids"], options["department_ids"]
    if userids is None and department_ids is None:
        raise OptionError("neither userids nor department_ids is given; at least one of them is needed")
    for userid in userids or ():
        check_userid(userid)
    if department_ids is not None:
        department_ids = [_read_department_id(department_id) for department_id in department_ids]
    state = options["state"]
    if state == "exact" and not options["allow_empty"]:
        for name, value in (("userids", userids), ("department_ids", department_ids)):
            if value is not None and not value:
                raise OptionError(
                    f"{name} is empty, and with state=exact that removes all of them;"
                    " set allow_empty=true if that is meant"
                )
    return Wanted(
        read_open_kfid(options["open_kfid"]), state, userids, department_ids, _read_limit(options["max_removals"])
    )


def read_open_kfid(open_kfid: str) -> str:
    """An account's id, if it can be one. Raises OptionError."""
    if not open_kfid:
        raise OptionError("open_kfid is empty")
    if len(open_kfid) > _LONGEST_ID:
        raise OptionError(f"open_kfid: {shown(open_kfid)} is longer than {_LONGEST_ID} bytes")
    if not is_open_kfid(open_kfid):
        raise OptionError(
            f"open_kfid: {shown(open_kfid)} is no account id, which looks like wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
        )
    return open_kfid


def is_open_kfid(value: t.Any) -> bool:
    """Whether this can be an account's id."""
    return (
        isinstance(value, str)
        and len(value) <= _LONGEST_ID
        and _OPEN_KFID.fullmatch(value) is not None
        and value not in _MADE_TEXTS
    )


def shown(value: t.Any) -> str:
    """A value in a message: in quotes, on one line, and not endless."""
    text = value if isinstance(value, str) else repr(value)
    cut = text[:_MOST_SHOWN]
    return (repr(cut) if isinstance(value, str) else cut) + ("…" if len(text) > _MOST_SHOWN else "")


def check_userid(userid: str) -> None:
    """Raise OptionError for what cannot be a userid."""
    if len(userid) <= _LONGEST_ID and _USERID.fullmatch(userid) and userid not in _MADE_TEXTS:
        return
    if not userid:
        raise OptionError("userids: an entry is empty")
    if userid in _MADE_TEXTS:
        raise OptionError(
            f"userids: {userid} is what Ansible makes of a null or a boolean in the list;"
            " put the userid in quotes, in lower case, if it is really called that"
        )
    if len(userid) > _LONGEST_ID:
        raise OptionError(f"userids: {shown(userid)} is longer than {_LONGEST_ID} bytes")
    raise OptionError(
        f"userids: {shown(userid)} is no userid, which is made of digits, letters and _-@. and begins with a digit or"
        " letter (a display name is not a userid)"
    )


def _read_department_id(value: t.Any) -> int:
    # Not left to Ansible's type checks, which name neither the value nor, of many, the account.
    if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OptionError(f"department_ids: {shown(value)} is no department id, which is a number from 1")
    return value


def _read_limit(text: str | None) -> RemovalLimit | None:
    if text is None:
        return None
    limit = RemovalLimit.parse(text.strip())
    if limit is None:
        raise OptionError(f"max_removals must be a count such as 10 or a share such as 25%, not {shown(text)}")
    return limit
