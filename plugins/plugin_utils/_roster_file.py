# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Reads a roster file strictly: what cannot be meant is refused by line and key. Knows nothing of Ansible.

YAML is read as it is written and not as Python would have it: 007 is the userid "007", the same key twice is a mistake
and not the second one alone, and a text where a list belongs is not a list.
"""

from __future__ import annotations

import typing as t

import yaml

_Loader: t.Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the former is ten times as fast, and not everywhere
_MOST_PROBLEMS = 10
_UNNAMED = '"<unicode string>", '
_WRITE_EMPTY = "write [] if nobody is meant, and leave the key out to leave them as they are"

_TAG = "tag:yaml.org,2002:"
_LIST, _MAPPING, _NULL, _BOOLEAN = _TAG + "seq", _TAG + "map", _TAG + "null", _TAG + "bool"
_TEXTS = frozenset(_TAG + kind for kind in ("str", "int", "float", "timestamp", "value"))
"""What stands for itself: a number or a date where a text belongs is the text that it is written with."""


class RosterError(Exception):
    """A file that cannot be meant; the text names the lines and keys."""


def read_roster(text: str) -> list[dict[str, t.Any]]:
    """The accounts of a roster: C(open_kfid), and C(userids) and C(department_ids) where they are given.

    The name of an account is for readers only and left out. Raises RosterError.
    """
    try:
        content = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise RosterError(f"this is no YAML: {' '.join(str(error).replace(_UNNAMED, '').split())}") from None
    except UnicodeError:
        raise RosterError("this is no UTF-8") from None
    except RecursionError:
        raise RosterError("this is nested too deeply for a roster") from None
    reader = _Reader()
    accounts = reader.accounts(content)
    if reader.problems:
        problems = reader.problems[:_MOST_PROBLEMS]
        more = len(reader.problems) - len(problems)
        raise RosterError("; ".join(problems) + (f"; and {more} more" if more else ""))
    return accounts


class _Reader:
    """Goes through the nodes of a file and collects what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._first_lines: dict[str, int] = {}

    def accounts(self, content: t.Any) -> list[dict[str, t.Any]]:
        if content is None or content.tag != _MAPPING:
            self._refuse(content, "the file must hold the key 'roster' with a list of accounts")
            return []
        keys = self._keys(content, ("roster",), "")
        if "roster" not in keys:
            self._refuse(content, "the key 'roster' is missing, with a list of accounts")
            return []
        return [self._account(node) for node in self._list(keys["roster"], "roster", "write [] for no account")]

    def _account(self, node: t.Any) -> dict[str, t.Any]:
        if node.tag != _MAPPING:
            self._refuse(node, f"roster: an entry must be a mapping with open_kfid and more, not {_what(node)}")
            return {}
        keys = self._keys(node, ("open_kfid", "name", "userids", "department_ids"), "roster.")
        account: dict[str, t.Any] = {}
        if "open_kfid" not in keys:
            self._refuse(node, "roster: open_kfid is missing")
        else:
            account["open_kfid"] = self._text(keys["open_kfid"], "roster: open_kfid")
            self._know(account["open_kfid"], node)
        if "name" in keys and keys["name"].tag != _NULL:
            self._text(keys["name"], "roster: name")
        if "userids" in keys:
            entries = self._list(keys["userids"], "userids", _WRITE_EMPTY)
            account["userids"] = [self._text(entry, "roster: an entry of userids") for entry in entries]
        if "department_ids" in keys:
            entries = self._list(keys["department_ids"], "department_ids", _WRITE_EMPTY)
            account["department_ids"] = [self._number(entry) for entry in entries]
        if "userids" not in keys and "department_ids" not in keys:
            self._refuse(node, "roster: neither userids nor department_ids is there; at least one of them is needed")
        return account

    def _know(self, open_kfid: str, node: t.Any) -> None:
        first = self._first_lines.setdefault(open_kfid, _line(node))
        if open_kfid and first != _line(node):
            self._refuse(node, f"roster: {open_kfid} is there twice, first in line {first}")

    def _keys(self, node: t.Any, allowed: tuple[str, ...], prefix: str) -> dict[str, t.Any]:
        keys: dict[str, t.Any] = {}
        for key, value in node.value:
            if key.value not in allowed or key.tag not in _TEXTS:
                named = key.value if isinstance(key.value, str) else _what(key)
                self._refuse(key, f"{prefix}{named} is no key that is known here: {', '.join(allowed)}")
            elif key.value in keys:
                self._refuse(key, f"{prefix}{key.value} is there twice, first in line {_line(keys[key.value])}")
            else:
                keys[key.value] = value
        return keys

    def _list(self, node: t.Any, key: str, if_empty: str) -> list[t.Any]:
        if node.tag == _LIST:
            entries: list[t.Any] = node.value
            return entries
        if node.tag == _NULL:
            self._refuse(node, f"{key} holds nothing: {if_empty}")
        else:
            self._refuse(node, f"{key} must be a list, not {_what(node)}")
        return []

    def _text(self, node: t.Any, where: str) -> str:
        if node.tag in _TEXTS:
            text: str = node.value
            return text
        cure = "; if it is really called that, put it in quotes" if node.tag == _BOOLEAN else ""
        self._refuse(node, f"{where} must be a text, not {_what(node)}{cure}")
        return ""

    def _number(self, node: t.Any) -> int:
        if node.tag in _TEXTS and node.value.isascii() and node.value.isdecimal() and node.value[0] != "0":
            return int(node.value)
        self._refuse(node, f"roster: an entry of department_ids must be a number from 1, not {_what(node)}")
        return 0

    def _refuse(self, node: t.Any, problem: str) -> None:
        self.problems.append(f"line {_line(node)}: {problem}" if node is not None else problem)


def _line(node: t.Any) -> int:
    line: int = node.start_mark.line + 1
    return line


def _what(node: t.Any) -> str:
    """A node in a message."""
    if node.tag == _LIST:
        return "a list"
    if node.tag == _MAPPING:
        return "a mapping"
    if node.tag == _NULL:
        return "nothing"
    if node.tag not in _TEXTS and node.tag != _BOOLEAN:
        return f"something with the tag {node.tag.replace(_TAG, '!!')}"
    return repr(node.value if len(node.value) <= 80 else node.value[:80] + "…")
