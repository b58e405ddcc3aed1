# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: corps to begin with, rosters to reach, and who competes at it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
THREADS = 4
CREDENTIALS = {"corpid": "ww1234567890abcdef", "corpsecret": "a-secret-of-the-simulator"}


class Situation(NamedTuple):
    """A corp as it is, and the roster that it shall have."""

    title: str
    accounts: int
    servicers: int
    """How many each account has in the end."""
    missing: int
    """How many of them each account lacks before."""
    named: int | None = None
    """How many of them the roster names; None is all."""

    def config(self, latency: float) -> dict[str, Any]:
        """The simulator's configuration."""
        serving = self.servicers - self.missing
        return {
            **CREDENTIALS,
            "latency": latency,
            "members": [{"prefix": "agent", "count": self.servicers}],
            "accounts": [
                {"open_kfid": open_kfid, "name": open_kfid, "servicers": self._userids()[:serving]}
                for open_kfid in self._open_kfids()
            ],
        }

    def roster(self) -> list[dict[str, Any]]:
        """What shall be so."""
        userids = self._userids()[-(self.named or self.servicers) :]
        return [{"open_kfid": open_kfid, "userids": userids} for open_kfid in self._open_kfids()]

    def fewest_calls(self) -> int:
        """One gettoken, a list for each account, and as few additions as hold those who lack."""
        return 1 + self.accounts * (1 + -(-self.missing // 100))

    def _open_kfids(self) -> list[str]:
        return [f"wk{number:05}" for number in range(self.accounts)]

    def _userids(self) -> list[str]:
        width = len(str(self.servicers))
        return [f"agent{number:0{width}}" for number in range(1, self.servicers + 1)]


class Contender(NamedTuple):
    """A way to reach the roster."""

    title: str
    command: list[str]
    is_slow: bool = False
    """Whether one run takes so long that fewer are made."""
    is_floor: bool = False
    """Whether it does nothing at the service."""


def _playbook(name: str, roster: Path) -> list[str]:
    playbook = str(HERE / "playbooks" / name)
    return [str(Path(sys.executable).with_name("ansible-playbook")), playbook, "-e", f"@{roster}"]


def floors(roster: Path) -> list[Contender]:
    """What a play costs, and what a task costs."""
    return [
        Contender("debug", _playbook("debug.yml", roster), is_floor=True),
        Contender("ping", _playbook("ping.yml", roster), is_floor=True),
    ]


def for_one_account(roster: Path) -> list[Contender]:
    """Who competes at one account."""
    return [
        Contender("wecom_kf_servicer", _playbook("one_account_module.yml", roster)),
        Contender("uri playbook", _playbook("one_account_uri.yml", roster)),
        Contender("plain script", [sys.executable, str(HERE / "plain_one_account.py"), str(roster)]),
    ]


def for_many_accounts(roster: Path) -> list[Contender]:
    """Who competes at many accounts."""
    plain = [sys.executable, str(HERE / "plain_many_accounts.py"), str(roster), str(THREADS)]
    return [
        Contender("wecom_kf_servicers", _playbook("many_accounts_module.yml", roster)),
        Contender("loop over wecom_kf_servicer", _playbook("many_accounts_loop.yml", roster), is_slow=True),
        Contender("uri playbook in a loop", _playbook("many_accounts_uri.yml", roster), is_slow=True),
        Contender("plain script with threads", plain),
    ]
