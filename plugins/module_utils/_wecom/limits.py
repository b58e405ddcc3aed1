# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""How fast and how often calls are made: the retry budget, the calls at a time, the calls a minute.

The threads of a task share all three. None of them knows what is called.
"""

from __future__ import annotations

import collections
import contextlib
import random
import threading
import time
import typing as t

CALLS_PER_MINUTE = 9000
"""Below the service's 10,000 a minute for one API and corp, because others call it too (https://developer.work.weixin.qq.com/document/path/90312)."""

_WINDOW = 60.0


def _sleep(seconds: float, wake: threading.Event) -> None:
    wake.wait(seconds)


class Clock(t.NamedTuple):
    """Where time comes from."""

    now: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float, threading.Event], object] = _sleep
    """Takes seconds, and the event that ends the sleep early."""


SYSTEM_CLOCK = Clock()


class RetryBudget:
    """The wall time in seconds that may be spent on retries and on waiting for them.

    Threads that wait side by side spend the same seconds once.
    """

    def __init__(self, limit: float, clock: Clock = SYSTEM_CLOCK, whole: RetryBudget | None = None) -> None:
        """Make a budget; ``whole`` is the one that it is a part of, and that is charged too."""
        self._limit = limit
        self._clock = clock
        self._whole = whole
        self._lock = threading.Lock()
        self._spent = 0.0
        self._spenders = 0
        self._since = 0.0
        self._exhausted: threading.Event = threading.Event() if whole is None else whole._exhausted

    def part(self, share: float) -> RetryBudget:
        """Return a part of this budget: ``share`` of its limit. What it spends is charged to this one too."""
        return RetryBudget(self._limit * share, self._clock, self)

    @contextlib.contextmanager
    def charging(self) -> t.Iterator[None]:
        """Charge whatever is done inside."""
        with contextlib.ExitStack() as stack:
            if self._whole is not None:
                stack.enter_context(self._whole.charging())
            with self._lock:
                if not self._spenders:
                    self._since = self._clock.now()
                self._spenders += 1
            try:
                yield
            finally:
                with self._lock:
                    self._spenders -= 1
                    if not self._spenders:
                        self._spent += self._clock.now() - self._since

    def remaining(self) -> float:
        """Return the seconds left, at least 0."""
        if self._exhausted.is_set():
            return 0.0
        with self._lock:
            running = self._clock.now() - self._since if self._spenders else 0.0
            remaining = max(self._limit - self._spent - running, 0.0)
        return remaining if self._whole is None else min(remaining, self._whole.remaining())

    def pause(self, attempt: int, *, first: float, longest: float, at_least: float = 0.0) -> bool:
        """Back off before another attempt; return False, at once, when nothing is left to spend.

        attempt: how many attempts have failed before this one, from 0.
        first, longest: seconds of the first pause, which then doubles, and of the longest.
        at_least: seconds that the service asks for. What is left of the budget bounds every pause.
        """
        remaining = self.remaining()
        if remaining <= 0:
            return False
        pause = min(first * 2 ** min(attempt, 16), longest) * random.uniform(0.75, 1.0)  # noqa: S311 -- no secret
        with self.charging():
            self._clock.sleep(min(max(pause, at_least), remaining), self._exhausted)
        return not self._exhausted.is_set()

    def exhaust(self) -> None:
        """Leave nothing to spend, for anybody: whoever is waiting stops."""
        self._exhausted.set()


class ConcurrencyLimiter:
    """Limits the calls in flight, and lowers the limit when the service refuses that many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_flight = 0
        self._generation = 0
        self._free = threading.Condition()

    @contextlib.contextmanager
    def slot(self) -> t.Iterator[int]:
        """Wait for a free slot; yield the generation, for ``lower``."""
        with self._free:
            while self._in_flight >= self._limit:
                self._free.wait()
            self._in_flight += 1
            generation = self._generation
        try:
            yield generation
        finally:
            with self._free:
                self._in_flight -= 1
                self._free.notify()

    def lower(self, generation: int) -> None:
        """Allow one call fewer from now on; calls of the same generation lower the limit once."""
        with self._free:
            if generation == self._generation:
                self._generation += 1
                self._limit = max(self._limit - 1, 1)

    @property
    def limit(self) -> int:
        """How many calls may be in flight now."""
        return self._limit


class RateLimiter:
    """Keeps the calls of each name below a number a minute, so that the service does not have to refuse them."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[str, collections.deque[float]] = collections.defaultdict(
            lambda: collections.deque(maxlen=per_minute)
        )

    def wait(self, name: str) -> None:
        """Wait until one more call of this name is within the limit."""
        with self._lock:
            calls = self._calls[name]
            start = self._clock.now()
            if len(calls) == calls.maxlen:
                start = max(start, calls[0] + _WINDOW)
            calls.append(start)
        pause = start - self._clock.now()
        if pause > 0:
            self._clock.sleep(pause, threading.Event())
