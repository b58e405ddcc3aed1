# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What shall be true of those named, and what guards against removing too many."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) makes sure that those named serve, V(absent) that they do not.
      - V(exact) makes sure that those named serve and nobody else. It adds before it removes; when every addition
        failed, it keeps one of those who serve now rather than leave nobody.
    type: str
    choices: [present, absent, exact]
    default: present
  max_removals:
    description:
      - A count (V(10)) or a share of the current servicers (V(25%), compared exactly). More removals from one account
        than that are a failure before anything is changed, in check mode too.
    type: str
  allow_empty:
    description:
      - With O(state=exact) an empty list is refused unless this is V(true), since an empty list is far more often a
        broken lookup than a wish.
    type: bool
    default: false
"""
