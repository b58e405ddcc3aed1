# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the corp behind the service: its members, departments and accounts, and who serves which account.

Nothing here knows of HTTP, tokens or faults.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Union

from . import errors
from .fields import ConfigError
from .limits import Limits
from .media import MediaStore
from .settings import Settings

ServicerId = Union[str, int]  # noqa: UP007 -- evaluated, also on Python 3.8
"""A servicer: a userid in lower case, or a department id."""

_ID_CHARACTERS = string.ascii_letters + string.digits + "_-"
_USERID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}\Z")


class _Everybody:
    def __contains__(self, item: object) -> bool:
        return True


NOBODY: Container[ServicerId] = frozenset()
EVERYBODY: Container[ServicerId] = _Everybody()


class Member(NamedTuple):
    """A person of the corp; ``refuse`` is the error code for adding this person as a servicer."""

    userid: str
    refuse: int = 0
    left: bool = False


class Status(NamedTuple):
    """Whether a servicer receives customers; ``stop_type`` says how one was stopped."""

    status: int = 0
    stop_type: int | None = None


RECEIVING = Status()


@dataclass
class Account:
    """A customer service account and its servicers."""

    open_kfid: str
    name: str
    avatar: str = "https://wework.qpic.cn/wwhead/simulated/0"
    manage_privilege: bool | None = True
    authorized: bool = True
    users: dict[str, Status] = field(default_factory=dict)
    departments: dict[int, None] = field(default_factory=dict)


class Outcome(NamedTuple):
    """The items of a result list, and the servicers (in the service's spelling) who were added or removed."""

    items: list[dict[str, Any]]
    changed: list[ServicerId]


