"""How messages, manifests and acknowledgements are spelled."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.ticketing.cloud_event import (
    MOST_ACKNOWLEDGEMENTS,
    AcknowledgementError,
    correlation_of,
    data_schema,
    decode_acknowledgements,
    encode_batch,
    encode_event,
    encode_manifest,
)
from callrouter.vocabulary.message import Acknowledgement, Kind, Manifest, Message, Outcome

MESSAGE = Message(
    id="m-1",
    node="node1",
    call_id="lab-1.1",
    sequence=1,
    kind=Kind.RECORD_CLOSED,
    created_at=datetime(2021, 10, 1, tzinfo=UTC),
    rehearsal=True,
    body='{"called_raw": "转接\\ud800", "n": 1.50}',
)


def test_a_message_is_a_cloud_event() -> None:
    event = json.loads(encode_event(MESSAGE, "chengdu"))
    assert event == {
        "specversion": "1.0",
        "id": "m-1",
        "source": "/callrouter/chengdu/node1",
        "type": "cn.callrouter.record.closed.v2",
        "subject": "lab-1.1",
        "time": "2021-10-01T00:00:00.000+00:00",
        "datacontenttype": "application/json",
        "dataschema": "urn:callrouter:schema:record:2",
        "sequence": "1",
        "rehearsal": True,
        "data": {"called_raw": "转接\ud800", "n": 1.5},
    }


def test_a_body_is_sent_as_it_was_written() -> None:
    assert MESSAGE.body.encode() in encode_event(MESSAGE, "chengdu")


def test_what_cannot_be_said_in_utf_8_becomes_its_escape() -> None:
    event = json.loads(encode_event(replace(MESSAGE, call_id="lab\ud800"), "chengdu"))
    assert event["subject"] == "lab\ud800"


def test_several_messages_are_a_batch_in_their_order() -> None:
    messages = [replace(MESSAGE, id=f"m-{n}", sequence=n) for n in (1, 2, 3)]
    batch = json.loads(encode_batch(messages, "chengdu"))
    assert batch == [json.loads(encode_event(message, "chengdu")) for message in messages]


def test_every_kind_names_its_schema() -> None:
    assert len({data_schema(kind) for kind in Kind}) == len(Kind)


def test_a_manifest_is_a_cloud_event_whose_source_begins_those_of_what_it_names() -> None:
    event = json.loads(encode_manifest(Manifest("r-1", 4, 9, ("m-1", "m-2")), "chengdu"))
    assert (event["id"], event["type"], event["subject"]) == (
        "r-1",
        "cn.callrouter.outbox.reconcile.v1",
        "4-9",
    )
    assert event["data"] == {"schema_version": 1, "since": 4, "until": 9, "ids": ["m-1", "m-2"]}
    assert json.loads(encode_event(MESSAGE, "chengdu"))["source"].startswith(event["source"] + "/")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_acknowledgement_is_read(outcome: Outcome) -> None:
    payload = json.dumps({"id": "m-1", "outcome": outcome, "reason": "r" * 1000}).encode()
    expected = (Acknowledgement("m-1", outcome, "r" * 256),)
    assert decode_acknowledgements(payload, b"m-1") == expected
    assert decode_acknowledgements(payload, None) == expected


def test_a_batchs_correlation_is_no_messages_id_and_its_answer_speaks_of_several() -> None:
    second = replace(MESSAGE, id="m-2")
    assert correlation_of([MESSAGE]) == b"m-1"
    batch = correlation_of([MESSAGE, second])
    assert batch not in (b"m-1", b"m-2")
    words = [{"id": "m-2", "outcome": "duplicate"}, {"id": "m-1", "outcome": "stored"}]
    read = decode_acknowledgements(json.dumps({"acknowledgements": words}).encode(), batch)
    assert [(word.id, word.outcome) for word in read] == [("m-2", "duplicate"), ("m-1", "stored")]
    alone = decode_acknowledgements(b'{"id":"m-2","outcome":"stored"}', batch)
    assert [word.id for word in alone] == ["m-2"]


def test_the_longest_answers_that_are_allowed_are_read() -> None:
    words = [
        {"id": "i" * 63 + str(n % 10), "outcome": "rejected", "reason": "\\u00e9" * 256}
        for n in range(MOST_ACKNOWLEDGEMENTS)
    ]
    assert len(decode_acknowledgements(json.dumps({"acknowledgements": words}).encode(), None)) == 500
    missing = {"id": "r-1", "outcome": "stored", "missing": ["i" * 64] * MOST_ACKNOWLEDGEMENTS}
    assert len(decode_acknowledgements(json.dumps(missing).encode(), b"r-1")[0].missing) == 500


@pytest.mark.parametrize(
    ("payload", "correlation"),
    [
        (b"", None),
        (b"{", None),
        (b"\xff", None),
        (b"[" * 4000, None),
        (b"[]", None),
        (b'{"id":"m-1"}', None),
        (b'{"id":"m-1","outcome":"maybe"}', None),
        (b'{"id":"m-1","outcome":["stored"]}', None),
        (b'{"id":1,"outcome":"stored"}', None),
        (b'{"id":"","outcome":"stored"}', None),
        (b'{"id":"\\u0000","outcome":"stored"}', None),
        (b'{"id":"\\ud800","outcome":"stored"}', None),
        (b'{"id":"m-1","outcome":"stored"}', b"m-2"),
        (b'{"id":"m-1","outcome":"stored"}' + b" " * (1 << 20), b"m-1"),
        (b'{"id":"m-1","outcome":"stored","missing":"m-1"}', None),
        (b'{"id":"m-1","outcome":"stored","missing":[1]}', None),
        (b'{"id":"m-1","outcome":"stored","missing":[' + b'"m",' * 500 + b'"m"]}', None),
        (b'{"acknowledgements":[]}', None),
        (b'{"acknowledgements":{}}', None),
        (b'{"acknowledgements":[{"id":"m-1","outcome":"stored"},1]}', None),
        (
            b'{"acknowledgements":['
            + b'{"id":"m","outcome":"stored"},' * 500
            + b'{"id":"m","outcome":"stored"}]}',
            None,
        ),
    ],
)
def test_what_is_no_acknowledgement_is_refused(payload: bytes, correlation: bytes | None) -> None:
    with pytest.raises(AcknowledgementError):
        decode_acknowledgements(payload, correlation)


@given(st.binary(max_size=200), st.none() | st.binary(max_size=10))
def test_nothing_else_ever_comes_out(payload: bytes, correlation: bytes | None) -> None:
    with contextlib.suppress(AcknowledgementError):
        words = decode_acknowledgements(payload, correlation)
        assert correlation in {None, *(word.id.encode() for word in words)}


@given(st.text(), st.text(), st.booleans())
def test_whatever_the_call_is_called_the_event_is_json(call: str, node: str, rehearsal: bool) -> None:
    message = replace(MESSAGE, call_id=call, node=node, rehearsal=rehearsal)
    event = json.loads(encode_event(message, "chengdu"))
    assert (event["subject"], event["source"]) == (call, f"/callrouter/chengdu/{node}")
    assert event["rehearsal"] is rehearsal
