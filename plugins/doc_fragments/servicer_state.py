# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Who is to serve, and the guards against removing too many."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) makes sure that those named serve, V(absent) that they do not.
      - V(exact) makes sure that those named serve and nobody else. It adds before it removes. When additions fail, it
        holds one removal back for each, and when none of those named serves it removes nobody. In a full account it
        exchanges servicers in batches.
    type: str
    choices: [present, absent, exact]
    default: present
  max_removals:
    description:
      - The most removals from one account, users and departments together. A count (V(10)) or a share of its current
        servicers (V(25%), V(12.5%)). A share is compared exactly, and above V(0%) it always allows one.
      - If more would be removed, the task fails before it changes anything, in check mode too.
    type: str
  allow_empty:
    description:
      - With O(state=exact) an empty list is refused unless this is V(true), because an empty list usually comes from a
        broken lookup.
    type: bool
    default: false
"""
