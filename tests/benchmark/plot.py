# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the benchmark's results into the performance pages: ``python -m tests.benchmark.plot [--check]``.

The tables and the pictures come from results/benchmark.json and from nowhere else, in English and in Chinese.
``--check`` changes nothing and fails if they are not up to date. A picture is written as text: it needs no library that
draws, and is the same everywhere.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ..tools.checkout import ROOT

RESULTS = Path(__file__).with_name("results") / "benchmark.json"
PAGES = ROOT / "docs" / "docsite" / "rst"
_BEGIN, _END = ".. begin figures\n", ".. end figures\n"

# Ways to reach the same result, and what results call them for one account and for many.
WAYS = {
    "the module": ("wecom_kf_servicer", "wecom_kf_servicers"),
    "ping": ("ping",),
    "plain script": ("plain script", "plain script with threads"),
    "uri playbook": ("uri playbook", "uri playbook in a loop"),
    "module in a loop": ("loop over wecom_kf_servicer",),
}

# What the Chinese page says. A # stands for a number.
_CHINESE = {
    # ways
    "the module": "本集合的模块",
    "ping": "ping",
    "plain script": "普通脚本",
    "uri playbook": "uri playbook",
    "module in a loop": "循环调用模块",
    # situations and series
    "one account, # servicers, nothing to do": "一个客服账号，# 名接待人员，没有差异",
    "one account, # servicers to add": "一个客服账号，添加 # 名接待人员",
    "# accounts of # servicers, nothing to do": "# 个客服账号，各有 # 名接待人员，没有差异",
    "# accounts of # servicers, one to add in each": "# 个客服账号，各有 # 名接待人员，各添加一人",
    "accounts of # servicers, all of them named, one to add in every #th":
        "客服账号（各有 # 名接待人员，全部写出，每 # 个账号中有一个要添加一人）",
    "accounts of # servicers, one of them named, to add in every #th":
        "客服账号（各有 # 名接待人员，只写出一人，每 # 个账号中有一个要添加此人）",
    "servicers to add to one account": "要添加到一个客服账号的接待人员",
    # captions and headings
    "Task time of each way to the same result, with a network latency of {}":
        "网络延迟 {} 时，各种方式达到同一结果所用的任务时间",
    "; the table below has the same figures": "；下表有同样的数字",
    "Task time in seconds, for each network latency:": "不同网络延迟下的任务时间（秒）：",
    "Way": "方式",
    "API calls of the module": "模块的接口调用次数",
    "the module ÷ (ping + plain script)": "本集合的模块 ÷（ping + 普通脚本）",
    "Growth of {} with the number of {}:": "{} 随数量的增长。数量指{}：",
    "Number": "数量",
    "Seconds": "秒",
    "Memory, MiB": "内存，MiB",
    "of it before the first call, MiB": "其中首次调用之前，MiB",
    "What the start of a module costs:": "启动一个模块的开销：",
    "Module": "模块",
    "Packing, ms": "打包，ms",
    "Import of its own files, ms": "导入自身文件，ms",
    "Size of these files, kB": "这些文件的大小，kB",
    "Measured on {}, {}.": "测量环境：{}，{}。",
    "# cores": "# 核",
}  # fmt: skip

_Say = Callable[[str], str]

# One drawing for both themes of the site: on white, in colors with enough contrast.
_WIDTH, _BAR, _STEP, _FONT_SIZE = 480, 16, 23, 14
_COLORS = {"the module": "#07a350", "ping": "#b8bfca"}
_OTHERS, _TEXT = "#68707e", "#1f2733"


def in_chinese(words: str) -> str:
    """Return what the Chinese page says. Raises ValueError where a translation is missing."""
    numbers = re.findall(r"\d+", words)
    pattern = re.sub(r"\d+", "#", words)
    if pattern not in _CHINESE:
        raise ValueError(f"{Path(__file__).name} has no translation of {pattern!r}")
    parts = _CHINESE[pattern].split("#")
    return "".join(part + number for part, number in zip(parts, [*numbers, ""], strict=True))


LANGUAGES: dict[str, _Say] = {"performance": str, "performance_zh": in_chinese}


def tasks(situation: dict[str, Any]) -> dict[str, float]:
    """Return the task time of each way, in seconds, in the order above."""
    measured = {row["contender"]: row["task"] for row in situation["rows"]}
    found = {way: next((measured[name] for name in names if name in measured), None) for way, names in WAYS.items()}
    return {way: seconds for way, seconds in found.items() if seconds is not None}


def picture(results: dict[str, Any], say: _Say) -> str:
    """Return the picture: the task time of each way, for the slower network."""
    latency = max(situation["latency"] for situation in results["situations"])
    panels = [
        situation
        for situation in results["situations"]
        if situation["latency"] == latency and not situation["title"].endswith("nothing to do")
    ]
    shapes, top = [], 8
    for situation in panels:
        shapes.append(_text(12, top + 16, say(situation["title"]), 'font-weight="bold"'))
        top += 28
        seconds = tasks(situation)
        for way, value in seconds.items():
            width = max(value / max(seconds.values()) * 250, 2)
            color = _COLORS.get(way, _OTHERS)
            shapes.append(_text(140, top + 13, say(way), 'text-anchor="end"'))
            shapes.append(f'<rect x="148" y="{top}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{color}"/>')
            shapes.append(_text(round(154 + width), top + 13, f"{value:.2f} s"))
            top += _STEP
        top += 14
    box = f'width="{_WIDTH}" height="{top}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {box} viewBox="0 0 {_WIDTH} {top}" role="img"'
            f' font-family="Helvetica, Arial, sans-serif" font-size="{_FONT_SIZE}" fill="{_TEXT}">',
            f"<title>{escape(description(results, say))}</title>",
            f'<rect {box} rx="8" fill="#ffffff"/>',
            *shapes,
            "</svg>\n",
        ]
    )


