#!/usr/bin/python
# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wecom_kf_servicer_info
short_description: List who serves WeCom customer service accounts
version_added: 0.1.0
description:
  - Lists the servicers (接待人员) of accounts, up to O(concurrency) accounts at a time.
  - If an account cannot be read, only its row fails, and the task fails at the end with every row in the result.
author:
  - wecom.kf contributors (@wecom-kf)
extends_documentation_fragment:
  - wecom.kf.attributes
  - wecom.kf.attributes.info_module
  - wecom.kf.concurrency
  - wecom.kf.connection
options:
  open_kfids:
    description:
      - The IDs of the accounts, as the account list of the API has them (V(wk…)).
      - At least one of O(open_kfids) and O(names) is needed.
    type: list
    elements: str
    aliases: [open_kfid]
  names:
    description:
      - The names of accounts, each of which has to match exactly.
    type: list
    elements: str
    version_added: 0.3.0
seealso:
  - module: wecom.kf.wecom_kf_account_info
  - module: wecom.kf.wecom_kf_servicers
"""

EXAMPLES = r"""
- name: Which accounts are there?
  wecom.kf.wecom_kf_account_info:
  register: kf

- name: Who serves these accounts?
  wecom.kf.wecom_kf_servicer_info:
    open_kfids: "{{ kf.accounts | map(attribute='open_kfid') }}"
  register: roster

- name: Those who have stopped receiving
  ansible.builtin.debug:
    msg: >-
      {{ item.servicers | selectattr('status_name', 'eq', 'stopped')
         | map(attribute='userid') }}
  loop: "{{ roster.accounts }}"
  loop_control:
    label: "{{ item.open_kfid }}"
"""

RETURN = r"""
msg:
  description: How many accounts were read, and why the first of the others could not be.
  returned: always
  type: str
  sample: 3 of 3 accounts read
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
      description: The account's name, where it was asked for by name; V(null) otherwise.
      type: str
      returned: always
    failed:
      description: Whether it could not be read.
      type: bool
      returned: always
    msg:
      description: How many servicers there are, or why that is not known.
      type: str
      returned: always
    failure:
      description: The call that failed; like RV(wecom.kf.wecom_kf_servicer#module:failure).
      type: dict
      returned: when a call failed
    servicers:
      description: The servicers; V(null) where the account could not be read, which is not the same as nobody.
      type: list
      elements: dict
      returned: always
      contains:
        userid:
          description: The user, as the service spells it; V(null) for a department.
          type: str
          returned: always
        department_id:
          description: The department; V(null) for a user.
          type: int
          returned: always
        status:
          description:
            - V(0) receiving, V(1) stopped.
            - V(null) where the service leaves it out, as it does for departments and where the app has no management
              privilege on the account.
          type: int
          returned: always
        stop_type:
          description:
            - Why a servicer with status V(1) does not receive, V(0) stopped or V(1) suspended.
            - V(null) where the service leaves it out.
          type: int
          returned: always
        status_name:
          description: V(receiving), V(suspended), V(stopped), or V(null) where it is not known.
          type: str
          returned: always
  sample:
    - open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
      name: null
      failed: false
      msg: 1 servicer
      servicers:
        - {userid: zhangsan, department_id: null, status: 0, stop_type: null, status_name: receiving}
api_calls:
  description: HTTP requests made, gettoken and retries included.
  returned: always
  type: int
  sample: 4
failure:
  description: The call that listed the accounts and failed; like RV(wecom.kf.wecom_kf_servicer#module:failure).
  returned: when the accounts could not be listed
  type: dict
"""

import typing as t

from ..module_utils._accounts_params import InfoParams, read_servicer_info_params
from ..module_utils._argspec import CONCURRENCY, CONNECTION, OPEN_KFIDS, ArgumentSpec
from ..module_utils._kf.api import KfApi
from ..module_utils._kf.lookup import describe_lookup, find_accounts
from ..module_utils._kf.models import Servicer, as_fields
from ..module_utils._module import run_module
from ..module_utils._pool import Failures, Pool
from ..module_utils._results import count, empty_info_result
from ..module_utils._wecom.errors import WecomError

Result = t.Dict[str, t.Any]

SPEC = (
    ArgumentSpec(
        {**OPEN_KFIDS, "names": {"type": "list", "elements": "str"}},
        required_one_of=(("open_kfids", "names"),),
    )
    .merge(CONCURRENCY)
    .merge(CONNECTION)
)


class _Asked(t.NamedTuple):
    """An account that is asked for, or why its name does not identify one."""

    open_kfid: str | None
    name: str | None = None
    problem: str = ""
    failure: WecomError | None = None


def list_servicers(params: InfoParams, api: KfApi, **_modes: bool) -> Result:
    """Find the accounts, read each, report. An account that cannot be read is failed in its row."""
    asked = [_Asked(open_kfid) for open_kfid in params.open_kfids or ()] + find(params.names or [], api)
    failure = next((account.failure for account in asked if account.failure), None)
    if failure is not None and failure.fatal:
        rows = [failed_row(account, failure) for account in asked]
    else:
        rows = Pool(api, params.concurrency).map(asked, read, failed_row, key=lambda account: account.open_kfid)
    return report(rows) if failure is None else {**report(rows), "failure": failure.as_result()}


def find(names: list[str], api: KfApi) -> list[_Asked]:
    """Return the account of each name, in the order given."""
    try:
        found = find_accounts(names, api)
    except WecomError as error:
        return [_Asked(None, name, failure=error) for name in names]
    problems = {name: describe_lookup(name, open_kfids) for name, open_kfids in found.items()}
    return [_Asked(None if problems[name] else found[name][0], name, problems[name]) for name in names]


def read(account: _Asked, api: KfApi) -> tuple[Result, Failures]:
    """Return the row of one account, and the call that failed."""
    if account.open_kfid is None:
        return failed_row(account, account.failure), ()
    try:
        servicers = api.list_servicers(account.open_kfid)
    except WecomError as error:
        return failed_row(account, error), (error,)
    return {
        "open_kfid": account.open_kfid,
        "name": account.name,
        "failed": False,
        "msg": count(len(servicers), "servicer"),
        "servicers": [_servicer_row(servicer) for servicer in servicers],
    }, ()


def failed_row(account: _Asked, failure: WecomError | None) -> Result:
    """Return the row of an account that could not be read."""
    row: Result = {
        "open_kfid": account.open_kfid,
        "name": account.name,
        "failed": True,
        "msg": account.problem if failure is None else failure.sentence(),
        "servicers": None,
    }
    return row if failure is None else {**row, "failure": failure.as_result()}


def report(accounts: list[Result]) -> Result:
    """Return the result: how many accounts were read, and why the first of the others could not be."""
    failed = [account for account in accounts if account["failed"]]
    msg = f"{len(accounts) - len(failed)} of {count(len(accounts), 'account')} read"
    if failed:
        msg += f"; {failed[0]['open_kfid'] or 'names'}: {failed[0]['msg']}"
    return {"changed": False, "failed": bool(failed), "msg": msg, "accounts": accounts}


def _servicer_row(servicer: Servicer) -> Result:
    return {
        **as_fields(servicer.id),
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


def main() -> None:
    """Run the module."""
    run_module(SPEC, read_servicer_info_params, list_servicers, empty_info_result)


if __name__ == "__main__":
    main()
