"""How messages, manifests and acknowledgements are spelled. Pure.

Rules:
- A message is a CloudEvents 1.0 event in JSON (structured mode); several are a batch, a JSON array of events.
  Source and id identify an event; `sequence` numbers the events of one call; `rehearsal` is an extension and a JSON
  boolean.
- A message's body is JSON text already: it is put in as it is, as `data`. Whoever gives it answers for it.
- An acknowledgement is `{"id": …, "outcome": "stored" | "duplicate" | "rejected", "reason": …}`, one about a manifest
  also has `missing`, a list of ids. Several are `{"acknowledgements": […]}`. It comes from outside: what is not
  exactly that is refused, and its text is shortened.
- The correlation data of a single message or a manifest is its id, and an acknowledgement that brings it back speaks
  of that id. A batch's is no id of a message, for its answer speaks of several.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, TypeGuard

from callrouter.vocabulary.live import LIVE_SCHEMA_VERSION
from callrouter.vocabulary.message import Acknowledgement, Kind, Manifest, Message, Outcome
from callrouter.vocabulary.record import SCHEMA_VERSION

CONTENT_TYPE: Final = "application/cloudevents+json"
BATCH_CONTENT_TYPE: Final = "application/cloudevents-batch+json"
RECONCILE_SCHEMA_VERSION: Final = 1
MOST_ACKNOWLEDGEMENTS: Final = 500
"""In one payload, and so are the ids that one may call missing."""
_LONGEST_PAYLOAD: Final = 1 << 20
_LONGEST_ID: Final = 64
_LONGEST_REASON: Final = 256
_BATCH: Final = b"batch:"

SCHEMAS: Final = {
    Kind.ARRIVED: ("arrived", LIVE_SCHEMA_VERSION),
    Kind.ANSWERED: ("answered", LIVE_SCHEMA_VERSION),
    Kind.TRANSFERRED: ("transferred", LIVE_SCHEMA_VERSION),
    Kind.ENDED: ("ended", LIVE_SCHEMA_VERSION),
    Kind.RECORD_CLOSED: ("record", SCHEMA_VERSION),
    Kind.RECONCILE: ("reconcile", RECONCILE_SCHEMA_VERSION),
}
"""The name and version of the schema that each kind's `data` follows."""


class AcknowledgementError(ValueError):
    """What came is no acknowledgement. The message says why, without quoting it."""


def data_schema(kind: Kind) -> str:
    """Give the `dataschema` of events of this kind."""
    name, version = SCHEMAS[kind]
    return f"urn:callrouter:schema:{name}:{version}"


def encode_event(message: Message, instance: str) -> bytes:
    """Write a message as a CloudEvent."""
    return _octets(_event(message, instance))


def encode_batch(messages: Sequence[Message], instance: str) -> bytes:
    """Write messages as a batch of CloudEvents, in their order."""
    return _octets(f"[{','.join([_event(message, instance) for message in messages])}]")


def encode_manifest(manifest: Manifest, instance: str) -> bytes:
    """Write a manifest as a CloudEvent. Its source is the beginning of the sources of what it names."""
    attributes = {
        "specversion": "1.0",
        "id": manifest.id,
        "source": f"/callrouter/{instance}",
        "type": Kind.RECONCILE,
        "subject": f"{manifest.since}-{manifest.until}",
        "datacontenttype": "application/json",
        "dataschema": data_schema(Kind.RECONCILE),
    }
    data = {
        "schema_version": RECONCILE_SCHEMA_VERSION,
        "since": manifest.since,
        "until": manifest.until,
        "ids": manifest.ids,
    }
    return _octets(f'{_json(attributes)[:-1]},"data":{_json(data)}}}')


def correlation_of(messages: Sequence[Message]) -> bytes:
    """Give the correlation data that messages travel with."""
    first = messages[0].id.encode()
    return first if len(messages) == 1 else _BATCH + first


def decode_acknowledgements(payload: bytes, correlation: bytes | None) -> tuple[Acknowledgement, ...]:
    """Read acknowledgements. Raises AcknowledgementError."""
    if len(payload) > _LONGEST_PAYLOAD:
        raise AcknowledgementError("longer than acknowledgements can be")
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise AcknowledgementError("not JSON") from error
    if not isinstance(value, dict):
        raise AcknowledgementError("not a JSON object")
    several = value.get("acknowledgements")
    if several is None:
        word = _word(value)
        if correlation is not None and correlation not in (word.id.encode(), _batch_of(correlation)):
            raise AcknowledgementError("`id` and the correlation data differ")
        return (word,)
    if not isinstance(several, list) or not 0 < len(several) <= MOST_ACKNOWLEDGEMENTS:
        raise AcknowledgementError(f"`acknowledgements` is not a list of 1 to {MOST_ACKNOWLEDGEMENTS}")
    return tuple(_word(one) for one in several)


def _event(message: Message, instance: str) -> str:
    # Put together by hand: an encoder takes five times as long for what differs in three texts.
    kind, schema = _SPELLED[message.kind]
    return (
        f'{{"specversion":"1.0","id":{_json(message.id)}'
        f',"source":{_json(f"/callrouter/{instance}/{message.node}")}'
        f',"type":{kind},"subject":{_json(message.call_id)}'
        f',"time":"{message.created_at.isoformat(timespec="milliseconds")}"'
        f',"datacontenttype":"application/json","dataschema":{schema}'
        f',"sequence":"{message.sequence}","rehearsal":{"true" if message.rehearsal else "false"}'
        f',"data":{message.body}}}'
    )


def _octets(text: str) -> bytes:
    # Half of a surrogate pair becomes its escape, which is JSON.
    return text.encode("utf-8", "backslashreplace")


_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SPELLED: Final = {kind: (_json(kind), _json(data_schema(kind))) for kind in Kind}
"""The `type` and the `dataschema` of each kind, as JSON."""
_OUTCOMES: Final = {outcome.value: outcome for outcome in Outcome}


def _batch_of(correlation: bytes) -> bytes | None:
    return correlation if correlation.startswith(_BATCH) else None


def _word(value: object) -> Acknowledgement:
    if not isinstance(value, dict):
        raise AcknowledgementError("an acknowledgement is not a JSON object")
    message_id, outcome = value.get("id"), value.get("outcome")
    if not _is_id(message_id):
        raise AcknowledgementError("`id` is not a message's id")
    if not isinstance(outcome, str) or outcome not in _OUTCOMES:
        raise AcknowledgementError("`outcome` is none of stored, duplicate, rejected")
    reason, ids = _reason(value.get("reason")), _missing(value["missing"]) if "missing" in value else ()
    return Acknowledgement(message_id, _OUTCOMES[outcome], reason, ids)


def _missing(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_ACKNOWLEDGEMENTS or not all(map(_is_id, value)):
        raise AcknowledgementError(f"`missing` is not a list of at most {MOST_ACKNOWLEDGEMENTS} ids")
    return tuple(value)


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isascii() and "\0" not in value


def _reason(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    # Lone surrogates and NULs cannot be stored.
    text = value.encode("utf-8", "backslashreplace").decode().replace("\0", "")
    return text[:_LONGEST_REASON] or None
