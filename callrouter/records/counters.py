"""What the records path has done since it started; the service exports it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class RecordCounters:
    """Counts since the start. Depth and age of the outbox are asked of the store."""

    rows_collected: int = 0
    """Rows of Asterisk's logs read and stored, repetitions included."""
    rows_unreadable: int = 0
    """Stretches of a log that are no row, and rows whose ids are none. They stay in the file."""
    rows_passed_over: int = 0
    """Rows of calls whose earlier rows were pruned long ago: their records are final."""
    journal_files_passed_over: int = 0
    """Rotated log files that could not be read."""
    journal_files_rotated: int = 0
    """Times the journal was put aside because it had grown large."""
    journal_files_pruned: int = 0
    """Old log files that were removed."""
    rows_pruned: int = 0
    """Rows of the database that were removed because they were old."""
    recordings_pruned: int = 0
    """Files of recorded calls that were removed because they were old."""
    upkeep_failures: int = 0
    """Times that rotating or pruning failed; it is tried again."""
    lag_seconds: float = 0.0
    """How old the newest row was when it was stored; 0 once the logs were read to their end."""
    open_calls: int = 0
    """Calls whose end has not been read, now."""
    records_written: int = 0
    """Records, their revisions included."""
    revisions_written: int = 0
    """Corrections of records: more was read after the end of a call."""
    calls_closed_by_rule: int = 0
    """Records of calls whose end was never written down."""
    live_events_written: int = 0
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
    reconciled: int = 0
    """Delivered messages that the ticketing side was asked about, and has."""
    missing_found: int = 0
    """Of those it does not have any more: a loss on its side. They are sent again."""
    manifests_unanswered: int = 0
    """Questions about what it has that it did not answer."""
    broker_connected: bool = False
