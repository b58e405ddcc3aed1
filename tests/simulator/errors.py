# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's error codes and their texts."""

from __future__ import annotations

OK = 0
SYSTEM_BUSY = -1
WRONG_SECRET = 40001
INVALID_USERID = 40003
INVALID_MEDIA_TYPE = 40004
INVALID_MEDIA_SIZE = 40006
INVALID_MEDIA_ID = 40007
WRONG_CORPID = 40013
INVALID_TOKEN = 40014
INVALID_BODY = 40033
INVALID_PARAMETER = 40058
MISSING_PARAMETER = 40063
TOKEN_MISSING = 41001
TOKEN_EXPIRED = 42001
REQUIRE_GET = 43001
REQUIRE_POST = 43002
EMPTY_MEDIA = 44001
MEDIA_TOO_LARGE = 45001
CALL_FREQUENCY = 45009
CONCURRENCY = 45033
ACCOUNT_NOT_AUTHORIZED = 48007
NO_SUCH_DEPARTMENT = 60003
IP_NOT_TRUSTED = 60020
NO_SUCH_MEMBER = 60111
NOT_SERVING = 60253
OVER_THE_LIMIT = 81017
INVALID_OPEN_KFID = 95000
NO_SUCH_ACCOUNT = 95004
ACCOUNT_COUNT = 95005
INVALID_ACCOUNT_NAME = 95006
API_SWITCHED_OFF = 95017
ACCOUNTS_UNDERUSED = 95026
CORP_NOT_VERIFIED = 95027

ERRMSG = {
    OK: "ok",
    SYSTEM_BUSY: "system busy",
    6000: "data version conflict",
    WRONG_SECRET: "invalid credential",
    INVALID_USERID: "invalid userid",
    INVALID_MEDIA_TYPE: "invalid media type",
    INVALID_MEDIA_SIZE: "invalid media size",
    INVALID_MEDIA_ID: "invalid media_id",
    WRONG_CORPID: "invalid corpid",
    INVALID_TOKEN: "invalid access_token",
    INVALID_BODY: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    INVALID_PARAMETER: "invalid Request Parameter",
    MISSING_PARAMETER: "some parameters are empty",
    40066: "invalid party list",
    40091: "secret is invalid",
    TOKEN_MISSING: "access_token missing",
    TOKEN_EXPIRED: "access_token expired",
    42009: "suite_access_token expired",
    REQUIRE_GET: "require GET method",
    REQUIRE_POST: "require POST method",
    EMPTY_MEDIA: "empty media data",
    MEDIA_TOO_LARGE: "media size over limit",
    CALL_FREQUENCY: "api freq out of limit",
    CONCURRENCY: "api concurrent out of limit",
    48002: "api forbidden",
    ACCOUNT_NOT_AUTHORIZED: "no privilege of this kf account",
    50002: "userid out of scope",
    50003: "app is disabled",
    NO_SUCH_DEPARTMENT: "department not found",
    60011: "no privilege to access/modify contact/party/agent",
    IP_NOT_TRUSTED: "not allow to access from your ip",
    60021: "no permission to call this userid",
    60030: "no privilege to access this department",
    NO_SUCH_MEMBER: "userid not found",
    60123: "invalid party id",
    NOT_SERVING: "not a servicer of this account",
    OVER_THE_LIMIT: "the number of servicers is over the limit",
    92000: "not in the visible scope",
    INVALID_OPEN_KFID: "invalid open_kfid",
    NO_SUCH_ACCOUNT: "open_kfid not exist",
    ACCOUNT_COUNT: "invalid number of kf accounts",
    INVALID_ACCOUNT_NAME: "invalid kf account name",
    95011: "secret of the other edition",
    95012: "secret of the other edition",
    95014: "member is not a servicer or has not activated",
    API_SWITCHED_OFF: "api switch of kf is off",
    95023: "api is given to another app",
    ACCOUNTS_UNDERUSED: "kf accounts are not used enough",
    CORP_NOT_VERIFIED: "corp is not verified",
    701008: "member has no interoperability license",
}


def describe(errcode: int) -> str:
    """Return the text for an error code as an item of a result list has it."""
    return ERRMSG.get(errcode, "simulated error")


def full_errmsg(errcode: int, client_ip: str, serial: int) -> str:
    """Return the text for a call that failed as a whole: with a hint, the caller's address and a link."""
    link = f"https://open.work.weixin.qq.com/devtool/query?e={errcode}"
    return f"{describe(errcode)}, hint: [{1745000000000 + serial}], from ip: {client_ip}, more info at {link}"


class Refusal(Exception):  # noqa: N818 -- a response of the service, not an error of the simulator
    """The service refuses a call as a whole."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode
