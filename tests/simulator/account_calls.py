# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls for accounts, their links and their avatars."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Container
from itertools import islice
from typing import Any

from . import errors
from .call import Call, CallResult, is_integer, ok
from .corp import EVERYBODY, Account, Corp, ServicerId
from .settings import Settings

_SCENE = re.compile(r"[0-9A-Za-z_-]{0,32}\Z")
_MAX_NAME = 16
_MAX_UNVERIFIED = 10
_MAX_PAGE = 100


def list_accounts(call: Call, corp: Corp, _settings: Settings, _withheld: Container[ServicerId]) -> CallResult:
    """Return a page of the accounts."""
    offset, limit = _number(call, "offset", 0), _number(call, "limit", _MAX_PAGE)
    if offset < 0 or not 1 <= limit <= _MAX_PAGE:
        raise errors.Refusal(errors.INVALID_PARAMETER)
    page = []
    for account in islice(corp.accounts.values(), offset, offset + limit):
        row: dict[str, Any] = {"open_kfid": account.open_kfid, "name": account.name, "avatar": account.avatar}
        if account.manage_privilege is not None:
            row["manage_privilege"] = account.manage_privilege
        page.append(row)
    return CallResult(ok(account_list=page))


def add_account(call: Call, corp: Corp, settings: Settings, withheld: Container[ServicerId]) -> CallResult:
    """Create an account."""
    parameters = call.parameters
    if parameters.get("name") is None or (settings.avatar_required and not parameters.get("media_id")):
        raise errors.Refusal(errors.MISSING_PARAMETER)
    name, avatar = _name(parameters["name"]), _avatar(call, corp, settings)
    if settings.accounts_underused:
        raise errors.Refusal(errors.ACCOUNTS_UNDERUSED)
    if not settings.verified and len(corp.accounts) >= _MAX_UNVERIFIED:
        raise errors.Refusal(errors.CORP_NOT_VERIFIED)
    if len(corp.accounts) >= settings.limits.accounts_per_corp:
        raise errors.Refusal(errors.ACCOUNT_COUNT)
    account = corp.new_account(name, avatar)
    applied = withheld is not EVERYBODY
    if applied:
        corp.accounts[account.open_kfid] = account
    logged = {"open_kfid": account.open_kfid}
    return CallResult(ok(open_kfid=account.open_kfid), [account.open_kfid] if applied else [], logged)


def update_account(call: Call, corp: Corp, settings: Settings, withheld: Container[ServicerId]) -> CallResult:
    """Give an account another name, another avatar or both."""
    account = _managed(call, corp)
    before = (account.name, account.avatar)
    name = _name(call.parameters["name"]) if "name" in call.parameters else account.name
    after = (name, _avatar(call, corp, settings) or account.avatar)
    if withheld is EVERYBODY or before == after:
        return CallResult(ok())
    account.name, account.avatar = after
    return CallResult(ok(), [account.open_kfid])


def delete_account(call: Call, corp: Corp, _settings: Settings, withheld: Container[ServicerId]) -> CallResult:
    """Delete an account, unless it is the last one."""
    account = _managed(call, corp)
    if len(corp.accounts) == 1:
        raise errors.Refusal(errors.ACCOUNT_COUNT)
    if withheld is EVERYBODY:
        return CallResult(ok())
    del corp.accounts[account.open_kfid]
    return CallResult(ok(), [account.open_kfid])


def add_contact_way(call: Call, corp: Corp, _settings: Settings, _withheld: Container[ServicerId]) -> CallResult:
    """Return the link of an account for a scene; it is the same each time."""
    account = corp.account(call.open_kfid)
    scene = call.parameters.get("scene", "")
    if not isinstance(scene, str) or not _SCENE.match(scene):
        raise errors.Refusal(errors.INVALID_PARAMETER)
    url = f"https://work.weixin.qq.com/kf/kfc{_digest(account.open_kfid)[:17]}"
    if scene:
        url += f"?enc_scene=ENC{_digest(account.open_kfid, scene)[:20]}"
    return CallResult(ok(url=url))


def upload_media(call: Call, corp: Corp, settings: Settings, withheld: Container[ServicerId]) -> CallResult:
    """Keep an image for three days."""
    if call.query.get("type") != "image":
        raise errors.Refusal(errors.INVALID_MEDIA_TYPE)
    upload = call.upload
    if upload is None or not (upload.described or settings.lenient):
        raise errors.Refusal(errors.EMPTY_MEDIA)
    upload.check(settings.limits.media_size)
    media_id = corp.random_id("3", 64)
    if withheld is not EVERYBODY:
        corp.media.store(media_id)
    created_at = str(int(time.time()))
    response = {"errcode": errors.OK, "errmsg": "", "type": "image", "media_id": media_id, "created_at": created_at}
    return CallResult(response, log={"media_id": media_id})


def _number(call: Call, key: str, default: int) -> int:
    value = call.parameters.get(key, default)
    if call.method == "GET" and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if not is_integer(value):
        raise errors.Refusal(errors.INVALID_PARAMETER)
    number: int = value
    return number


def _managed(call: Call, corp: Corp) -> Account:
    account = corp.account(call.open_kfid)
    if account.manage_privilege is False:
        raise errors.Refusal(errors.ACCOUNT_NOT_AUTHORIZED)
    return account


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise errors.Refusal(errors.INVALID_PARAMETER)
    if not 1 <= len(value) <= _MAX_NAME:
        raise errors.Refusal(errors.INVALID_ACCOUNT_NAME)
    return value


def _avatar(call: Call, corp: Corp, settings: Settings) -> str | None:
    if "media_id" not in call.parameters:
        return None
    return corp.media.avatar(call.parameters["media_id"], settings.media_ttl)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
