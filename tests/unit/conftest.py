# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the checkout importable as ``ansible_collections.wecom.kf``.

``ansible-test units`` does that by itself; under plain pytest the checkout lies in a folder of any name, so its
package is put into :data:`sys.modules` by hand.  Tests import the same names either way::

    from ansible_collections.wecom.kf.plugins.module_utils import _something
    from ansible_collections.wecom.kf.tests.simulator.running import running_simulator
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

PACKAGE = "ansible_collections.wecom.kf"
CHECKOUT = Path(__file__).resolve().parents[2]


def _is_this_checkout() -> bool:
    """Tell whether importing the collection gives the files of this checkout (and not of an installed copy)."""
    try:
        folders = importlib.import_module(PACKAGE).__path__
    except ImportError:
        return False
    return CHECKOUT in [Path(folder).resolve() for folder in folders]


def _register_checkout() -> None:
    """Put the checkout, and the two packages around it, into :data:`sys.modules`."""
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(PACKAGE + ".")]:
        del sys.modules[name]
    parent: ModuleType | None = None
    parts = PACKAGE.split(".")
    for depth, part in enumerate(parts, start=1):
        name = ".".join(parts[:depth])
        module = sys.modules.get(name)
        if module is None:
            module = ModuleType(name)
            module.__path__ = [str(CHECKOUT)] if name == PACKAGE else []
            sys.modules[name] = module
        if parent is not None:
            setattr(parent, part, module)
        parent = module


if not _is_this_checkout():
    _register_checkout()

# A busy machine is no finding.
settings.register_profile("wecom.kf", deadline=None, print_blob=True)
settings.load_profile("wecom.kf")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker here, as ``ansible-test units`` reads no other configuration of this checkout."""
    config.addinivalue_line("markers", "slow: takes more than a few seconds; left out with -m 'not slow'")
