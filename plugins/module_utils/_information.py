# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""The jobs of the info modules: who serves which account, and which accounts exist."""

from __future__ import annotations

import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._kf_api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._many_options import AccountFilter, AccountsAsked
from ansible_collections.wecom.kf.plugins.module_utils._servicers import Servicer, as_fields
from ansible_collections.wecom.kf.plugins.module_utils._side_by_side import SideBySide
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError


def who_serves(asked: AccountsAsked, api: KfApi, **_modes: bool) -> dict[str, t.Any]:
    """The result of wecom_kf_servicer_info. An account that cannot be read is failed in its row."""

    def read(open_kfid: str) -> tuple[dict[str, t.Any], WecomError | None]:
        try:
            servicers = api.servicers(open_kfid)
        except WecomError as error:
            return unread(open_kfid, error), error
        rows = [_servicer_row(servicer) for servicer in servicers]
        return {"open_kfid": open_kfid, "failed": False, "msg": f"{len(rows)} serve", "servicers": rows}, None

    def unread(open_kfid: str, failure: WecomError) -> dict[str, t.Any]:
        return {"open_kfid": open_kfid, "failed": True, "msg": failure.sentence(), "servicers": None}

    accounts = SideBySide(api.client, asked.concurrency).each(asked.open_kfids, read, unread)
    failed = [account for account in accounts if account["failed"]]
    msg = f"{len(accounts) - len(failed)} of {len(accounts)} accounts read"
    if failed:
        msg += f"; {failed[0]['open_kfid']}: {failed[0]['msg']}"
    return {"changed": False, "failed": bool(failed), "msg": msg, "accounts": accounts}


def which_accounts(asked: AccountFilter, api: KfApi, **_modes: bool) -> dict[str, t.Any]:
    """The result of wecom_kf_account_info."""
    wanted_ids = None if asked.open_kfids is None else set(asked.open_kfids)
    try:
        accounts = [
            account._asdict()
            for account in api.accounts()
            if (asked.name is None or account.name == asked.name)
            and (wanted_ids is None or account.open_kfid in wanted_ids)
        ]
    except WecomError as error:
        failure = error.as_result()
        return {"changed": False, "failed": True, "msg": error.sentence(), "accounts": [], "failure": failure}
    return {"changed": False, "failed": False, "msg": f"{len(accounts)} accounts", "accounts": accounts}


def no_accounts(_options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The result where nothing was tried, but for C(changed) and C(msg)."""
    return {"accounts": []}


def _servicer_row(servicer: Servicer) -> dict[str, t.Any]:
    return {
        **as_fields(servicer.name),
        "status": servicer.status,
        "stop_type": servicer.stop_type,
        "status_name": _status_name(servicer),
    }


def _status_name(servicer: Servicer) -> str | None:
    if servicer.status == 0:
        return "receiving"
    if servicer.status == 1:
        return "suspended" if servicer.stop_type == 1 else "stopped"
    return None
