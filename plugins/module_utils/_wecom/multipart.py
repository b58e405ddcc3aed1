# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Encodes a file for an upload."""

from __future__ import annotations

import contextlib

with contextlib.suppress(ImportError):  # a part of requests, and run_module reports where that is missing
    from urllib3.fields import RequestField
    from urllib3.filepost import encode_multipart_formdata


def encode_file(field: str, filename: str, content: bytes, content_type: str) -> tuple[bytes, str]:
    """Return the body and the Content-Type of a multipart/form-data request with one file.

    The service also wants the file's length (https://developer.work.weixin.qq.com/document/path/90253).
    """
    disposition = f'form-data; name="{field}"; filename="{filename}"; filelength={len(content)}'
    headers = {"Content-Disposition": disposition, "Content-Type": content_type}
    body, content_type_of_body = encode_multipart_formdata([RequestField(field, content, headers=headers)])
    return body, content_type_of_body
