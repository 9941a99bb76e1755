"""Follows the journal file for display. Records are not made from this: they have their own, durable reader."""

from __future__ import annotations

import csv
from pathlib import Path

from callrouter.vocabulary.cel import CelRow, CelRowError, at_node, cel_row


class JournalFollower:
    """Gives the rows that were written since it was made, whole lines only."""

    def __init__(self, file: Path, node: str) -> None:
        self._file = file
        self._node = node
        self._offset = file.stat().st_size if file.exists() else 0

    def new_rows(self) -> list[CelRow]:
        """Return the rows since the last time."""
        if not self._file.exists():
            return []
        with self._file.open("rb") as stream:
            stream.seek(self._offset)
            text = stream.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        rows = []
        for fields in csv.reader(whole.decode("utf-8", "replace").splitlines()):
            try:
                rows.append(at_node(cel_row(fields), self._node))
            except CelRowError:
                continue
        return rows
