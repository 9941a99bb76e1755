"""The AsyncAPI document: one by the specification's own meta-schema, current, and naming what is really used."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from callrouter.settings import PROJECT_ROOT
from callrouter.ticketing.asyncapi import asyncapi, asyncapi_text
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher
from callrouter.vocabulary.message import LIVE, Kind

META = Path(__file__).parent / "asyncapi_3_0_0"
DOCUMENT = asyncapi()


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    text = gzip.decompress((META / "schema.json.gz").read_bytes())
    assert hashlib.sha256(text).hexdigest() in (META / "README.md").read_text()
    return Draft7Validator(json.loads(text))


def faults(official: Draft7Validator, document: object) -> list[str]:
    return [error.message for error in official.iter_errors(document)]


def test_it_is_a_document_of_asyncapi_3(official: Draft7Validator) -> None:
    assert faults(official, DOCUMENT) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("operations", "sendRecords", "action"), "publish"),
        (("channels", "records", "messages"), []),
        (("components", "securitySchemes", "password", "type"), "secret"),
        (("operations", "sendRecords", "bindings", "mqtt", "qos"), 3),
    ],
)
def test_the_specification_finds_what_is_wrong_in_it(
    official: Draft7Validator, path: tuple[str, ...], value: object
) -> None:
    document = deepcopy(DOCUMENT)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert faults(official, document)


def test_the_shipped_document_is_what_the_models_say_now() -> None:
    assert (PROJECT_ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8") == asyncapi_text()


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 40
    for reference in found:
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def addresses() -> set[str]:
    filled = {"prefix": "callrouter", "instance": "chengdu"}
    return {
        channel["address"].format(**filled) for channel in DOCUMENT["channels"].values() if channel["address"]
    }


def test_its_topics_are_those_that_the_publisher_uses() -> None:
    publisher = MqttPublisher(
        Broker("127.0.0.1", 1, "x"), topic_prefix="callrouter", instance="chengdu", most_at_once=1
    )
    used = re.findall(r"callrouter/chengdu/\w+", " ".join(map(str, vars(publisher).values())))
    assert used
    assert set(used) <= addresses()
    assert addresses() == {f"callrouter/chengdu/{name}" for name in ("records", "live", "reconcile", "acks")}


def test_every_kind_of_message_has_a_channel_and_its_own_data() -> None:
    sent = {name for channel in DOCUMENT["channels"].values() for name in channel["messages"]}
    for kind in Kind:
        name = next(
            name
            for name, schema in DOCUMENT["components"]["schemas"].items()
            if name.endswith("Event") and schema["properties"]["type"].get("const") == kind.value
        )
        assert DOCUMENT["components"]["schemas"][name]["properties"]["data"]["$ref"].startswith(
            "#/components/"
        )
        assert name.removesuffix("Event") in sent
    live = DOCUMENT["channels"]["live"]["messages"]
    assert len(live) == len(LIVE) + 1
