# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""What can go wrong with a call to the service, and what its error codes mean.

WecomError
 ├─ TransportError   no complete response: no connection, a timeout, a broken connection
 ├─ ResponseError    a response that is not a usable one of the service: an HTTP status, HTML, JSON that lacks a key
 └─ ApiError         the service itself reports an error code

The codes are documented at https://developer.work.weixin.qq.com/document/path/90313.
"""

from __future__ import annotations

import re
import typing as t

GETTOKEN = "gettoken"
"""The call that every other call depends on."""


class WecomError(Exception):
    """A call that failed as a whole. Its text is safe to show: it holds no secret, no token and no URL."""

    errcode: int | None = None
    """The service's code; None where the service did not send one."""
    errmsg: str | None = None
    http_status: int | None = None
    retryable = False
    """Whether the same call may succeed a moment later."""
    is_throttled = False
    """Whether the service takes no more calls for now, whatever they are about."""
    is_foreign = False
    """Whether the response came from something that is not the service."""
    retry_after = 0.0
    """Seconds that the service asks to wait."""
    timed_out = False
    """Whether the service may still be working on the request."""
    _uncertain = False
    _fatal = False

    def __init__(self, cause: str, *, call: str = "", hint: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        """One phrase, such as ``60020 the caller's IP is not trusted``."""
        self.call = call
        """The API path, such as ``kf/servicer/list``."""
        self.hint = hint
        """What to do about it; can be empty."""

    @property
    def uncertain(self) -> bool:
        """Whether the service may have carried out the call although no usable response arrived."""
        return self._uncertain and self.call != GETTOKEN  # a token request changes nothing that can be read back

    @property
    def fatal(self) -> bool:
        """Whether every other call would fail for the same reason."""
        return self._fatal or self.call == GETTOKEN

    @property
    def reached_service(self) -> bool:
        """Whether the request was sent, or may have been."""
        return self._uncertain or self.http_status is not None

    def sentence(self) -> str:
        """Return call, cause and hint in one line."""
        text = f"{self.call} failed: {self.cause}" if self.call else self.cause
        return f"{text}; {self.hint}" if self.hint else text

    def as_result(self) -> dict[str, t.Any]:
        """Return the ``failure`` of a module's result."""
        return {
            "errcode": self.errcode,
            "errmsg": self.errmsg,
            "hint": self.hint,
            "call": self.call,
            "http_status": self.http_status,
        }


class TransportError(WecomError):
    """No complete response arrived."""

    def __init__(
        self,
        cause: str,
        *,
        call: str,
        hint: str = "",
        sent: bool,
        retryable: bool = False,
        timed_out: bool = False,
    ) -> None:
        super().__init__(cause, call=call, hint=hint)
        self.retryable = retryable
        self._uncertain = sent
        self._fatal = not sent  # without a connection no other call can succeed either
        self.timed_out = timed_out


class ResponseError(WecomError):
    """A response that is not a usable one of the service."""

    def __init__(
        self,
        cause: str,
        *,
        call: str,
        hint: str = "",
        http_status: int = 200,
        retryable: bool = False,
        uncertain: bool = False,
        is_foreign: bool = False,
        is_throttled: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(cause, call=call, hint=hint)
        self.http_status = http_status
        self.retryable = retryable
        self.is_foreign = is_foreign
        self.is_throttled = is_throttled
        self.retry_after = retry_after
        self._uncertain = uncertain
        self.timed_out = http_status == 504  # a proxy did not wait any longer


class ApiError(WecomError):
    """The service reports an error code."""

    http_status = 200

    def __init__(self, errcode: int, errmsg: str, *, call: str, hint: str = "") -> None:
        super().__init__(describe(errcode, errmsg), call=call, hint=hint or hint_for(errcode, errmsg, call))
        self.errcode = errcode
        self.errmsg = errmsg
        entry = lookup(errcode)
        self.retryable = entry.retryable
        self.is_throttled = errcode in (FREQUENCY_LIMIT, CONCURRENCY_LIMIT)
        self._fatal = entry.fatal


class ErrorCode(t.NamedTuple):
    """What an errcode means, what to do about it, and how far it reaches."""

    meaning: str
    hint: str = ""
    retryable: bool = False
    """The same call may succeed a moment later."""
    fatal: bool = False
    """No other call of this app can succeed either."""
    may_mean_full: bool = False
    """Among the candidates for an account that is at its limit of servicers, which has no documented code."""


BUSY = -1
VERSION_CONFLICT = 6000
FREQUENCY_LIMIT = 45009
CONCURRENCY_LIMIT = 45033
TOKEN_INVALID = 40014
TOKEN_EXPIRED = 42001
NOT_A_SERVICER = 60253
NO_SUCH_ACCOUNT = 95004

TOKEN_REJECTED = frozenset((TOKEN_INVALID, TOKEN_EXPIRED))
NO_SUCH_SERVICER = frozenset((NOT_A_SERVICER, 95014, 60111, 40003, 40066, 60003, 60123))
"""On a removal: the service finds nobody to remove, so that the account may already be as wanted."""

_RENEW = "give a fresh access_token, or corpid and corpsecret so that it can be renewed"
_CREDENTIALS = (
    "check corpid and corpsecret: the secret is that of the self-built app (that of 微信客服 works only in corps that"
    " used it before December 2023), and changes when it is reset"
)
_SCOPE = "widen the app's 可见范围 (visible scope) in the admin console"
_NO_MEMBER = (
    "the member has left, is outside the app's 可见范围 (visible scope), "
    "or a plain userid was given where the app sees open_userids"
)
_REPORT = "please report this with the errmsg: the collection should not have sent it"
_FULL = (
    "if the account holds 500 servicers (in newer editions 2,000, and 20 departments), it is full: remove some first;"
    " otherwise please report this with the errmsg"
)
_DEPARTMENT = "take the department's ID from the address book, and check that the app can see it"
_SUITE = "renew the caller's own token: the access_token of a third-party app comes from service/get_corp_token"
_PERMISSION = "check the app's API permissions in the admin console: 微信客服 → 可调用接口的应用"
_MANAGED = "add the account under 可管理的客服账号 of the app"
_IMAGE = "give a JPG or PNG file of at most 2 MB (10 MB in newer editions)"
_STILL_LISTED = "the service finds no such servicer, but the account still lists this one; run again"

ERROR_CODES: dict[int, ErrorCode] = {
    BUSY: ErrorCode("system busy", "try again later", retryable=True),
    VERSION_CONFLICT: ErrorCode(
        "data version conflict", "somebody else changed it at the same moment; run again", retryable=True
    ),
    40001: ErrorCode("wrong secret, or the app was stopped", _CREDENTIALS, fatal=True),
    40003: ErrorCode("no such userid", _NO_MEMBER),
    40004: ErrorCode("unsupported type of media file", _IMAGE),
    40006: ErrorCode("unsupported size of media file", _IMAGE),
    40007: ErrorCode("invalid media_id", _IMAGE),
    40013: ErrorCode("wrong corpid", "take the corpid from 我的企业 → 企业信息 in the admin console", fatal=True),
    TOKEN_INVALID: ErrorCode("access_token invalid", _RENEW, fatal=True),
    40058: ErrorCode("bad parameter, or too many elements", _FULL, may_mean_full=True),
    40063: ErrorCode("a required parameter is missing", _REPORT),
    40066: ErrorCode("no such department", _DEPARTMENT),
    40082: ErrorCode("suite access_token invalid", _SUITE, fatal=True),
    40084: ErrorCode("permanent code invalid", _SUITE, fatal=True),
    40085: ErrorCode("suite ticket invalid", _SUITE, fatal=True),
    40091: ErrorCode("secret does not belong to the corpid", _CREDENTIALS, fatal=True),
    41001: ErrorCode("access_token missing", _RENEW, fatal=True),
    TOKEN_EXPIRED: ErrorCode("access_token expired", _RENEW, fatal=True),
    42009: ErrorCode("suite access_token expired", _SUITE, fatal=True),
    44001: ErrorCode("empty media file", _IMAGE),
    45001: ErrorCode("media file too large", _IMAGE),
    FREQUENCY_LIMIT: ErrorCode(
        "call frequency limit",
        "wait for the window to end (a minute or an hour) or raise retry_timeout",
        retryable=True,
    ),
    CONCURRENCY_LIMIT: ErrorCode(
        "too many calls at once", "lower concurrency, or run fewer tasks at once", retryable=True
    ),
    48001: ErrorCode("the API is not authorized for this app", _PERMISSION, fatal=True),
    48002: ErrorCode(
        "the API is forbidden to this app",
        "add the app under 微信客服 → 可调用接口的应用, then fetch a new token",
        fatal=True,
    ),
    48004: ErrorCode("the app's authorization is invalid or was withdrawn", _PERMISSION, fatal=True),
    48005: ErrorCode("the API is discontinued", _PERMISSION, fatal=True),
    48006: ErrorCode(
        "the API permission was withdrawn because the app did not use it for long",
        "ask an administrator to switch it on again in the admin console",
        fatal=True,
    ),
    48007: ErrorCode("this KF account is not authorized for this app", _MANAGED),
    50002: ErrorCode("member out of scope", _SCOPE),
    50003: ErrorCode("the app is disabled", "enable the app in the admin console", fatal=True),
    60003: ErrorCode("no such department", _DEPARTMENT),
    60011: ErrorCode("no privilege", _SCOPE),
    60020: ErrorCode(
        "the caller's IP is not trusted",
        "add {ip} under 企业可信IP (takes effect after about a minute); for a third-party or agent-developed app under"
        " 服务商管理后台 → 服务商信息 → 基本信息 → IP白名单",
        fatal=True,
    ),
    60021: ErrorCode("outside the app's visible scope", _SCOPE),
    60030: ErrorCode("no privilege over this member or department", _SCOPE),
    60031: ErrorCode("the app may not call this API", _PERMISSION, fatal=True),
    60111: ErrorCode("userid not found", _NO_MEMBER),
    60123: ErrorCode("no such department", _DEPARTMENT),
    NOT_A_SERVICER: ErrorCode("not a servicer of this account"),
    81017: ErrorCode("too many elements, or the account is full", _FULL, may_mean_full=True),
    92000: ErrorCode("no privilege over this department", _SCOPE),
    95000: ErrorCode(
        "bad open_kfid",
        "take the ID from the account list (wk…); the one shown in the admin console (kfc…) is a different ID",
    ),
    NO_SUCH_ACCOUNT: ErrorCode(
        "no such KF account", "take the ID from the account list (wk…); was the account deleted?"
    ),
    95005: ErrorCode("the limit of accounts is reached", "first delete an account that nobody needs"),
    95006: ErrorCode("bad account name", "give a name of 1 to 16 characters"),
    95011: ErrorCode(
        "secret of the other edition: the corp uses 微信客服 in WeCom", "use the secret of an app in WeCom", fatal=True
    ),
    95012: ErrorCode(
        "secret of the other edition: the corp does not use 微信客服 in WeCom",
        "use the secret of 微信客服 itself",
        fatal=True,
    ),
    95014: ErrorCode("not a servicer, or the member never activated WeCom", "let the member sign in to WeCom once"),
    95017: ErrorCode("the API switch is off", "switch the API on: admin console → 微信客服", fatal=True),
    95023: ErrorCode("the API is assigned to another app", "change the app: admin console → 微信客服", fatal=True),
    95026: ErrorCode(
        "the existing accounts are used too little for a new one", "use or delete the existing accounts first"
    ),
    95027: ErrorCode("a corp that is not verified can have 10 accounts at most", "verify the corp (企业认证)"),
    701008: ErrorCode("no interoperability license", "assign the member an interoperability license (互通账号)"),
}

_HINTS_BY_CALL: dict[tuple[str, int], str] = {
    **{("kf/servicer/del", errcode): _STILL_LISTED for errcode in NO_SUCH_SERVICER},
    ("kf/servicer/del", 701008): "",
    ("kf/servicer/del", 40058): _REPORT,
    ("kf/servicer/del", 81017): _REPORT,
    ("kf/servicer/list", 40058): _REPORT,
    ("kf/servicer/list", 81017): _REPORT,
    ("kf/account/del", 95005): "the last account of the corp cannot be deleted",
    ("kf/account/add", 40007): f"{_IMAGE} as avatar: the service wants one for a new account",
    ("kf/account/add", 40058): "check name and avatar; otherwise please report this with the errmsg",
    ("kf/account/add", 40063): f"{_IMAGE} as avatar: the service may want one for a new account",
    ("kf/account/update", 40058): "check name and avatar; otherwise please report this with the errmsg",
    **{(f"kf/account/{name}", 60011): _MANAGED for name in ("add", "update", "del")},
}
"""Where the general hint does not fit the call."""

_FROM_IP = r"from ip: ([0-9A-Fa-f.:*]+)"
_UNKNOWN = ErrorCode("", "look the code up at https://open.work.weixin.qq.com/devtool/query", may_mean_full=True)


def is_known(errcode: int) -> bool:
    """Return whether the table has this code."""
    return errcode in ERROR_CODES


def lookup(errcode: int) -> ErrorCode:
    """Return what is known of an errcode; one that is not known is neither retryable nor fatal."""
    return ERROR_CODES.get(errcode, _UNKNOWN)


def describe(errcode: int, errmsg: str) -> str:
    """Return a code in a few words: its known meaning, or the service's own words for an unknown one."""
    return f"{errcode} {lookup(errcode).meaning or errmsg}".rstrip()


def hint_for(errcode: int, errmsg: str, call: str) -> str:
    """Return what to do about a code that this call got; for 60020 with the address that the service saw."""
    hint = _HINTS_BY_CALL.get((call, errcode), lookup(errcode).hint)
    if "{ip}" in hint:
        found = re.search(_FROM_IP, errmsg)
        hint = hint.format(ip=found.group(1).rstrip(",.") if found else "the caller's IP")
    return hint
