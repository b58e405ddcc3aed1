# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Set up what all unit tests share. Tests import the collection by its full name, ``ansible_collections.wecom.kf``."""

from __future__ import annotations

import collections
import random
import typing as t
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import settings

# By its path, as nothing of the checkout is importable before.
_spec = spec_from_file_location("checkout", Path(__file__).resolve().parents[1] / "tools" / "checkout.py")
assert _spec is not None
assert _spec.loader is not None
_checkout = module_from_spec(_spec)
_spec.loader.exec_module(_checkout)
_checkout.make_importable()

# A busy machine must not fail a test. The same commit passes or fails each time; new examples are for the others.
settings.register_profile("gate", deadline=None, print_blob=True, derandomize=True)
settings.register_profile("quick", settings.get_profile("gate"), max_examples=25, derandomize=False)  # make unit
settings.load_profile("gate")


SOAK_BATCH = 500
"""Histories from one seed. From more of them Hypothesis learns little that is new."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("soak", "long runs of random histories (-m soak)")
    group.addoption("--histories", type=int, default=10_000, help="how many histories each soak test runs (10000)")
    group.addoption("--seed", type=int, default=None, help="the first seed; a random one by default")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers here, as ``ansible-test units`` reads no other configuration of this checkout."""
    config.addinivalue_line("markers", "slow: takes more than a few seconds; left out with -m 'not slow'")
    config.addinivalue_line("markers", "soak: takes minutes to hours; runs only with -m soak")
    if config.getoption("seed", None) is None:
        config.option.seed = getattr(config, "workerinput", {}).get("seed", random.SystemRandom().randrange(10**6))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: t.Any) -> None:
    """Have all workers of xdist begin with the same seed."""
    node.workerinput["seed"] = node.config.option.seed


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"soak: --seed {config.option.seed}"] if _is_soak(config) else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Split a soak test into batches: ``soak_options`` is the number of histories of a batch and its seed."""
    if "soak_options" in metafunc.fixturenames:
        first, total = metafunc.config.option.seed, metafunc.config.getoption("histories", SOAK_BATCH)
        starts = range(0, total, SOAK_BATCH)
        batches = [(min(SOAK_BATCH, total - start), first + turn) for turn, start in enumerate(starts)]
        names = [f"--histories {histories} --seed {seed}" for histories, seed in batches]
        metafunc.parametrize("soak_options", batches, ids=names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _is_soak(config):
        soak = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in soak]
        config.hook.pytest_deselected(items=soak)


def pytest_terminal_summary(terminalreporter: t.Any, config: pytest.Config) -> None:
    """Show the sum of what soak tests count with ``record_property(name, number)``."""
    totals: t.Counter[str] = collections.Counter()
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if getattr(report, "when", None) == "call" and "soak" in report.keywords:
            totals.update(dict(report.user_properties))
    if totals:
        terminalreporter.section(f"soak, --seed {config.option.seed}")
        for name, total in totals.items():
            terminalreporter.write_line(f"{name}: {total}")


def _is_soak(config: pytest.Config) -> bool:
    return "soak" in config.option.markexpr
