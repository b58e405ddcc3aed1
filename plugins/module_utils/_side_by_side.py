# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Works on many accounts at a time, and stops where it is useless to ask for another one."""

from __future__ import annotations

import collections
import concurrent.futures
import threading
import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError

_Item = t.TypeVar("_Item")
_Result = t.TypeVar("_Result")


class SideBySide:
    """Threads that share one client, and what one of them found out for all."""

    def __init__(self, client: WecomClient, threads: int) -> None:
        self._client = client
        self._threads = threads
        self._lock = threading.Lock()
        self._failures_in_a_row = 0
        self.obstacle: WecomError | None = None
        """What no account can get past, once it was met."""

    def each(
        self,
        items: t.Sequence[_Item],
        work: t.Callable[[_Item], tuple[_Result, WecomError | None]],
        instead: t.Callable[[_Item, WecomError], _Result],
    ) -> list[_Result]:
        """The results for the items, in their order.

        work: returns the result and, where the service failed, the failure.
        instead: gives the result of an item that is not worked on because of the obstacle.
        """

        def one(item: _Item) -> _Result:
            if self.obstacle is not None:
                return instead(item, self.obstacle)
            result, failure = work(item)
            self._learn(failure)
            return result

        results: list[t.Any] = [None] * len(items)
        numbers = iter(range(len(items)))

        def take() -> int | None:
            with self._lock:
                return next(numbers, None)

        def work_off() -> None:
            # Not a future for each item: thousands of them take more memory than the results.
            try:
                for number in iter(take, None):
                    results[number] = one(items[number])
            finally:
                # Nothing is left, unless this is a bug's exception, which ends the work of all.
                with self._lock:
                    collections.deque(numbers, maxlen=0)

        with concurrent.futures.ThreadPoolExecutor(self._threads) as threads:
            for worker in [threads.submit(work_off) for _number in range(min(self._threads, len(items)))]:
                worker.result()
        return results

    def _learn(self, failure: WecomError | None) -> None:
        with self._lock:
            # One that is refused for its own sake shows that the service is there.
            self._failures_in_a_row = self._failures_in_a_row + 1 if failure and failure.retryable else 0
            if failure is None:
                return
            # Each further account would cost a whole timeout: with the retry budget spent and nothing but
            # failures coming in, it is the service that is down and not the accounts.
            is_down = failure.retryable and self._failures_in_a_row >= 2 * self._threads
            if self.obstacle is None and (failure.every_account or (is_down and not self._client.budget.remaining())):
                self.obstacle = failure
                self._client.budget.exhaust()
