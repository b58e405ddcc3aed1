# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Creates, changes and deletes an account, and finds out what became of it when a response is lost.

The accounts are listed before a creation is repeated, so that it never makes a second account.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._wecom.errors import NO_SUCH_ACCOUNT, WecomError
from .account_api import Image, add_account, delete_account, update_account, upload_image
from .account_plan import CREATE, DELETE, AccountPlan
from .api import KfApi
from .lookup import describe_lookup
from .models import Account

_GRACE = 3
"""How many times ``timeout`` to wait after a creation that timed out: the service may still be working on it."""


class AccountOutcome(t.NamedTuple):
    """What became of one account."""

    account: Account | None
    changed: bool
    failures: tuple[WecomError, ...] = ()
    refusal: str = ""


def apply_account_plan(plan: AccountPlan, known: list[Account], image: Image | None, api: KfApi) -> AccountOutcome:
    """Make the calls that the plan needs. Raises nothing: a call that fails is in the outcome's ``failures``.

    known: the accounts before.
    """
    work = _Applier(plan, known, api)
    try:
        media_id = upload_image(api, image) if image and plan.set_avatar else None
        if plan.action == CREATE:
            return work.create(media_id)
        if plan.action == DELETE:
            return work.delete()
        return work.update(media_id)
    except _ListingError as failed:
        return AccountOutcome(plan.current, False, failed.failures)
    except WecomError as error:
        return AccountOutcome(plan.current, False, (error,))


class _ListingError(Exception):
    """A call failed, and listing the accounts again did too."""

    def __init__(self, *failures: WecomError) -> None:
        super().__init__(*failures)
        self.failures = failures


class _Applier:
    """One account being changed."""

    def __init__(self, plan: AccountPlan, known: list[Account], api: KfApi) -> None:
        self._plan = plan
        self._api = api
        self._known = {account.open_kfid for account in known}

    def create(self, media_id: str | None) -> AccountOutcome:
        """Create the account."""
        name = t.cast(str, self._plan.name)
        found: list[Account] = []

        def is_created(accounts: list[Account]) -> bool:
            found[:] = [a for a in accounts if a.name == name and a.open_kfid not in self._known]
            return bool(found)

        # A creation that arrives after the next one would make a second account.
        grace = _GRACE * self._api.client.timeout
        open_kfid = self._write(lambda: add_account(self._api, name, media_id), is_created, grace)
        if open_kfid is not None:
            return AccountOutcome(Account(open_kfid, name), True)
        refusal = describe_lookup(name, [account.open_kfid for account in found])
        return AccountOutcome(None if refusal else found[0], True, refusal=refusal and f"name: {refusal}")

    def update(self, media_id: str | None) -> AccountOutcome:
        """Change the name, the avatar, or both."""
        plan, current = self._plan, t.cast(Account, self._plan.current)
        open_kfid = current.open_kfid

        def is_updated(accounts: list[Account]) -> bool:
            # Which avatar an account has cannot be listed. Where the name does not tell either, the call is repeated.
            return plan.name is not None and any(a.open_kfid == open_kfid and a.name == plan.name for a in accounts)

        self._write(lambda: update_account(self._api, open_kfid, plan.name, media_id), is_updated)
        return AccountOutcome(plan.predict(), True)

    def delete(self) -> AccountOutcome:
        """Delete the account; one that is gone is as wanted."""
        open_kfid = t.cast(Account, self._plan.current).open_kfid
        attempts, was_gone = 0, False

        def delete() -> None:
            nonlocal attempts, was_gone
            attempts += 1
            try:
                delete_account(self._api, open_kfid)
            except WecomError as error:
                if error.errcode != NO_SUCH_ACCOUNT:
                    raise
                was_gone = True

        self._write(delete, lambda accounts: all(account.open_kfid != open_kfid for account in accounts))
        # Gone at the first call: somebody else deleted it.
        return AccountOutcome(None, not (was_gone and attempts == 1))

    def _write(
        self, send: t.Callable[[], t.Any], is_done: t.Callable[[list[Account]], bool], grace: float = 0.0
    ) -> t.Any:
        """Send; if it fails in a way that may pass, list the accounts again, and repeat it if it is not done.

        Returns what ``send`` returns, and None where the list shows that it is done.
        grace: seconds after a timeout in which the service may still be working on it.
        """
        attempt = 0
        with contextlib.ExitStack() as retries:
            while True:
                try:
                    return send()
                except WecomError as error:
                    failure = error
                if not failure.uncertain and not failure.retryable:
                    raise failure
                has_time_left = failure.retryable and self._wait(attempt, failure, grace if failure.timed_out else 0.0)
                try:
                    accounts = list(self._api.list_accounts())
                except WecomError as error:
                    raise _ListingError(failure, error) from None
                if is_done(accounts):
                    return None
                if not has_time_left:
                    raise failure
                if attempt == 0:
                    retries.enter_context(self._api.budget.charging())
                attempt += 1

    def _wait(self, attempt: int, failure: WecomError, grace: float) -> bool:
        """Back off; return False when the budget is spent. At most half of it is grace."""
        has_waited = self._api.pause(attempt, failure, min(grace, self._api.budget.remaining() / 2))
        return has_waited and self._api.budget.remaining() > 0
