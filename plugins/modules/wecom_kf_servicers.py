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
    token. A loop over that module starts a process for each account, and is slower by far.
  - First every account is read and planned, and every guard is checked. Only then does the first write happen. An
    impossible value or a guard that trips in any account stops the task before it changes anything.
  - An account that cannot be read or written fails alone. What no account can get past, such as a wrong secret or an
    untrusted IP, ends the task at once.
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
      - Lists who serves and reports what the real run would do if the service refuses nobody.
  diff_mode:
    support: full
    details:
      - Has a section for each account that changes.
  idempotent:
    support: full
options:
  accounts:
    description:
      - The accounts. The task's own O(state), O(max_removals) and O(allow_empty) are the defaults of each.
      - The same account twice is refused.
    type: list
    elements: dict
    required: true
    suboptions:
      open_kfid:
        description:
          - The ID of the account, as the account list of the API has it (V(wk…)).
        type: str
        required: true
      userids:
        description:
          - Members, by userid. Case does not matter, and doubles count once.
          - Omitted is not empty. At least one of O(accounts[].userids) and O(accounts[].department_ids) is needed.
        type: list
        elements: str
        aliases: [userid, userid_list]
      department_ids:
        description:
          - Departments, by ID, which is a number. A department stays one servicer; it is not expanded to its members.
        type: list
        elements: raw
        aliases: [department_id_list]
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
seealso:
  - module: wecom.kf.wecom_kf_servicer
  - module: wecom.kf.wecom_kf_servicer_info
"""

EXAMPLES = r"""
- name: The roster of three accounts
  wecom.kf.wecom_kf_servicers:
    state: exact
    max_removals: 25%
    accounts:
      - open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
        userids: [zhangsan, lisi]
      - open_kfid: wkAJ2GCAAAZZm5_GhUpXNGfb1yBGge4R
        userids: "{{ night_shift }}"
        max_removals: 100%
      - open_kfid: wkAJ2GCAAAYYm6_HiVqYOHgc2zCHhf5S
        department_ids: [2]
        state: present

- name: Take somebody who leaves off every account
  wecom.kf.wecom_kf_servicers:
    state: absent
    accounts: >-
      {{ dict(open_kfids | zip_longest([], fillvalue=['wangwu'])) | dict2items('open_kfid', 'userids') }}

- name: Ask for more at a time where the network is slow
  wecom.kf.wecom_kf_servicers:
    accounts: "{{ roster }}"
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
      description: The account.
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
            - The user; V(null) for a department. As the playbook spells it; whoever is removed, as the service does.
          type: str
          returned: always
        department_id:
          description: The department; V(null) for a user.
          type: int
          returned: always
        action:
          description: V(add), V(remove) or V(none), what was called for.
          type: str
          returned: always
        changed:
          description: Whether this task changed it at the service.
          type: bool
          returned: always
        failed:
          description: Whether it is not as asked, or not known to be.
          type: bool
          returned: always
        errcode:
          description: V(0), or the service's code; V(null) where the service was not asked or did not answer.
          type: int
          returned: always
        errmsg:
          description: The service's own words with the code, V(ok) where nothing failed.
          type: str
          returned: always
        msg:
          description: What became of it in one phrase; on failure the cause and the cure.
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
      description: How many were as asked already.
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
diff:
  description: One section for each account that changes.
  returned: in diff mode
  type: list
  elements: dict
  contains:
    before:
      description: Who served, sorted, a line each.
      type: str
      returned: always
    after:
      description: Who serves, sorted, a line each.
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

from ansible_collections.wecom.kf.plugins.module_utils import _argspec
from ansible_collections.wecom.kf.plugins.module_utils._many_accounts import manage_accounts
from ansible_collections.wecom.kf.plugins.module_utils._many_options import read_fleet
from ansible_collections.wecom.kf.plugins.module_utils._module import run_module
from ansible_collections.wecom.kf.plugins.module_utils._refused_accounts import explain_refusal
from ansible_collections.wecom.kf.plugins.module_utils._report import empty_accounts_report


def main() -> None:
    run_module(_argspec.servicers(), read_fleet, manage_accounts, empty_accounts_report, explain_refusal)


if __name__ == "__main__":
    main()
