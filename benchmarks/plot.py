"""The report's picture: what the findings' bars say, in panels. The same bars give the same file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.table import Bar, Panel

_OURS, _PEERS, _TARGET = "#2b6cb0", "#a0aec0", "#c53030"
_WIDTH, _BAR_HEIGHT, _TITLE_HEIGHT = 9.0, 0.27, 0.75
"""Inches."""


def draw(bars: Iterable[Bar], file: Path) -> None:
    """Write the picture as SVG."""
    drawn = list(bars)
    panels = [(panel.value, [bar for bar in drawn if bar.panel is panel]) for panel in Panel]
    filled = [(title, of_panel) for title, of_panel in panels if of_panel]
    heights = [_TITLE_HEIGHT + _BAR_HEIGHT * len(of_panel) for _, of_panel in filled]
    # Text stays text, ids come from the content, and no date is written: the file changes when a figure does.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "callrouter", "font.size": 9}):
        figure = Figure(figsize=(_WIDTH, sum(heights) + 0.3), layout="constrained")
        axes = figure.subplots(len(filled), 1, squeeze=False, height_ratios=heights)
        for (title, of_panel), panel in zip(filled, axes[:, 0], strict=True):
            _draw_panel(panel, title, of_panel)
        figure.supxlabel("Median, with the range of all pairs. Red: the target.", fontsize=8)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _draw_panel(panel: Axes, title: str, bars: list[Bar]) -> None:
    places = range(len(bars))
    medians = [bar.value.median for bar in bars]
    below = [bar.value.median - bar.value.least for bar in bars]
    above = [bar.value.most - bar.value.median for bar in bars]
    colours = [_PEERS if bar.peer else _OURS for bar in bars]
    panel.barh(places, medians, xerr=(below, above), color=colours, height=0.7, ecolor="#4a5568", capsize=2)
    for place, bar in zip(places, bars, strict=True):
        if bar.target is not None:
            panel.plot([bar.target, bar.target], [place - 0.45, place + 0.45], color=_TARGET, linewidth=2)
    panel.set_yticks(places, [bar.label for bar in bars])
    panel.invert_yaxis()
    panel.set_title(title, loc="left", fontsize=9)
    panel.spines[["top", "right"]].set_visible(False)
