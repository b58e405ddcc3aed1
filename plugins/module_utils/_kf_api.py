# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""The calls of WeCom customer service: what they send, and what their answers must look like.

An answer that does not look like that raises: nothing is ever taken for an empty list.
"""

from __future__ import annotations

import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._servicers import ItemAnswer, Key, Name, Servicer, key_of
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError

ADD = "kf/servicer/add"
DELETE = "kf/servicer/del"
LIST = "kf/servicer/list"
ACCOUNTS = "kf/account/list"

USERIDS_PER_CALL = 100
DEPARTMENTS_PER_CALL = {ADD: 20, DELETE: 100}
_ACCOUNTS_PER_PAGE = 100
_MOST_PAGES = 1_000


class Account(t.NamedTuple):
    """A KF account, as the service lists it."""

    open_kfid: str
    name: str | None
    avatar: str | None
    manage_privilege: bool | None


class KfApi:
    """Customer service calls over one client."""

    def __init__(self, client: WecomClient) -> None:
        self.client = client

    def servicers(self, open_kfid: str) -> list[Servicer]:
        """Who serves an account (https://developer.work.weixin.qq.com/document/path/94645). Raises WecomError."""
        answer = self.client.read(LIST, {"open_kfid": open_kfid})
        return [_servicer(row) for row in _rows(answer, "servicer_list", LIST)]

    def add(self, open_kfid: str, names: t.Sequence[Name]) -> dict[Key, ItemAnswer]:
        """Add servicers, at most as many as one call takes (https://developer.work.weixin.qq.com/document/path/94646).

        Returns what was said of each; one of whom nothing usable was said is missing. Raises WecomError.
        """
        return self._change(ADD, open_kfid, names)

    def delete(self, open_kfid: str, names: t.Sequence[Name]) -> dict[Key, ItemAnswer]:
        """Remove servicers; like C(add) (https://developer.work.weixin.qq.com/document/path/94647)."""
        return self._change(DELETE, open_kfid, names)

    def accounts(self) -> t.Iterator[Account]:
        """All accounts of the corp, page by page (https://developer.work.weixin.qq.com/document/path/94661).

        Raises WecomError.
        """
        # An account that is created while the pages are read moves others to the next page.
        seen = set()
        for page in range(_MOST_PAGES):
            answer = self.client.read(ACCOUNTS, body={"offset": page * _ACCOUNTS_PER_PAGE, "limit": _ACCOUNTS_PER_PAGE})
            rows = _rows(answer, "account_list", ACCOUNTS)
            for account in map(_account, rows):
                if account.open_kfid not in seen:
                    seen.add(account.open_kfid)
                    yield account
            if len(rows) < _ACCOUNTS_PER_PAGE:
                return
        raise _unusable(ACCOUNTS, "the pages do not end")

    def _change(self, call: str, open_kfid: str, names: t.Sequence[Name]) -> dict[Key, ItemAnswer]:
        body: dict[str, t.Any] = {"open_kfid": open_kfid}
        userids = [name for name in names if isinstance(name, str)]
        department_ids = [name for name in names if isinstance(name, int)]
        # An empty list is left out: the service takes it for a missing parameter.
        if userids:
            body["userid_list"] = userids
        if department_ids:
            body["department_id_list"] = department_ids
        return self._item_answers(self.client.write(call, body), set(map(key_of, names)))

    def _item_answers(self, answer: dict[str, t.Any], asked: set[Key]) -> dict[Key, ItemAnswer]:
        items = answer.get("result_list")
        said: dict[Key, ItemAnswer] = {}
        contradicted = set()
        for item in items if isinstance(items, list) else ():
            name = _name(item)
            errcode = item.get("errcode") if isinstance(item, dict) else None
            if name is None or isinstance(errcode, bool) or not isinstance(errcode, int):
                continue
            key = key_of(name)
            if key not in asked:
                continue
            errmsg = self.client.errmsg_of(item) if errcode else "ok"
            if said.setdefault(key, ItemAnswer(errcode, errmsg)).errcode != errcode:
                contradicted.add(key)
        return {key: item for key, item in said.items() if key not in contradicted}


def batches(call: str, names: t.Iterable[Name]) -> t.Iterator[list[Name]]:
    """Divide names, in their order, into as few lists as one add or del each can take."""
    users = [name for name in names if isinstance(name, str)]
    departments = [name for name in names if isinstance(name, int)]
    most = DEPARTMENTS_PER_CALL[call]
    calls = max(-(-len(users) // USERIDS_PER_CALL), -(-len(departments) // most))
    for number in range(calls):
        yield (
            users[number * USERIDS_PER_CALL : (number + 1) * USERIDS_PER_CALL]
            + departments[number * most : (number + 1) * most]
        )


def _rows(answer: dict[str, t.Any], field: str, call: str) -> list[t.Any]:
    rows = answer.get(field)
    if not isinstance(rows, list):
        raise _unusable(call, f"it holds no {field}")
    return rows


def _servicer(row: t.Any) -> Servicer:
    name = _name(row)
    if name is None:
        raise _unusable(LIST, "an entry of servicer_list names neither a userid nor a department_id")
    return Servicer(name, _number(row.get("status")), _number(row.get("stop_type")))


def _account(row: t.Any) -> Account:
    open_kfid = _text(row.get("open_kfid")) if isinstance(row, dict) else None
    if not open_kfid:
        raise _unusable(ACCOUNTS, "an entry of account_list has no open_kfid")
    privilege = row.get("manage_privilege")
    return Account(
        open_kfid,
        _text(row.get("name")),
        _text(row.get("avatar")),
        privilege if isinstance(privilege, bool) else None,
    )


def _name(item: t.Any) -> Name | None:
    """The userid or department id of an entry; None where it has not exactly one of them."""
    if not isinstance(item, dict):
        return None
    userid, department_id = item.get("userid"), item.get("department_id")
    # What cannot be printed has no place in a report, nor in a call: JSON can hold half a surrogate pair.
    if department_id in (None, 0) and isinstance(userid, str) and userid and userid.isprintable():
        return userid
    if userid in (None, "") and _number(department_id):
        return t.cast(int, department_id)
    return None


def _number(value: t.Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: t.Any) -> str | None:
    """A string that can be written in UTF-8: JSON can hold half a surrogate pair, which no output takes."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else None


def _unusable(call: str, why: str) -> WecomError:
    return WecomError(f"the answer cannot be used: {why}", call=call, http_status=200)
