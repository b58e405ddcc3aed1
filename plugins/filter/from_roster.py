# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: from_roster
short_description: Read the accounts of a roster file
version_added: 0.2.0
description:
  - Reads the text of a file that the playbook C(wecom.kf.roster_export) wrote, or somebody by hand, and gives what
    the option O(wecom.kf.wecom_kf_servicers#module:accounts) of M(wecom.kf.wecom_kf_servicers) takes.
  - Stricter than P(ansible.builtin.from_yaml#filter), as a mistake in such a file removes people. Keys that are not
    known or there twice, an account that is there twice, and a text, a number or nothing where a list belongs are
    refused, with the lines.
  - A userid is taken as it is written. V(007) is the userid V(007) and not the number seven.
author:
  - wecom.kf contributors (@wecom-kf)
options:
  _input:
    description:
      - The text of the file.
      - It holds the key C(roster) with a list of accounts. Each has C(open_kfid), C(userids) or C(department_ids) or
        both, and a C(name) if you like, which is for readers only.
    type: str
    required: true
  source:
    description: What to call the file in messages.
    type: str
    default: the roster
positional: source
seealso:
  - module: wecom.kf.wecom_kf_servicers
"""

EXAMPLES = r"""
- name: Make the service match a roster
  wecom.kf.wecom_kf_servicers:
    accounts: "{{ lookup('ansible.builtin.file', 'roster.yml') | wecom.kf.from_roster('roster.yml') }}"
    state: exact
    allow_empty: true
    max_removals: 25%
"""

RETURN = r"""
_value:
  description:
    - The accounts in the order of the file, without their names.
    - A list that the file leaves out is left out here too.
  type: list
  elements: dict
  sample:
    - open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
      userids: [zhangsan, lisi]
      department_ids: [2]
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.wecom.kf.plugins.plugin_utils._roster_file import RosterError, read_roster


def from_roster(text: t.Any, source: str = "the roster") -> t.Any:
    """The accounts of a roster; raises AnsibleFilterError for what cannot be meant."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"{source}: the text of a file is needed, not {type(text).__name__}")
    try:
        # libyaml reads nothing but str itself, and a lookup's text is of a class of Ansible's.
        accounts = read_roster("".join((text,)))
        return wrap_var(accounts)  # what is in the file is data, and no template
    except RosterError as error:
        raise AnsibleFilterError(f"{source}: {error}") from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By their names."""
        return {"from_roster": from_roster}
