"""The desk's API as an OpenAPI 3.1 document, made of the table of operations, its models and its errors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from callrouter.console.desk_errors import FAULTS
from callrouter.console.desk_models import ChangeShown, FaultAnswer
from callrouter.console.desk_operations import EVENTS_PATH, OPERATIONS, Operation
from callrouter.vocabulary.desk_role import Role

Json = dict[str, Any]
API_VERSION: Final = "1.0.0"
"""Rises in its first number when a program that knows an older one would stumble."""
_SCHEMAS: Final = "#/components/schemas/"
_EVERY: Final = ("token", "tokens")
_EVERY_POST: Final = ("body", "idempotency_key", "idempotency_reused", "too_many", "failed")
_OF_EVENTS: Final = ("last_event_id", "too_many", "draining")
_BODY_STATUSES: Final = {"body": (400, 408, 413)}
_ABOUT: Final = """\
座席桌面：与话机按键等效。规则见 docs/desk.zh-CN.md。每个请求在 100 毫秒内回答，或说明出了什么问题。
The agent's desk: the same as the keys on the phone; see docs/desk.md. Every request is answered
within 100 ms, or told why not."""


def openapi() -> Json:
    """The document."""
    paths: dict[str, Json] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    paths[EVENTS_PATH] = {"get": _events()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CallRouter 座席桌面 / the agent's desk",
            "version": API_VERSION,
            "description": _ABOUT,
        },
        "servers": [
            {
                "url": "http://127.0.0.1:{port}",
                "description": "控制器的本机端口 http.port / the controller's port, on loopback",
                "variables": {"port": {"default": "18080"}},
            }
        ],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "callrouter desk token add",
                }
            },
        },
    }


def openapi_text() -> str:
    """The document as a file."""
    return json.dumps(openapi(), ensure_ascii=False, indent=1) + "\n"


def _operation(one: Operation) -> Json:
    words = (*_EVERY, *(("role",) if one.role is Role.SUPERVISOR else ()), *one.errors)
    made: Json = {
        "operationId": one.name,
        "summary": f"{one.zh} / {one.en}",
        "responses": {"200": _answer(one.answers), **_faults(words)},
    }
    if one.method == "POST":
        made["parameters"] = [_IDEMPOTENCY_KEY]
        made["requestBody"] = {
            "required": any(field.is_required() for field in one.asks.model_fields.values()),
            "content": _content(one.asks),
        }
        made["responses"] = {"200": _answer(one.answers), **_faults((*words, *_EVERY_POST))}
    return made


def _events() -> Json:
    return {
        "operationId": "events",
        "summary": "通话的变化（text/event-stream）；班长收到全部 / changes as they happen; all for supervisors",
        "description": "id 为编号；event 为 began、changed、ended 或 resync；data 为 ChangeShown；每 15 秒一行注释。"
        "data is a ChangeShown; a comment every 15 seconds.",
        "parameters": [_LAST_EVENT_ID],
        "responses": {
            "200": {
                "description": "事件流 / events",
                "content": {
                    "text/event-stream": {
                        "schema": {"type": "string", "contentMediaType": "text/event-stream"},
                        "x-data": {"$ref": f"{_SCHEMAS}{ChangeShown.__name__}"},
                    }
                },
            },
            **_faults((*_EVERY, *_OF_EVENTS)),
        },
    }


_IDEMPOTENCY_KEY: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "重复的请求得到第一次的回答，只做一次 / a repeat gets the first one's answer, and does not act",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$"},
}
_LAST_EVENT_ID: Final[Json] = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "收到的最后一个编号：从其后继续，或收到 resync / go on behind it, or get a resync",
    "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
}


def _answer(model: type[BaseModel]) -> Json:
    return {"description": (model.__doc__ or "").strip().rstrip("."), "content": _content(model)}


def _content(model: type[BaseModel]) -> Json:
    return {"application/json": {"schema": {"$ref": _SCHEMAS + model.__name__}}}


def _faults(words: Iterable[str]) -> dict[str, Json]:
    """The answers that are no success, by status: which words each may have, and what they mean."""
    by_status: dict[int, list[str]] = {}
    for word in dict.fromkeys(words):
        for status in _BODY_STATUSES.get(word, (FAULTS[word].status,)):
            by_status.setdefault(status, []).append(word)
    return {
        str(status): {
            "description": "\n\n".join(f"`{word}`: {FAULTS[word].text}" for word in found),
            "content": _content(FaultAnswer),
        }
        for status, found in sorted(by_status.items())
    }


def _schemas() -> Json:
    asked = [(one.asks, "validation") for one in OPERATIONS if one.method == "POST"]
    told = [(one.answers, "serialization") for one in OPERATIONS]
    _, made = models_json_schema(
        [*asked, *told, (ChangeShown, "serialization"), (FaultAnswer, "serialization")],  # type: ignore[list-item] # the modes are literals
        ref_template=_SCHEMAS + "{model}",
    )
    found: Json = made["$defs"]
    return {name: _without_titles(schema) for name, schema in sorted(found.items())}


def _without_titles(schema: Json) -> Json:
    """Leave out what pydantic makes of the names: it says nothing that they do not."""
    return {
        key: _without_titles(value) if isinstance(value, dict) and key != "properties" else value
        for key, value in schema.items()
        if key != "title"
    } | (
        {"properties": {name: _without_titles(one) for name, one in schema["properties"].items()}}
        if "properties" in schema
        else {}
    )
