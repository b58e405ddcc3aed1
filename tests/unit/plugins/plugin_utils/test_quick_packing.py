# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the collector rests, and that it is left as it was found."""

from __future__ import annotations

import gc
import multiprocessing
import typing as t

import pytest
from ansible.plugins.action import normal

from ansible_collections.wecom.kf.plugins.plugin_utils._quick_packing import ActionModule

GARBAGE = 5000


def run_action() -> list[str]:
    """What happens to the collector: while the module is packed, and after."""
    seen = []

    def pack(_action: t.Any, _tmp: t.Any, _task_vars: t.Any) -> dict[str, t.Any]:
        seen.append("on" if gc.isenabled() else "off")
        for _number in range(GARBAGE):
            tree: list[t.Any] = []
            tree.append(tree)
        return {"ping": "pong"}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normal.ActionModule, "run", pack)
        assert ActionModule.run(ActionModule.__new__(ActionModule), None, {}) == {"ping": "pong"}
    seen.append("on" if gc.isenabled() else "off")
    return seen


def in_a_worker(work: t.Callable[[], t.Any]) -> t.Any:
    """Do it in a process that is forked for it, as Ansible does."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    worker = context.Process(target=lambda: theirs.send(work()))
    worker.start()
    assert ours.poll(30)
    answer = ours.recv()
    worker.join()
    return answer


def test_in_a_worker_the_collector_rests_while_the_module_runs() -> None:
    assert in_a_worker(run_action) == ["off", "on"]


def test_what_is_left_in_a_worker_is_not_looked_through() -> None:
    def collected() -> int:
        run_action()
        return gc.collect()

    assert in_a_worker(collected) < GARBAGE


def test_a_collector_that_is_off_stays_off() -> None:
    def run_without_collector() -> list[str]:
        gc.disable()
        return run_action()

    assert in_a_worker(run_without_collector) == ["off", "off"]


def test_the_collector_is_back_where_the_module_cannot_be_run() -> None:
    def run_and_fail() -> bool:
        def fail(*_arguments: t.Any) -> t.NoReturn:
            raise OSError("no such module")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(normal.ActionModule, "run", fail)
            with pytest.raises(OSError, match="no such module"):
                ActionModule.run(ActionModule.__new__(ActionModule), None, {})
        return gc.isenabled()

    assert in_a_worker(run_and_fail)


def test_in_the_controller_itself_nothing_is_touched() -> None:
    frozen = gc.get_freeze_count()  # not 0 everywhere: Python 3.12 freezes what it starts with
    assert run_action() == ["on", "on"]
    assert gc.get_freeze_count() == frozen
