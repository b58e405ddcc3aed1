# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.soak [--histories 10000] [--seed N]``: live histories until the number is reached or one fails."""

from __future__ import annotations

import argparse
import random
import sys
import time

from hypothesis import HealthCheck, Phase, given, seed, settings

from ..unit import conftest  # noqa: F401 -- makes the checkout importable as the collection  # pylint: disable=unused-import

_AT_A_TIME = 500
"""Histories from one seed: so many that Hypothesis has not run out of ideas."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Live random histories of an account.")
    parser.add_argument("--histories", type=int, default=10_000, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="where to begin; random if left out")
    options = parser.parse_args()

    from ansible_collections.wecom.kf.tests.simulator.running import running_simulator
    from ansible_collections.wecom.kf.tests.unit.support.history import Step, World, histories
    from ansible_collections.wecom.kf.tests.unit.support.history_machine import HistoryMachine

    first = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {first}; --seed N begins with another one", flush=True)
    began = time.monotonic()
    with running_simulator() as simulator:
        machine = HistoryMachine(simulator)

        def live(history: tuple[World, list[Step]]) -> None:
            machine.live(*history)

        number = first
        while machine.tally.histories < options.histories:
            wanted = min(_AT_A_TIME, options.histories - machine.tally.histories)
            run = settings(
                max_examples=wanted,
                database=None,
                deadline=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )(given(histories)(live))
            before = machine.tally.histories
            try:
                seed(number)(run)()
            except BaseException:
                print(f"failed with --seed {number} --histories {_AT_A_TIME}", flush=True)
                raise
            met = sum(machine.tally.faults.values())
            seconds = time.monotonic() - began
            print(f"seed {number}: {machine.tally.histories} histories, {met} faults met, {seconds:.0f} s", flush=True)
            if machine.tally.histories == before:
                break
            number += 1
    for line in machine.tally.lines():
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
