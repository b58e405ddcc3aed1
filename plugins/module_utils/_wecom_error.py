# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""The one exception of the collection: a call to the service that failed as a whole."""

from __future__ import annotations

import typing as t


class WecomError(Exception):
    """A call that failed as a whole. Its text is safe to show: it holds no secret, no token and no URL."""

    def __init__(
        self,
        cause: str,
        *,
        call: str = "",
        errcode: int | None = None,
        errmsg: str | None = None,
        hint: str = "",
        http_status: int | None = None,
        retryable: bool = False,
        answer_lost: bool = False,
        every_account: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        """One phrase, such as C(60020 the caller's IP is not trusted)."""
        self.call = call
        """The API path, such as C(kf/servicer/list)."""
        self.errcode = errcode
        """The service's code; None where there was no answer to take one from."""
        self.errmsg = errmsg
        self.hint = hint
        """What to do about it; may be empty."""
        self.http_status = http_status
        self.retryable = retryable
        """Whether the same call may succeed a moment later."""
        self.answer_lost = answer_lost
        """Whether the service may have carried the call out although it reported nothing usable."""
        self.every_account = every_account
        """Whether no other account of the corp could get past it."""
        self.retry_after = retry_after
        """Seconds that the service asked to wait, 0 where it did not."""
        self.followed_by: WecomError | None = None
        """What stood in the way of finding out what became of this call."""

    def sentence(self) -> str:
        """Call, cause and cure in one line."""
        text = f"{self.call} failed: {self.cause}" if self.call else self.cause
        text = f"{text}; {self.hint}" if self.hint else text
        if self.followed_by is None or self.followed_by.cause == self.cause:
            return text
        return f"{text}; then {self.followed_by.sentence()}"

    def as_result(self) -> dict[str, t.Any]:
        """The C(failure) of a module's result."""
        return {
            "errcode": self.errcode,
            "errmsg": self.errmsg,
            "hint": self.hint,
            "call": self.call,
            "http_status": self.http_status,
        }
