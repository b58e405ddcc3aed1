# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Recognizes what cannot be a userid at all, and the usual typing errors in ids.

Whatever else a userid may look like is for WeCom to judge: whoever serves an account can then also be named.
"""

from __future__ import annotations

import re

MAX_USERID_BYTES = 64
_MAX_QUOTED = 80
_COMMON = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}")
"""What nearly all userids look like; there may be hundreds of thousands to look at."""
_CJK = "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
_PUNCTUATION = dict(zip("\u3001\u3002\u3010\u3011\u201c\u201d\u2018\u2019", ",.[]\"\"''"))
"""What an input method for Chinese types, and the character that is meant; full-width forms apart."""


def describe_invalid_userid(value: object) -> str:
    """Say why a value cannot be a userid, with the value and the usual slip; return "" for what may be one.

    Blanks around a userid are the caller's to remove.
    """
    if not isinstance(value, str):
        return f"{quote(value)} {_describe_type(value)}"
    if _COMMON.fullmatch(value):
        return ""
    if not value:
        return f"{quote(value)} is empty: has a lookup or a variable returned nothing?"
    reason = _describe_text(value)
    if not reason:
        return ""
    return f"{quote(value)} {reason}: {hint_for_slip(value) or 'is it a display name, or several userids in one text?'}"


def hint_for_slip(text: str) -> str:
    """Name the usual slip in an id: as for ``hint_for_typing``, or a display name in place of the id; "" if none."""
    return hint_for_typing(text) or ("it looks like a display name, not like an id" if re.search(_CJK, text) else "")


def hint_for_typing(text: str) -> str:
    """Name a typing slip that is hard to see: full-width characters, a blank at an end; "" if there is none."""
    plain = {character: _plain(character) for character in text}
    found = [character for character, meant in plain.items() if meant]
    if found:
        meant = " ".join(dict.fromkeys(plain[character] for character in found))
        return f"it holds full-width {' '.join(found)} where {meant} is meant".replace("\u3000", "blanks")
    if text != text.rstrip():
        return "there is a blank at its end"
    if text != text.lstrip():
        return "there is a blank at its beginning"
    return ""


def _plain(character: str) -> str:
    """Return the plain character in place of a full-width one, empty for any other."""
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    return "a plain blank" if character == "\u3000" else _PUNCTUATION.get(character, "")


def quote(value: object) -> str:
    """Return a value as it is shown in a message: on one line, and shortened."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value[:_MAX_QUOTED]) + ("…" if len(value) > _MAX_QUOTED else "")
    shown = " ".join(repr(value).split())
    return shown[:_MAX_QUOTED] + ("…" if len(shown) > _MAX_QUOTED else "")


def _describe_type(value: object) -> str:
    if value is None:
        return "is not a userid: has a lookup or a variable returned nothing?"
    if isinstance(value, bool):
        return "is a boolean: put the userid in quotes, since YAML makes true of yes and on"
    if isinstance(value, (int, float)):
        return "is a number: put the userid in quotes, since YAML makes 83 of 00123"
    if isinstance(value, (list, tuple)):
        return "is a list: each entry must be one userid (are there brackets or a dash too many?)"
    if isinstance(value, dict):
        return (
            "is a mapping: each entry must be one userid"
            " (is there a colon too many, or is map(attribute='userid') missing?)"
        )
    return "is not a text: put the userid in quotes"


def _describe_text(text: str) -> str:
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return "holds half a character"
    if re.search(r"\s", text):
        return "holds a blank"
    if re.search(r"[\x00-\x1f\x7f-\x9f]", text):
        return "holds a control character"
    return f"is longer than {MAX_USERID_BYTES} bytes" if size > MAX_USERID_BYTES else ""
