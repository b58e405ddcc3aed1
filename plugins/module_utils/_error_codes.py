# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""What the service's error codes mean and what to do about each: the one place that knows them.

The codes are documented at https://developer.work.weixin.qq.com/document/path/90313.
"""

from __future__ import annotations

import re
import typing as t


class ErrorCode(t.NamedTuple):
    """One errcode: its meaning and cure in words, and how far it reaches."""

    meaning: str
    cure: str = ""
    retryable: bool = False
    """The same call may succeed a moment later."""
    every_account: bool = False
    """No account of the corp can get past it, so asking for another one is useless."""


BUSY = -1
VERSION_CONFLICT = 6000
FREQUENCY_LIMIT = 45009
CONCURRENCY_LIMIT = 45033
TOKEN_INVALID = 40014
TOKEN_EXPIRED = 42001
NOT_A_SERVICER = 60253

TOKEN_REJECTED = frozenset((TOKEN_INVALID, TOKEN_EXPIRED))

_RENEW = "give a fresh access_token, or corpid and corpsecret so that it can be renewed"
_CREDENTIALS = (
    "check corpid and corpsecret: the secret is that of 微信客服 or of the self-built app, and changes when it is reset"
)
_SCOPE = "widen the app's 可见范围 (visible scope) in the admin console"
_NO_MEMBER = (
    "the member has left, is outside the app's 可见范围 (visible scope), "
    "or a plain userid was given where the app sees open_userids"
)
_PARAMETERS = "please report this with the errmsg: the collection should not have sent it"
_DEPARTMENT = "take the department's id from the address book, and check that the app can see it"
_SUITE = "renew the caller's own token: the access_token of a third-party app comes from service/get_corp_token"

ERROR_CODES: dict[int, ErrorCode] = {
    BUSY: ErrorCode("system busy", "try again later", retryable=True),
    VERSION_CONFLICT: ErrorCode(
        "data version conflict", "somebody else changed it meanwhile; run again", retryable=True
    ),
    40001: ErrorCode("wrong secret", _CREDENTIALS, every_account=True),
    40003: ErrorCode("no such userid", _NO_MEMBER),
    40013: ErrorCode(
        "wrong corpid", "take the corpid from 我的企业 → 企业信息 in the admin console", every_account=True
    ),
    TOKEN_INVALID: ErrorCode("access_token invalid", _RENEW, every_account=True),
    40058: ErrorCode("bad parameter", _PARAMETERS),
    40063: ErrorCode("empty parameter", _PARAMETERS),
    40066: ErrorCode("no such department", _DEPARTMENT),
    40082: ErrorCode("suite access_token invalid", _SUITE, every_account=True),
    40084: ErrorCode("permanent code invalid", _SUITE, every_account=True),
    40085: ErrorCode("suite ticket invalid", _SUITE, every_account=True),
    40091: ErrorCode("secret does not belong to the corpid", _CREDENTIALS, every_account=True),
    41001: ErrorCode("access_token missing", _RENEW, every_account=True),
    TOKEN_EXPIRED: ErrorCode("access_token expired", _RENEW, every_account=True),
    42009: ErrorCode("suite access_token expired", _SUITE, every_account=True),
    FREQUENCY_LIMIT: ErrorCode(
        "call frequency limit",
        "wait for the window to end (a minute or an hour) or raise retry_timeout",
        retryable=True,
    ),
    CONCURRENCY_LIMIT: ErrorCode(
        "too many calls at once", "lower concurrency, or run fewer tasks at once", retryable=True
    ),
    48002: ErrorCode(
        "the API is forbidden to this app",
        "add the app under 微信客服 → 可调用接口的应用, then fetch a new token",
        every_account=True,
    ),
    48007: ErrorCode("this KF account is not authorised to this app", "add it under 可管理的客服账号 of the app"),
    50002: ErrorCode("member out of scope", _SCOPE),
    50003: ErrorCode("the app is disabled", "enable the app in the admin console", every_account=True),
    60003: ErrorCode("no such department", _DEPARTMENT),
    60011: ErrorCode("no privilege", _SCOPE),
    60020: ErrorCode(
        "the caller's IP is not trusted", "add {ip} under 企业可信IP (works after about a minute)", every_account=True
    ),
    60021: ErrorCode("outside the app's visible scope", _SCOPE),
    60030: ErrorCode("no privilege over this member or department", _SCOPE),
    60111: ErrorCode("userid not found", _NO_MEMBER),
    60123: ErrorCode("no such department", _DEPARTMENT),
    NOT_A_SERVICER: ErrorCode("not a servicer of this account"),
    81017: ErrorCode("too many parameters", _PARAMETERS),
    92000: ErrorCode("no privilege over this department", _SCOPE),
    95000: ErrorCode(
        "bad open_kfid", "take the id from the account list (wk…); the one shown in the admin console (kfc…) is another"
    ),
    95004: ErrorCode("no such KF account", "take the id from the account list (wk…); was the account deleted?"),
    95011: ErrorCode(
        "secret of the other edition", "use the secret of the app that manages the account", every_account=True
    ),
    95012: ErrorCode("secret of the other edition", "use the secret of 微信客服 itself", every_account=True),
    95014: ErrorCode("not a servicer, or the member never activated WeCom", "let the member sign in to WeCom once"),
    95017: ErrorCode("the API switch is off", "switch the API on: admin console → 微信客服", every_account=True),
    95023: ErrorCode("the API is given to another app", "change the app: admin console → 微信客服", every_account=True),
    701008: ErrorCode("no interoperability licence", "assign the member an interoperability licence (互通账号)"),
}

_FROM_IP = re.compile(r"from ip: ([0-9A-Fa-f.:*]+)")
_UNKNOWN = ErrorCode("", "look the code up at https://open.work.weixin.qq.com/devtool/query")


def known(errcode: int | None) -> ErrorCode:
    """What is known of an errcode; an unknown one is neither retryable nor of concern to other accounts."""
    return ERROR_CODES.get(errcode, _UNKNOWN) if errcode is not None else _UNKNOWN


def meaning(errcode: int, errmsg: str) -> str:
    """A code in a few words: its known meaning, and the service's own word for an unknown one."""
    return f"{errcode} {known(errcode).meaning or errmsg}".rstrip()


def cure(errcode: int, errmsg: str) -> str:
    """What to do about a code, in one phrase; for an untrusted IP (60020) with the address that the service saw."""
    text = known(errcode).cure
    if "{ip}" in text:
        found = _FROM_IP.search(errmsg)
        text = text.format(ip=found.group(1).rstrip(",.") if found else "the caller's IP")
    return text
