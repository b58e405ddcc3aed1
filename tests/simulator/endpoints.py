# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of the calls, as paths below ``/cgi-bin/``."""

from __future__ import annotations

GETTOKEN = "gettoken"
SERVICER_ADD = "kf/servicer/add"
SERVICER_DEL = "kf/servicer/del"
SERVICER_LIST = "kf/servicer/list"
ACCOUNT_LIST = "kf/account/list"

ENDPOINTS = (GETTOKEN, SERVICER_ADD, SERVICER_DEL, SERVICER_LIST, ACCOUNT_LIST)

SERVICER_WRITES = (SERVICER_ADD, SERVICER_DEL)
