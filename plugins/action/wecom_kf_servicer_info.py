# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller does for the module of the same name."""

from __future__ import annotations

from ansible_collections.wecom.kf.plugins.plugin_utils._quick_packing import ActionModule

__all__ = ["ActionModule"]
