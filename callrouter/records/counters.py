"""What the records path has done since it started; the service exports it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class RecordCounters:
    """Counts since the start. Depth and age of the outbox are asked of the store."""

    rows_collected: int = 0
    """Journal rows read and stored, repetitions included."""
    rows_unreadable: int = 0
    """Stretches of a journal file that are no row. They stay in the file."""
    records_written: int = 0
    calls_not_folded: int = 0
    """Calls whose folding failed: a defect. Their rows stay in the journal."""
    database_failures: int = 0
    """Transactions that failed and were tried again."""
    published: int = 0
    """Messages that the broker took, repetitions included."""
    publish_failures: int = 0
    acknowledged: int = 0
    """Messages that the ticketing side has stored."""
    rejected: int = 0
    """Messages that the ticketing side refused: dead letters."""
    repeated_acknowledgements: int = 0
    unknown_acknowledgements: int = 0
    """Acknowledgements of messages that were never ours."""
    broker_connected: bool = False
