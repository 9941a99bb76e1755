"""`callrouter plan timeline`: the life of a plan's lines, printed as a table or drawn into a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer

from callrouter.cli.plan_folders import NoSuchPlan, plan_folder, shown_as
from callrouter.plans.load import load
from callrouter.plans.timeline.rows import Row, find_row, timeline_of
from callrouter.plans.timeline.svg import draw
from callrouter.plans.timeline.table import table_of
from callrouter.plans.timeline.words import Tongue
from callrouter.vocabulary.numbers import UnknownNumber, canonical_line, parse_number
from callrouter.vocabulary.plan import Plan

_NOT_THERE: Final = (
    "计划里没有 / not in the plan; 写 lines.yaml 或 operator.yaml 里的号码，或号码表、类别的 id"
    " / give a number of lines.yaml or operator.yaml, or the id of a list or class"
)


def show_timeline(
    path: Path | None,
    numbers: Sequence[str],
    svg: Path | None,
    tongue: Tongue,
    *,
    overlay: bool,
    config: Path | None,
) -> int:
    """Print or draw the timeline; return 0, 1 if a number is in no plan, 2 for a bad plan or argument.

    Raises SettingsError and, if the drawing can't be written, PermissionError.
    """
    try:
        folder = plan_folder(path, config)
    except NoSuchPlan as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    loaded = load(folder, overlay=overlay, shown=shown_as(folder))
    if loaded.plan is None:
        sys.stderr.writelines(f"{finding}\n" for finding in loaded.findings)
        return 2
    rows = {asked: _row(loaded.plan, asked) for asked in numbers}
    missing = [asked for asked, row in rows.items() if row is None]
    if missing:
        sys.stderr.writelines(f"{asked}: {_NOT_THERE}\n" for asked in missing)
        return 1
    timeline = timeline_of(loaded.plan, [row for row in rows.values() if row] if numbers else None)
    if svg is None:
        for line in table_of(timeline, tongue):
            typer.echo(line)
        return 0
    if not svg.parent.is_dir():
        sys.stderr.write(f"{svg.parent}: 没有这个目录 / there is no such folder; 先建好 / make it first\n")
        return 2
    svg.write_text(draw(timeline, tongue), encoding="utf-8")
    typer.echo(f"已画 / drawn: {svg}")
    return 0


def _row(plan: Plan, asked: str) -> Row | None:
    """A row by its id, or by a number in any spelling that the door understands."""
    row = find_row(plan, asked)
    number = parse_number(asked, plan.short_codes)
    if row is not None or isinstance(number, UnknownNumber):
        return row
    return find_row(plan, canonical_line(number, None) or "")
