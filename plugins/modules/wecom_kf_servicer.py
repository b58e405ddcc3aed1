#!/usr/bin/python
# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wecom_kf_servicer
short_description: Manage the servicers of a WeCom customer service account
version_added: 0.1.0
description:
  - Manages who serves the customers of one WeCom (企业微信) customer service (微信客服, KF) account.
  - Lists who serves now, compares, and calls the service only for what differs, at most 100 userids a call.
  - If WeCom rejects a servicer (a receptionist, 接待人员), only that entry fails. The others are still applied, and the
    task fails at the end with all results.
author:
  - wecom.kf contributors (@wecom-kf)
extends_documentation_fragment:
  - wecom.kf.attributes
  - wecom.kf.servicer_state
  - wecom.kf.connection
attributes:
  check_mode:
    support: full
    details:
      - Lists the servicers and reports what the real run would do if the service refuses nobody.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  open_kfid:
    description:
      - The ID of the account, as the account list of the API has it (V(wk…)).
      - The admin console shows a different ID (V(kfc…)), which does not work.
      - Exactly one of O(open_kfid) and O(account) is needed.
    type: str
  account:
    description:
      - The name of the account, which has to match exactly. No account of this name, or several, is a failure before
        anything is written.
      - Looking up a name costs one call for each 100 accounts of the corp.
    type: str
    version_added: 0.3.0
  userids:
    description:
      - Members, by userid. Case does not matter, blanks around a userid are dropped, and duplicates count once.
      - Put a userid that consists of digits in quotes. A number is refused, because YAML makes V(83) of V(00123).
      - An omitted list is not an empty one. With O(state=exact) an omitted list leaves its kind of servicer alone.
      - At least one of O(userids) and O(department_ids) is needed.
    type: list
    elements: raw
    aliases: [userid, userid_list]
  department_ids:
    description:
      - Departments, by ID, which is a number. A department stays one servicer; it is not expanded to its members.
    type: list
    elements: raw
    aliases: [department_id, department_id_list]
seealso:
  - module: wecom.kf.wecom_kf_servicers
  - module: wecom.kf.wecom_kf_servicer_info
  - name: API reference
    description: Adding, removing and listing servicers.
    link: https://developer.work.weixin.qq.com/document/path/94646
"""

EXAMPLES = r"""
- name: Add two receptionists
  wecom.kf.wecom_kf_servicer:
    open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
    userids: [zhangsan, lisi]
    corpid: "{{ wecom_corpid }}"
    corpsecret: "{{ wecom_corpsecret }}"

- name: The same, with the account named as people know it
  wecom.kf.wecom_kf_servicer:
    account: 咨询客服
    userids: [zhangsan, lisi]

- name: Remove somebody who has left
  wecom.kf.wecom_kf_servicer:
    open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
    userids: [wangwu]
    state: absent

- name: Let these serve and nobody else, but never remove more than a quarter at once
  wecom.kf.wecom_kf_servicer:
    open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
    userids: "{{ early_shift }}"
    department_ids: [2]
    state: exact
    max_removals: 25%
  register: shift
  ignore_errors: true

- name: Show those who failed
  ansible.builtin.debug:
    msg: "{{ item.userid or item.department_id }}: {{ item.msg }}"
  loop: "{{ shift.servicers | selectattr('failed') }}"
  loop_control:
    label: "{{ item.userid or item.department_id }}"
"""

RETURN = r"""
msg:
  description: What was done, and who failed and why, in one line.
  returned: always
  type: str
  sample: "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q: 2 added, 1 removed, 40 unchanged"
open_kfid:
  description: The account's ID; V(null) where no account was found by its name.
  returned: always
  type: str
  sample: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
name:
  description: The account's name where O(account) was given; V(null) otherwise.
  returned: always
  type: str
  sample: null
servicers:
  description:
    - One entry for each user and department named, in the order given, and with O(state=exact) for everyone else who
      is removed.
  returned: always
  type: list
  elements: dict
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
  sample:
    - userid: zhangsan
      department_id: null
      action: add
      changed: true
      failed: false
      errcode: 0
      errmsg: ok
      msg: added
