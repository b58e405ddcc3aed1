# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Finds accounts by their names."""

from __future__ import annotations

import typing as t

from .api import KfApi
from .userids import hint_for_slip, quote


def find_accounts(names: t.Iterable[str], api: KfApi) -> dict[str, list[str]]:
    """Return the open_kfids of the accounts of each name, matched as a whole. Raises WecomError.

    Reads every page, since several accounts can have the same name, and none where there is no name to look up.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    for account in api.list_accounts() if found else ():
        if account.name in found:
            found[account.name].append(account.open_kfid)
    return found


def describe_lookup(name: str, open_kfids: list[str]) -> str:
    """Return why a name does not identify one account; empty where it does."""
    if len(open_kfids) == 1:
        return ""
    if not open_kfids:
        hint = hint_for_slip(name) if name != name.strip() else ""
        return f"no account is called {quote(name)}" + (f" ({hint})" if hint else "")
    return f"{len(open_kfids)} accounts are called {quote(name)}: {', '.join(open_kfids)}; name one by its open_kfid"
