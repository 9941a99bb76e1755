"""What CallRouter sends, checked as far as it is stored or answered: events, batches of them, manifests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

LARGEST_PAYLOAD = 1 << 20
MOST_IDS = 500
"""In a manifest, and in an answer."""
_MANIFEST = "cn.callrouter.outbox.reconcile.v1"
_LONGEST_ATTRIBUTE = 1024


class RejectedError(ValueError):
    """It can never be stored. The text says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent, checked as far as it is stored."""

    id: str
    source: str
    type: str
    subject: str
    sequence: str | None
    time: str | None
    rehearsal: bool
    data: dict[str, object]
    text: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What should be here by now: ids of events whose sources begin with this one."""

    id: str
    source: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that can never be stored."""

    id: str | None
    """None when even that could not be read: nothing can be said about it then."""
    reason: str


Item = Event | Manifest | Refused


@dataclass(frozen=True, slots=True)
class Answer:
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
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RejectedError("not JSON in UTF-8") from error
    if isinstance(value, list):
        return [_item(one, None) for one in value]
    return [_item(value, text)]


def write_answers(answers: Iterable[Answer], *, as_batch: bool) -> list[bytes]:
    """Write the acknowledgements of one message: one payload, or several for a very large batch."""
    values = [answer.value() for answer in answers]
    if not as_batch:
        return [json.dumps(value).encode() for value in values]
    return [
        json.dumps({"acknowledgements": values[first : first + MOST_IDS]}).encode()
        for first in range(0, len(values), MOST_IDS)
    ]


def _item(value: object, text: str | None) -> Item:
    try:
        return _read(value, text)
    except RejectedError as error:
        id_ = value.get("id") if isinstance(value, dict) else None
        return Refused(id_ if _is_text(id_) else None, str(error))


def _read(value: object, text: str | None) -> Event | Manifest:
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
        data=data,
        text=text or _as_text(value),
    )


def _ids(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_IDS or not all(map(_is_text, value)):
        raise RejectedError(f"`ids` is not a list of at most {MOST_IDS} texts")
    return tuple(value)


def _as_text(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Half of a surrogate pair cannot be stored; its escape can.
    return text.encode("utf-8", "backslashreplace").decode()


def _is_text(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ATTRIBUTE:
        return False
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
