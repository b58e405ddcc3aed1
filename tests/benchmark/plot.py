# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws the benchmark's results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "wecom.kf", "font.size": 9, "svg.fonttype": "path"})

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.ticker import NullFormatter  # noqa: E402

OURS, OTHERS, FLOOR = "#07c160", "#8a919f", "#d0d5dd"


def draw(results: dict[str, Any], path: Path) -> None:
    """Task time of each contender, one panel for each situation; and growth, where it was measured."""
    situations, growth = results["situations"], results.get("growth", [])
    columns = 2
    rows = -(-(len(situations) + len(growth)) // columns)
    figure, axes = plt.subplots(max(rows, 1), columns, figsize=(11, 2.5 * max(rows, 1)), squeeze=False)
    panels = list(axes.flat)
    for panel, situation in zip(panels, situations, strict=False):
        bars = [row for row in situation["rows"] if row["contender"] != "debug"]
        names = [row["contender"] for row in bars]
        colours = [_colour(name) for name in names]
        drawn = panel.barh(names, [max(row["task"], 0.001) for row in bars], color=colours)
        panel.bar_label(drawn, [f"{row['task']:.2f} s, {row['calls']} calls" for row in bars], padding=3)
        panel.set_xscale("log")
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.set_xlim(right=panel.get_xlim()[1] * 30)
        panel.invert_yaxis()
        panel.set_title(f"{situation['title']}, {situation['latency'] * 1000:g} ms", fontsize=9)
        panel.spines[["top", "right"]].set_visible(False)
    for panel, series in zip(panels[len(situations) :], growth, strict=False):
        sizes = [row["size"] for row in series["rows"]]
        panel.loglog(sizes, [row["wall"] for row in series["rows"]], "o-", color=OURS, label="seconds")
        panel.loglog(sizes, [row["peak_mib"] for row in series["rows"]], "s--", color=OTHERS, label="peak MiB")
        panel.loglog(sizes, [row["handed_over_mib"] for row in series["rows"]], ":", color=OTHERS, label="of it input")
        panel.set_title(series["title"].replace(": ", ":\n", 1), fontsize=8)
        panel.legend(frameon=False)
        panel.spines[["top", "right"]].set_visible(False)
    for panel in panels[len(situations) + len(growth) :]:
        panel.set_axis_off()
    figure.supxlabel("above: task time in seconds, logarithmic; shorter is better", fontsize=8)
    figure.tight_layout(w_pad=2)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _colour(contender: str) -> str:
    if contender.startswith("wecom_kf"):
        return OURS
    return FLOOR if contender == "ping" else OTHERS
