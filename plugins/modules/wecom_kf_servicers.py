#!/usr/bin/python
# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wecom_kf_servicers
short_description: Manage the servicers of many WeCom customer service accounts in one task
version_added: 0.1.0
description:
  - Does for many accounts what M(wecom.kf.wecom_kf_servicer) does for one, some at a time, in one process with one
    token. A loop over that module starts a process for each account and is much slower.
  - First reads and plans every account and checks every guard. Only then does it write. An invalid value, a name that
    does not identify an account, or an exceeded guard in any account stops the task before it changes anything.
  - If an account cannot be read or written, only that account fails. A cause that concerns all accounts, such as a
    wrong secret or an untrusted IP, ends the task at once.
author:
  - wecom.kf contributors (@wecom-kf)
extends_documentation_fragment:
  - wecom.kf.attributes
  - wecom.kf.servicer_state
  - wecom.kf.concurrency
  - wecom.kf.connection
attributes:
  check_mode:
    support: full
    details:
      - Lists the servicers and reports what the real run would do if the service refuses nobody.
  diff_mode:
    support: full
    details:
      - Has a section for each account that changes.
  idempotent:
    support: full
options:
  accounts:
    description:
      - The accounts. The task's own O(userids), O(department_ids), O(state), O(max_removals) and O(allow_empty) are the
        defaults of each.
      - The same account listed twice is refused.
      - Exactly one of O(accounts) and O(all_accounts) is needed.
    type: list
    elements: dict
    suboptions:
      open_kfid:
        description:
          - The ID of the account, as the account list of the API has it (V(wk…)).
          - At least one of O(accounts[].open_kfid) and O(accounts[].name) is needed.
        type: str
      name:
        description:
          - The name of the account, which has to match exactly. With O(accounts[].open_kfid) too, the ID decides and
            the name is for readers.
        type: str
        version_added: 0.3.0
      userids:
        description:
          - Like O(userids), for this account.
          - An omitted list is not an empty one. At least one of O(accounts[].userids) and
            O(accounts[].department_ids) is needed, here or as a default.
        type: list
        elements: raw
        aliases: [userid, userid_list]
      department_ids:
        description:
          - Like O(department_ids), for this account.
        type: list
        elements: raw
        aliases: [department_id, department_id_list]
      state:
        description:
          - Like O(state), for this account.
        type: str
        choices: [present, absent, exact]
      max_removals:
        description:
          - Like O(max_removals), for this account.
        type: str
      allow_empty:
        description:
          - Like O(allow_empty), for this account.
        type: bool
      origin:
        description:
          - Where a reader finds this entry, for example a file and a line. Messages about the entry say it.
        type: str
        version_added: 0.3.0
  all_accounts:
    description:
      - Work on every account of the corp that the app may manage, for example to remove somebody who leaves. Needs
        O(userids) or O(department_ids).
      - Exactly one of O(accounts) and O(all_accounts) is needed.
    type: bool
    version_added: 0.3.0
  userids:
    description:
      - Members, by userid, for each account that does not name its own. Case does not matter, blanks around a userid
        are dropped, and duplicates count once.
      - Put a userid that consists of digits in quotes. A number is refused, because YAML makes V(83) of V(00123).
    type: list
    elements: raw
    aliases: [userid, userid_list]
    version_added: 0.3.0
  department_ids:
    description:
      - Departments, by ID, which is a number, for each account that does not name its own. A department stays one
        servicer; it is not expanded to its members.
    type: list
    elements: raw
    aliases: [department_id, department_id_list]
    version_added: 0.3.0
  max_total_removals:
    description:
      - The most removals from all accounts together. Like O(max_removals), a count, or a share of the servicers of all
        accounts.
    type: str
    version_added: 0.3.0
seealso:
  - module: wecom.kf.wecom_kf_servicer
  - module: wecom.kf.wecom_kf_servicer_info
"""

EXAMPLES = r"""
- name: Let those serve who are listed here
  wecom.kf.wecom_kf_servicers:
    state: exact
    max_removals: 25%
    accounts:
      - open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
        userids: "{{ night_shift }}"
        max_removals: 100%
      - name: 售后客服
        department_ids: [2]
        state: present

