# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""The job of wecom_kf_servicers: read and plan every account, check every guard, and only then write."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._kf_api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._many_options import Fleet
from ansible_collections.wecom.kf.plugins.module_utils._outcome import Outcome, foresee, give_up, refrain
from ansible_collections.wecom.kf.plugins.module_utils._report import (
    account_diff,
    account_report,
    accounts_report,
    unchanged_report,
)
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import Plan, Wanted, make_plan
from ansible_collections.wecom.kf.plugins.module_utils._side_by_side import SideBySide
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError


class _Account(t.NamedTuple):
    """How far one account has come: a plan that changes something, a finished report, or nothing to do."""

    unchanged: int = 0
    """How many are as wanted, where there is nothing to do."""
    report: dict[str, t.Any] | None = None
    diff: dict[str, str] | None = None
    plan: Plan | None = None
    refusal: str = ""


@functools.lru_cache(maxsize=None)
def _nothing_to_do(unchanged: int) -> _Account:
    """One for all accounts of the same size, as there may be thousands."""
    return _Account(unchanged=unchanged)


def manage_accounts(fleet: Fleet, api: KfApi, *, check_mode: bool, diff: bool) -> dict[str, t.Any]:
    """Raises nothing for what the service does: an account that fails is failed in its row."""

    def finish(outcome: Outcome) -> _Account:
        # At once, so that only what is reported stays in memory.
        report = account_report(outcome, only_notable=True)
        return _Account(report=report, diff=account_diff(outcome) if diff and report["changed"] else None)

    def read(wanted: Wanted) -> tuple[_Account, WecomError | None]:
        try:
            plan = make_plan(wanted, api.servicers(wanted.open_kfid))
        except WecomError as error:
            return finish(give_up(wanted, failure=error)), error
        if plan.changes_nothing:
            return _nothing_to_do(len(plan.steps)), None
        return _Account(plan=plan, refusal=plan.excess_removals(wanted.max_removals)), None

    def write(plan: Plan) -> tuple[_Account, WecomError | None]:
        # Not above: most runs have nothing to do, and starting up is much of what a task costs.
        from ansible_collections.wecom.kf.plugins.module_utils._carry_out import carry_out

        outcome = carry_out(plan, api)
        return finish(outcome), outcome.failure

    def leave(plan: Plan, failure: WecomError) -> _Account:
        return finish(refrain(plan, failure=failure))

    crew = SideBySide(api.client, fleet.concurrency)
    accounts = crew.each(fleet.accounts, read, lambda wanted, failure: finish(give_up(wanted, failure=failure)))
    open_ones = [number for number, account in enumerate(accounts) if account.plan is not None]
    plans = [t.cast(Plan, accounts[number].plan) for number in open_ones]
    refusals = [account.refusal for account in accounts if account.refusal]
    if refusals:
        done = [finish(refrain(plan, refusal=_guard(accounts[n].refusal))) for n, plan in zip(open_ones, plans)]
    elif crew.obstacle is not None:
        done = [leave(plan, crew.obstacle) for plan in plans]
    elif check_mode:
        done = [finish(foresee(plan)) for plan in plans]
    else:
        done = crew.each(plans, write, leave)
    for number, account in zip(open_ones, done):
        accounts[number] = account
    del plans  # before the reports take as much memory
    reports = [
        account.report or unchanged_report(wanted.open_kfid, account.unchanged)
        for wanted, account in zip(fleet.accounts, accounts)
    ]
    result = accounts_report(reports, refusals)
    if diff:
        result["diff"] = [account.diff for account in accounts if account.diff is not None]
    return result


def _guard(refusal: str) -> str:
    return refusal or "a guard tripped in another account, so that nothing was changed"
