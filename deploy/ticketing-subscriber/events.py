"""What CallRouter sends, checked as far as it is stored or answered: events, batches of them, manifests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LARGEST_PAYLOAD = 1 << 20
MOST_IDS = 500
"""In a manifest, and in an answer."""
_MANIFEST = "cn.callrouter.outbox.reconcile.v1"
_LONGEST_ATTRIBUTE = 1024
_SPACE = re.compile(r"[ \t\n\r]*")
_value_at = json.JSONDecoder().raw_decode
"""Reads one JSON value of a text; gives it and where it ends."""


class RejectedError(ValueError):
    """It can never be stored. The text says why, without quoting it."""


class Event(NamedTuple):
    """A CloudEvent, checked as far as it is stored."""

    id: str
    source: str
    type: str
    subject: str
    sequence: str | None
    time: str | None
    rehearsal: bool
    text: str
    """The whole event, as it was written."""

    def data(self) -> dict[str, object]:
        """Read what the event says."""
        value: dict[str, object] = json.loads(self.text)["data"]
        return value


class Manifest(NamedTuple):
    """What should be here by now: ids of events whose sources begin with this one."""

    id: str
    source: str
    ids: tuple[str, ...]


class Refused(NamedTuple):
    """An event that can never be stored."""

    id: str | None
    """None when even that could not be read: nothing can be said about it then."""
    reason: str


Item = Event | Manifest | Refused


class Answer(NamedTuple):
    """What became of an event or a manifest."""

    id: str
    outcome: str
    reason: str | None = None
    missing: tuple[str, ...] | None = None

    def value(self) -> dict[str, object]:
        """Give the acknowledgement as a JSON value."""
        fields = {"reason": self.reason, "missing": self.missing}
        return {"id": self.id, "outcome": self.outcome} | {k: v for k, v in fields.items() if v is not None}


def read_payload(payload: bytes) -> list[Item]:
    """Read an event or a batch of them: one item for each. Raises RejectedError when it is neither."""
    if len(payload) > LARGEST_PAYLOAD:
        raise RejectedError("larger than 1 MiB")
    try:
        text = payload.decode()
        return [_item(value, its_text) for value, its_text in _values(text)]
    except (ValueError, RecursionError) as error:
        raise RejectedError("not JSON in UTF-8") from error


def write_answers(answers: Iterable[Answer], *, as_batch: bool) -> list[bytes]:
    """Write the acknowledgements of one message: one payload, or several for a very large batch."""
    values = [answer.value() for answer in answers]
    if not as_batch:
        return [json.dumps(value).encode() for value in values]
    return [
        json.dumps({"acknowledgements": values[first : first + MOST_IDS]}).encode()
        for first in range(0, len(values), MOST_IDS)
    ]


def _values(text: str) -> Iterator[tuple[object, str]]:
    """Read a JSON array, each value with its own text; what is no array is one value. Raises ValueError."""
    place = _after_space(text, 0)
    if not text.startswith("[", place):
        yield json.loads(text), text
        return
    place = _after_space(text, place + 1)
    more = not text.startswith("]", place)
    while more:
        # Cut out of the batch, and not written anew from the value: that takes longer than all the rest.
        value, end = _value_at(text, place)
        yield value, text[place:end]
        place = _after_space(text, end)
        more = text.startswith(",", place)
        place = _after_space(text, place + 1) if more else place
    if not text.startswith("]", place) or _after_space(text, place + 1) != len(text):
        raise ValueError("the array does not end where it should")


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _item(value: object, text: str) -> Item:
    try:
        return _read(value, text)
    except RejectedError as error:
        id_ = value.get("id") if isinstance(value, dict) else None
        return Refused(id_ if _is_text(id_) else None, str(error))


def _read(value: object, text: str) -> Event | Manifest:
    if not isinstance(value, dict) or value.get("specversion") != "1.0":
        raise RejectedError("not a CloudEvents 1.0 event")
    for name in ("id", "source", "type", "subject"):
        if not _is_text(value.get(name)):
            raise RejectedError(f"attribute `{name}` is missing or no text that can be stored")
    data = value.get("data")
    if not isinstance(data, dict):
        raise RejectedError("`data` is not an object")
    if value["type"] == _MANIFEST:
        return Manifest(value["id"], value["source"], _ids(data.get("ids")))
    return Event(
        id=value["id"],
        source=value["source"],
        type=value["type"],
        subject=value["subject"],
        sequence=value["sequence"] if _is_text(value.get("sequence")) else None,
        time=value["time"] if _is_text(value.get("time")) else None,
        rehearsal=value.get("rehearsal") is True,
        text=text,
    )


def _ids(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_IDS or not all(map(_is_text, value)):
        raise RejectedError(f"`ids` is not a list of at most {MOST_IDS} texts")
    return tuple(value)


def _is_text(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ATTRIBUTE:
        return False
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
