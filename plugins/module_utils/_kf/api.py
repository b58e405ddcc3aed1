# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""The calls of WeCom customer service for servicers and lists: what they send, and what responses must look like.

A response that does not look like that raises: nothing is ever taken for an empty list.
"""

from __future__ import annotations

import typing as t

from .._wecom.client import WecomClient, read_number, read_text
from .._wecom.errors import ResponseError, WecomError
from .._wecom.limits import RetryBudget
from .models import Account, ItemResponse, Servicer, ServicerId, normalize

ADD_SERVICERS = "kf/servicer/add"
DELETE_SERVICERS = "kf/servicer/del"
LIST_SERVICERS = "kf/servicer/list"
LIST_ACCOUNTS = "kf/account/list"

MAX_USERIDS = 100
MAX_DEPARTMENTS = {ADD_SERVICERS: 20, DELETE_SERVICERS: 100}
"""In one add or del (https://developer.work.weixin.qq.com/document/path/94646 and 94647)."""
_PAGE = 100
"""The most accounts in one response (https://developer.work.weixin.qq.com/document/path/94661)."""
_BOOLEANS = {"0": False, "1": True, "false": False, "true": True}
"""What some write for a boolean, as text."""


class KfApi:
    """Customer service calls over one client, with a budget for their retries."""

    def __init__(self, client: WecomClient, budget: RetryBudget | None = None) -> None:
        self.client = client
        self.budget = budget or client.budget

    def with_budget(self, budget: RetryBudget) -> KfApi:
        """Return the same calls with another budget."""
        return KfApi(self.client, budget)

    def pause(self, attempt: int, error: WecomError | None, at_least: float = 0.0) -> bool:
        """Back off before another attempt; return False, at once, when the budget is spent."""
        return self.client.pause(attempt, error, self.budget, at_least)

    def list_servicers(self, open_kfid: str) -> list[Servicer]:
        """Return who serves an account (https://developer.work.weixin.qq.com/document/path/94645).

        Raises WecomError.
        """
        response = self.client.read(LIST_SERVICERS, {"open_kfid": open_kfid}, budget=self.budget)
        rows = response.get("servicer_list")
        if not isinstance(rows, list):
            raise _unusable(LIST_SERVICERS, "it lacks servicer_list")
        return [_servicer(row) for row in rows]

    def add_servicers(self, open_kfid: str, ids: t.Sequence[ServicerId]) -> dict[ServicerId, ItemResponse]:
        """Add at most one call's servicers (https://developer.work.weixin.qq.com/document/path/94646).

        Returns what the response says about each, by normalized id; nothing where it says nothing usable.
        Raises WecomError.
        """
        return self._change(ADD_SERVICERS, open_kfid, ids)

    def delete_servicers(self, open_kfid: str, ids: t.Sequence[ServicerId]) -> dict[ServicerId, ItemResponse]:
        """Remove servicers, like ``add_servicers`` (https://developer.work.weixin.qq.com/document/path/94647)."""
        return self._change(DELETE_SERVICERS, open_kfid, ids)

    def list_accounts(self) -> t.Iterator[Account]:
        """Yield all accounts of the corp, page by page (https://developer.work.weixin.qq.com/document/path/94661).

        Raises WecomError.
        """
        seen: set[str] = set()  # an account created while the pages are read moves others to the next page
        offset = 0
        while True:
            body = {"offset": offset, "limit": _PAGE}
            rows = self.client.read(LIST_ACCOUNTS, body=body, budget=self.budget).get("account_list")
            if offset and not rows:
                return
            if not isinstance(rows, list):
                raise _unusable(LIST_ACCOUNTS, "it lacks account_list")
            known = len(seen)
            for account in map(_account, rows):
                if account.open_kfid not in seen:
                    seen.add(account.open_kfid)
                    yield account
            if len(rows) < _PAGE:
                return
            if len(seen) == known:
                raise _unusable(LIST_ACCOUNTS, "the pages repeat and do not end")
            offset += _PAGE

    def _change(self, call: str, open_kfid: str, ids: t.Sequence[ServicerId]) -> dict[ServicerId, ItemResponse]:
        body: dict[str, t.Any] = {"open_kfid": open_kfid}
        userids = [servicer_id for servicer_id in ids if isinstance(servicer_id, str)]
        department_ids = [servicer_id for servicer_id in ids if isinstance(servicer_id, int)]
        # An empty list is left out: the service takes it for a missing parameter.
        if userids:
            body["userid_list"] = userids
        if department_ids:
            body["department_id_list"] = department_ids
        items = self.client.write(call, body).get("result_list")
        return self._item_responses(items if isinstance(items, list) else [], set(map(normalize, ids)))

    def _item_responses(self, items: list[t.Any], asked: set[ServicerId]) -> dict[ServicerId, ItemResponse]:
        said: dict[ServicerId, ItemResponse] = {}
        contradicted = set()
        for item in items:
            servicer_id = _servicer_id(item)
            errcode = read_number(item.get("errcode")) if isinstance(item, dict) else None
            if servicer_id is None or errcode is None:
                continue
            key = normalize(servicer_id)
            if key not in asked:
                continue
            if said.setdefault(key, ItemResponse(errcode, self.client.errmsg_of(item))).errcode != errcode:
                contradicted.add(key)
        return {key: item for key, item in said.items() if key not in contradicted}


def batches(call: str, ids: t.Iterable[ServicerId]) -> t.Iterator[list[ServicerId]]:
    """Divide ids, in their order, into the fewest lists that one add or del call each can take."""
    ids = list(ids)
    users = [servicer_id for servicer_id in ids if isinstance(servicer_id, str)]
    departments = [servicer_id for servicer_id in ids if isinstance(servicer_id, int)]
    most = MAX_DEPARTMENTS[call]
    calls = max(-(-len(users) // MAX_USERIDS), -(-len(departments) // most))
    for number in range(calls):
        yield (
            users[number * MAX_USERIDS : (number + 1) * MAX_USERIDS] + departments[number * most : (number + 1) * most]
        )


def _servicer(row: t.Any) -> Servicer:
    servicer_id = _servicer_id(row)
    if servicer_id is None:
        raise _unusable(LIST_SERVICERS, "an entry of servicer_list has neither a readable userid nor a department_id")
    return Servicer(servicer_id, read_number(row.get("status")), read_number(row.get("stop_type")))


def _account(row: t.Any) -> Account:
    open_kfid = row.get("open_kfid") if isinstance(row, dict) else None
    if not isinstance(open_kfid, str) or not open_kfid.isprintable() or not open_kfid:
        raise _unusable(LIST_ACCOUNTS, "an entry of account_list has no readable open_kfid")
    privilege = row.get("manage_privilege")
    if not isinstance(privilege, bool):
        privilege = _BOOLEANS.get(str(privilege).lower())
    return Account(
        open_kfid,
        read_text(row.get("name")),
        read_text(row.get("avatar")),
        privilege,
    )


def _servicer_id(item: t.Any) -> ServicerId | None:
    """Return the userid or department id of an entry; None where it does not have exactly one of them."""
    if not isinstance(item, dict):
        return None
    userid, department_id = item.get("userid"), read_number(item.get("department_id"))
    # Half a surrogate pair, which a byte that is not UTF-8 becomes, identifies nobody.
    if not department_id and isinstance(userid, str) and userid and userid == read_text(userid):
        return userid
    if userid in (None, "") and department_id:
        return department_id
    return None


def _unusable(call: str, why: str) -> ResponseError:
    return ResponseError(f"the response cannot be used: {why}", call=call)
