# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: from_roster
short_description: Read the accounts of a roster file, and who is on duty
version_added: 0.2.0
description:
  - Reads the text of a file that the playbook C(wecom.kf.roster_export) or a person wrote, and returns what the option
    O(wecom.kf.wecom_kf_servicers#module:accounts) of M(wecom.kf.wecom_kf_servicers) takes.
  - Where an account has shifts, its lists hold who is on duty at one moment, which is now unless O(at) names another.
  - Stricter than P(ansible.builtin.from_yaml#filter), as a mistake in such a file removes people. Unknown keys, keys
    and accounts that are there twice, userids that cannot be one, and a text, a number or nothing where a list belongs
    are refused, all at once and with their lines.
  - A userid is taken as it is written. V(007) is the userid V(007) and not the number seven.
author:
  - wecom.kf contributors (@wecom-kf)
requirements:
  - the Python package C(tzdata), on a controller that has no time zone database and for files with shifts
options:
  _input:
    description:
      - The text of the file, in UTF-8. Several files are read as one roster if this is a dictionary of their names and
        texts.
      - It holds the key C(roster) with a list of accounts. Each has C(open_kfid) or C(name) or both (then the ID
        decides, and the name is for readers), and C(userids), C(department_ids) or C(shifts).
      - An entry of C(shifts) has C(userids) or C(department_ids) or both, and says when they are on duty. C(days) is a
        list of V(mon) to V(sun), by default all. C(from) and C(to) are times (V(09:00)), by default the whole day; a
        C(to) that is not after C(from) is on the next day, and V(24:00) is the end of the day. C(dates) lists the only
        days, and C(except) those that are left out. A shift belongs to the day on which it begins.
      - Times are those of the key C(timezone), by default V(Asia/Shanghai). Where clocks change, a time means the first
        moment at which the clock shows it or a later one.
      - An account with shifts where nobody is on duty at some time of the coming seven days is refused, unless it has
        C(gaps=true).
    type: raw
    required: true
  source:
    description: What to call the file in messages.
    type: str
    default: the roster
  at:
    description:
      - The moment for which to return who is on duty, for example V(2026-10-01 20:00) in the time zone of the file. A
        C(T) in place of the blank, seconds, and an offset such as V(+08:00) or V(Z) are allowed.
      - Without it, the moment is now.
    type: str
    version_added: 0.3.0
  fail:
    description:
      - Whether a mistake makes the filter fail. With V(false) it returns a dictionary with C(accounts), C(msg), which
        names the mistakes and is empty where there are none, and C(has_shifts).
    type: bool
    default: true
    version_added: 0.3.0
  origins:
    description:
      - Whether each account has C(origin) too, its file and its line, so that messages of
        M(wecom.kf.wecom_kf_servicers) say them.
    type: bool
    default: false
    version_added: 0.3.0
positional: source
seealso:
  - module: wecom.kf.wecom_kf_servicers
  - plugin: wecom.kf.to_roster
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Make the service match a roster
  wecom.kf.wecom_kf_servicers:
    accounts: "{{ lookup('ansible.builtin.file', 'roster.yml') | wecom.kf.from_roster('roster.yml') }}"
    state: exact
    allow_empty: true
    max_removals: 25%

- name: Show who is on duty on a holiday
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'roster.yml') | wecom.kf.from_roster(at='2026-10-01 20:00') }}"

- name: Read a file for each team as one roster
  ansible.builtin.debug:
    msg: "{{ dict(files | zip(query('ansible.builtin.file', *files))) | wecom.kf.from_roster }}"
  vars:
    files: "{{ query('ansible.builtin.fileglob', 'rosters/*.yml') | sort }}"
"""

RETURN = r"""
_value:
  description:
    - The accounts in the order of the file, each with its C(open_kfid) or C(name) or both.
    - The list C(userids) or C(department_ids) is left out where neither the account nor its shifts have such a list.
    - With O(fail=false), a dictionary.
  type: raw
  sample:
    - open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
      name: 咨询客服
      userids: [zhangsan, lisi]
      department_ids: [2]
"""

import datetime as dt
import re
import typing as t

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.wecom.kf.plugins.module_utils._kf.userids import hint_for_typing, quote
from ansible_collections.wecom.kf.plugins.plugin_utils._roster import Roster
from ansible_collections.wecom.kf.plugins.plugin_utils._shifts import parse_moment


def from_roster(
    files: t.Any, source: str = "the roster", at: t.Any = None, fail: bool = True, origins: bool = False
) -> t.Any:
    """Return the accounts of a roster; raise AnsibleFilterError for every mistake in it."""
    texts = files if isinstance(files, t.Mapping) else {source: files}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise AnsibleFilterError(f"{name}: the text of a file is needed, not {type(text).__name__}")
    moment = dt.datetime.now(dt.timezone.utc) if at is None or at == "" else parse_moment(str(at))
    mistakes, roster = "", Roster(moment or dt.datetime.now(dt.timezone.utc), origins)
    if moment is None:
        hint = hint_for_typing(str(at))
        if not hint and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(at)):
            hint = "the time of day is missing; with -e, a time that holds a blank needs two pairs of quotes"
        mistakes = f"at: {quote(str(at))} is not a time such as 2026-10-01 20:00{f' ({hint})' if hint else ''}"
    else:
        for name, text in texts.items():
            # libyaml accepts only str itself, and lookups return a subclass of it.
            roster.read(str(name), "".join((text,)))
        mistakes = roster.describe_mistakes()
    if mistakes and fail:
        raise AnsibleFilterError(mistakes)
    accounts = wrap_var([] if mistakes else roster.accounts)  # what is in a file is data, not a template
    return accounts if fail else {"accounts": accounts, "msg": wrap_var(mistakes), "has_shifts": roster.holds_shifts}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by their names."""
        return {"from_roster": from_roster}
