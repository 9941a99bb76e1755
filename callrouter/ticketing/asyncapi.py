"""What travels between CallRouter and the ticketing side, as an AsyncAPI 3.0 document: made from the same models.

It is written from CallRouter's side: it sends messages, and receives acknowledgements.
"""

from __future__ import annotations

import json
from typing import Final

from callrouter.ticketing.cloud_event import BATCH_CONTENT_TYPE, CONTENT_TYPE
from callrouter.ticketing.envelope_schemas import (
    Json,
    acknowledgements,
    batch,
    compared,
    event,
    manifest,
)
from callrouter.ticketing.schemas import models, name_of
from callrouter.vocabulary.live import LIVE_SCHEMA_VERSION
from callrouter.vocabulary.message import LIVE, Kind
from callrouter.vocabulary.record import SCHEMA_VERSION

_BINDING: Final = "0.2.0"
"""Of MQTT's bindings."""
_SCHEMAS: Final = "#/components/schemas/"
_RECORDS, _LIVE, _RECONCILE, _ACKS, _WEBHOOK = "records", "live", "reconcile", "acks", "webhook"
_TITLES: Final[dict[Kind, str]] = {
    Kind.ARRIVED: "来电到达 / a call has arrived",
    Kind.ANSWERED: "接通人工 / a person has answered",
    Kind.TRANSFERRED: "转接结束 / a transfer has ended",
    Kind.ENDED: "来电结束 / the caller is gone",
    Kind.RECORD_CLOSED: "通话记录或其更正 / a call's record, or a correction of it",
    Kind.RECONCILE: "对账 / what should be there",
}
_ABOUT: Final = """\
12345 通话记录与实时事件。字段、确认、顺序、去重的规则见 docs/records.zh-CN.md。
Call records and live events of 12345; fields, acknowledgements, order and duplicates: docs/records.md."""


