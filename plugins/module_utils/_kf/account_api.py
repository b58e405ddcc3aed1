# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""The calls of WeCom customer service for accounts: what they send, and what responses must look like."""

from __future__ import annotations

import typing as t

from .._wecom.errors import ResponseError
from .._wecom.multipart import encode_file
from .api import KfApi

ADD_ACCOUNT = "kf/account/add"
UPDATE_ACCOUNT = "kf/account/update"
DELETE_ACCOUNT = "kf/account/del"
ADD_CONTACT_WAY = "kf/add_contact_way"
UPLOAD_MEDIA = "media/upload"


class Image(t.NamedTuple):
    """An image file."""

    content: bytes
    content_type: str
    """``image/png`` or ``image/jpeg``."""


def upload_image(api: KfApi, image: Image) -> str:
    """Upload an image for three days and return its media_id. Raises WecomError.

    See https://developer.work.weixin.qq.com/document/path/90253.
    """
    filename = "avatar." + image.content_type.partition("/")[2]
    content, content_type = encode_file("media", filename, image.content, image.content_type)
    response = api.client.upload(UPLOAD_MEDIA, {"type": "image"}, content, content_type)
    return _text(response, "media_id", UPLOAD_MEDIA)


def add_account(api: KfApi, name: str, media_id: str | None) -> str:
    """Create an account and return its open_kfid (https://developer.work.weixin.qq.com/document/path/94662).

    Raises WecomError; whether to repeat the call is the caller's decision.
    """
    body = {"name": name, **({"media_id": media_id} if media_id else {})}
    return _text(api.client.write(ADD_ACCOUNT, body), "open_kfid", ADD_ACCOUNT)


def update_account(api: KfApi, open_kfid: str, name: str | None, media_id: str | None) -> None:
    """Change the name or avatar of an account (https://developer.work.weixin.qq.com/document/path/94664).

    What is None stays as it is. Raises WecomError.
    """
    changes = {"name": name, "media_id": media_id}
    given = {key: value for key, value in changes.items() if value is not None}
    api.client.write(UPDATE_ACCOUNT, {"open_kfid": open_kfid, **given})


def delete_account(api: KfApi, open_kfid: str) -> None:
    """Delete an account (https://developer.work.weixin.qq.com/document/path/94663). Raises WecomError."""
    api.client.write(DELETE_ACCOUNT, {"open_kfid": open_kfid})


def create_link(api: KfApi, open_kfid: str, scene: str) -> str:
    """Return the contact link of an account (https://developer.work.weixin.qq.com/document/path/94665).

    scene: what the link tells about where it was used; empty for none. Asking again changes nothing.
    Raises WecomError.
    """
    body = {"open_kfid": open_kfid, **({"scene": scene} if scene else {})}
    return _text(api.client.read(ADD_CONTACT_WAY, body=body, budget=api.budget), "url", ADD_CONTACT_WAY)


def _text(response: dict[str, t.Any], key: str, call: str) -> str:
    value = response.get(key)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ResponseError(f"the response cannot be used: it lacks {key}", call=call, uncertain=True)
    return value
