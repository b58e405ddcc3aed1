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
  - Declares who serves the customers of one WeCom (企业微信) customer service (微信客服, KF) account.
  - Lists who serves now, compares, and calls the service only for what differs, at most 100 userids a call.
  - A servicer (接待人员) that the service refuses fails alone. The rest is done, and the task fails once at the end
    with everything in the result.
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
      - Lists who serves and reports what the real run would do if the service refuses nobody.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  open_kfid:
    description:
      - The ID of the account, as the account list of the API has it (V(wk…)).
      - The ID that the admin console shows (V(kfc…)) is another one and does not work.
    type: str
    required: true
  userids:
    description:
      - Members, by userid. Case does not matter, and doubles count once.
      - Omitted is not empty. With O(state=exact) a list that is omitted leaves its kind of servicer alone.
      - At least one of O(userids) and O(department_ids) is needed.
    type: list
    elements: str
    aliases: [userid, userid_list]
  department_ids:
    description:
      - Departments, by ID, which is a number. A department stays one servicer; it is not expanded to its members.
    type: list
    elements: raw
    aliases: [department_id_list]
seealso:
  - module: wecom.kf.wecom_kf_servicers
  - module: wecom.kf.wecom_kf_servicer_info
  - name: API reference
    description: Adding, removing and listing servicers.
    link: https://developer.work.weixin.qq.com/document/path/94646
"""

EXAMPLES = r"""
- name: Two more receptionists
  wecom.kf.wecom_kf_servicer:
    open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
    userids: [zhangsan, lisi]
    corpid: "{{ wecom_corpid }}"
    corpsecret: "{{ vault_wecom_corpsecret }}"

- name: Someone has left
  wecom.kf.wecom_kf_servicer:
    open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
    userids: [wangwu]
    state: absent

- name: These and nobody else, but never remove more than a quarter at once
  wecom.kf.wecom_kf_servicer:
    open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
    userids: "{{ early_shift }}"
    department_ids: [2]
    state: exact
    max_removals: 25%
  register: shift
  ignore_errors: true

- name: Act on those who failed
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
  description: The account.
  returned: always
  type: str
  sample: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
servicers:
  description:
    - One entry each for every user and department named, in the order given, and with O(state=exact) for everyone
      else who is removed.
  returned: always
  type: list
  elements: dict
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
      description: How many were as asked already.
      type: int
      returned: always
    failed:
      description: How many failed.
      type: int
      returned: always
  sample: {added: 2, removed: 1, unchanged: 40, failed: 1}
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
      description: The service's code; V(null) where it did not answer.
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
      description: The HTTP status; V(null) where there was no answer.
      type: int
      returned: always
  sample:
    errcode: 60020
    errmsg: "not allow to access from your ip, hint: [1745123456_1_abc], from ip: 203.0.113.7"
    hint: add 203.0.113.7 under 企业可信IP (works after about a minute)
    call: kf/servicer/list
    http_status: 200
diff:
  description: Who served before and who serves after, sorted, a line each; departments as C(department:2).
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
  sample: {before: "lisi\nwangwu\n", after: "lisi\nzhangsan\n", before_header: wkAJ…, after_header: wkAJ…}
"""

from ansible_collections.wecom.kf.plugins.module_utils import _argspec
from ansible_collections.wecom.kf.plugins.module_utils._module import run_module
from ansible_collections.wecom.kf.plugins.module_utils._one_account import manage_account
from ansible_collections.wecom.kf.plugins.module_utils._options import read_wanted
from ansible_collections.wecom.kf.plugins.module_utils._report import empty_account_report


def main() -> None:
    run_module(_argspec.servicer(), read_wanted, manage_account, empty_account_report)


if __name__ == "__main__":
    main()
