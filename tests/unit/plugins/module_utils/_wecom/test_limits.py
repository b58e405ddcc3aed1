# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The retry budget, the calls at a time and the calls a minute, mostly on a clock that only sleeping moves."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._wecom.limits import (
    SYSTEM_CLOCK,
    Clock,
    ConcurrencyLimiter,
    RateLimiter,
    RetryBudget,
)
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock

seconds = st.floats(0, 1000, allow_nan=False)


class TestRetryBudget:
    def test_nothing_is_spent_before_the_first_failure(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(10, clock.as_clock())
        clock.sleep(100)
        assert budget.remaining() == 10

    @given(limit=seconds, first=st.floats(0.1, 10), longest=st.floats(2, 100), at_least=seconds)
    def test_pauses_never_exceed_the_budget_whatever_the_service_asks_for(
        self, limit: float, first: float, longest: float, at_least: float
    ) -> None:
        clock = VirtualClock()
        budget = RetryBudget(limit, clock.as_clock())
        for attempt in range(2_000):
            if not budget.pause(attempt, first=first, longest=longest, at_least=at_least):
                break
        else:
            raise AssertionError("it never ends")
        assert clock.now() <= limit + 1e-6
        assert budget.remaining() == 0

    def test_a_budget_of_nothing_allows_no_retry(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(0, clock.as_clock())
        assert not budget.pause(0, first=1, longest=1)
        assert clock.sleeps == []

    def test_pauses_double_up_to_the_longest_and_vary_a_little(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(1000, clock.as_clock())
        for attempt in range(8):
            budget.pause(attempt, first=0.25, longest=8.0)
        wanted = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
        assert [0.75 * most <= sleep <= most for sleep, most in zip(clock.sleeps, wanted)] == [True] * 8
        assert len(set(clock.sleeps)) == 8, "jobs that were refused together would come back together"

    def test_what_the_service_asks_for_is_waited_and_the_budget_bounds_it(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(100, clock.as_clock())
        assert budget.pause(0, first=0.25, longest=8, at_least=30)
        assert clock.sleeps == [30]
        assert budget.pause(1, first=0.25, longest=8, at_least=3600)
        assert clock.now() == pytest.approx(100)
        assert not budget.pause(2, first=0.25, longest=8)

    def test_time_spent_in_a_retry_is_charged_and_time_outside_is_not(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(100, clock.as_clock())
        clock.sleep(50)
        with budget.charging():
            clock.sleep(30)
            assert budget.remaining() == 70
            with budget.charging():
                clock.sleep(10)
            assert budget.remaining() == 60
        clock.sleep(50)
        assert budget.remaining() == 60

    def test_threads_that_wait_side_by_side_spend_the_same_seconds_once(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(100, clock.as_clock())
        with budget.charging():
            with budget.charging():
                clock.sleep(10)
            with budget.charging():
                clock.sleep(10)
        assert budget.remaining() == 80


class TestPartOfABudget:
    def test_a_share_ends_before_the_whole_does(self) -> None:
        clock = VirtualClock()
        whole = RetryBudget(100, clock.as_clock())
        part = whole.part(0.25)
        while part.pause(0, first=1, longest=1):
            pass
        assert clock.now() == pytest.approx(25)
        assert part.remaining() == 0
        assert whole.remaining() == pytest.approx(75)

    def test_what_a_part_spends_is_charged_to_the_whole(self) -> None:
        clock = VirtualClock()
        whole = RetryBudget(100, clock.as_clock())
        with whole.part(0.25).charging():
            clock.sleep(10)
        assert whole.remaining() == 90

    def test_a_part_ends_where_the_whole_is_spent(self) -> None:
        clock = VirtualClock()
        whole = RetryBudget(100, clock.as_clock())
        part = whole.part(0.25)
        with whole.charging():
            clock.sleep(90)
        assert part.remaining() == 10
        assert part.pause(0, first=60, longest=60)
        assert clock.now() == pytest.approx(100)
        assert not part.pause(1, first=1, longest=1)

    def test_exhausting_the_whole_exhausts_its_parts(self) -> None:
        whole = RetryBudget(100, VirtualClock().as_clock())
        part = whole.part(0.25)
        whole.exhaust()
        assert (whole.remaining(), part.remaining()) == (0, 0)
        assert not part.pause(0, first=1, longest=1)


class TestRealTime:
    def test_a_pause_really_takes_its_time(self) -> None:
        began = time.monotonic()
        assert RetryBudget(10, SYSTEM_CLOCK).pause(0, first=0.2, longest=1)
        assert 0.14 < time.monotonic() - began < 5

    def test_a_rate_limit_really_waits(self) -> None:
        clock = Clock(
            now=lambda: time.monotonic() * 200,  # a minute lasts 0.3 seconds
            sleep=lambda seconds, wake: SYSTEM_CLOCK.sleep(seconds / 200, wake),
        )
        limiter = RateLimiter(1, clock)
        began = time.monotonic()
        limiter.wait("list")
        limiter.wait("list")
        assert time.monotonic() - began > 0.25

    def test_exhausting_the_budget_wakes_who_is_waiting(self) -> None:
        budget = RetryBudget(60, SYSTEM_CLOCK)
        outcome: list[bool] = []
        began = time.monotonic()
        waiting = threading.Thread(target=lambda: outcome.append(budget.pause(0, first=30, longest=30)))
        waiting.start()
        time.sleep(0.05)
        budget.exhaust()
        waiting.join(10)
        assert outcome == [False]
        assert time.monotonic() - began < 10


class TestConcurrencyLimiter:
    @given(limit=st.integers(1, 16), complaints=st.integers(0, 30))
    def test_each_complaint_lowers_it_by_one_but_not_below_one(self, limit: int, complaints: int) -> None:
        limiter = ConcurrencyLimiter(limit)
        for _complaint in range(complaints):
            with limiter.slot() as generation:
                limiter.lower(generation)
        assert limiter.limit == max(limit - complaints, 1)

    def test_calls_that_were_in_flight_together_lower_it_once(self) -> None:
        limiter = ConcurrencyLimiter(4)
        with limiter.slot() as first, limiter.slot() as second, limiter.slot() as third:
            limiter.lower(first)
            limiter.lower(second)
            limiter.lower(third)
        assert limiter.limit == 3
        with limiter.slot() as later:
            limiter.lower(later)
        assert limiter.limit == 2

    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_it_lets_in_as_many_as_its_limit_and_not_one_more(self, limit: int) -> None:
        limiter = ConcurrencyLimiter(limit)
        inside = threading.Semaphore(0)
        leave = threading.Event()

        def stay() -> None:
            with limiter.slot():
                inside.release()
                leave.wait(30)

        threads = [threading.Thread(target=stay) for _number in range(limit + 1)]
        for thread in threads:
            thread.start()
        assert all(inside.acquire(timeout=10) for _number in range(limit))
        assert not inside.acquire(timeout=0.1), "one more was let in"
        leave.set()
        assert inside.acquire(timeout=10), "the last one was never let in"
        for thread in threads:
            thread.join(10)

    def test_whoever_leaves_after_it_was_lowered_makes_no_room(self) -> None:
        limiter = ConcurrencyLimiter(2)
        entered = threading.Event()
        with limiter.slot() as first:
            with limiter.slot():
                limiter.lower(first)

                def enter() -> None:
                    with limiter.slot():
                        entered.set()

                waiting = threading.Thread(target=enter)
                waiting.start()
            assert not entered.wait(0.1)
        assert entered.wait(10)
        waiting.join(10)


class TestRateLimiter:
    @given(per_minute=st.integers(1, 20), gaps=st.lists(st.floats(0, 30), max_size=60))
    def test_no_minute_holds_more_calls_of_one_name_than_allowed(self, per_minute: int, gaps: list[float]) -> None:
        clock = VirtualClock()
        limiter = RateLimiter(per_minute, clock.as_clock())
        calls = []
        for gap in gaps:
            clock.sleep(gap)
            limiter.wait("kf/servicer/list")
            calls.append(clock.now())
        for at in range(len(calls) - per_minute):
            assert calls[at + per_minute] - calls[at] >= 60 - 1e-6

    @given(per_minute=st.integers(1, 20), number=st.integers(0, 60))
    def test_it_waits_no_longer_than_needed(self, per_minute: int, number: int) -> None:
        clock = VirtualClock()
        limiter = RateLimiter(per_minute, clock.as_clock())
        for _call in range(number):
            limiter.wait("kf/servicer/list")
        assert clock.now() == pytest.approx(60 * max((number - 1) // per_minute, 0))

    def test_each_name_has_a_limit_of_its_own(self) -> None:
        clock = VirtualClock()
        limiter = RateLimiter(1, clock.as_clock())
        for name in ("list", "add", "del"):
            limiter.wait(name)
        assert clock.now() == 0

    def test_threads_keep_the_limit_together(self) -> None:
        clock = VirtualClock()
        limiter = RateLimiter(10, clock.as_clock())
        run_all([threading.Thread(target=limiter.wait, args=("list",)) for _number in range(30)])
        # Each thread sleeps for itself until its own turn; the turns are a minute apart.
        assert sum(1 for sleep in clock.sleeps if sleep > 60) <= 10


def run_all(threads: t.Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
