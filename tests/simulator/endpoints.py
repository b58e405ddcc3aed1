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
ACCOUNT_ADD = "kf/account/add"
ACCOUNT_UPDATE = "kf/account/update"
ACCOUNT_DEL = "kf/account/del"
CONTACT_WAY_ADD = "kf/add_contact_way"
MEDIA_UPLOAD = "media/upload"

ENDPOINTS = (
    GETTOKEN,
    SERVICER_ADD,
    SERVICER_DEL,
    SERVICER_LIST,
    ACCOUNT_LIST,
    ACCOUNT_ADD,
    ACCOUNT_UPDATE,
    ACCOUNT_DEL,
    CONTACT_WAY_ADD,
    MEDIA_UPLOAD,
)

SERVICER_WRITES = (SERVICER_ADD, SERVICER_DEL)
ACCOUNT_WRITES = (ACCOUNT_ADD, ACCOUNT_UPDATE, ACCOUNT_DEL)
