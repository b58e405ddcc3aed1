# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What all modules of the collection support."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - python >= 3.8
  - requests >= 2.22.0, in the Python that runs the module
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the service.
  diff_mode:
    description: Will return details on what has changed, or in check mode would change, when in diff mode.
  idempotent:
    description: Running the same task again when nothing else changed it changes nothing.
  action_group:
    description: Use C(group/wecom.kf.wecom) in C(module_defaults) to set credentials once for all modules.
    support: full
    membership:
      - wecom.kf.wecom
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module does not change anything.
  diff_mode:
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    support: full
    details:
      - This module does not change anything.
"""
