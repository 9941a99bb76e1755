"""What a person reads in a terminal: tables whose columns are as wide as what stands in them, instants of Beijing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import typer

from callrouter.service.masking import printable

BEIJING: Final = ZoneInfo("Asia/Shanghai")
_FIRST_WIDE: Final = 0x2E80
"""From here on a character takes two places: Chinese, and its punctuation."""


def beijing(at: datetime, timespec: str = "seconds") -> str:
    """An instant by the clock of Beijing, with its offset."""
    return at.astimezone(BEIJING).isoformat(timespec=timespec)


def print_table(headings: Sequence[str], lines: Iterable[Iterable[object]]) -> None:
    """Print lines below their headings."""
    table = [list(headings), *([printable(cell) for cell in line] for line in lines)]
    widths = [max(map(_places, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = (cell + " " * (width - _places(cell)) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def _places(text: str) -> int:
    return sum(2 if ord(letter) >= _FIRST_WIDE else 1 for letter in text)
