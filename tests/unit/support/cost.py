# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much processor time and memory a piece of work takes, and whether both grow with its size and not faster."""

from __future__ import annotations

import time
import tracemalloc
import typing as t

GROWTH = 4
SLACK = 2.5
"""Four times as much may take ten times as long on a busy machine; a quadratic step would take sixteen times."""


class Cost(t.NamedTuple):
    """Of one piece of work: processor seconds of its thread, and the most memory that it held, in MiB."""

    seconds: float
    mebibytes: float


def cost_of(work: t.Callable[[], object]) -> Cost:
    """Return the best of three, as everything else on the machine only adds; memory in a run of its own."""
    best = float("inf")
    for _turn in range(3):
        began = time.thread_time()
        work()
        best = min(best, time.thread_time() - began)
    tracemalloc.start()
    try:
        work()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Cost(best, most / 1024**2)


def grows_linearly(name: str, work: t.Callable[[int], t.Callable[[], object]], number: int) -> None:
    """Compare the work for this many with that for four times as many."""
    small, large = (cost_of(work(count)) for count in (number, number * GROWTH))
    for count, cost in ((number, small), (number * GROWTH, large)):
        print(f"{name}: {count} in {cost.seconds:.3f} s of processor time and {cost.mebibytes:.1f} MiB")
    assert large.seconds < small.seconds * GROWTH * SLACK + 0.01
    assert large.mebibytes < small.mebibytes * GROWTH * 1.5 + 1
