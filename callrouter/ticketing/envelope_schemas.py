"""What the models travel in, and what comes back, as JSON Schema (2020-12): these have no models to be made from."""

from __future__ import annotations

from typing import Any, Final

from callrouter.ticketing.cloud_event import MOST_ACKNOWLEDGEMENTS, RECONCILE_SCHEMA_VERSION
from callrouter.vocabulary.message import Kind, Outcome

Json = dict[str, Any]
"""A JSON object, whose values are of any kind."""

_ID: Final = {"type": "string", "minLength": 1, "maxLength": 64}


def event(kind: Kind | None) -> Json:
    """A CloudEvent of a kind, without saying what its data are; None: of any."""
    kinds: Json = {"enum": [one.value for one in Kind]} if kind is None else {"const": kind.value}
    properties: Json = {
        "specversion": {"const": "1.0", "description": "CloudEvents 1.0"},
        "id": {
            **_ID,
            "description": "重发时不变；与 source 一起去重 / stays the same; drop repetitions by it and the source",
        },
        "source": {
            "type": "string",
            "pattern": "^/callrouter/[^/]+(/[^/]+)?$",
            "description": "/callrouter/实例/节点 / instance and node",
        },
        "type": {"type": "string", **kinds, "description": "种类 / what it is about"},
        "subject": {"type": "string", "description": "通话号 / the call's id"},
        "time": {
            "type": "string",
            "format": "date-time",
            "description": "消息写下的时刻 / when the message was written",
        },
        "datacontenttype": {"const": "application/json"},
        "dataschema": {
            "type": "string",
            "pattern": "^urn:callrouter:schema:[a-z]+:[0-9]+$",
            "description": "data 的格式 / the schema of `data`",
        },
        "sequence": {
            "type": "string",
            "pattern": "^[1-9][0-9]*$",
            "description": "本通电话内的序号，从 1 起，没有空号 / within the call, from 1, without gaps",
        },
        "rehearsal": {"type": "boolean", "description": "是否为演练 / whether it is a rehearsal's"},
        "data": {"type": "object"},
    }
    needed = list(properties)
    about_no_call = ("time", "sequence", "rehearsal")
    if kind is Kind.RECONCILE:
        for name in about_no_call:
            del properties[name]
        properties["subject"] = {"type": "string", "description": "since-until"}
    if kind in (None, Kind.RECONCILE):
        needed = [name for name in needed if name not in about_no_call]
    return {
        "type": "object",
        "description": "一条消息 / a message: a CloudEvent in structured mode",
        "properties": properties,
        "required": needed,
    }


def batch(one: Json) -> Json:
    """Several events; those of one call are in order."""
    return {
        "type": "array",
        "minItems": 1,
        "items": one,
        "description": "一批消息，同一通话的依次排列 / several messages; those of one call are in order",
    }


def manifest() -> Json:
    """The data of a manifest."""
    properties: Json = {
        "schema_version": {"const": RECONCILE_SCHEMA_VERSION, "description": "格式版本"},
        "since": {"type": "integer", "minimum": 0},
        "until": {
            "type": "integer",
            "minimum": 0,
            "description": "发件箱中的位置 (since, until] / outbox positions",
        },
        "ids": {
            "type": "array",
            "items": _ID,
            "description": "其间已确认的消息 / the messages in between that were acknowledged",
        },
    }
    return {
        "type": "object",
        "description": "应当已有的消息 / what should be there by now",
        "properties": properties,
        "required": list(properties),
    }


def acknowledgements() -> Json:
    """What the ticketing side sends: one acknowledgement, or several."""
    one = acknowledgement()
    several: Json = {
        "type": "object",
        "properties": {
            "acknowledgements": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_ACKNOWLEDGEMENTS,
                "items": one,
            }
        },
        "required": ["acknowledgements"],
    }
    return {"description": "工单方的确认 / the ticketing side's word", "anyOf": [one, several]}


def acknowledgement() -> Json:
    """One acknowledgement."""
    properties: Json = {
        "id": {**_ID, "description": "消息的 id / the message's id"},
        "outcome": {
            "type": "string",
            "enum": [one.value for one in Outcome],
            "description": "stored 已存 · duplicate 早已存过 · rejected 永远存不了 / what became of it",
        },
        "reason": {
            "type": ["string", "null"],
            "description": "为什么永远存不了（留前 256 个字符） / why never; 256 characters are kept",
        },
        "missing": {
            "type": "array",
            "items": _ID,
            "description": "仅对账：没有的消息 / about a manifest alone: the ids that are not there",
        },
    }
    return {"type": "object", "properties": properties, "required": ["id", "outcome"]}


def compared() -> Json:
    """What a webhook's other side answers to a manifest."""
    properties: Json = {
        "missing": {"type": "array", "items": _ID, "description": "没有的消息 / the ids that are not there"}
    }
    return {
        "type": "object",
        "description": "webhook 对账的回答 / the answer to a manifest by webhook",
        "properties": properties,
        "required": ["missing"],
    }
