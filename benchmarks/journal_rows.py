"""Journal rows of as many calls as one wants: a real answered call (`sample_call.csv`), with ids of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from callrouter.records.cel_csv import cut
from callrouter.records.tail import FilePosition
from callrouter.vocabulary.cel import CelRow

CALLS_A_BATCH: Final = 35
"""About what the journal's reader takes at once: 128 KiB."""
_SIP_CALL_ID: Final = "d5f572dacc4b8d00"
"""Of the sample."""


def call_rows(number: int, *, since: int = 0) -> list[list[CelRow]]:
    """Return that many calls, each its rows; their ids count up from `since`."""
    sample = cut((Path(__file__).parent / "sample_call.csv").read_bytes()).rows
    caller = sample[0].uniqueid
    return [
        [
            replace(
                row,
                uniqueid=f"node1-{place}.{0 if row.uniqueid == caller else 1}",
                linkedid=f"node1-{place}.0",
                extra=row.extra.replace(_SIP_CALL_ID, f"{place:016x}"),
            )
            for row in sample
        ]
        for place in range(since, since + number)
    ]


def batches(
    made: Sequence[list[CelRow]], *, calls: int = CALLS_A_BATCH
) -> Iterator[tuple[list[CelRow], FilePosition]]:
    """Cut calls into batches, each with a position in a journal file that there might be."""
    for start in range(0, len(made), calls):
        rows = [row for call in made[start : start + calls] for row in call]
        yield rows, FilePosition(inode=1, head="00", offset=start + calls)
