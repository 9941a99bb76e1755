"""How a message and its acknowledgement are spelled. Pure.

Rules:
- A message is a CloudEvents 1.0 event in JSON (structured mode). Source and id identify it; `sequence`
  numbers the events of one call; `rehearsal` is an extension and a JSON boolean.
- An acknowledgement is `{"id": …, "outcome": "stored" | "duplicate" | "rejected", "reason": …}`. It comes
  from outside: what is not exactly that is refused, and its text is shortened.
"""

from __future__ import annotations

import json

from callrouter.vocabulary.message import Acknowledgement, Message, Outcome

CONTENT_TYPE = "application/cloudevents+json"
_LONGEST_ACKNOWLEDGEMENT = 4096
_LONGEST_ID = 64
_LONGEST_REASON = 256


class AcknowledgementError(ValueError):
    """What came is no acknowledgement. The message says why, without quoting it."""


def encode_event(message: Message, instance: str) -> bytes:
    """Write a message as a CloudEvent."""
    event = {
        "specversion": "1.0",
        "id": message.id,
        "source": f"/callrouter/{instance}/{message.node}",
        "type": message.kind,
        "subject": message.call_id,
        "time": message.created_at.isoformat(timespec="milliseconds"),
        "datacontenttype": "application/json",
        "sequence": str(message.sequence),
        "rehearsal": message.rehearsal,
        "data": message.body,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def decode_acknowledgement(payload: bytes, correlation: bytes | None) -> Acknowledgement:
    """Read an acknowledgement; `correlation`, if there is one, must be the message's id as well."""
    if len(payload) > _LONGEST_ACKNOWLEDGEMENT:
        raise AcknowledgementError("longer than an acknowledgement can be")
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise AcknowledgementError("not JSON") from error
    if not isinstance(value, dict):
        raise AcknowledgementError("not a JSON object")
    message_id, reason = value.get("id"), value.get("reason")
    if not isinstance(message_id, str) or not 0 < len(message_id) <= _LONGEST_ID or not message_id.isascii():
        raise AcknowledgementError("`id` is not a message's id")
    if correlation is not None and correlation != message_id.encode():
        raise AcknowledgementError("`id` and the correlation data differ")
    try:
        outcome = Outcome(str(value.get("outcome")))
    except ValueError as error:
        raise AcknowledgementError("`outcome` is none of stored, duplicate, rejected") from error
    return Acknowledgement(message_id, outcome, _reason(reason))


def _reason(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    # Lone surrogates and NULs cannot be stored.
    text = value.encode("utf-8", "backslashreplace").decode().replace("\0", "")
    return text[:_LONGEST_REASON] or None
