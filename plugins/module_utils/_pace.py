# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""How fast and how stubbornly calls are made: the retry budget, the calls in flight, the calls a minute.

All three are shared by the threads of a task and know nothing of what is called.
"""

from __future__ import annotations

import collections
import contextlib
import random
import threading
import time
import typing as t

CALLS_PER_MINUTE = 9000
"""Below the service's 10,000 a minute for one API and corp, as others call it too."""

_WINDOW = 60.0


def _sleep(seconds: float, wake: threading.Event) -> None:
    wake.wait(seconds)


class Clock(t.NamedTuple):
    """Where time comes from."""

    now: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float, threading.Event], object] = _sleep
    """Seconds, and what ends the sleep before."""


SYSTEM_CLOCK = Clock()


class RetryBudget:
    """The wall time that a task may spend on retries and on waiting for them, in seconds.

    Threads that wait side by side spend the same seconds, once.
    """

    def __init__(self, limit: float, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._spent = 0.0
        self._spenders = 0
        self._since = 0.0
        self._exhausted = threading.Event()

    @contextlib.contextmanager
    def spending(self) -> t.Iterator[None]:
        """Whatever is done inside is charged."""
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
        """Seconds left; not below 0."""
        with self._lock:
            running = self._clock.now() - self._since if self._spenders else 0.0
            return 0.0 if self._exhausted.is_set() else max(self._limit - self._spent - running, 0.0)

    def pause(self, attempt: int, *, first: float, longest: float, at_least: float = 0.0) -> bool:
        """Back off before another attempt; false, at once, when nothing is left to spend.

        attempt: how many attempts have failed before this one, from 0.
        first, longest: seconds of the first pause, which then doubles, and of the longest.
        at_least: seconds that the service asked for. What is left of the budget bounds every pause.
        """
        remaining = self.remaining()
        if remaining <= 0:
            return False
        pause = min(first * 2 ** min(attempt, 16), longest) * random.uniform(0.75, 1.0)  # noqa: S311
        with self.spending():
            self._clock.sleep(min(max(pause, at_least), remaining), self._exhausted)
        return not self._exhausted.is_set()

    def exhaust(self) -> None:
        """Nothing is left to spend from now on, for nobody: who is waiting gives up."""
        self._exhausted.set()


class Gate:
    """Lets at most so many calls be in flight, fewer after the service complained."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._inside = 0
        self._lowered = 0
        self._free = threading.Condition()

    @contextlib.contextmanager
    def passage(self) -> t.Iterator[int]:
        """Wait for a place; yields a ticket for C(lower)."""
        with self._free:
            while self._inside >= self._width:
                self._free.wait()
            self._inside += 1
            ticket = self._lowered
        try:
            yield ticket
        finally:
            with self._free:
                self._inside -= 1
                self._free.notify()

    def lower(self, ticket: int) -> None:
        """One fewer from now on; calls that were in flight together lower it once."""
        with self._free:
            if ticket == self._lowered:
                self._lowered += 1
                self._width = max(self._width - 1, 1)

    @property
    def width(self) -> int:
        """How many may be in flight now."""
        return self._width


class Pacer:
    """Keeps the calls of each name below a number a minute, so that the service need not say so."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[str, collections.deque[float]] = collections.defaultdict(
            lambda: collections.deque(maxlen=per_minute)
        )

    def wait(self, name: str) -> None:
        """Wait until one more call of this name keeps the pace."""
        with self._lock:
            calls = self._calls[name]
            start = self._clock.now()
            if len(calls) == calls.maxlen:
                start = max(start, calls[0] + _WINDOW)
            calls.append(start)
        pause = start - self._clock.now()
        if pause > 0:
            self._clock.sleep(pause, threading.Event())
