# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A WeCom customer service to run playbooks and tests against when there is no corp at hand.

Start it with ``python -m tests.simulator`` from the root of the collection, or inside a test with
``running.running_simulator``. README.md beside this file tells what it does and how to make it misbehave.
"""

from __future__ import annotations
