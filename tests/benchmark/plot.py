# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the benchmark's results into the performance page: ``python -m tests.benchmark.plot [--check]``.

The tables and the picture come from results/benchmark.json and from nowhere else. ``--check`` changes nothing and fails
if they are not up to date. The picture is written as text: it needs no library that draws, and is the same everywhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ..tools.checkout import ROOT

RESULTS = Path(__file__).with_name("results") / "benchmark.json"
PAGE = ROOT / "docs" / "docsite" / "rst" / "performance.rst"
PICTURE = PAGE.with_suffix(".svg")
_BEGIN, _END = ".. begin figures\n", ".. end figures\n"

# Ways to reach the same result, and what results call them for one account and for many.
WAYS = {
    "the module": ("wecom_kf_servicer", "wecom_kf_servicers"),
    "ping": ("ping",),
    "plain script": ("plain script", "plain script with threads"),
    "uri playbook": ("uri playbook", "uri playbook in a loop"),
    "module in a loop": ("loop over wecom_kf_servicer",),
}

# One drawing for both themes of the site: on white, in colors with enough contrast.
_WIDTH, _BAR, _STEP, _FONT_SIZE = 480, 16, 23, 14
_COLORS = {"the module": "#07a350", "ping": "#b8bfca"}
_OTHERS, _TEXT = "#68707e", "#1f2733"


def tasks(situation: dict[str, Any]) -> dict[str, float]:
    """Return the task time of each way, in seconds, in the order above."""
    measured = {row["contender"]: row["task"] for row in situation["rows"]}
    found = {way: next((measured[name] for name in names if name in measured), None) for way, names in WAYS.items()}
    return {way: seconds for way, seconds in found.items() if seconds is not None}


def picture(results: dict[str, Any]) -> str:
    """Return the picture: the task time of each way, for the slower network."""
    latency = max(situation["latency"] for situation in results["situations"])
    panels = [
        situation
        for situation in results["situations"]
        if situation["latency"] == latency and not situation["title"].endswith("nothing to do")
    ]
    shapes, top = [], 8
    for situation in panels:
        shapes.append(_text(12, top + 16, situation["title"], 'font-weight="bold"'))
        top += 28
        seconds = tasks(situation)
        for way, value in seconds.items():
            width = max(value / max(seconds.values()) * 250, 2)
            color = _COLORS.get(way, _OTHERS)
            shapes.append(_text(140, top + 13, way, 'text-anchor="end"'))
            shapes.append(f'<rect x="148" y="{top}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{color}"/>')
            shapes.append(_text(round(154 + width), top + 13, f"{value:.2f} s"))
            top += _STEP
        top += 14
    box = f'width="{_WIDTH}" height="{top}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {box} viewBox="0 0 {_WIDTH} {top}" role="img"'
            f' font-family="Helvetica, Arial, sans-serif" font-size="{_FONT_SIZE}" fill="{_TEXT}">',
            f"<title>{escape(description(results))}</title>",
            f'<rect {box} rx="8" fill="#ffffff"/>',
            *shapes,
            "</svg>\n",
        ]
    )


def _text(x: int, y: int, words: str, attributes: str = "") -> str:
    return f'<text x="{x}" y="{y}"{" " * bool(attributes)}{attributes}>{escape(words)}</text>'


def description(results: dict[str, Any]) -> str:
    """Return what the picture shows, for those who do not see it."""
    latency = max(situation["latency"] for situation in results["situations"])
    return f"Task time in seconds of each way to the same result, with a network latency of {latency * 1000:g} ms"


def tables(results: dict[str, Any]) -> str:
    """Return all that stands between the markers of the page."""
    parts = [
        f".. image:: {PICTURE.name}\n  :alt: {description(results)}; the table below has the same figures\n\n",
        "Task time in seconds:\n\n",
        *_table(["Situation", "Latency", "Calls", *WAYS, "module ÷ (ping + script)"], _situation_rows(results)),
    ]
    for series in results.get("growth", ()):
        module, _colon, of = series["title"].partition(": ")
        rows = [
            [f"{row['size']:,}", f"{row['wall']:.2f}", f"{row['peak_mib']:.0f}", f"{row['handed_over_mib']:.0f}"]
            for row in series["rows"]
        ]
        parts.append(f"\nGrowth of ``{module}`` with the number of {of}:\n\n")
        parts += _table(["Number", "Seconds", "Memory, MiB", "of it before the first call, MiB"], rows)
    if "startup" in results:
        rows = [
            [
                f"``{row['module']}``",
                f"{row['packing_ms']:.0f}",
                f"{row['import_ms']:.0f}",
                f"{row['bytes'] / 1000:.0f}",
            ]
            for row in results["startup"]
        ]
        parts.append("\nWhat the start of a module costs:\n\n")
        parts += _table(["Module", "Packing, ms", "Import of its own files, ms", "Size of these files, kB"], rows)
    parts.append(f"\nMeasured on {results['machine']}.\n")
    return "".join(parts)


def _situation_rows(results: dict[str, Any]) -> Iterator[list[str]]:
    for situation in results["situations"]:
        seconds = tasks(situation)
        (calls, *_others) = (row["calls"] for row in situation["rows"] if row["contender"] in WAYS["the module"])
        ratio = seconds["the module"] / (seconds["ping"] + seconds["plain script"])
        figures = [f"{seconds[way]:.2f}" if way in seconds else "—" for way in WAYS]
        yield [situation["title"], f"{situation['latency'] * 1000:g} ms", f"{calls:,}", *figures, f"{ratio:.2f}"]


def _table(headings: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield ".. list-table::\n  :header-rows: 1\n\n"
    for row in [headings, *rows]:
        yield "  * - {}\n".format("\n    - ".join(row))


def render() -> dict[Path, str]:
    """Return what the page and the picture have to hold."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    _old, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no place for the figures")
    return {PAGE: f"{before}{begin}\n{tables(results)}\n{end}{after}", PICTURE: picture(results)}


def main() -> None:
    """Bring page and picture up to date, or check that they are."""
    outdated = {path: text for path, text in render().items() if path.read_text(encoding="utf-8") != text}
    names = ", ".join(str(path.relative_to(ROOT)) for path in outdated)
    if "--check" in sys.argv[1:]:
        sys.exit(f"Not up to date: {names}. Run: python -m tests.benchmark.plot" if outdated else 0)
    for path, text in outdated.items():
        path.write_text(text, encoding="utf-8")
    print(f"Wrote {names}" if outdated else "The performance page is up to date.")


if __name__ == "__main__":
    main()
