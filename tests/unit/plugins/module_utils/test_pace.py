# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The retry budget, the gate for calls in flight, and the pace in calls a minute; on a clock that only sleep moves."""

from __future__ import annotations

import threading
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._pace import Gate, Pacer, RetryBudget
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock

seconds = st.floats(0, 1000, allow_nan=False)


class TestRetryBudget:
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
        assert clock.naps == []

    def test_pauses_double_up_to_the_longest_and_vary_a_little(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(1000, clock.as_clock())
        for attempt in range(8):
            budget.pause(attempt, first=0.25, longest=8.0)
        wanted = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
        assert [0.75 * most <= nap <= most for nap, most in zip(clock.naps, wanted)] == [True] * 8

    def test_what_the_service_asks_for_is_waited_and_the_budget_bounds_it(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(100, clock.as_clock())
        assert budget.pause(0, first=0.25, longest=8, at_least=30)
        assert clock.naps == [30]
        assert budget.pause(1, first=0.25, longest=8, at_least=3600)
        assert clock.now() == pytest.approx(100)
        assert not budget.pause(2, first=0.25, longest=8)

    def test_time_spent_in_a_retry_is_charged_and_time_outside_is_not(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(100, clock.as_clock())
        clock.sleep(50)
        with budget.spending():
            clock.sleep(30)
            assert budget.remaining() == 70
            with budget.spending():
                clock.sleep(10)
            assert budget.remaining() == 60
        clock.sleep(50)
        assert budget.remaining() == 60

    def test_threads_that_wait_side_by_side_spend_the_same_seconds_once(self) -> None:
        clock = VirtualClock()
        budget = RetryBudget(100, clock.as_clock())
        with budget.spending():
            with budget.spending():
                clock.sleep(10)
            with budget.spending():
                clock.sleep(10)
        assert budget.remaining() == 80


class TestGate:
    @given(width=st.integers(1, 16), complaints=st.integers(0, 30))
    def test_each_complaint_lowers_it_by_one_but_not_below_one(self, width: int, complaints: int) -> None:
        gate = Gate(width)
        for _complaint in range(complaints):
            with gate.passage() as ticket:
                gate.lower(ticket)
        assert gate.width == max(width - complaints, 1)

    def test_calls_that_were_in_flight_together_lower_it_once(self) -> None:
        gate = Gate(4)
        with gate.passage() as first, gate.passage() as second, gate.passage() as third:
            gate.lower(first)
            gate.lower(second)
            gate.lower(third)
        assert gate.width == 3
        with gate.passage() as later:
            gate.lower(later)
        assert gate.width == 2

    def test_no_more_are_inside_than_it_is_wide_also_after_it_was_lowered(self) -> None:
        gate = Gate(6)
        inside: list[int] = []
        most: dict[int, int] = {}
        lock = threading.Lock()

        def pass_through(number: int) -> None:
            for _turn in range(50):
                with gate.passage() as ticket:
                    with lock:
                        inside.append(number)
                        width = gate.width
                        # Those who were inside before it was lowered may still be.
                        most[width] = max(most.get(width, 0), len(inside))
                    if number == 0:
                        gate.lower(ticket)
                    with lock:
                        inside.remove(number)

        threads = [threading.Thread(target=pass_through, args=(number,)) for number in range(12)]
        run_all(threads)
        assert gate.width == 1
        assert inside == []
        assert max(most.values()) <= 6


class TestPacer:
    @given(per_minute=st.integers(1, 20), gaps=st.lists(st.floats(0, 30), max_size=60))
    def test_no_minute_holds_more_calls_of_one_name_than_allowed(self, per_minute: int, gaps: list[float]) -> None:
        clock = VirtualClock()
        pacer = Pacer(per_minute, clock.as_clock())
        calls = []
        for gap in gaps:
            clock.sleep(gap)
            pacer.wait("kf/servicer/list")
            calls.append(clock.now())
        for at in range(len(calls) - per_minute):
            assert calls[at + per_minute] - calls[at] >= 60 - 1e-6

    @given(per_minute=st.integers(1, 20), number=st.integers(0, 60))
    def test_it_waits_no_longer_than_needed(self, per_minute: int, number: int) -> None:
        clock = VirtualClock()
        pacer = Pacer(per_minute, clock.as_clock())
        for _call in range(number):
            pacer.wait("kf/servicer/list")
        assert clock.now() == pytest.approx(60 * max((number - 1) // per_minute, 0))

    def test_each_name_has_a_pace_of_its_own(self) -> None:
        clock = VirtualClock()
        pacer = Pacer(1, clock.as_clock())
        for name in ("list", "add", "del"):
            pacer.wait(name)
        assert clock.now() == 0

    def test_threads_keep_the_pace_together(self) -> None:
        clock = VirtualClock()
        pacer = Pacer(10, clock.as_clock())
        run_all([threading.Thread(target=pacer.wait, args=("list",)) for _number in range(30)])
        # Each thread sleeps for itself until its own turn; the turns are a minute apart.
        assert sum(1 for nap in clock.naps if nap > 60) <= 10


def run_all(threads: t.Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
