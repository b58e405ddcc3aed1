# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell which English pages have changed since their translation: ``python -m tests.tools.translations --check``.

A Chinese page holds, in a comment, a hash of the English page that it translates. After you have brought the Chinese
page up to date, write the new hash with ``python -m tests.tools.translations PAGE…``. Tables that a tool
writes into both pages, between ``begin`` and ``end``, do not count.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from pathlib import Path

from .checkout import ROOT

GUIDES = ROOT / "docs" / "docsite" / "rst"
NOT_TRANSLATED = {"design.rst"}

_HASH = re.compile(r"Translation of [\w.]+ with the hash (?P<hash>[0-9a-f]*)")
_GENERATED = re.compile(r"^\.\. begin (.+)\n.*?^\.\. end \1\n", re.MULTILINE | re.DOTALL)


def pairs(root: Path = ROOT) -> dict[Path, Path]:
    """Return the Chinese page for each English page that is to have one."""
    guides = root / GUIDES.relative_to(ROOT)
    english = sorted(page for page in guides.glob("*.rst") if not page.stem.endswith("_zh"))
    translated = {page: page.with_name(f"{page.stem}_zh.rst") for page in english if page.name not in NOT_TRANSLATED}
    return {root / "README.md": root / "README.zh.md", **translated}


def hash_of(english: Path) -> str:
    """Return a short hash of what people write in a page."""
    text = _GENERATED.sub("", english.read_text(encoding="utf-8"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def check(english: Path, chinese: Path) -> str:
    """Return what is wrong with a translation; empty if it is up to date."""
    if not chinese.exists():
        return f"{english.name} has no translation {chinese.name}"
    found = _HASH.search(chinese.read_text(encoding="utf-8"))
    if not found:
        return f"{chinese.name} does not say which version of {english.name} it translates"
    if found["hash"] != hash_of(english):
        return f"{english.name} has changed since {chinese.name} was written"
    return ""


def update(english: Path, chinese: Path) -> None:
    """Note in the Chinese page that it translates the English page as it is now."""
    text = chinese.read_text(encoding="utf-8")
    note = f"Translation of {english.name} with the hash {hash_of(english)}"
    if _HASH.search(text):
        text = _HASH.sub(note, text)
    elif chinese.suffix == ".rst":
        text = text.replace("\n\n.. _", f"\n\n..\n  {note}\n\n.. _", 1)
    else:
        text = f"<!-- {note} -->\n\n{text}"
    chinese.write_text(text, encoding="utf-8")


def main() -> None:
    """Check all translations, or note that some are up to date."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.translations", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if an English page has changed")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="English pages whose translation is up to date")
    arguments = parser.parse_args()
    known = {english.name: (english, chinese) for english, chinese in pairs().items()}
    for name in arguments.pages:
        if Path(name).name not in known:
            parser.error(f"{name} is not an English page with a translation: {', '.join(known)}")
        update(*known[Path(name).name])
    if arguments.check or not arguments.pages:
        wrong = [problem for english, chinese in known.values() if (problem := check(english, chinese))]
        if wrong:
            sys.exit("\n".join([*wrong, "", __doc__ or ""]))


if __name__ == "__main__":
    main()
