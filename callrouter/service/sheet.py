"""Records as a table: one line a call, for a spreadsheet.

Rules:
- A cell that a spreadsheet would take for a formula begins with an apostrophe: callers choose what stands there.
  Chinese and Japanese versions take the full-width signs as well.
- Instants are ISO 8601 with their offset; durations are milliseconds, as in the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

COLUMNS: Final = (
    *(
        "call_id",
        "node",
        "revision",
        "arrived_at",
        "accepted_at",
        "ended_at",
        "caller_raw",
        "called_raw",
        "called",
    ),
    *(
        "decision.line",
        "decision.mode",
        "decision.phase",
        "decision.plan",
        "decision.platform",
        "decision.area",
    ),
    *("decision.source", "decision.rule", "fallback", "terminal_state", "closed_by", "agent", "waited_ms"),
    *("answered_within_15_s", "talk_ms", "hung_up_by", "hangup_cause", "voicemail.file", "survey.grade"),
    *("sip_call_id", "rehearsal", "anomalies"),
)
"""Keys of the record; a dot leads into a part of it."""
BOM: Final = "\ufeff"
"""What Excel needs to take a file for UTF-8."""
_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_STRANGE: Final = frozenset("\t\r\n")
"""A cell that begins so is read on in another place."""


def header() -> list[str]:
    """The first line."""
    return [column.replace(".", "_") for column in COLUMNS]


def line(record: Mapping[str, Any]) -> list[str]:
    """The line of a call."""
    return [safe_cell(_text(_value(record, column))) for column in COLUMNS]


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from computing what a caller wrote."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text[:1] in _STRANGE else text


def _value(record: Mapping[str, Any], column: str) -> object:
    value: object = record
    for key in column.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
