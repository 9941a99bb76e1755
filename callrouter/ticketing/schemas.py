"""What travels, as JSON Schema (2020-12): made from the vocabulary's models, so it can say nothing else.

Rules:
- Every field of a model is always there, and null where nothing is known.
- Fields and words may be added without a new `schema_version`: a reader passes over fields that it does not know,
  and refuses nothing for a word. An `enum` names the words of its release.
- `$id` is what a message names as its `dataschema`.
"""

from __future__ import annotations

import json
from enum import StrEnum
from types import ModuleType
from typing import Any, Final

from pydantic import TypeAdapter

from callrouter.ticketing.cloud_event import SCHEMAS, data_schema
from callrouter.ticketing.envelope_schemas import (
    Json,
    acknowledgements,
    batch,
    compared,
    event,
    manifest,
)
from callrouter.ticketing.model_words import of_field, of_model, of_words
from callrouter.vocabulary import journal, live, message, record, record_parts, record_words, transfer
from callrouter.vocabulary.live import Answered, Arrived, Ended, Transferred
from callrouter.vocabulary.message import Kind
from callrouter.vocabulary.record import CallRecord

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_MODULES: Final[tuple[ModuleType, ...]] = (
    *(record, record_parts, record_words, live, journal, message),
    transfer,
)


MODELS: Final[dict[Kind, type]] = {
    Kind.ARRIVED: Arrived,
    Kind.ANSWERED: Answered,
    Kind.TRANSFERRED: Transferred,
    Kind.ENDED: Ended,
    Kind.RECORD_CLOSED: CallRecord,
}
"""What a kind of message holds. A manifest, which is about no call, has no model."""


def models(template: str = "#/$defs/{model}") -> tuple[dict[str, Json], dict[str, Json]]:
    """The schema of each model by its name in small letters, and the parts that they refer to by `template`."""
    parts: dict[str, Json] = {}
    wholes: dict[str, Json] = {}
    for kind, model in MODELS.items():
        made = TypeAdapter(model).json_schema(mode="serialization", ref_template=template)
        parts |= {name: _described(name, part) for name, part in made.pop("$defs", {}).items()}
        wholes[name_of(kind)] = _described(model.__name__, made)
    return wholes, parts


def schemas() -> dict[str, Json]:
    """Every schema by the name of its file."""
    wholes, parts = models()
    wholes[name_of(Kind.RECONCILE)] = manifest()
    found = {}
    for kind in Kind:
        name = name_of(kind)
        needed = {one: parts[one] for one in _needed(wholes[name], parts)}
        found[name] = _headed(name, data_schema(kind), wholes[name], needed)
    others = {
        "event": event(None),
        "batch": batch(event(None)),
        "acknowledgement": acknowledgements(),
        "compared": compared(),
    }
    return found | {name: _headed(name, _urn(name), other, {}) for name, other in others.items()}


def name_of(kind: Kind) -> str:
    """How what a kind of message holds is called."""
    return SCHEMAS[kind][0]


def schema_text(schema: Json) -> str:
    """A schema as a file: readable, and the same for the same models."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def model_named(name: str) -> type | None:
    """A class of the vocabulary."""
    return next(
        (found for module in _MODULES if isinstance(found := getattr(module, name, None), type)), None
    )


def _described(name: str, schema: Json) -> Json:
    """A model's schema with our words, and without pydantic's."""
    model = model_named(name)
    if model is None:
        raise LookupError(f"{name} is in none of the vocabulary's modules that schemas are made from")
    plain: Json = _plain(schema)
    plain["description"] = of_model(model)
    if issubclass(model, StrEnum):
        words = "；".join(f"{word}: {said}" if said else word for word, said in of_words(model).items())
        plain["description"] += f"。 {words}"
    for field, value in plain.get("properties", {}).items():
        if said := of_field(model, field):
            value["description"] = said
    if "properties" in plain:
        plain["required"] = list(plain["properties"])
    return plain


def _plain(value: Any) -> Any:
    """Without titles and defaults: what is sent always has every field."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: {name: _plain(one) for name, one in part.items()} if key == "properties" else _plain(part)
        for key, part in value.items()
        if key not in ("title", "default")
    }


def _needed(schema: Any, parts: dict[str, Json]) -> list[str]:
    """The parts that a schema refers to, however indirectly, by name."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        match waiting.pop():
            case {"$ref": str(reference), **rest}:
                name = reference.rsplit("/", 1)[-1]
                if name not in found:
                    found.add(name)
                    waiting.append(parts[name])
                waiting += rest.values()
            case dict(inner):
                waiting += inner.values()
            case list(inner):
                waiting += inner
    return sorted(found)


def _urn(name: str) -> str:
    return f"urn:callrouter:schema:{name}:1"


def _headed(name: str, urn: str, schema: Json, parts: dict[str, Json]) -> Json:
    headed = {"$schema": DIALECT, "$id": urn, "title": name, **schema}
    return {**headed, "$defs": parts} if parts else headed
