# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Set up what all unit tests share. Tests import the collection by its full name, ``ansible_collections.wecom.kf``."""

from __future__ import annotations

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

# A busy machine must not fail a test.
settings.register_profile("wecom.kf", deadline=None, print_blob=True)
settings.load_profile("wecom.kf")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker here, as ``ansible-test units`` reads no other configuration of this checkout."""
    config.addinivalue_line("markers", "slow: takes more than a few seconds; left out with -m 'not slow'")
