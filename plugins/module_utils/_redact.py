# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Takes secrets out of text, in whatever way they were encoded on their way into it."""

from __future__ import annotations

import html
import re

MASK = "********"


def _one_character(character: str) -> str:
    """A pattern for one character as itself, percent-encoded (also twice), JSON-escaped or as an HTML entity."""
    code = ord(character)
    forms = {
        re.escape(character),
        re.escape(html.escape(character)),
        f"&#0*{code};",
        f"&#[xX]0*(?i:{code:x});",
        "".join(f"%(?:25)*(?i:{byte:02x})" for byte in character.encode("utf-8", "surrogatepass")),
    }
    if code < 0x10000:
        forms.add(rf"\\+u(?i:{code:04x})")
    if character in "\\\"'/":
        forms.add(r"\\+" + re.escape(character))
    if character == " ":
        forms.add(r"\+")
    return f"(?:{'|'.join(sorted(forms, key=len, reverse=True))})"


class Redactor:
    """Knows the secrets of a run and replaces them in text that came from outside or from an exception."""

    def __init__(self) -> None:
        self._patterns: dict[str, re.Pattern[str] | None] = {}

    def add(self, secret: str) -> None:
        """From now on, take C(secret) out; an empty one is ignored."""
        if secret:
            self._patterns.setdefault(secret, None)

    def clean(self, text: str) -> str:
        """The text with every known secret, in any encoding, masked."""
        # The pattern is made when first needed: most runs have nothing to clean.
        # A copy, as another thread may add a token meanwhile.
        for secret, pattern in list(self._patterns.items()):
            if pattern is None:
                pattern = self._patterns[secret] = re.compile("".join(map(_one_character, secret)))
            text = pattern.sub(MASK, text)
        return text
