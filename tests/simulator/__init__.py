# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulates WeCom's customer service, for playbooks and tests that have no corp.

Start it with ``python -m tests.simulator`` from the root of the collection, or inside a test with
``running.running_simulator``. README.md beside this file describes what it does and how to make it fail.
"""

from __future__ import annotations
