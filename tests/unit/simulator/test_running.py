# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator inside tests: started, stopped, started again, with TLS, and reset."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from ansible_collections.wecom.kf.tests.simulator.running import running_simulator

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

    from .conftest import Client

SMALL = {"members": ["a", "b"], "accounts": [{"open_kfid": "wkA", "servicers": ["a"]}]}


def test_many_calls_over_one_connection_count_as_one_connection(sim: RunningSimulator, client: Client) -> None:
    client.gettoken()
    for _time in range(5):
        client.servicers()
    assert (sim.calls(), sim.calls("gettoken"), sim.calls("kf/servicer/list")) == (6, 1, 5)
    assert sim.connections() == 1


def test_a_stopped_server_starts_again_with_its_state() -> None:
    with running_simulator(SMALL) as sim:
        url = f"{sim.url}/cgi-bin/kf/servicer/list"
        session = requests.Session()
        session.trust_env = False
        assert session.get(url, timeout=30).json()["errcode"] == 41001
        sim.change("wkA", add=["b"])
        sim.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=30)
        sim.start_again()
        assert session.get(url, timeout=30).json()["errcode"] == 41001
        assert sim.serving("wkA") == ["a", "b"]
        sim.stop()
        sim.stop()


def test_stopping_cancels_calls_in_progress_without_applying_them() -> None:
    with running_simulator(SMALL) as sim:
        sim.fault(on="kf/servicer/add", delay=60)
        body = {"open_kfid": "wkA", "userid_list": ["b"]}
        session = requests.Session()
        session.trust_env = False
        with pytest.raises(requests.ReadTimeout):
            session.post(
                f"{sim.url}/cgi-bin/kf/servicer/add", params={"access_token": sim.token()}, json=body, timeout=0.1
            )
        started = time.monotonic()
        sim.stop()
        assert time.monotonic() - started < 1
        assert sim.serving("wkA") == ["a"]


def test_tls_needs_the_authority_of_the_simulator() -> None:
    with running_simulator(SMALL, tls=True) as sim:
        session = requests.Session()
        session.trust_env = False
        assert sim.url.startswith("https://")
        assert sim.ca_path is not None
        with pytest.raises(requests.exceptions.SSLError):
            session.get(sim.url, timeout=30)
        assert session.get(sim.url, verify=sim.ca_path, timeout=30).status_code == 200
    assert not Path(sim.ca_path).exists()


def test_a_reset_takes_less_than_a_millisecond(sim: RunningSimulator) -> None:
    took = []
    for _time in range(200):
        started = time.perf_counter()
        sim.reset(SMALL)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.001, "on a busy machine most take longer"


def test_five_thousand_accounts_can_be_configured(sim: RunningSimulator, client: Client) -> None:
    accounts = {"prefix": "wkF", "count": 5000, "servicers_each": 500}
    sim.reset({"members": {"prefix": "m", "count": 2000}, "accounts": accounts})
    assert len(client.servicers("wkF5000")["servicer_list"]) == 500
