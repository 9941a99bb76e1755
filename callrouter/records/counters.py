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
    journal_files_passed_over: int = 0
    """Rotated journal files that could not be read."""
    records_written: int = 0
    calls_not_folded: int = 0
    """Calls whose folding failed: a defect. Their rows stay, and are folded again at the next start."""
    database_failures: int = 0
    """Transactions that failed and were tried again."""
    unforeseen_errors: int = 0
    """Steps of collecting or delivering that failed in a way nobody thought of: a defect. They are tried again."""
    published: int = 0
    """Messages that the broker took, repetitions included."""
    publish_failures: int = 0
    acknowledged: int = 0
    """Messages that the ticketing side has stored."""
    rejected: int = 0
    """Dead letters: messages that the ticketing side refused, or that are damaged in the outbox."""
    repeated_acknowledgements: int = 0
    unknown_acknowledgements: int = 0
    """Acknowledgements of messages that were never ours."""
    broker_connected: bool = False
