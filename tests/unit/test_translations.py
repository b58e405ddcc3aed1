# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a translation count as up to date."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.wecom.kf.tests.tools.translations import check, update

CHINESE = "..\n  A header\n\n.. _label:\n\n标题\n====\n"


def pages(folder: Path, english: str) -> tuple[Path, Path]:
    first, second = folder / "page.rst", folder / "page_zh.rst"
    first.write_text(english, encoding="utf-8")
    second.write_text(CHINESE, encoding="utf-8")
    return first, second


def test_a_translation_without_a_hash_is_reported(tmp_path: Path) -> None:
    assert "does not say which version" in check(*pages(tmp_path, "Text\n"))


def test_a_missing_translation_is_reported(tmp_path: Path) -> None:
    assert "has no translation" in check(tmp_path / "page.rst", tmp_path / "page_zh.rst")


def test_an_updated_translation_is_up_to_date(tmp_path: Path) -> None:
    english, chinese = pages(tmp_path, "Text\n")
    update(english, chinese)
    update(english, chinese)
    assert check(english, chinese) == ""
    assert chinese.read_text(encoding="utf-8").count("Translation of page.rst") == 1


def test_a_change_of_the_english_page_is_reported(tmp_path: Path) -> None:
    english, chinese = pages(tmp_path, "Text\n")
    update(english, chinese)
    english.write_text("Another text\n", encoding="utf-8")
    assert "has changed" in check(english, chinese)


def test_a_change_of_a_generated_table_is_not_reported(tmp_path: Path) -> None:
    english, chinese = pages(tmp_path, "Text\n\n.. begin others\n\nold\n\n.. end others\n")
    update(english, chinese)
    english.write_text("Text\n\n.. begin others\n\nnew\n\n.. end others\n", encoding="utf-8")
    assert check(english, chinese) == ""
