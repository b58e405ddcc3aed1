# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Under random faults and other writers the report stays true. The long run of the same is ``make soak``."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import HealthCheck, given, settings

from ansible_collections.wecom.kf.tests.simulator.running import running_simulator
from ansible_collections.wecom.kf.tests.unit.support.fleet_history import Fleet, fleets
from ansible_collections.wecom.kf.tests.unit.support.fleet_machine import FleetMachine
from ansible_collections.wecom.kf.tests.unit.support.history import Step, World, histories
from ansible_collections.wecom.kf.tests.unit.support.history_machine import HistoryMachine


@pytest.fixture(scope="module")
def machine() -> t.Iterator[HistoryMachine]:
    with running_simulator() as simulator:
        machine = HistoryMachine(simulator)
        yield machine
    for line in machine.tally.lines():
        print(line)


@pytest.fixture(scope="module")
def fleet_machine() -> t.Iterator[FleetMachine]:
    with running_simulator() as simulator:
        machine = FleetMachine(simulator)
        yield machine
    for line in machine.tally.lines():
        print(line)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(history=histories)
def test_what_is_reported_is_what_is_so(machine: HistoryMachine, history: tuple[World, list[Step]]) -> None:
    machine.live(*history)


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
@given(fleet=fleets())
def test_what_is_reported_of_many_accounts_is_what_is_so(fleet_machine: FleetMachine, fleet: Fleet) -> None:
    fleet_machine.live(fleet)
