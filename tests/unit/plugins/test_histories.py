# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules report is what is so at the service, over random histories."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from ansible_collections.wecom.kf.tests.simulator.running import running_simulator
from ansible_collections.wecom.kf.tests.unit.support.histories import InitialState, Step, histories
from ansible_collections.wecom.kf.tests.unit.support.history_machine import HistoryMachine


@pytest.fixture(scope="module")
def machine() -> t.Iterator[HistoryMachine]:
    with running_simulator() as simulator:
        yield HistoryMachine(simulator)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(history=histories())
def test_what_is_reported_is_what_is_so(machine: HistoryMachine, history: tuple[InitialState, list[Step]]) -> None:
    machine.run_history(*history)


@pytest.mark.soak
def test_what_is_reported_is_what_is_so_in_the_long_run(
    soak_options: tuple[int, int], record_property: t.Callable[[str, object], None]
) -> None:
    number, first = soak_options
    with running_simulator() as simulator:
        machine = HistoryMachine(simulator)

        @seed(first)
        @settings(
            max_examples=number,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(history=histories())
        def run(history: tuple[InitialState, list[Step]]) -> None:
            machine.run_history(*history)

        run()
    stats = machine.stats
    for name, value in (("histories", stats.histories), ("runs", stats.runs), ("calls", stats.calls)):
        record_property(name, value)
    for counts, kind in ((stats.faults, "fault"), (stats.messages, "servicer")):
        for name, value in counts.items():
            record_property(f"{kind}: {name}", value)
