"""Records as a person may see them: numbers of people masked, everything else as it is.

Rules:
- The caller's number is shown as 138****8000, wherever in the record it stands; what is no number is not shown.
- SIP headers as the outside world wrote them are not shown at all: anything may stand in them.
- Ids and the names of files stay: by them one finds the rest, and whoever may look there may see it.
- A text that came from outside cannot steer the reader's terminal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from callrouter.log import mask_number, mask_personal
from callrouter.vocabulary.cel import CelRow, extra_of, facts_of
from callrouter.vocabulary.wire_text import without_controls

HIDDEN: Final = "****"
_PERSONAL: Final = frozenset({"caller_raw", "caller", "caller_number"})
_RAW_HEADERS: Final = frozenset(
    {"to_raw", "diversion_raw", "history_info_raw", "to", "diversion", "history_info"}
)
_KEPT: Final = frozenset(
    {"call_id", "node", "uniqueid", "linkedid", "leg", "cel_ids", "file", "sha256", "plan_hash", "id"}
)
_MANY_DIGITS: Final = re.compile(r"[0-9]{7,}")


def masked_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Mask a record in its JSON form."""
    own = _digits_of(record.get("caller_raw"))
    return {key: _masked(key, value, own) for key, value in record.items()}


def masked_row(row: CelRow) -> dict[str, str]:
    """Mask what a journal row tells, as names and texts."""
    told = told_by(row)
    own = _digits_of(told.get("caller")) | _digits_of(row.caller_number)
    return {key: str(_masked(key, value, own)) for key, value in told.items()}


def told_by(row: CelRow) -> dict[str, str]:
    """What a journal row tells beside its instant and event: its columns that are not empty, and its facts."""
    columns = {
        "channel": row.channel,
        "exten": row.exten,
        "caller_number": "" if row.caller_number == row.exten else row.caller_number,
        "peer": row.peer,
    }
    extra = facts_of(row) or {key: str(value) for key, value in extra_of(row).items()}
    return {key: value for key, value in {**columns, **extra}.items() if value}


def printable(value: object) -> str:
    """A text for a terminal; None is `-`."""
    return "-" if value is None or value == "" else without_controls(str(value))


def _masked(key: str, value: Any, own: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {inner: _masked(inner, held, own) for inner, held in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(key, held, own) for held in value]
    if not isinstance(value, str) or key in _KEPT:
        return value
    if key in _RAW_HEADERS:
        return HIDDEN
    if key in _PERSONAL:
        return mask_number(value)
    for digits in own:
        value = value.replace(digits, mask_number(digits))
    return mask_personal(None, "", {"text": value})["text"]


def _digits_of(number: object) -> frozenset[str]:
    return frozenset(_MANY_DIGITS.findall(number)) if isinstance(number, str) else frozenset()
