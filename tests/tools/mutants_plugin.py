# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pytest plugin for ``mutants.py``.

When coverage is measured, it tells coverage which test runs, and writes down how long each test takes. Processes that
a test starts get the name of the test from the environment.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import Phase, settings

NAME_OF_TEST = "WECOM_KF_TEST"
DURATIONS = "WECOM_KF_DURATIONS"

_seconds: defaultdict[str, float] = defaultdict(float)


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Let Hypothesis stop at the first failure, without a search for a simpler one."""
    settings.register_profile("mutants", settings.default, phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutants")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    coverage = Coverage.current()
    if coverage:
        os.environ[NAME_OF_TEST] = item.nodeid
        coverage.switch_context(item.nodeid)
    result = yield
    if coverage:
        coverage.switch_context("")
        del os.environ[NAME_OF_TEST]
    return result


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    coverage = Coverage.current()
    if hasattr(session.config, "workerinput"):
        if coverage:  # a worker of xdist ends without running what coverage registers for the end
            coverage.stop()
            coverage.save()
    elif DURATIONS in os.environ:
        Path(os.environ[DURATIONS]).write_text(json.dumps(_seconds), encoding="utf-8")
