"""As much of JSON Schema as the plan language's schema uses, to hold plans against it without another dependency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_KNOWN = {
    "$schema", "$id", "$defs", "$ref", "description", "type", "properties", "required", "additionalProperties",
    "patternProperties", "items", "anyOf", "enum", "const", "pattern", "minItems", "minProperties", "minLength",
    "maxLength", "minimum", "maximum",
}  # fmt: skip


def faults_of(
    value: Any, schema: dict[str, Any], at: str = "", root: dict[str, Any] | None = None
) -> Iterator[str]:
    """The places that the schema refuses, such as `/lines/2/schedule`."""
    root = root or schema
    assert set(schema) <= _KNOWN, set(schema) - _KNOWN
    if "$ref" in schema:
        yield from faults_of(value, root["$defs"][schema["$ref"].rpartition("/")[2]], at, root)
    if "anyOf" in schema and all(any(faults_of(value, one, at, root)) for one in schema["anyOf"]):
        yield at
    if "enum" in schema and value not in schema["enum"]:
        yield at
    if "type" in schema and not _is_of(value, schema["type"]):
        yield at
        return
    yield from _of_a_scalar(value, schema, at)
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield at
        for index, item in enumerate(value):
            yield from faults_of(item, schema.get("items", {}), f"{at}/{index}", root)
    if isinstance(value, dict):
        yield from _of_a_mapping(value, schema, at, root)


def _is_of(value: Any, types: str | list[str]) -> bool:
    wanted = [types] if isinstance(types, str) else types
    return any(
        isinstance(value, _TYPES[one]) and (one == "boolean" or not isinstance(value, bool)) for one in wanted
    )


def _of_a_scalar(value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield at
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield at
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield at


def _of_a_mapping(
    value: dict[str, Any], schema: dict[str, Any], at: str, root: dict[str, Any]
) -> Iterator[str]:
    properties = schema.get("properties", {})
    if len(value) < schema.get("minProperties", 0):
        yield at
    yield from (f"{at}/{key}" for key in schema.get("required", ()) if key not in value)
    for key, item in value.items():
        patterns = schema.get("patternProperties", {})
        told = [one for pattern, one in patterns.items() if re.search(pattern, key)]
        told += [properties[key]] if key in properties else []
        if not told and schema.get("additionalProperties", True) is False:
            yield f"{at}/{key}"
        for one in told:
            yield from faults_of(item, one, f"{at}/{key}", root)
