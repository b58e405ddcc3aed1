# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests that talk to the simulator have in common: a small corp, and clients of it."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._kf.api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._wecom.client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom.connection import Connection
from ansible_collections.wecom.kf.plugins.module_utils._wecom.limits import Clock
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock

KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
OTHER_KFID = "wkAJ2GCAAAZZm5_GhUpXNGfb1yBGge4R"

LIST = "kf/servicer/list"
ADD = "kf/servicer/add"
DEL = "kf/servicer/del"
ACCOUNTS = "kf/account/list"
ACCOUNT_ADD = "kf/account/add"
ACCOUNT_UPDATE = "kf/account/update"
ACCOUNT_DEL = "kf/account/del"
LINK = "kf/add_contact_way"
UPLOAD = "media/upload"
GETTOKEN = "gettoken"


def corp(servicers: t.Sequence[t.Any] = (), **more: t.Any) -> dict[str, t.Any]:
    """Return a configuration: u0001 to u3000 and a few people with names, who may serve two accounts."""
    return {
        "members": [
            {"prefix": "u", "count": 3000},
            "ann",
            "Bob",
            "cy",
            {"userid": "nolicense", "refuse": 701008},
        ],
        "departments": [2, 4, 2147483650, *range(100, 150)],
        "accounts": [{"open_kfid": KFID, "servicers": list(servicers)}, {"open_kfid": OTHER_KFID}],
        **more,
    }


def users(first: int, last: int, *, width: int = 4) -> list[str]:
    """Return u0001 and so on, the last included."""
    return [f"u{number:0{width}d}" for number in range(first, last + 1)]


def connection_to(simulator: RunningSimulator, **changes: t.Any) -> Connection:
    """Return how to reach a simulator; verified, if it speaks TLS."""
    options: dict[str, t.Any] = {
        "api_url": simulator.url,
        "corpid": simulator.corpid,
        "corpsecret": simulator.corpsecret,
        "verify": simulator.ca_path or True,
    }
    return Connection(**{**options, **changes})


@contextlib.contextmanager
def client_of(
    simulator: RunningSimulator,
    *,
    clock: VirtualClock | None = None,
    real_time: bool = False,
    concurrency: int = 1,
    calls_per_minute: int = 9000,
    **changes: t.Any,
) -> t.Iterator[WecomClient]:
    """Make a client; unless asked for real time its pauses cost nothing."""
    client = WecomClient(
        connection_to(simulator, **changes),
        concurrency=concurrency,
        clock=Clock() if real_time else (clock or VirtualClock()).as_clock(),
        calls_per_minute=calls_per_minute,
    )
    try:
        yield client
    finally:
        client.close()


@contextlib.contextmanager
def api_of(simulator: RunningSimulator, **options: t.Any) -> t.Iterator[KfApi]:
    """Make customer service calls over such a client."""
    with client_of(simulator, **options) as client:
        yield KfApi(client)
