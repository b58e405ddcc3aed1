# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The performance pages can show whatever the benchmark measures, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.wecom.kf.tests.benchmark import plot
from ansible_collections.wecom.kf.tests.benchmark.__main__ import SITUATIONS
from ansible_collections.wecom.kf.tests.benchmark.growth import SERIES
from ansible_collections.wecom.kf.tests.benchmark.startup import Startup


@pytest.fixture(name="results")
def _results() -> dict[str, Any]:
    results: dict[str, Any] = json.loads(plot.RESULTS.read_text(encoding="utf-8"))
    startup = Startup("wecom_kf_servicer", packing_ms=1, ping_packing_ms=1, import_ms=1, files=1, bytes=12345)
    return {**results, "startup": [vars(startup)]}


@pytest.mark.parametrize("title", [each.title for each in (*SITUATIONS, *SERIES)])
def test_every_title_that_the_benchmark_writes_has_its_chinese(title: str) -> None:
    assert plot.in_chinese(title) != title


def test_a_number_in_a_title_needs_no_translation_of_its_own() -> None:
    assert plot.in_chinese("one account, 7 servicers to add") == "一个客服账号，添加 7 名接待人员"


def test_a_missing_translation_is_named() -> None:
    with pytest.raises(ValueError, match="no translation of '# cats'"):
        plot.in_chinese("3 cats")


@pytest.mark.parametrize("name", plot.LANGUAGES)
def test_every_task_time_is_on_the_page(results: dict[str, Any], name: str) -> None:
    page = plot.tables(results, plot.LANGUAGES[name], name)
    for situation in results["situations"]:
        for seconds in plot.tasks(situation).values():
            assert f"    - {seconds:.2f}\n" in page


@pytest.mark.parametrize("name", plot.LANGUAGES)
def test_the_start_of_modules_is_on_the_page_where_it_was_measured(results: dict[str, Any], name: str) -> None:
    assert "``wecom_kf_servicer``\n    - 1\n    - 1\n    - 12\n" in plot.tables(results, plot.LANGUAGES[name], name)