def asyncapi() -> Json:
    """The document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "CallRouter → 12345 工单 / ticketing",
            "version": f"{SCHEMA_VERSION}.{LIVE_SCHEMA_VERSION}.0",
            "description": _ABOUT,
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": _servers(),
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "schemas": _schemas(),
            "messages": _messages(),
            "parameters": {
                "prefix": {"description": "topic_prefix；演练为其后加 -rehearsal", "default": "callrouter"},
                "instance": {"description": "实例名 / the instance's name", "default": "callrouter"},
            },
            "securitySchemes": {
                "password": {
                    "type": "userPassword",
                    "description": "代理上用 ACL 规定谁能读写 / the broker's ACL says who may do what",
                },
                "signature": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "webhook-signature",
                    "description": "Standard Webhooks：v1,<base64 of HMAC-SHA256 of id.timestamp.body>",
                },
            },
        },
    }


def asyncapi_text() -> str:
    """The document as a file."""
    return json.dumps(asyncapi(), ensure_ascii=False, indent=1) + "\n"


def _servers() -> Json:
    return {
        "broker": {
            "host": "{host}:{port}",
            "protocol": "mqtt",
            "protocolVersion": "5.0",
            "description": "MQTT 5 代理 / the broker (ticketing.deliver_by: mqtt)",
            "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "18883"}},
            "security": [{"$ref": "#/components/securitySchemes/password"}],
        },
        "receiver": {
            "host": "{host}",
            "protocol": "https",
            "description": "工单方的 webhook / the ticketing side's (ticketing.deliver_by: webhook)",
            "variables": {"host": {"default": "ticketing.example"}},
            "security": [{"$ref": "#/components/securitySchemes/signature"}],
        },
    }


def _channels() -> Json:
    live = [name_of(kind) for kind in Kind if kind in LIVE]
    every = [name_of(kind) for kind in Kind]
    return {
        _RECORDS: _topic("records", ["record", "recordBatch"], "通话记录 / records"),
        _LIVE: _topic("live", [*live, "liveBatch"], "实时事件 / live events"),
        _RECONCILE: _topic("reconcile", [name_of(Kind.RECONCILE)], "对账 / reconciliation"),
        _ACKS: _topic("acks", ["acknowledgement"], "确认 / acknowledgements"),
        _WEBHOOK: {
            # The address is ticketing.webhook_url.
            "address": None,
            "description": "ticketing.webhook_url",
            "servers": [{"$ref": "#/servers/receiver"}],
            "messages": _named([*every, "batch", "compared"]),
            "bindings": {"http": {}},
        },
    }


def _topic(last: str, messages: list[str], description: str) -> Json:
    return {
        "address": f"{{prefix}}/{{instance}}/{last}",
        "description": description,
        "servers": [{"$ref": "#/servers/broker"}],
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in ("prefix", "instance")},
        "messages": _named(messages),
    }


def _named(messages: list[str]) -> Json:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in messages}


def _operations() -> Json:
    sent = {
        "sendRecords": _send(_RECORDS, "通话记录；未确认即重发 / records, sent again until acknowledged"),
        "sendLive": _send(_LIVE, "实时事件；未确认即重发 / live events, sent again until acknowledged"),
        "sendManifest": _send(_RECONCILE, "每日一次，问缺哪些 / once a day: which are missing"),
    }
    return {
        **sent,
        "receiveAcknowledgements": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{_ACKS}"},
            "summary": "只有它能关闭一条消息 / nothing else closes a message",
            "bindings": {"mqtt": {"qos": 1, "bindingVersion": _BINDING}},
        },
        "post": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{_WEBHOOK}"},
            "summary": "2xx 关闭请求中的全部消息 / a 2xx closes everything in the request",
            "messages": [
                {"$ref": f"#/channels/{_WEBHOOK}/messages/{name}"}
                for name in [*(name_of(kind) for kind in Kind), "batch"]
            ],
            "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
            "reply": {
                "channel": {"$ref": f"#/channels/{_WEBHOOK}"},
                "messages": [{"$ref": f"#/channels/{_WEBHOOK}/messages/compared"}],
            },
        },
    }


def _send(channel: str, summary: str) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "bindings": {"mqtt": {"qos": 1, "retain": False, "bindingVersion": _BINDING}},
        "reply": {
            "address": {
                "location": "$message.header#/responseTopic",
                "description": "MQTT 5 Response Topic；与 …/acks 相同 / the same as …/acks",
            },
            "channel": {"$ref": f"#/channels/{_ACKS}"},
        },
    }


def _messages() -> Json:
    single = {name_of(kind): _message(_TITLES[kind], name_of(kind) + "Event", CONTENT_TYPE) for kind in Kind}
    return {
        **single,
        "recordBatch": _message("一批记录 / several records", "recordBatch", BATCH_CONTENT_TYPE),
        "liveBatch": _message("一批实时事件 / several live events", "liveBatch", BATCH_CONTENT_TYPE),
        "batch": _message("一批消息 / several messages", "batch", BATCH_CONTENT_TYPE),
        "acknowledgement": _message("确认 / an acknowledgement", "acknowledgement", "application/json"),
        "compared": {
            "title": "对账的回答 / the answer to a manifest",
            "contentType": "application/json",
            "payload": {"$ref": f"{_SCHEMAS}compared"},
        },
    }


def _message(title: str, schema: str, content_type: str) -> Json:
    return {
        "title": title,
        "contentType": content_type,
        "payload": {"$ref": f"{_SCHEMAS}{schema}"},
        "bindings": {
            "mqtt": {"payloadFormatIndicator": 1, "contentType": content_type, "bindingVersion": _BINDING}
        },
    }


def _schemas() -> Json:
    wholes, parts = models(_SCHEMAS + "{model}")
    wholes[name_of(Kind.RECONCILE)] = manifest()
    events = {f"{name_of(kind)}Event": _event(kind) for kind in Kind}
    return {
        **events,
        "recordBatch": batch(_ref("recordEvent")),
        "liveBatch": batch({"anyOf": [_ref(f"{name_of(kind)}Event") for kind in Kind if kind in LIVE]}),
        "batch": batch(
            {"anyOf": [_ref(f"{name_of(kind)}Event") for kind in Kind if kind is not Kind.RECONCILE]}
        ),
        "acknowledgement": acknowledgements(),
        "compared": compared(),
        **wholes,
        **parts,
    }


def _event(kind: Kind) -> Json:
    one = event(kind)
    one["properties"]["data"] = _ref(name_of(kind))
    return one


def _ref(name: str) -> Json:
    return {"$ref": _SCHEMAS + name}
