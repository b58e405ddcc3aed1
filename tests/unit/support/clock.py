# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time that passes only when somebody sleeps, so that tests of backing off cost nothing."""

from __future__ import annotations

import threading

from ansible_collections.wecom.kf.plugins.module_utils._wecom.limits import Clock


class VirtualClock:
    """Begins at 0 and remembers every sleep."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0.0
        self.sleeps: list[float] = []
        """How many seconds each sleep was."""

    def now(self) -> float:
        with self._lock:
            return self._now

    def sleep(self, seconds: float, _wake: threading.Event | None = None) -> None:
        with self._lock:
            self._now += max(seconds, 1e-6)  # less would not change a float
            self.sleeps.append(seconds)

    def as_clock(self) -> Clock:
        return Clock(self.now, self.sleep)