def _text(x: int, y: int, words: str, attributes: str = "") -> str:
    return f'<text x="{x}" y="{y}"{" " * bool(attributes)}{attributes}>{escape(words)}</text>'


def description(results: dict[str, Any], say: _Say) -> str:
    """Return what the picture shows, for its caption and for those who do not see it."""
    latency = max(situation["latency"] for situation in results["situations"])
    return say("Task time of each way to the same result, with a network latency of {}").format(_ms(latency))


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:g} ms"


def tables(results: dict[str, Any], say: _Say, name: str) -> str:
    """Return all that stands between the markers of the page."""
    shown = description(results, say)
    latencies = sorted({situation["latency"] for situation in results["situations"]})
    parts = [
        f".. figure:: {name}.svg\n  :alt: {shown}{say('; the table below has the same figures')}\n",
        f"  :width: {_WIDTH}px\n\n  {shown}\n\n",
        say("Task time in seconds, for each network latency:") + "\n\n",
        *_table([say("Way"), *map(_ms, latencies)], _situation_rows(results, latencies, say)),
    ]
    for series in results.get("growth", ()):
        module, _colon, of = series["title"].partition(": ")
        rows = [
            [f"{row['size']:,}", f"{row['wall']:.2f}", f"{row['peak_mib']:.0f}", f"{row['handed_over_mib']:.0f}"]
            for row in series["rows"]
        ]
        parts.append("\n" + say("Growth of {} with the number of {}:").format(f"``{module}``", say(of)) + "\n\n")
        headings = ("Number", "Seconds", "Memory, MiB", "of it before the first call, MiB")
        parts += _table([say(heading) for heading in headings], rows)
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
        parts.append("\n" + say("What the start of a module costs:") + "\n\n")
        headings = ("Module", "Packing, ms", "Import of its own files, ms", "Size of these files, kB")
        parts += _table([say(heading) for heading in headings], rows)
    processor, _comma, cores = results["machine"].partition(", ")
    parts.append("\n" + say("Measured on {}, {}.").format(processor, say(cores)) + "\n")
    return "".join(parts)


def _situation_rows(results: dict[str, Any], latencies: list[float], say: _Say) -> Iterator[list[str]]:
    """Yield a row with the title of a situation, and then one for each way, with a column for each latency."""
    for title in dict.fromkeys(situation["title"] for situation in results["situations"]):
        measured = {each["latency"]: each for each in results["situations"] if each["title"] == title}
        seconds = {latency: tasks(situation) for latency, situation in measured.items()}

        def row(heading: str, values: dict[float, str]) -> list[str]:
            return [heading, *(values.get(latency, "—") for latency in latencies)]

        yield [f"**{say(title)}**", *("" for _latency in latencies)]
        for way in WAYS:
            if any(way in each for each in seconds.values()):
                yield row(say(way), {at: f"{each[way]:.2f}" for at, each in seconds.items() if way in each})
        ratios = {at: each["the module"] / (each["ping"] + each["plain script"]) for at, each in seconds.items()}
        yield row(say("the module ÷ (ping + plain script)"), {at: f"{ratio:.2f}" for at, ratio in ratios.items()})
        yield row(say("API calls of the module"), {at: _calls(situation) for at, situation in measured.items()})


def _calls(situation: dict[str, Any]) -> str:
    (calls, *_others) = (row["calls"] for row in situation["rows"] if row["contender"] in WAYS["the module"])
    return f"{calls:,}"


def _table(headings: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield ".. list-table::\n  :header-rows: 1\n  :class: figures\n\n"
    for row in [headings, *rows]:
        yield "  * - {}\n".format("\n    - ".join(row)).replace("- \n", "-\n")


def render() -> dict[Path, str]:
    """Return what the pages and the pictures have to hold."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    texts = {}
    for name, say in LANGUAGES.items():
        page = PAGES / f"{name}.rst"
        before, begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
        _old, end, after = rest.partition(_END)
        if not begin or not end:
            raise ValueError(f"{page.name} has no place for the figures")
        texts[page] = f"{before}{begin}\n{tables(results, say, name)}\n{end}{after}"
        texts[page.with_suffix(".svg")] = picture(results, say)
    return texts


def main() -> None:
    """Bring pages and pictures up to date, or check that they are."""
    outdated = {path: text for path, text in render().items() if not path.exists() or path.read_text("utf-8") != text}
    names = ", ".join(str(path.relative_to(ROOT)) for path in outdated)
    if "--check" in sys.argv[1:]:
        sys.exit(f"Not up to date: {names}. Run: python -m tests.benchmark.plot" if outdated else 0)
    for path, text in outdated.items():
        path.write_text(text, encoding="utf-8")
    print(f"Wrote {names}" if outdated else "The performance pages are up to date.")


if __name__ == "__main__":
    main()
