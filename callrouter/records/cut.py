"""What a stretch of one of Asterisk's logs gives when it is cut into rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Cut(Generic[Row]):
    """The complete rows at the beginning of a stretch of a file."""

    rows: tuple[Row, ...]
    unreadable: int
    """Pieces that are no row, and were passed over."""
    consumed: int
    """Bytes up to the end of the last complete row."""
