# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""The job of wecom_kf_servicer: one account, from what is wanted to the result."""

from __future__ import annotations

import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._kf_api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._outcome import foresee, give_up, refrain
from ansible_collections.wecom.kf.plugins.module_utils._report import account_diff, account_report
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import Wanted, make_plan
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError


def manage_account(wanted: Wanted, api: KfApi, *, check_mode: bool, diff: bool) -> dict[str, t.Any]:
    """List, compare, write what differs (not in check mode), and report. Raises nothing for what the service does."""
    try:
        serving = api.servicers(wanted.open_kfid)
    except WecomError as error:
        return account_report(give_up(wanted, failure=error))
    plan = make_plan(wanted, serving)
    refusal = plan.excess_removals(wanted.max_removals)
    if refusal:
        outcome = refrain(plan, refusal=refusal)
    elif check_mode or plan.changes_nothing:
        outcome = foresee(plan)
    else:
        # Not above: most runs have nothing to do, and starting up is most of what a task costs.
        from ansible_collections.wecom.kf.plugins.module_utils._carry_out import carry_out

        outcome = carry_out(plan, api)
    report = account_report(outcome)
    if diff:
        report["diff"] = account_diff(outcome)
    return report
