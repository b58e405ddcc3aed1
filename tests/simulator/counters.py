# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what happened and logs the last calls. Neither holds a token or a secret."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from typing import Any

_MAX_LOG = 1000
_OVERALL = "overall"


class Counters:
    """Counts calls, connections, and how many calls were in progress at once."""

    def __init__(self) -> None:
        self._at_once: defaultdict[str, int] = defaultdict(int)
        self._began = time.monotonic()
        self.reset()

    def reset(self) -> None:
        """Set all to zero, except for the calls in progress."""
        self.calls: defaultdict[str, int] = defaultdict(int)
        self.connections = 0
        self.wrong_secrets = 0
        self.tokens_issued = 0
        self._highest: defaultdict[str, int] = defaultdict(int)
        self.log: deque[dict[str, Any]] = deque(maxlen=_MAX_LOG)

    def enter(self, endpoint: str) -> None:
        """Count a call that came in."""
        self.calls[endpoint] += 1
        for key in (endpoint, _OVERALL):
            self._at_once[key] += 1
            if self._at_once[key] > self._highest[key]:
                self._highest[key] = self._at_once[key]

    def leave(self, endpoint: str) -> None:
        """Count a call as done."""
        self._at_once[endpoint] -= 1
        self._at_once[_OVERALL] -= 1

    @property
    def in_progress(self) -> int:
        """The number of calls that are neither done nor cancelled."""
        return self._at_once[_OVERALL]

    def log_call(self, endpoint: str, fields: dict[str, Any], fault: str | None) -> dict[str, Any]:
        """Begin a line in the log, which is completed as the call goes on."""
        line = {
            "at": round(time.monotonic() - self._began, 4),
            "endpoint": endpoint,
            **fields,
            "errcode": None,
            "applied": False,
            "changed": [],
            "meanwhile": [],
            "meanwhile_accounts": [],
            "fault": fault,
        }
        self.log.append(line)
        return line

    def report(self) -> dict[str, Any]:
        """Return the numbers."""
        return {
            "calls": dict(self.calls),
            "connections": self.connections,
            "highest_concurrency": {_OVERALL: 0, **self._highest},
            "wrong_secrets": self.wrong_secrets,
            "tokens_issued": self.tokens_issued,
        }