class Corp:
    """Members, departments and accounts, and what calls and administrators do to them."""

    def __init__(
        self,
        members: dict[str, Member],
        departments: dict[int, frozenset[str]],
        accounts: Iterable[Account],
        seed: int | None = None,
    ) -> None:
        self.members = members
        self.departments = departments
        """The members of each department, in lower case."""
        self.accounts = {account.open_kfid: account for account in accounts}
        """In the order in which the service lists them."""
        self.media = MediaStore()
        self._random = random.Random(seed)  # noqa: S311 -- no secrets, and the same ids for the same seed

    def account(self, open_kfid: object) -> Account:
        """Return the account with an id, or refuse the call when the app may not manage it."""
        if open_kfid is None or open_kfid == "":
            raise errors.Refusal(errors.MISSING_PARAMETER)
        if not isinstance(open_kfid, str) or not open_kfid.startswith("wk") or len(open_kfid.encode()) > 64:
            raise errors.Refusal(errors.INVALID_OPEN_KFID)
        account = self.accounts.get(open_kfid)
        if account is None:
            raise errors.Refusal(errors.NO_SUCH_ACCOUNT)
        if not account.authorized:
            raise errors.Refusal(errors.ACCOUNT_NOT_AUTHORIZED)
        return account

    def add(
        self,
        account: Account,
        userids: list[str],
        departments: list[int],
        settings: Settings,
        withheld: Container[ServicerId] = NOBODY,
    ) -> Outcome:
        """Add servicers. Those withheld get the same items and are not added.

        When the limit of the account fails the call as a whole, nothing of the call is applied.
        """
        outcome = Outcome([], [])
        limits = settings.limits
        users, serving_departments = dict(account.users), dict(account.departments)
        covered: set[str] = set()
        if settings.covered_by_department == "ignored":
            covered.update(*(self.departments[number] for number in account.departments))
        for userid in userids:
            key = userid.lower()
            member = self.members.get(key)
            if key in users:
                outcome.items.append(_item("userid", userid, 0, "ignored"))
            elif member is None or member.left:
                outcome.items.append(_item("userid", userid, _unknown(userid)))
            elif member.refuse:
                outcome.items.append(_item("userid", userid, member.refuse))
            elif key in covered:
                outcome.items.append(_item("userid", userid, 0, "ignored"))
            elif len(users) >= limits.userids_per_account:
                outcome.items.append(_over_the_limit("userid", userid, limits))
            else:
                if key not in withheld:
                    users[key] = RECEIVING
                    outcome.changed.append(member.userid)
                outcome.items.append(_item("userid", userid, 0, "success"))
        for number in departments:
            if number in serving_departments:
                outcome.items.append(_item("department_id", number, 0, "ignored"))
            elif number not in self.departments:
                outcome.items.append(_item("department_id", number, errors.NO_SUCH_DEPARTMENT))
            elif len(serving_departments) >= limits.departments_per_account:
                outcome.items.append(_over_the_limit("department_id", number, limits))
            else:
                if number not in withheld:
                    serving_departments[number] = None
                    outcome.changed.append(number)
                outcome.items.append(_item("department_id", number, 0, "success"))
        account.users, account.departments = users, serving_departments
        return outcome

    def remove(
        self,
        account: Account,
        userids: list[str],
        departments: list[int],
        absent_errcode: int = 0,
        withheld: Container[ServicerId] = NOBODY,
    ) -> Outcome:
        """Remove servicers. Somebody who does not serve gets ``absent_errcode``, or ``ignored`` where that is 0."""
        outcome = Outcome([], [])
        absent = (absent_errcode, None if absent_errcode else "ignored")
        for userid in userids:
            key = userid.lower()
            if key in account.users:
                if key not in withheld:
                    del account.users[key]
                    outcome.changed.append(self.members[key].userid)
                outcome.items.append(_item("userid", userid, 0, "success"))
            elif key not in self.members or self.members[key].left:
                outcome.items.append(_item("userid", userid, _unknown(userid)))
            else:
                outcome.items.append(_item("userid", userid, *absent))
        for number in departments:
            if number in account.departments:
                if number not in withheld:
                    del account.departments[number]
                    outcome.changed.append(number)
                outcome.items.append(_item("department_id", number, 0, "success"))
            elif number not in self.departments:
                outcome.items.append(_item("department_id", number, errors.NO_SUCH_DEPARTMENT))
            else:
                outcome.items.append(_item("department_id", number, *absent))
        return outcome

    def servicers(self, account: Account, with_status: bool) -> list[dict[str, Any]]:
        """Return the servicers of an account in the form of the servicer list."""
        members = self.members
        if not with_status:
            entries: list[dict[str, Any]] = [{"userid": members[key].userid} for key in account.users]
        else:
            entries = []
            for key, (status, stop_type) in account.users.items():
                entry: dict[str, Any] = {"userid": members[key].userid, "status": status}
                if stop_type is not None:
                    entry["stop_type"] = stop_type
                entries.append(entry)
        entries.extend({"department_id": number} for number in account.departments)
        return entries

    def serving(self, open_kfid: str) -> list[ServicerId]:
        """Return the servicers of an account: userids in the service's spelling, and department ids."""
        account = self.any_account(open_kfid)
        names: list[ServicerId] = [self.members[key].userid for key in account.users]
        names.extend(account.departments)
        return names

    def random_id(self, prefix: str, length: int) -> str:
        """Return a random id."""
        return prefix + "".join(self._random.choices(_ID_CHARACTERS, k=length - len(prefix)))

    def new_account(self, name: str, avatar: str | None = None) -> Account:
        """Return an account with a new id, without adding it to the accounts."""
        return Account(self.random_id("wk", 32), name, Account.avatar if avatar is None else avatar)

    def admin_change(
        self, open_kfid: str, add: Iterable[ServicerId] = (), remove: Iterable[ServicerId] = ()
    ) -> list[ServicerId]:
        """Add and remove servicers as an administrator does, without any limit; return those who changed."""
        account = self.any_account(open_kfid)
        changed: list[ServicerId] = []
        add, remove = [self._known(who) for who in add], [self._known(who) for who in remove]
        for who in add:
            if isinstance(who, int) and who not in account.departments:
                account.departments[who] = None
                changed.append(who)
            elif isinstance(who, str) and who not in account.users:
                account.users[who] = RECEIVING
                changed.append(self.members[who].userid)
        for who in remove:
            if isinstance(who, int) and who in account.departments:
                del account.departments[who]
                changed.append(who)
            elif isinstance(who, str) and who in account.users:
                del account.users[who]
                changed.append(self.members[who].userid)
        return changed

    def admin_change_accounts(
        self, create: Iterable[str] = (), rename: Mapping[str, str] | None = None, delete: Iterable[str] = ()
    ) -> list[str]:
        """Create accounts by name, and rename and delete those that have an id or a name; return their ids.

        What is not there is left alone.
        """
        changed = []
        for name in create:
            account = self.new_account(name)
            self.accounts[account.open_kfid] = account
            changed.append(account.open_kfid)
        for which, name in (rename or {}).items():
            for account in self._named(which):
                account.name = name
                changed.append(account.open_kfid)
        for which in delete:
            for account in self._named(which):
                del self.accounts[account.open_kfid]
                changed.append(account.open_kfid)
        return changed

    def _named(self, which: str) -> list[Account]:
        return [account for account in self.accounts.values() if which in (account.open_kfid, account.name)]

    def check_admin_change(self, open_kfid: str | None, names: Iterable[ServicerId]) -> None:
        """Raise an error when ``admin_change`` cannot be done."""
        if open_kfid is not None:
            self.any_account(open_kfid)
        for who in names:
            self._known(who)

    def set_status(self, open_kfid: str, userid: str, status: Status) -> None:
        """Stop a servicer, or let one receive customers again."""
        account = self.any_account(open_kfid)
        key = userid.lower()
        if key not in account.users:
            raise ConfigError(f"{userid!r} does not serve {open_kfid}")
        account.users[key] = status

    def add_member(self, member: Member) -> None:
        """Add a person to the corp, or replace what is known of one."""
        self.members[member.userid.lower()] = member

    def mark_left(self, userid: str) -> None:
        """Mark a person as having left; the accounts keep this person as a servicer."""
        key = userid.lower()
        if key not in self.members:
            raise ConfigError(f"{userid!r} is not a member")
        self.members[key] = self.members[key]._replace(left=True)

    def any_account(self, open_kfid: str) -> Account:
        """Return an account, whether or not an app may manage it."""
        try:
            return self.accounts[open_kfid]
        except KeyError:
            raise ConfigError(f"there is no account {open_kfid!r}") from None

    def _known(self, who: ServicerId) -> ServicerId:
        if isinstance(who, str):
            if who.lower() in self.members:
                return who.lower()
            raise ConfigError(f"{who!r} is not a member")
        if who not in self.departments:
            raise ConfigError(f"there is no department {who!r}")
        return who


def _item(key: str, name: ServicerId, errcode: int, errmsg: str | None = None) -> dict[str, Any]:
    return {key: name, "errcode": errcode, "errmsg": errors.describe(errcode) if errmsg is None else errmsg}


def _over_the_limit(key: str, name: ServicerId, limits: Limits) -> dict[str, Any]:
    if limits.account_limit_fails_call:
        raise errors.Refusal(limits.account_limit_errcode)
    return _item(key, name, limits.account_limit_errcode)


def _unknown(userid: str) -> int:
    return errors.NO_SUCH_MEMBER if _USERID.match(userid) else errors.INVALID_USERID
