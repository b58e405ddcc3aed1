# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "Shifts" shows what the code makes of the example file."""

from __future__ import annotations

import re
import textwrap

import pytest
import yaml

from ansible_collections.wecom.kf.plugins.filter.from_roster import from_roster
from ansible_collections.wecom.kf.tests.tools.checkout import ROOT

EXAMPLE = (ROOT / "docs" / "examples" / "rosters" / "shifts.yml").read_text(encoding="utf-8")
GUIDES = {name: (ROOT / "docs/docsite/rst" / f"{name}.rst").read_text("utf-8") for name in ("shifts", "shifts_zh")}
HOURS = {"00:00–09:00": range(9), "09:00–18:00": range(9, 18), "18:00–24:00": range(18, 24)}

guides = pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)


def code_blocks(guide: str, language: str) -> list[str]:
    """Return the blocks of a language, in their order."""
    found = re.findall(rf"^\.\. code-block:: {language}\n\n((?:  .*\n|\n)+)", guide, re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


@guides
def test_the_week_is_that_of_the_example_file(guide: str) -> None:
    headings = re.findall(r"^    - (\d\d:00–\d\d:00)$", guide, re.MULTILINE)
    rows = re.findall(r"^  \* - .*(2026-\d\d-\d\d).*\n    - (.+)\n    - (.+)\n    - (.+)$", guide, re.MULTILINE)
    shown = {
        f"{day} {hour:02}:{minute}": ["zhangsan", *cell.split(", ")]
        for day, *cells in rows
        for heading, cell in zip(headings, cells, strict=True)
        for hour in HOURS[heading]
        for minute in ("00", "59")
    }
    assert len(shown) == 7 * 24 * 2
    assert {moment: from_roster(EXAMPLE, at=moment)[0]["userids"] for moment in shown} == shown


@guides
def test_the_example_is_that_of_the_file(guide: str) -> None:
    shown, _with_gaps = (yaml.load(block, yaml.BaseLoader) for block in code_blocks(guide, "yaml"))  # noqa: S506
    written = yaml.load(EXAMPLE, yaml.BaseLoader)  # noqa: S506
    assert shown == {**written, "roster": written["roster"][:1]}


@guides
def test_the_account_with_gaps_is_that_of_the_file(guide: str) -> None:
    _example, shown = (yaml.load(block, yaml.BaseLoader) for block in code_blocks(guide, "yaml"))  # noqa: S506
    assert shown == yaml.load(EXAMPLE, yaml.BaseLoader)["roster"][1:]  # noqa: S506


@guides
def test_the_message_about_a_gap_is_that_of_the_code(guide: str) -> None:
    without = re.sub(r"^ +gaps: true.*\n", "", EXAMPLE, flags=re.MULTILINE)
    message = from_roster(without, "shifts.yml", at="2026-09-28 10:00", fail=False)["msg"]
    assert " ".join(code_blocks(guide, "text")[0].split()) == message
