# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form in which a file is uploaded, read by the standard library's parser."""

from __future__ import annotations

import email
import email.policy

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._wecom.multipart import encode_file


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\xff", b"--boundary\r\n", b"\n"], ids=repr)
def test_a_form_holds_one_file_with_its_name_length_and_type(content: bytes) -> None:
    body, content_type = encode_file("media", "avatar.png", content, "image/png")
    form = email.message_from_bytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP
    )
    (part,) = form.iter_parts()
    assert form.get_content_type() == "multipart/form-data"
    assert part.get_content_type() == "image/png"
    assert part["Content-Disposition"].content_disposition == "form-data"
    assert dict(part["Content-Disposition"].params) == {
        "name": "media",
        "filename": "avatar.png",
        "filelength": str(len(content)),
    }
    assert content in body
