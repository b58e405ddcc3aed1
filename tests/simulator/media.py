# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploaded images: the form in which they come, and how long they can be used."""

from __future__ import annotations

import email
import email.policy
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import errors

_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_SMALLEST = 6


@dataclass(frozen=True)
class Upload:
    """The one file of a form."""

    filename: str
    content: bytes
    described: bool
    """Whether the part says its type or its length."""

    def description(self) -> dict[str, Any]:
        """Return what the log shows."""
        digest = hashlib.sha256(self.content).hexdigest()
        return {"filename": self.filename, "size": len(self.content), "sha256": digest}

    def check(self, largest: int) -> None:
        """Refuse a file that cannot be an avatar."""
        if not self.content:
            raise errors.Refusal(errors.EMPTY_MEDIA)
        if len(self.content) < _SMALLEST:
            raise errors.Refusal(errors.INVALID_MEDIA_SIZE)
        if len(self.content) > largest:
            raise errors.Refusal(errors.MEDIA_TOO_LARGE)
        if not self.content.startswith(_IMAGES):
            raise errors.Refusal(errors.INVALID_MEDIA_TYPE)


def read_upload(body: bytes, content_type: str) -> Upload | None:
    """Read multipart/form-data with one part, ``media``; None for anything else."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "surrogateescape")
    form = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    if form.get_content_type() != "multipart/form-data" or form.defects or not form.is_multipart():
        return None
    parts = list(form.iter_parts())
    if len(parts) != 1 or parts[0].defects or parts[0].is_multipart():
        return None
    part = parts[0]
    filename = part.get_filename()
    if part.get_content_disposition() != "form-data" or _disposition(part, "name") != "media" or not filename:
        return None
    content: Any = part.get_payload(decode=True)
    length = _disposition(part, "filelength") or part.get("Content-Length")
    if length is not None and length != str(len(content)):
        return None
    readable = filename.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Upload(readable, content, described=length is not None or "Content-Type" in part)


def _disposition(part: Any, key: str) -> Any:
    return part.get_param(key, header="Content-Disposition")


class MediaStore:
    """What was uploaded, by media_id."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stored: dict[str, float] = {}

    def store(self, media_id: str) -> None:
        """Keep a file."""
        self._stored[media_id] = self._clock()

    def avatar(self, media_id: object, ttl: float) -> str:
        """Return the address of an image as an avatar, or refuse a media_id that is unknown or too old."""
        stored = self._stored.get(media_id) if isinstance(media_id, str) else None
        if stored is None or self._clock() - stored >= ttl:
            raise errors.Refusal(errors.INVALID_MEDIA_ID)
        return f"https://wework.qpic.cn/wwhead/{media_id}/0"
