# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides say of every error code what the code says."""

from __future__ import annotations

from ansible_collections.wecom.kf.tests.tools import error_code_pages


def test_the_pages_are_up_to_date() -> None:
    for path, text in error_code_pages.pages().items():
        assert path.read_text(encoding="utf-8") == text, "run: python -m tests.tools.error_code_pages"
