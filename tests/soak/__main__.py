# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.soak [--histories 10000] [--seed N]``: live histories until the number is reached or one fails."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from ..unit import conftest  # noqa: F401 -- makes the checkout importable as the collection  # pylint: disable=unused-import

_AT_A_TIME = 500
"""Histories from one seed: so many that Hypothesis has not run out of ideas."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Live random histories of accounts.")
    parser.add_argument("--histories", type=int, default=10_000, help="how many (%(default)s), of each kind")
    parser.add_argument("--seed", type=int, default=None, help="where to begin; random if left out")
    parser.add_argument("--of", choices=("one", "many", "both"), default="both", help="of how many accounts")
    options = parser.parse_args()

    from ansible_collections.wecom.kf.tests.simulator.running import running_simulator
    from ansible_collections.wecom.kf.tests.unit.support.fleet_history import fleets
    from ansible_collections.wecom.kf.tests.unit.support.fleet_machine import FleetMachine
    from ansible_collections.wecom.kf.tests.unit.support.history import histories
    from ansible_collections.wecom.kf.tests.unit.support.history_machine import HistoryMachine

    first = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {first}; --seed N begins with another one", flush=True)
    with running_simulator() as simulator:
        if options.of != "many":
            one = HistoryMachine(simulator)
            _soak("one", histories, lambda history: one.live(*history), one.tally, first, options.histories)
        if options.of != "one":
            many = FleetMachine(simulator)
            _soak("many", fleets(), many.live, many.tally, first, options.histories)
    return 0


def _soak(kind: str, strategy: Any, live: Callable[[Any], None], tally: Any, first: int, number: int) -> None:
    """Live so many histories, from one seed after the other, and tell what they held."""
    began = time.monotonic()
    give: Any = given(strategy)
    turn = first
    while tally.histories < number:
        run = settings(
            max_examples=min(_AT_A_TIME, number - tally.histories),
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )(give(live))
        before = tally.histories
        try:
            begin_with: Any = seed(turn)
            begin_with(run)()
        except BaseException:
            print(f"failed with --of {kind} --seed {turn} --histories {_AT_A_TIME}", flush=True)
            raise
        met = sum(tally.faults.values())
        seconds = time.monotonic() - began
        print(f"{kind}, seed {turn}: {tally.histories} histories, {met} faults met, {seconds:.0f} s", flush=True)
        if tally.histories == before:
            break
        turn += 1
    for line in tally.lines():
        print(line)


if __name__ == "__main__":
    sys.exit(main())
