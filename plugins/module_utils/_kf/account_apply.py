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
_SHORT_GRACE = 3.0
"""Seconds to wait after the response to a creation was lost in another way, at most ``_GRACE``."""


class AccountOutcome(t.NamedTuple):
    """What became of one account."""

    account: Account | None
    changed: bool
    failures: tuple[WecomError, ...] = ()
    refusal: str = ""
    is_known: bool = True
    """Whether the account is known to be as it says here."""


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
    except _UnknownError as failed:
        current = plan.current
        if current and plan.set_avatar:
            current = current._replace(avatar=None)
        return AccountOutcome(current, False, failed.failures, is_known=False)
    except WecomError as error:
        return AccountOutcome(plan.current, False, (error,))


class _UnknownError(Exception):
    """A call failed, and it is not known whether it was carried out: the list cannot tell, or failed too."""

    def __init__(self, *failures: WecomError) -> None:
        super().__init__(*failures)
        self.failures = failures


class _Applier:
    """One account being changed."""

    def __init__(self, plan: AccountPlan, known: list[Account], api: KfApi) -> None:
        self._plan = plan
        self._api = api
        self._known = {account.open_kfid for account in known}
        self._is_in_doubt = False
        """Whether a response was lost."""

    def create(self, media_id: str | None) -> AccountOutcome:
        """Create the account."""
        name = t.cast(str, self._plan.name)
        found: list[Account] = []

        def is_created(accounts: list[Account]) -> bool:
            found[:] = [a for a in accounts if a.name == name and a.open_kfid not in self._known]
            return bool(found)

        open_kfid = self._write(lambda: add_account(self._api, name, media_id), is_created, has_grace=True)
        if open_kfid is not None:
            if self._is_in_doubt:  # the lost one may have been carried out after all
                with contextlib.suppress(WecomError):
                    is_created(list(self._api.list_accounts()))
            found = [Account(open_kfid, name), *(account for account in found if account.open_kfid != open_kfid)]
        refusal = describe_lookup(name, [account.open_kfid for account in found])
        return AccountOutcome(None if refusal else found[0], True, refusal=refusal and f"name: {refusal}")

    def update(self, media_id: str | None) -> AccountOutcome:
        """Change the name, the avatar, or both."""
        plan, current = self._plan, t.cast(Account, self._plan.current)
        open_kfid = current.open_kfid

        def is_updated(accounts: list[Account]) -> bool | None:
            if plan.name is None:
                return None  # an avatar is not listed by its content
            return any(a.open_kfid == open_kfid and a.name == plan.name for a in accounts)

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
        self,
        send: t.Callable[[], t.Any],
        is_done: t.Callable[[list[Account]], bool | None],
        *,
        has_grace: bool = False,
    ) -> t.Any:
        """Send; if it fails in a way that may pass, list the accounts again, and repeat it if it is not done.

        Returns what ``send`` returns, and None where the list shows that it is done.
        is_done: tells it by the accounts; None where they cannot tell.
        has_grace: wait after a lost response, since the service may still be working on it.
        """
        attempt = 0
        with contextlib.ExitStack() as retries:
            while True:
                try:
                    return send()
                except WecomError as error:
                    failure = error
                self._is_in_doubt = self._is_in_doubt or failure.uncertain
                if not failure.uncertain and not failure.retryable and attempt == 0:
                    raise failure
                has_time_left = failure.retryable and self._wait(attempt, failure, has_grace)
                try:
                    done = is_done(list(self._api.list_accounts()))
                except WecomError as error:
                    raise _UnknownError(failure, error) from None
                if done:
                    return None
                if not has_time_left:
                    raise _UnknownError(failure) if done is None and self._is_in_doubt else failure
                if attempt == 0:
                    retries.enter_context(self._api.budget.charging())
                attempt += 1

    def _wait(self, attempt: int, failure: WecomError, has_grace: bool) -> bool:
        """Back off; return False when the budget is spent. At most half of it is grace."""
        grace = 0.0
        if has_grace and failure.uncertain:  # one that arrives after the next one would make a second account
            longest = _GRACE * self._api.client.timeout
            grace = min(longest, longest if failure.timed_out else _SHORT_GRACE, self._api.budget.remaining() / 2)
        has_waited = self._api.pause(attempt, failure, grace)
        return has_waited and self._api.budget.remaining() > 0