summary:
  description: How many entries of RV(servicers) were added, removed, left unchanged, and failed.
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
  sample: {added: 2, removed: 1, unchanged: 40, failed: 0}
api_calls:
  description: HTTP requests made, gettoken and retries included.
  returned: always
  type: int
  sample: 4
failure:
  description: The call that failed as a whole.
  returned: when a call failed as a whole
  type: dict
  contains:
    errcode:
      description: The service's code; V(null) where it did not respond.
      type: int
      returned: always
    errmsg:
      description: The service's own words.
      type: str
      returned: always
    hint:
      description: What to do about it.
      type: str
      returned: always
    call:
      description: The API path.
      type: str
      returned: always
    http_status:
      description: The HTTP status; V(null) where there was no response.
      type: int
      returned: always
  sample:
    errcode: 45009
    errmsg: "api freq out of limit, hint: [1745123456_1_abc]"
    hint: wait for the window to end (a minute or an hour) or raise retry_timeout
    call: kf/servicer/list
    http_status: 200
diff:
  description: Who served before and who serves after, sorted, one in a line; departments as C(department:2).
  returned: in diff mode, when the account could be read
  type: dict
  contains:
    before:
      description: Who served.
      type: str
      returned: always
    after:
      description: Who serves.
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
  sample: {before: "lisi\nwangwu\n", after: "lisi\nzhangsan\n", before_header: wkAJ2GC, after_header: wkAJ2GC}
"""

import typing as t

from ..module_utils._argspec import CONNECTION, SERVICERS, STATE, ArgumentSpec
from ..module_utils._kf.api import KfApi
from ..module_utils._kf.apply import apply_plan
from ..module_utils._kf.lookup import describe_lookup, find_accounts
from ..module_utils._kf.models import Desired
from ..module_utils._kf.outcome import Outcome, predict, skip, unreadable
from ..module_utils._kf.plan import Plan, make_plan
from ..module_utils._module import run_module
from ..module_utils._params import Params, read_desired, read_name, require_one_of
from ..module_utils._results import account_diff, account_result, empty_account_result
from ..module_utils._wecom.errors import WecomError

SPEC = ArgumentSpec(
    {"open_kfid": {"type": "str"}, "account": {"type": "str"}, **SERVICERS, **STATE},
    mutually_exclusive=(("open_kfid", "account"),),
    required_one_of=(("open_kfid", "account"), ("userids", "department_ids")),
).merge(CONNECTION)


def read_params(params: Params) -> Desired:
    """Return what is wanted of the account. Raises ParamError."""
    require_one_of(params, "open_kfid", "account")
    return read_desired({**params, "name": None if params["account"] is None else read_name(params, "account")})


def manage_servicers(desired: Desired, api: KfApi, *, check_mode: bool, diff: bool) -> dict[str, t.Any]:
    """Read, plan, apply (not in check mode), report. Raises nothing for what the service does."""
    plan = read_and_plan(desired, api)
    if isinstance(plan, Outcome):
        return account_result(plan)
    refusal = plan.excess_removals(desired.max_removals)
    if refusal:
        outcome = skip(plan, refusal=refusal)
    elif check_mode or plan.changes_nothing:
        outcome = predict(plan)
    else:
        outcome = apply_plan(plan, api)
    result = account_result(outcome)
    if diff:
        result["diff"] = account_diff(outcome)
    return result


def read_and_plan(desired: Desired, api: KfApi) -> Plan | Outcome:
    """Find the account by its name if needed, list its servicers, and compare; return the outcome if that fails."""
    try:
        if not desired.open_kfid and desired.name:
            open_kfids = find_accounts([desired.name], api)[desired.name]
            refusal = describe_lookup(desired.name, open_kfids)
            if refusal:
                hint = "" if open_kfids else "; wecom_kf_account_info lists the accounts that the app can see"
                return unreadable(desired, refusal=f"account: {refusal}{hint}")
            desired = desired._replace(open_kfid=open_kfids[0])
        return make_plan(desired, api.list_servicers(desired.open_kfid))
    except WecomError as error:
        return unreadable(desired, failures=(error,))


def main() -> None:
    """Run the module."""
    run_module(SPEC, read_params, manage_servicers, empty_account_result)


if __name__ == "__main__":
    main()
