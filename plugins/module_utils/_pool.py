# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Works on many accounts at a time, and stops where it is useless to ask for another one."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import threading
import typing as t

from ._kf.api import KfApi
from ._wecom.errors import WecomError, is_known
from ._wecom.limits import RetryBudget

_MIN_STREAK = 8
"""After this many accounts in a row failed in the same way, or twice the number of threads if that is more, the cause
is common."""
_MAX_SHARE = 0.25
"""Of the retry budget, for one account of several."""

_Item = t.TypeVar("_Item")
_Output = t.TypeVar("_Output")
Failures = t.Tuple[WecomError, ...]


class Pool:
    """Threads that share one client, and what one of them found out for all."""

    def __init__(self, api: KfApi, threads: int) -> None:
        self._api = api
        self._threads = threads
        self._lock = threading.Condition()
        self._is_alone = True
        """Whether the task is about one account only."""
        self._in_flight = 0
        """How many accounts are being worked on."""
        self._max_streak = max(2 * threads, _MIN_STREAK)
        self._silent = 0
        """How many accounts in a row failed in a way that may pass while the service sent no response at all."""
        self._responses_understood = api.client.responses_understood
        self._has_succeeded = False
        self._last_kind: t.Any = None
        self._streak = 0
        """How many accounts in a row met a foreign response, or the same unknown errcode before any success."""
        self._budgets: dict[t.Any, RetryBudget] = {}
        self.fatal: WecomError | None = None
        """What no account can get past, once it was met."""

    def map(
        self,
        items: t.Sequence[_Item],
        work: t.Callable[[_Item, KfApi], tuple[_Output, Failures]],
        skip: t.Callable[[_Item, WecomError], _Output],
        *,
        key: t.Callable[[_Item], t.Any],
        retry_last: bool = False,
    ) -> list[_Output]:
        """Return the outputs for the items, in their order.

        work: returns the output and the calls that failed.
        skip: returns the output of an item that is not worked on because of the fatal error.
        key: tells which account an item is about. One of several may spend a share of the retry budget.
        retry_last: first try every item once, and retry those that failed when all others are done.
        """
        self._is_alone = self._is_alone and len(items) <= 1
        outputs: list[t.Any] = [None] * len(items)
        first = collections.deque(range(len(items)))
        later: collections.deque[int] = collections.deque()

        def take() -> tuple[int, bool] | None:
            with self._lock:
                # If those in flight fail in the same way too, no more are begun.
                self._lock.wait_for(lambda: not self._in_flight or self._streak + self._in_flight < self._max_streak)
                self._in_flight += 1
                if first:
                    return first.popleft(), False
                return (later.popleft(), True) if later else None

        def do(number: int, is_retry: bool) -> None:
            item = items[number]
            if self.fatal is not None:
                outputs[number] = skip(item, self.fatal)
                return
            is_first_try = retry_last and not is_retry and self._retries_last(len(items))
            api = self._api.with_budget(self._api.budget.part(0.0) if is_first_try else self._budget_of(key(item)))
            with contextlib.ExitStack() as stack:
                if is_retry:
                    has_time_left = api.pause(0, None)
                    if not has_time_left:
                        return  # the output of the first try stays
                    stack.enter_context(api.budget.charging())
                outputs[number], failures = work(item, api)
            self._learn(failures)
            if is_first_try and failures and _is_worth_retrying(failures[0]):
                later.append(number)

        def work_off() -> None:
            # Not a future for each item: thousands of them take more memory than the outputs.
            try:
                for number, is_retry in iter(take, None):
                    do(number, is_retry)
                    leave()
            except BaseException:  # a bug, which ends the work of all
                first.clear()
                later.clear()
                raise
            finally:
                leave()

        def leave() -> None:
            with self._lock:
                self._in_flight -= 1
                self._lock.notify_all()

        with concurrent.futures.ThreadPoolExecutor(self._threads) as threads:
            for worker in [threads.submit(work_off) for _number in range(min(self._threads, len(items)))]:
                worker.result()
        return outputs

    def _retries_last(self, number: int) -> bool:
        """Return whether a failed item waits for the others: there are some, and the service is not silent for all."""
        return number > 1 and self._silent < self._max_streak and self._api.budget.remaining() > 0

    def _budget_of(self, key: t.Any) -> RetryBudget:
        """Return the budget of one account, which is the same for its reading and its writing."""
        if self._is_alone:
            return self._api.budget
        with self._lock:
            return self._budgets.setdefault(key, self._api.budget.part(_MAX_SHARE))

    def _learn(self, failures: Failures) -> None:
        """Note what became of an account, and recognize what no other account can get past."""
        client = self._api.client
        with self._lock:
            # Any response shows that the service is there, also one that refuses, and one to listing again.
            if self._responses_understood != client.responses_understood:
                self._responses_understood = client.responses_understood
                self._silent = 0
            if not failures:
                self._has_succeeded = True
                self._streak = 0
                return
            failure = failures[0]  # the one after it is only that the account could not be listed again
            self._silent += failure.retryable and failure.http_status is None
            kind = _kind_of(failure)
            is_suspicious = failure.is_foreign or (kind is not None and not self._has_succeeded)
            self._streak = is_suspicious + (self._streak if kind == self._last_kind else 0)
            self._last_kind = kind
            found = next((error for error in failures if error.fatal), None) or self._common_cause(failure)
            if self.fatal is None and found is not None:
                self.fatal = found
                client.budget.exhaust()

    def _common_cause(self, failure: WecomError) -> WecomError | None:
        # With the retry budget spent and no response coming in, it is the service that is down and not the accounts:
        # each further account would cost a whole timeout.
        if self._silent >= self._max_streak and not self._api.client.budget.remaining():
            return failure
        return failure if self._streak >= self._max_streak else None


def _kind_of(failure: WecomError) -> t.Any:
    """Return what makes failures of several accounts the same: a foreign response, or an unknown errcode."""
    if failure.is_foreign:
        return "foreign"
    return failure.errcode if failure.errcode is not None and not is_known(failure.errcode) else None


def _is_worth_retrying(failure: WecomError) -> bool:
    """Return whether a later try can help; what concerns all accounts was retried at once."""
    return failure.retryable and not failure.fatal and not failure.is_throttled
