# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define what is measured: the corp at the beginning, the roster to apply, and the ways to do it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
THREADS = 4
CREDENTIALS = {"corpid": "ww1234567890abcdef", "corpsecret": "a-secret-of-the-simulator"}


class Situation(NamedTuple):
    """A corp, and the roster to apply to it."""

    title: str
    accounts: int
    servicers: int
    """How many each account has at the end."""
    missing: int
    """How many of them each account lacks at the beginning."""
    named: int | None = None
    """How many of them the roster names; None is all."""

    def config(self, latency: float) -> dict[str, Any]:
        """Return the simulator's configuration."""
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
        """Return the roster."""
        userids = self._userids()[-(self.named or self.servicers) :]
        return [{"open_kfid": open_kfid, "userids": userids} for open_kfid in self._open_kfids()]

    def fewest_calls(self) -> int:
        """Return the least number of calls: one token, a list for each account, and additions of 100 each."""
        return 1 + self.accounts * (1 + -(-self.missing // 100))

    def _open_kfids(self) -> list[str]:
        return [f"wk{number:05}" for number in range(self.accounts)]

    def _userids(self) -> list[str]:
        width = len(str(self.servicers))
        return [f"agent{number:0{width}}" for number in range(1, self.servicers + 1)]


class Contender(NamedTuple):
    """A way to apply the roster."""

    title: str
    command: list[str]
    is_slow: bool = False
    """Whether a run takes minutes, so that fewer are made."""
    is_floor: bool = False
    """Whether it makes no call."""


def _playbook(name: str, roster: Path) -> list[str]:
    playbook = str(HERE / "playbooks" / name)
    return [str(Path(sys.executable).with_name("ansible-playbook")), playbook, "-e", f"@{roster}"]


def floors(roster: Path) -> list[Contender]:
    """Return the contenders that show what a play and a task cost."""
    return [
        Contender("debug", _playbook("debug.yml", roster), is_floor=True),
        Contender("ping", _playbook("ping.yml", roster), is_floor=True),
    ]


def for_one_account(roster: Path) -> list[Contender]:
    """Return the contenders for one account."""
    return [
        Contender("wecom_kf_servicer", _playbook("one_account_module.yml", roster)),
        Contender("uri playbook", _playbook("one_account_uri.yml", roster)),
        Contender("plain script", [sys.executable, str(HERE / "plain_one_account.py"), str(roster)]),
    ]


def for_many_accounts(roster: Path) -> list[Contender]:
    """Return the contenders for many accounts."""
    plain = [sys.executable, str(HERE / "plain_many_accounts.py"), str(roster), str(THREADS)]
    return [
        Contender("wecom_kf_servicers", _playbook("many_accounts_module.yml", roster)),
        Contender("loop over wecom_kf_servicer", _playbook("many_accounts_loop.yml", roster), is_slow=True),
        Contender("uri playbook in a loop", _playbook("many_accounts_uri.yml", roster), is_slow=True),
        Contender("plain script with threads", plain),
    ]