- name: Remove somebody who leaves from every account
  wecom.kf.wecom_kf_servicers:
    all_accounts: true
    userids: [wangwu]
    state: absent

- name: Work on more accounts at a time where the network is slow
  wecom.kf.wecom_kf_servicers:
    accounts: >-
      {{ lookup('ansible.builtin.file', 'roster.yml')
         | wecom.kf.from_roster('roster.yml') }}
    concurrency: 8
"""

RETURN = r"""
msg:
  description: What was done, and which accounts failed and why, in one line.
  returned: always
  type: str
  sample: "3 accounts, 2 changed, 0 failed: 4 added, 1 removed, 40 unchanged"
accounts:
  description: One entry for each account, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    open_kfid:
      description: The account's ID; V(null) where no account was found by its name.
      type: str
      returned: always
    name:
      description: The account's name, where it was given or all accounts were asked for; V(null) otherwise.
      type: str
      returned: always
    changed:
      description: Whether something in the account is different now.
      type: bool
      returned: always
    failed:
      description: Whether the account or any of its servicers failed.
      type: bool
      returned: always
    msg:
      description: What was done, and who failed and why, in one line.
      type: str
      returned: always
    summary:
      description: Like RV(summary), for this account.
      type: dict
      returned: always
    failure:
      description: The call that failed as a whole; like RV(wecom.kf.wecom_kf_servicer#module:failure).
      type: dict
      returned: when a call failed as a whole
    servicers:
      description: Those who changed or failed; everyone else is only counted.
      type: list
      elements: dict
      returned: always
      contains:
        userid:
          description:
            - The user; V(null) for a department. Spelled as in the playbook; for a removal, as the service spells it.
          type: str
          returned: always
        department_id:
          description: The department; V(null) for a user.
          type: int
          returned: always
        action:
          description: V(add), V(remove) or V(none), what was to be done.
          type: str
          returned: always
        changed:
          description: Whether this task changed it at the service.
          type: bool
          returned: always
        failed:
          description: Whether this one is not in the desired state, or it is not known.
          type: bool
          returned: always
        errcode:
          description: V(0), or the service's code; V(null) where the service was not asked or did not respond.
          type: int
          returned: always
        errmsg:
          description: The service's own words with the code, V(ok) where nothing failed.
          type: str
          returned: always
        msg:
          description: What became of it in one phrase; on failure the cause and what to do.
          type: str
          returned: always
summary:
  description: How many servicers of all accounts were added, removed, left unchanged, and failed.
  returned: always
  type: dict
  contains:
    added:
      description: How many were added.
      type: int
      returned: always
    removed:
      description: How many were removed.
      type: int
      returned: always
    unchanged:
      description: How many were in the desired state already.
      type: int
      returned: always
    failed:
      description: How many failed.
      type: int
      returned: always
  sample: {added: 4, removed: 1, unchanged: 40, failed: 0}
api_calls:
  description: HTTP requests made, gettoken and retries included.
  returned: always
  type: int
  sample: 7
failure:
  description: The call that listed the accounts and failed; like RV(wecom.kf.wecom_kf_servicer#module:failure).
  returned: when the accounts could not be listed
  type: dict
diff:
  description: One section for each account that changes.
  returned: in diff mode, when the accounts could be found
  type: list
  elements: dict
  contains:
    before:
      description: Who served, sorted, one in a line.
      type: str
      returned: always
    after:
      description: Who serves, sorted, one in a line.
      type: str
      returned: always
    before_header:
      description: The account.
      type: str
      returned: always
    after_header:
      description: The account.
      type: str
      returned: always
"""

import typing as t

from ..module_utils._accounts_params import (
    ACCOUNT,
    ACCOUNT_NAMED,
    Issue,
    ServicersParams,
    describe_twice,
    explain_invalid_accounts,
    format_issues,
    read_servicers_params,
    with_origin,
)
from ..module_utils._argspec import CONCURRENCY, CONNECTION, SERVICERS, STATE, ArgumentSpec
from ..module_utils._kf.api import KfApi
from ..module_utils._kf.apply import apply_plan
from ..module_utils._kf.lookup import describe_lookup, find_accounts
from ..module_utils._kf.models import Desired, RemovalLimit, label
from ..module_utils._kf.outcome import Outcome, predict, skip, unreadable
from ..module_utils._kf.plan import Plan, make_plan
from ..module_utils._module import run_module
from ..module_utils._pool import Failures, Pool
from ..module_utils._results import (
    account_diff,
    account_result,
    accounts_result,
    empty_accounts_result,
    unchanged_result,
)
from ..module_utils._wecom.errors import WecomError

Result = t.Dict[str, t.Any]

SPEC = (
    ArgumentSpec(
        {
            "accounts": {"type": "list", "elements": "dict", "options": ACCOUNT, "required_one_of": ACCOUNT_NAMED},
            "all_accounts": {"type": "bool"},
            "max_total_removals": {"type": "str"},
            **SERVICERS,
            **STATE,
        },
        mutually_exclusive=(("accounts", "all_accounts"),),
        required_one_of=(("accounts", "all_accounts"),),
    )
    .merge(CONCURRENCY)
    .merge(CONNECTION)
)


class _Account(t.NamedTuple):
    """How far one account has come: a plan that changes something, a finished result, or nothing to do."""

    desired: Desired
    unchanged: int = 0
    """How many are as wanted, where there is nothing to do."""
    current: int = 0
    """How many serve now."""
    plan: Plan | None = None
    result: Result | None = None
    diff: dict[str, str] | None = None


def manage_accounts(params: ServicersParams, api: KfApi, *, check_mode: bool, diff: bool) -> Result:
    """Find, read and plan every account, check every guard, and only then apply. Report what became of each.

    Raises nothing for what the service does: an account that fails is failed in its row.
    """
    try:
        wanted, refusals = find_wanted(params, api)
    except WecomError as error:
        return _not_found(params, error)
    if refusals:
        return accounts_result(_refuse(wanted, refusals), [format_issues(list(refusals.values()))])
    pool = Pool(api, params.concurrency)
    accounts = read_and_plan(wanted, pool)
    tripped = check_guards(accounts, params.max_total_removals)
    accounts = apply_plans(accounts, pool, tripped, check_mode=check_mode)
    rows = [
        account.result or unchanged_result(account.desired.open_kfid, account.desired.name, account.unchanged)
        for account in accounts
    ]
    result = accounts_result(rows, list(tripped.values()))
    if diff:
        result["diff"] = [account.diff for account in accounts if account.diff is not None]
    return result


def find_wanted(params: ServicersParams, api: KfApi) -> tuple[list[Desired], dict[int, Issue]]:
    """Return what is wanted of each account, with its open_kfid, and what is wrong with some. Raises WecomError."""
    if params.defaults is not None:
        defaults = params.defaults
        return [
            defaults._replace(open_kfid=account.open_kfid, name=account.name)
            for account in api.list_accounts()
            if account.manage_privilege is not False
        ], {}
    wanted = list(params.accounts or [])
    found = find_accounts({desired.name for desired in wanted if not desired.open_kfid and desired.name}, api)
    issues: dict[int, Issue] = {}
    first_seen: dict[str, int] = {}
    for number, desired in enumerate(wanted):
        if not desired.open_kfid and desired.name:
            problem = describe_lookup(desired.name, found[desired.name])
            if problem:
                issues[number] = Issue(with_origin(desired.name, desired.origin), problem)
                continue
            wanted[number] = desired = desired._replace(open_kfid=found[desired.name][0])
        first = first_seen.setdefault(desired.open_kfid, number)
        if first != number:
            text = describe_twice((first + 1, number + 1), (wanted[first].origin, desired.origin))
            issues[number] = Issue(desired.name or desired.open_kfid, text)
    return wanted, issues


def read_and_plan(wanted: list[Desired], pool: Pool) -> list[_Account]:
    """List the servicers of every account and compare them with what is wanted."""

    def read(desired: Desired, api: KfApi) -> tuple[_Account, Failures]:
        try:
            plan = make_plan(desired, api.list_servicers(desired.open_kfid))
        except WecomError as error:
            return fail(desired, error), (error,)
        if plan.changes_nothing:
            return _Account(desired, unchanged=len(plan.steps), current=len(plan.before)), ()
        return _Account(desired, current=len(plan.before), plan=plan), ()

    def fail(desired: Desired, failure: WecomError) -> _Account:
        return _Account(desired, result=_row(unreadable(desired, failures=(failure,))))

    return pool.map(wanted, read, fail, key=lambda desired: desired.open_kfid, retry_last=True)


def check_guards(accounts: list[_Account], max_total: RemovalLimit | None) -> dict[str, str]:
    """Return the guards that are tripped, by open_kfid; the one over all accounts has an empty one."""
    tripped = {}
    for account in accounts:
        refusal = account.plan.excess_removals(account.desired.max_removals) if account.plan else ""
        if refusal:
            tripped[account.desired.open_kfid] = refusal
    removals = sum(account.plan.removals for account in accounts if account.plan)
    current = sum(account.current for account in accounts)
    if max_total and not max_total.allows(removals, current):
        plans = [account.plan for account in accounts if account.plan and account.plan.removals]
        concerned = [label(plan.open_kfid, plan.name) for plan in plans]
        tripped[""] = (
            f"max_total_removals: {removals} of the {current} servicers of the accounts of this task would be removed,"
            f" more than the {max_total.text} allowed; nothing was changed (removals in {_shorten(concerned)})"
        )
    return tripped


def apply_plans(accounts: list[_Account], pool: Pool, tripped: dict[str, str], *, check_mode: bool) -> list[_Account]:
    """Apply the plans, unless a guard is tripped, nothing can succeed, or it is check mode."""

    def apply(account: _Account, api: KfApi) -> tuple[_Account, Failures]:
        outcome = apply_plan(t.cast(Plan, account.plan), api)
        return _finish(account, outcome), outcome.failures

    def skip_account(account: _Account, failure: WecomError) -> _Account:
        return _finish(account, skip(t.cast(Plan, account.plan), failures=(failure,)))

    numbers = [number for number, account in enumerate(accounts) if account.plan]
    planned = [accounts[number] for number in numbers]
    if tripped:
        elsewhere = tripped.get("", "max_removals was exceeded in another account, so nothing was changed")
        finished = [
            _finish(account, skip(account.plan, refusal=tripped.get(account.desired.open_kfid, elsewhere)))
            for account in planned
            if account.plan
        ]
    elif pool.fatal is not None:
        finished = [skip_account(account, pool.fatal) for account in planned]
    elif check_mode:
        finished = [_finish(account, predict(account.plan)) for account in planned if account.plan]
    else:
        finished = pool.map(planned, apply, skip_account, key=lambda account: account.desired.open_kfid)
    for number, account in zip(numbers, finished):
        accounts[number] = account
    return accounts


def _finish(account: _Account, outcome: Outcome) -> _Account:
    # At once, so that only what is reported stays in memory.
    row = _row(outcome)
    return _Account(account.desired, result=row, diff=account_diff(outcome) if row["changed"] else None)


def _row(outcome: Outcome) -> Result:
    return account_result(outcome, only_notable=True)


def _refuse(wanted: list[Desired], refusals: dict[int, Issue]) -> list[Result]:
    """Return the rows where names do not identify accounts."""
    other = "another entry of accounts is not valid, so nothing was changed"
    texts = [refusals[number].text if number in refusals else other for number in range(len(wanted))]
    return [_row(unreadable(desired, refusal=text)) for desired, text in zip(wanted, texts)]


def _not_found(params: ServicersParams, error: WecomError) -> Result:
    """Return the result where the accounts could not be listed."""
    result = accounts_result([_row(unreadable(desired, failures=(error,))) for desired in params.accounts or []], [])
    return {**result, "failed": True, "msg": error.sentence(), "failure": error.as_result()}


def _shorten(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def main() -> None:
    """Run the module."""
    run_module(SPEC, read_servicers_params, manage_accounts, empty_accounts_result, explain_invalid_accounts)


if __name__ == "__main__":
    main()
