# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Takes secrets out of text, however they were encoded on their way into it."""

from __future__ import annotations

import re

MASK = "********"

_SHORT_ESCAPES = dict(zip("\b\f\n\r\t\"'/", "bfnrt\"'/"))
"""What JSON writes after a backslash in place of these characters."""

_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


def _pattern(secret: str) -> str:
    """Return a pattern for the secret, with each of its characters in any encoding."""
    pieces = re.findall(r"\\+|[^\\]", secret, re.DOTALL)
    return "".join(_backslashes(len(piece)) if piece[0] == "\\" else _one_of(_forms(piece)) for piece in pieces)


def _forms(character: str) -> set[str]:
    """Return patterns for a character: itself, percent-encoded or JSON-escaped (also twice), an HTML entity."""
    code = ord(character)
    utf16 = character.encode("utf-16-be", "surrogatepass").hex()
    forms = {
        re.escape(character),
        f"&#0*{code};",
        f"&#[xX]0*(?i:{code:x});",
        "".join(f"%(?:25)*(?i:{byte:02x})" for byte in character.encode("utf-8", "surrogatepass")),
        "".join(rf"\\{{1,9}}u(?i:{utf16[at : at + 4]})" for at in range(0, len(utf16), 4)),
    }
    if character in _ENTITIES:
        forms.add(f"&{_ENTITIES[character]};")
    if character in _SHORT_ESCAPES:
        forms.add(r"\\{1,9}" + _SHORT_ESCAPES[character])
    if character == " ":
        forms.add(r"\+")
    return forms


def _backslashes(number: int) -> str:
    """Return a pattern for this many in a row, which escaping doubles; one for each would match in too many ways."""
    return _one_of(_forms("\\")) + f"{{1,{9 * number}}}"


def _one_of(forms: set[str]) -> str:
    return f"(?:{'|'.join(sorted(forms, key=len, reverse=True))})"


class Redactor:
    """Knows the secrets of a run and masks them in text that comes from outside or from an exception."""

    def __init__(self) -> None:
        self._patterns: dict[str, re.Pattern[str] | None] = {}

    def add(self, secret: str) -> None:
        """Mask ``secret`` from now on; ignore an empty one."""
        if secret:
            self._patterns.setdefault(secret, None)

    def clean(self, text: str) -> str:
        """Return the text with every known secret masked, in any encoding."""
        # The pattern is made when first needed: most runs have nothing to clean.
        # A copy, since another thread can add a token meanwhile. The longest first, since it can contain another one.
        for secret, pattern in sorted(self._patterns.items(), key=lambda item: -len(item[0])):
            if pattern is None:
                pattern = self._patterns[secret] = re.compile(_pattern(secret))
            text = pattern.sub(MASK, text)
        return text
