# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How many accounts to work on at a time."""

    DOCUMENTATION = r"""
options:
  concurrency:
    description:
      - How many accounts to work on at a time, V(1) to V(16), in one process with one token.
      - When the service refuses that many calls at once, fewer are made for the rest of the task.
    type: int
    default: 4
"""
