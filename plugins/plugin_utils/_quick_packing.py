# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Keeps Python's garbage collector from delaying the start of a module."""

from __future__ import annotations

import gc
import multiprocessing
import typing as t

from ansible.plugins.action.normal import ActionModule as _NormalAction


class ActionModule(_NormalAction):  # type: ignore[misc]
    """What Ansible does for a module that has no action plugin, with the collector at rest meanwhile.

    To pack a module Ansible parses each file that goes with it into a tree that refers to itself: tens of thousands
    of objects that only the collector can free. Each time it looks for them, it goes through all that the controller
    has loaded, which takes as long as the module's own work.
    """

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module; returns its result."""
        result: dict[str, t.Any]
        # Ansible starts a process for each task and host. What is left there is freed when it ends, at no cost.
        if multiprocessing.parent_process() is None or not gc.isenabled():
            result = super().run(tmp, task_vars)
            return result
        gc.disable()
        try:
            result = super().run(tmp, task_vars)
        finally:
            gc.freeze()  # or else the first look at what is left would take the time that was saved
            gc.enable()
        return result
