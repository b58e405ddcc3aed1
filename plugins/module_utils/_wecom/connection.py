# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""How to reach the service. Apart from the client, so that reading options does not import the HTTP stack."""

from __future__ import annotations

import typing as t


class Connection(t.NamedTuple):
    """The service's address, the credentials, and how long to wait."""

    api_url: str
    corpid: str | None = None
    corpsecret: str | None = None
    access_token: str | None = None
    verify: bool | str = True
    """Whether to check certificates, or the CA bundle to check them with."""
    timeout: float = 10.0
    """Seconds for one HTTP request as a whole."""
    retry_timeout: float = 120.0
    """Seconds that a task may spend on retries and on waiting for them."""
