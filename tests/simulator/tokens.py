# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens: one that is valid, those that were, and those that never were."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Sequence

from . import errors

_REMEMBERED = 1000


def fresh_token() -> str:
    """A token with characters that a query string must encode."""
    return f"sim+/=%2B&{secrets.token_urlsafe(48)}=="


class Tokens:
    """The one token of the app."""

    def __init__(self, prepared: Sequence[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._prepared = list(prepared)
        self._clock = clock
        self._current: str | None = None
        self._until = 0.0
        self._calls = 0
        self._expired: dict[str, None] = {}
        self.issued = 0

    def fetch(self, ttl: float) -> tuple[str, int]:
        """The valid token, a fresh one when there is none, and the seconds that it has left."""
        self._look_at_the_clock()
        if self._current is None:
            self._current = self._prepared.pop(0) if self._prepared else fresh_token()
            self._until = self._clock() + ttl
            self._calls = 0
            self._expired.pop(self._current, None)
            self.issued += 1
        return self._current, math.ceil(self._until - self._clock())

    def check(self, token: str | None, most_calls: int | None = None, errcode: int = errors.TOKEN_EXPIRED) -> None:
        """Refuse a call whose token is missing, expired or unknown.

        After ``most_calls`` calls the token is over, and further calls with it get ``errcode``.
        """
        if not token:
            raise errors.Refusal(errors.TOKEN_MISSING)
        self._look_at_the_clock()
        if token != self._current:
            raise errors.Refusal(errors.TOKEN_EXPIRED if token in self._expired else errors.INVALID_TOKEN)
        self._calls += 1
        if most_calls is not None and self._calls >= most_calls:
            if errcode == errors.TOKEN_EXPIRED:
                self.expire()
            else:
                self.forget()

    def expire(self) -> None:
        """The token is over before its time: calls with it are told so."""
        if self._current is not None:
            self._expired[self._current] = None
            if len(self._expired) > _REMEMBERED:
                del self._expired[next(iter(self._expired))]
        self._current = None

    def forget(self) -> None:
        """The token is as if it had never been."""
        self._current = None

    def _look_at_the_clock(self) -> None:
        if self._current is not None and self._clock() >= self._until:
            self.expire()
