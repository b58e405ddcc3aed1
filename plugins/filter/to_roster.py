# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_roster
short_description: Write the text of a roster file
version_added: 0.3.0
description:
  - Writes what the module M(wecom.kf.wecom_kf_servicer_info) returns as the text of a file that the filter
    P(wecom.kf.from_roster#filter) and the playbook C(wecom.kf.roster_apply) read.
  - The accounts stay in their order, and their servicers are sorted, so that two files can be compared line by line.
  - All that comes from the service is in quotes. What holds C({{), C({%) or C({#) is tagged as C(!unsafe), so that it
    stays data where the file is loaded as variables.
author:
  - wecom.kf contributors (@wecom-kf)
options:
  _input:
    description:
      - The accounts, as in RV(wecom.kf.wecom_kf_servicer_info#module:accounts). Those that could not be read are left
        out.
    type: list
    elements: dict
    required: true
  names:
    description:
      - The names of accounts by their IDs, for the accounts that have no C(name) of their own.
    type: dict
    default: {}
positional: names
seealso:
  - module: wecom.kf.wecom_kf_servicer_info
  - plugin: wecom.kf.from_roster
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look at the servicers of two accounts
  wecom.kf.wecom_kf_servicer_info:
    names: [咨询客服, 售后客服]
  register: current

- name: Write them to a file
  ansible.builtin.copy:
    content: "{{ current.accounts | wecom.kf.to_roster }}"
    dest: roster.yml
    mode: "0644"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The text of a roster file.
  type: str
  sample: |
    ---
    roster:
      - open_kfid: "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
        name: "咨询客服"
        userids:
          - "lisi"
          - "zhangsan"
        department_ids: []
"""

import json
import re
import typing as t

from ansible.errors import AnsibleFilterError

_HEAD = """\
---
# The servicers of WeCom customer service accounts. Written by wecom.kf.roster_export;
# wecom.kf.roster_apply makes the service match this file.
# A list that is left out is left alone, an empty one means nobody. The ID decides; the name is for readers.
"""
_COMMON = re.compile(r"[0-9A-Za-z_.@-]*")
_TEMPLATE = re.compile(r"\{[{%#]")
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def to_roster(accounts: t.Any, names: t.Any = None) -> str:
    """Return the text of a roster file; raise AnsibleFilterError for what are not accounts."""
    try:
        lines = [line for account in accounts if not account.get("failed") for line in _lines(account, names or {})]
    except (AttributeError, KeyError, TypeError):
        raise AnsibleFilterError(
            "to_roster needs the accounts that wecom_kf_servicer_info returns, and their names as a dictionary"
        ) from None
    return _HEAD + ("roster:\n" + "".join(lines) if lines else "roster: []\n")


def _lines(account: t.Any, names: t.Any) -> t.Iterator[str]:
    open_kfid = account["open_kfid"]
    name = account.get("name") or names.get(open_kfid)
    userids: list[str] = []
    department_ids: list[int] = []
    for servicer in account["servicers"]:
        userid = servicer["userid"]  # once, since Ansible looks for templates in what a filter takes out of a variable
        if userid is None:
            department_ids.append(servicer["department_id"])
        else:
            userids.append(userid)
    userids.sort(key=lambda userid: (userid.lower(), userid))
    department_ids.sort()
    yield f"  - open_kfid: {_quote(open_kfid)}\n"
    yield f"    name: {_quote(name)}\n" if name else "    name: null\n"
    yield "    userids:\n" if userids else "    userids: []\n"
    for userid in userids:
        yield f"      - {_quote(userid)}\n"
    yield "    department_ids:\n" if department_ids else "    department_ids: []\n"
    for department_id in department_ids:
        yield f"      - {department_id:d}\n"


def _quote(text: str) -> str:
    """Return a text as YAML in double quotes. What JSON escapes, and how, YAML reads too."""
    if _COMMON.fullmatch(text):
        return f'"{text}"'
    quoted = json.dumps(_HALF_CHARACTER.sub("\ufffd", text), ensure_ascii=False)
    quoted = _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
    return f"!unsafe {quoted}" if _TEMPLATE.search(text) else quoted


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by their names."""
        return {"to_roster": to_roster}
