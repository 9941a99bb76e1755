"""Records as a person may see them: numbers of people masked, everything else as it is.

Rules:
- The caller's number is shown as 138****8000, wherever in the record it stands; what is no number is not shown. It is
  found without its area or country, too, for a switch takes these off and puts them on.
- SIP headers as the outside world wrote them are not shown at all: anything may stand in them.
- What an agent noted of a call is not shown either: it may say anything about anybody.
- Ids stay, and the names of files but for the caller's number: by them one finds the rest.
- A text that came from outside cannot steer the reader's terminal, in JSON either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from callrouter.log import mask_number, mask_personal
from callrouter.vocabulary.cel import CelRow, extra_of, facts_of
from callrouter.vocabulary.wire_text import without_controls

HIDDEN: Final = "****"
_PERSONAL: Final = frozenset({"caller_raw", "caller", "caller_number", "number"})
_RAW_HEADERS: Final = frozenset(
    {"to_raw", "diversion_raw", "history_info_raw", "to", "diversion", "history_info"}
)
_NOTE: Final = "text"
_KEPT: Final = frozenset(
    {"call_id", "node", "uniqueid", "linkedid", "leg", "cel_ids", "sha256", "plan_hash", "id"}
)
_FILE: Final = "file"
_MANY_DIGITS: Final = re.compile(r"[0-9]{7,}")
_SEPARATORS: Final = re.compile(r"(?<=[0-9])[-. ()]+(?=[0-9])")
_LOCAL_DIGITS: Final = (8, 7)
"""How long a number is without its area."""
_STEERING: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON leaves as it is, and a terminal obeys: controls, and what turns the direction of writing."""


def masked_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Mask a record in its JSON form."""
    own = digits_of([record.get("caller_raw")])
    return {key: _masked(key, value, own) for key, value in record.items()}


def masked_rows(rows: Iterable[CelRow]) -> list[dict[str, str]]:
    """Mask what the rows of one call tell, as names and texts: none shows what another tells of the caller."""
    told = [(row, told_by(row)) for row in rows]
    own = digits_of(number for row, says in told for number in (says.get("caller"), row.caller_number))
    return [{key: str(_masked(key, value, own)) for key, value in says.items()} for _, says in told]


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
    return "-" if value is None or value == "" else _harmless(without_controls(str(value)))


def json_text(value: object) -> str:
    """A value as JSON on one line, fit for a terminal."""
    return _harmless(json.dumps(value, ensure_ascii=False))


def digits_of(numbers: Iterable[object]) -> tuple[str, ...]:
    """Give the digits by which people's numbers would be known, the longest first: also without area or country."""
    runs = {
        run
        for number in numbers
        if isinstance(number, str)
        for run in _MANY_DIGITS.findall(_SEPARATORS.sub("", number))
    }
    local = {run[-length:] for run in runs for length in _LOCAL_DIGITS if len(run) > length}
    return tuple(sorted(runs | local, key=lambda run: (-len(run), run)))


def _masked(key: str, value: Any, own: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return {inner: _masked(inner, held, own) for inner, held in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(key, held, own) for held in value]
    if not isinstance(value, str) or key in _KEPT:
        return value
    if key in _RAW_HEADERS or key == _NOTE:
        return HIDDEN
    if key in _PERSONAL:
        return mask_number(value)
    for digits in own:
        value = value.replace(digits, mask_number(digits))
    # The name of a file may hold an instant of many digits.
    return value if key == _FILE else mask_personal(None, "", {"text": value})["text"]


def _harmless(text: str) -> str:
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
