#!/usr/bin/python
# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wecom_kf_account_info
short_description: List WeCom customer service accounts
version_added: 0.1.0
description:
  - Lists the customer service (微信客服, KF) accounts of the corp, all pages.
author:
  - wecom.kf contributors (@wecom-kf)
extends_documentation_fragment:
  - wecom.kf.attributes
  - wecom.kf.attributes.info_module
  - wecom.kf.connection
options:
  name:
    description:
      - Return only accounts of exactly this name. There may be several.
    type: str
  open_kfids:
    description:
      - Return only these accounts. One that does not exist is left out.
    type: list
    elements: str
seealso:
  - module: wecom.kf.wecom_kf_servicer_info
"""

EXAMPLES = r"""
- name: All accounts
  wecom.kf.wecom_kf_account_info:
  register: kf

- name: The account of a name
  wecom.kf.wecom_kf_account_info:
    name: 咨询客服
  register: enquiries

- name: Add a receptionist to the account of that name
  wecom.kf.wecom_kf_servicer:
    open_kfid: "{{ (enquiries.accounts | first).open_kfid }}"
    userids: [zhangsan]
"""

RETURN = r"""
msg:
  description: How many accounts were found, or why that is not known.
  returned: always
  type: str
  sample: 3 accounts
accounts:
  description: The accounts, in the service's order.
  returned: always
  type: list
  elements: dict
  contains:
    open_kfid:
      description: The account's ID.
      type: str
      returned: always
    name:
      description: The account's name.
      type: str
      returned: always
    avatar:
      description: The URL of the account's picture.
      type: str
      returned: always
    manage_privilege:
      description: Whether the app may manage the account; V(null) where the service leaves it out.
      type: bool
      returned: always
  sample:
    - open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
      name: 咨询客服
      avatar: https://wwcdn.example.com/avatar.png
      manage_privilege: true
api_calls:
  description: HTTP requests made, gettoken and retries included.
  returned: always
  type: int
  sample: 2
failure:
  description: The call that failed as a whole; like RV(wecom.kf.wecom_kf_servicer#module:failure).
  returned: when a call failed as a whole
  type: dict
"""

from ansible_collections.wecom.kf.plugins.module_utils import _argspec
from ansible_collections.wecom.kf.plugins.module_utils._information import no_accounts, which_accounts
from ansible_collections.wecom.kf.plugins.module_utils._many_options import read_account_filter
from ansible_collections.wecom.kf.plugins.module_utils._module import run_module


def main() -> None:
    run_module(_argspec.account_info(), read_account_filter, which_accounts, no_accounts)


if __name__ == "__main__":
    main()
