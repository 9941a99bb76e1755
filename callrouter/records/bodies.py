"""What is said to the ticketing side, as JSON text: made from the vocabulary's classes and from nothing else.

Rules:
- Instants are ISO 8601; those in UTC, which all are that we make, end in Z.
- A body is made once, when it is stored, and read back only by ourselves; keys that this version does not know are
  passed over, so that an older version can read what a newer one wrote.
- What is wrong with a body is told by the names of its fields, never by what is in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter, ValidationError

from callrouter.vocabulary.live import Answered, Arrived, Ended, LiveEvent, Transferred
from callrouter.vocabulary.message import Kind
from callrouter.vocabulary.record import CallRecord

_RECORD: Final = TypeAdapter(CallRecord)
_LIVE: Final[Mapping[type[LiveEvent], tuple[Kind, TypeAdapter[LiveEvent]]]] = {
    kind: (told_as, TypeAdapter(kind))
    for kind, told_as in (
        (Arrived, Kind.ARRIVED),
        (Answered, Kind.ANSWERED),
        (Transferred, Kind.TRANSFERRED),
        (Ended, Kind.ENDED),
    )
}


class BodyError(ValueError):
    """The text is no record. The message names the fields that are wrong, not what is in them."""


def record_body(record: CallRecord) -> str:
    """Give the record as a JSON object."""
    return _RECORD.dump_json(record).decode()


def read_record(body: str) -> CallRecord:
    """Undo `record_body`; raise BodyError for what is no record."""
    try:
        return _RECORD.validate_json(body)
    except ValidationError as error:
        wrong = sorted(
            {".".join(map(str, fault["loc"])) or "JSON" for fault in error.errors(include_input=False)}
        )
    raise BodyError(
        f"a stored record cannot be read, at {', '.join(wrong)}: it was written by another version"
    )


def live_body(event: LiveEvent) -> str:
    """Give a live event as a JSON object."""
    return _LIVE[type(event)][1].dump_json(event).decode()


def live_kind(event: LiveEvent) -> Kind:
    """Tell what the event's message is about."""
    return _LIVE[type(event)][0]
