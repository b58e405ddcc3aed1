# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulators that tests share: one for each file of tests, reset before each test."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator, running_simulator
from ansible_collections.wecom.kf.tests.unit.support.service import corp


@pytest.fixture(scope="module")
def _simulator() -> t.Iterator[RunningSimulator]:
    with running_simulator(corp()) as simulator:
        yield simulator


@pytest.fixture
def simulator(_simulator: RunningSimulator) -> RunningSimulator:
    """Return a service with a small corp, as new."""
    _simulator.reset(corp())
    return _simulator


@pytest.fixture(scope="module")
def _tls_simulator() -> t.Iterator[RunningSimulator]:
    with running_simulator(corp(), tls=True) as simulator:
        yield simulator


@pytest.fixture
def tls_simulator(_tls_simulator: RunningSimulator) -> RunningSimulator:
    """Return the same over TLS, with a certificate of an authority that nobody else knows."""
    _tls_simulator.reset(corp())
    return _tls_simulator


@pytest.fixture(autouse=True)
def _no_foreign_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies, certificates and credentials of the person who runs the tests out of them."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("WECOM_CORPID", "WECOM_CORPSECRET", "WECOM_ACCESS_TOKEN", "WECOM_API_URL"):
        monkeypatch.delenv(name, raising=False)
