# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Issues access tokens and checks those of calls."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Sequence

from . import errors

_MAX_EXPIRED = 1000


def new_token() -> str:
    """Return a token with characters that a query must encode."""
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
        """Return the valid token, or a new one where there is none, and the seconds that it has left."""
        self._expire_if_due()
        if self._current is None:
            self._current = self._prepared.pop(0) if self._prepared else new_token()
            self._until = self._clock() + ttl
            self._calls = 0
            self._expired.pop(self._current, None)
            self.issued += 1
        return self._current, math.ceil(self._until - self._clock())

    def check(self, token: str | None, max_calls: int | None = None, errcode: int = errors.TOKEN_EXPIRED) -> None:
        """Refuse a call whose token is missing, expired or unknown.

        After ``max_calls`` calls the token is no longer valid, and further calls with it get ``errcode``.
        """
        if not token:
            raise errors.Refusal(errors.TOKEN_MISSING)
        self._expire_if_due()
        if token != self._current:
            raise errors.Refusal(errors.TOKEN_EXPIRED if token in self._expired else errors.INVALID_TOKEN)
        self._calls += 1
        if max_calls is not None and self._calls >= max_calls:
            if errcode == errors.TOKEN_EXPIRED:
                self.expire()
            else:
                self.forget()

    def expire(self) -> None:
        """Expire the token: calls with it get 42001."""
        if self._current is not None:
            self._expired[self._current] = None
            if len(self._expired) > _MAX_EXPIRED:
                del self._expired[next(iter(self._expired))]
        self._current = None

    def forget(self) -> None:
        """Forget the token: calls with it get 40014."""
        self._current = None

    def _expire_if_due(self) -> None:
        if self._current is not None and self._clock() >= self._until:
            self.expire()
