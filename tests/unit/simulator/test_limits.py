# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls a minute, calls at once, and the time that a response takes."""

from __future__ import annotations

import concurrent.futures
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

    from .conftest import Client


def at_once(client: Client, count: int) -> list[int]:
    """Return the error codes of calls made at the same time."""
    token = client.sim.token()

    def call(_number: int) -> int:
        url = client.url("kf/servicer/list")
        params = {"access_token": token, "open_kfid": "wkSupport"}
        code: int = type(client)(client.sim).http.get(url, params=params, timeout=30).json()["errcode"]
        return code

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(call, range(count)))


def test_calls_a_minute_are_counted_by_endpoint(sim: RunningSimulator, client: Client) -> None:
    sim.settings(limits={"calls_per_minute": 2})
    assert [client.servicers()["errcode"] for _time in range(3)] == [0, 0, 45009]
    assert client.add("wangwu")["errcode"] == 0


def test_calls_are_accepted_again_when_the_window_ends(sim: RunningSimulator, client: Client) -> None:
    sim.settings(limits={"calls_per_minute": {"kf/servicer/list": 1}, "window": 0.3})
    assert [client.servicers()["errcode"] for _time in range(2)] == [0, 45009]
    time.sleep(0.31)
    assert client.servicers()["errcode"] == 0


def test_a_limit_can_be_switched_off_again(sim: RunningSimulator, client: Client) -> None:
    sim.settings(limits={"calls_per_minute": 1})
    sim.settings(limits={"calls_per_minute": None})
    assert [client.servicers()["errcode"] for _time in range(3)] == [0, 0, 0]


def test_calls_beyond_the_concurrency_limit_get_45033(sim: RunningSimulator, client: Client) -> None:
    sim.settings(latency=0.5, limits={"concurrency": 2})
    assert at_once(client, 5) == [0, 0, 45033, 45033, 45033]
    assert client.servicers()["errcode"] == 0
    highest = sim.state()["counters"]["highest_concurrency"]
    assert highest["kf/servicer/list"] == highest["overall"] == 5


def test_latency_delays_each_response(sim: RunningSimulator, client: Client) -> None:
    sim.settings(latency=0.1)
    started = time.monotonic()
    client.servicers()
    assert time.monotonic() - started >= 0.1


def test_a_hundred_calls_take_less_than_a_second(sim: RunningSimulator, client: Client) -> None:
    started = time.process_time()
    for _time in range(100):
        client.servicers()
    assert time.process_time() - started < 1, "the client's own time is part of it"
