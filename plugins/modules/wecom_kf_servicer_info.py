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
  - Lists the servicers (接待人员) of accounts, some accounts at a time.
  - An account that cannot be read is failed in its row, and the task fails at the end with every row in the result.
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
    type: list
    elements: str
    required: true
    aliases: [open_kfid]
seealso:
  - module: wecom.kf.wecom_kf_account_info
  - module: wecom.kf.wecom_kf_servicers
"""

EXAMPLES = r"""
- name: Which accounts are there?
  wecom.kf.wecom_kf_account_info:
  register: kf

- name: Who serves them?
  wecom.kf.wecom_kf_servicer_info:
    open_kfids: "{{ kf.accounts | map(attribute='open_kfid') }}"
  register: roster

- name: Those who have stopped receiving
  ansible.builtin.debug:
    msg: "{{ item.servicers | selectattr('status_name', 'eq', 'stopped') | map(attribute='userid') }}"
  loop: "{{ roster.accounts }}"
  loop_control:
    label: "{{ item.open_kfid }}"
"""

RETURN = r"""
msg:
  description: How many accounts were read, and what was wrong with the first that was not.
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
      description: The account.
      type: str
      returned: always
    failed:
      description: Whether it could not be read.
      type: bool
      returned: always
    msg:
      description: How many serve, or why that is not known.
      type: str
      returned: always
    servicers:
      description: Who serves; V(null) where the account could not be read, which is not the same as nobody.
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
          description: With a status of V(1), V(0) stopped or V(1) suspended; V(null) where the service leaves it out.
          type: int
          returned: always
        status_name:
          description: V(receiving), V(suspended), V(stopped), or V(null) where it is not known.
          type: str
          returned: always
  sample:
    - open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
      failed: false
      msg: 1 serve
      servicers:
        - {userid: zhangsan, department_id: null, status: 0, stop_type: null, status_name: receiving}
api_calls:
  description: HTTP requests made, gettoken and retries included.
  returned: always
  type: int
  sample: 4
"""

from ansible_collections.wecom.kf.plugins.module_utils import _argspec
from ansible_collections.wecom.kf.plugins.module_utils._information import no_accounts, who_serves
from ansible_collections.wecom.kf.plugins.module_utils._many_options import read_accounts_asked
from ansible_collections.wecom.kf.plugins.module_utils._module import run_module


def main() -> None:
    run_module(_argspec.servicer_info(), read_accounts_asked, who_serves, no_accounts)


if __name__ == "__main__":
    main()
