# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knows how much the service takes: sizes of calls and accounts, calls a minute, calls at once."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Dict, Union  # noqa: UP035 -- evaluated, also on Python 3.8

from . import errors
from .endpoints import ENDPOINTS
from .fields import Section

PerEndpoint = Union[None, int, Dict[str, int]]  # noqa: UP006, UP007 -- evaluated, also on Python 3.8
"""One number for every endpoint, numbers for some endpoints, or no limit."""


@dataclass(frozen=True)
class Limits:
    """The numbers. Those for rate and concurrency are off (None) by default."""

    userids_per_call: int = 100
    departments_per_add: int = 20
    departments_per_del: int = 100
    userids_per_account: int = 2000
    departments_per_account: int = 20
    account_limit_errcode: int = errors.OVER_THE_LIMIT
    account_limit_fails_call: bool = False
    accounts_per_corp: int = 5000
    media_size: int = 10 * 1024 * 1024
    calls_per_minute: PerEndpoint = None
    window: float = 60.0
    concurrency: PerEndpoint = None

    def updated(self, data: object, where: str) -> Limits:
        """Return these limits with those in a mapping changed."""
        section = Section(data, where)
        sizes = {
            key: section.integer(key, getattr(self, key), least=0)
            for key in (
                "userids_per_call",
                "departments_per_add",
                "departments_per_del",
                "userids_per_account",
                "departments_per_account",
                "accounts_per_corp",
                "media_size",
            )
        }
        limits = Limits(
            account_limit_errcode=section.integer("account_limit_errcode", self.account_limit_errcode),
            account_limit_fails_call=section.boolean("account_limit_fails_call", self.account_limit_fails_call),
            calls_per_minute=_per_endpoint(section, "calls_per_minute", self.calls_per_minute),
            window=section.number("window", self.window),
            concurrency=_per_endpoint(section, "concurrency", self.concurrency),
            **sizes,
        )
        section.finish()
        return limits


def _per_endpoint(section: Section, key: str, default: PerEndpoint) -> PerEndpoint:
    value: Any = section.take(key, default)
    if isinstance(value, dict):
        inner = Section(value, section.place(key))
        numbers = {name: inner.integer(name, least=1) for name in ENDPOINTS if name in inner}
        inner.finish()
        return numbers
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise section.error(key, f"a number above 0 or numbers by endpoint are needed, not {value!r}")
    return value


def _limit_of(limit: PerEndpoint, endpoint: str) -> int | None:
    return limit.get(endpoint) if isinstance(limit, dict) else limit


class Limiter:
    """Counts the calls of the current window and the calls in progress."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._busy: defaultdict[str, int] = defaultdict(int)
        self._windows: dict[str, tuple[float, int]] = {}

    def admit(self, endpoint: str, limits: Limits) -> int:
        """Return 0 when the call may go on (``release`` it afterwards), or the error code that it gets."""
        if limits.calls_per_minute is not None and not self._within_rate(endpoint, limits):
            return errors.CALL_FREQUENCY
        most = _limit_of(limits.concurrency, endpoint)
        if most is not None and self._busy[endpoint] >= most:
            return errors.CONCURRENCY
        self._busy[endpoint] += 1
        return 0

    def release(self, endpoint: str) -> None:
        """Count an admitted call as done."""
        self._busy[endpoint] -= 1

    def _within_rate(self, endpoint: str, limits: Limits) -> bool:
        most = _limit_of(limits.calls_per_minute, endpoint)
        if most is None:
            return True
        now = self._clock()
        began, calls = self._windows.get(endpoint, (now, 0))
        if now - began >= limits.window:
            began, calls = now, 0
        self._windows[endpoint] = (began, calls + 1)
        return calls < most
