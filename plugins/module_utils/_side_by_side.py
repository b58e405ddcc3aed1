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

_MOST_SILENT = 8
"""So many items in a row, or twice as many as there are threads, without any answer: nobody is there."""

_Item = t.TypeVar("_Item")
_Result = t.TypeVar("_Result")


class SideBySide:
    """Threads that share one client, and what one of them found out for all."""

    def __init__(self, client: WecomClient, threads: int) -> None:
        self._client = client
        self._threads = threads
        self._lock = threading.Lock()
        self._most_silent = max(2 * threads, _MOST_SILENT)
        self._silent_in_a_row = 0
        self._last_sign_of_life = client.last_sign_of_life
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
            # Any answer shows that the service is there, also one that refuses, and that to reading back what was lost.
            if self._last_sign_of_life != self._client.last_sign_of_life:
                self._last_sign_of_life = self._client.last_sign_of_life
                self._silent_in_a_row = 0
            if failure is None:
                return
            self._silent_in_a_row += failure.retryable
            # Each further account would cost a whole timeout: with the retry budget spent and no answer coming in,
            # it is the service that is down and not the accounts.
            is_down = self._silent_in_a_row >= self._most_silent and not self._client.budget.remaining()
            met = [error for error in (failure, failure.followed_by) if error and error.every_account]
            if self.obstacle is None and (met or is_down):
                self.obstacle = met[0] if met else failure
                self._client.budget.exhaust()
