"""The schemas: current, sound by a public tool's word, and agreeing with what is really written."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from callrouter.cli.records_schema import files
from callrouter.records.bodies import live_body, live_kind, record_body
from callrouter.records.cel_csv import cut
from callrouter.records.fold import fold, milestones
from callrouter.settings import PROJECT_ROOT
from callrouter.ticketing.chinese_values import VALUES
from callrouter.ticketing.chinese_words import FIELDS
from callrouter.ticketing.chinese_words import MODELS as CHINESE_MODELS
from callrouter.ticketing.cloud_event import (
    data_schema,
    decode_acknowledgements,
    encode_batch,
    encode_event,
    encode_manifest,
)
from callrouter.ticketing.schemas import model_named, models, name_of, schemas
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.live import Answered, Arrived, Ended, LiveEvent, Transferred
from callrouter.vocabulary.message import Kind, Manifest, Message
from callrouter.vocabulary.record import CallRecord
from tests.unit.cli.running import run

DOCS = PROJECT_ROOT / "docs"
SCHEMAS = schemas()
WHOLES, PARTS = models()


def strict(value: Any) -> Any:
    """The schema, closed: nothing may be there that it does not name."""
    if isinstance(value, list):
        return [strict(one) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {key: strict(one) for key, one in value.items()}
    return {**inner, "additionalProperties": False} if isinstance(inner.get("properties"), dict) else inner


VALIDATORS = {
    name: Draft202012Validator(strict(schema), format_checker=Draft202012Validator.FORMAT_CHECKER)
    for name, schema in SCHEMAS.items()
}


def check(name: str, body: object) -> None:
    VALIDATORS[name].validate(body)


def zoned(value: Any) -> Any:
    """The value with a zone on each of its instants, as all of ours have."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    if isinstance(value, tuple):
        return tuple(zoned(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: zoned(getattr(value, field.name)) for field in fields(value)})
    return value


def test_the_shipped_schemas_and_the_reference_are_what_the_models_say_now() -> None:
    current = files(DOCS)
    assert {file: file.read_text(encoding="utf-8") for file in current} == current
    shipped = {file.name for file in (DOCS / "schema").iterdir() if not file.name.endswith(".yaml.json")}
    assert shipped == {f"{name}.json" for name in SCHEMAS}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("kind", Kind)
def test_the_schema_that_a_message_names_is_shipped(kind: Kind) -> None:
    assert SCHEMAS[name_of(kind)]["$id"] == data_schema(kind)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.from_type(CallRecord))
def test_every_record_that_can_be_written_agrees_with_its_schema(record: CallRecord) -> None:
    check("record", json.loads(record_body(zoned(record))))


@settings(max_examples=60, deadline=None)
@given(st.from_type(Arrived) | st.from_type(Answered) | st.from_type(Transferred) | st.from_type(Ended))
def test_every_live_event_that_can_be_written_agrees_with_its_schema(event: LiveEvent) -> None:
    check(name_of(live_kind(event)), json.loads(live_body(zoned(event))))


JOURNALS = sorted((PROJECT_ROOT / "tests" / "unit" / "records").glob("asterisk_*.csv"))


@pytest.mark.parametrize("journal", JOURNALS, ids=lambda file: file.stem)
def test_what_is_made_of_a_real_journal_agrees_with_the_schemas(journal: Path) -> None:
    calls: dict[str, list[CelRow]] = {}
    for row in cut(journal.read_bytes()).rows:
        calls.setdefault(row.linkedid, []).append(row)
    found = [record for rows in calls.values() if (record := fold(rows, "node1"))]
    told = [one.event for rows in calls.values() for one in milestones(rows)]
    assert found
    assert told
    for record in found:
        check("record", json.loads(record_body(record)))
    for event in told:
        check(name_of(live_kind(event)), json.loads(live_body(event)))


def message(kind: Kind = Kind.ENDED) -> Message:
    return Message("m-1", "node1", "lab-1.1", 3, kind, datetime(2021, 10, 1, tzinfo=UTC), True, "{}")


def test_envelopes_agree_with_their_schemas() -> None:
    for kind in Kind:
        if kind is not Kind.RECONCILE:
            check("event", json.loads(encode_event(message(kind), "chengdu")))
    check("batch", json.loads(encode_batch([message(), replace(message(), id="m-2")], "chengdu")))
    manifest = json.loads(encode_manifest(Manifest("c-1", 0, 9, ("m-1",)), "chengdu"))
    check("event", manifest)
    check("reconcile", manifest["data"])


@pytest.mark.parametrize(
    "acknowledgement",
    [
        {"id": "m-1", "outcome": "stored"},
        {"id": "m-1", "outcome": "rejected", "reason": "r"},
        {"id": "m-1", "outcome": "duplicate", "reason": None},
        {"id": "c-1", "outcome": "stored", "missing": ["m-1"]},
        {"acknowledgements": [{"id": "m-1", "outcome": "stored"}]},
    ],
)
def test_an_acknowledgement_that_agrees_with_the_schema_is_read(acknowledgement: object) -> None:
    check("acknowledgement", acknowledgement)
    assert decode_acknowledgements(json.dumps(acknowledgement).encode(), None)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("acknowledgement", {"id": "m-1", "outcome": "maybe"}),
        ("acknowledgement", {"acknowledgements": []}),
        ("acknowledgement", {"id": "", "outcome": "stored"}),
        ("compared", {}),
        ("batch", []),
        ("event", {"specversion": "0.3"}),
        (
            "ended",
            {"at": "2021-10-01T00:00:00Z", "hung_up_by": "nobody", "hangup_cause": None, "schema_version": 1},
        ),
        ("ended", {"at": "2021-10-01T00:00:00Z", "hung_up_by": None, "hangup_cause": None}),
    ],
)
def test_what_is_no_body_is_refused(name: str, body: object) -> None:
    with pytest.raises(ValidationError):
        check(name, body)


def test_a_reader_passes_over_fields_that_are_added_later() -> None:
    added = {
        "at": "2021-10-01T00:00:00Z",
        "hung_up_by": None,
        "hangup_cause": 16,
        "schema_version": 1,
        "new": 1,
    }
    Draft202012Validator(SCHEMAS["ended"]).validate(added)


def classes() -> list[type]:
    return [found for name in (*CHINESE_MODELS, *VALUES) if (found := model_named(name)) is not None]


def test_every_field_and_every_word_has_chinese_words_and_none_is_left_over() -> None:
    named = set(PARTS) | {"CallRecord", "Arrived", "Answered", "Transferred", "Ended"}
    assert named == set(CHINESE_MODELS) | set(VALUES)
    for found in classes():
        if issubclass(found, StrEnum):
            assert {word.value for word in found} == set(VALUES[found.__name__])
        else:
            assert is_dataclass(found)
            assert {field.name for field in fields(found)} == set(FIELDS[found.__name__])


def test_what_the_source_says_of_a_field_is_in_its_description() -> None:
    accepted = WHOLES["record"]["properties"]["accepted_at"]["description"]
    assert accepted.endswith(
        "/ The instant the call reached a person, its voicemail was finished, or a call-back was asked for."
    )
    assert accepted.startswith("受理时刻")
    assert (
        "joined: 对方与来电人通了话 / The target talked with the caller."
        in PARTS["TransferOutcome"]["description"]
    )


def test_the_command_prints_the_schemas_and_the_reference() -> None:
    assert json.loads(run("records", "schema").out) == SCHEMAS
    assert run("records", "schema", "--reference").out == files(DOCS)[DOCS / "records-reference.md"]
