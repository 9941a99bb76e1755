"""How messages and acknowledgements are spelled."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.ticketing.cloud_event import AcknowledgementError, decode_acknowledgement, encode_event
from callrouter.vocabulary.message import RECORD_CLOSED, Acknowledgement, Message, Outcome

MESSAGE = Message(
    id="m-1",
    node="node1",
    call_id="lab-1.1",
    sequence=1,
    kind=RECORD_CLOSED,
    created_at=datetime(2021, 10, 1, tzinfo=UTC),
    rehearsal=True,
    body={"called_raw": "转接\ud800"},
)


def test_a_message_is_a_cloud_event() -> None:
    event = json.loads(encode_event(MESSAGE, "chengdu"))
    assert event == {
        "specversion": "1.0",
        "id": "m-1",
        "source": "/callrouter/chengdu/node1",
        "type": "cn.callrouter.record.closed.v1",
        "subject": "lab-1.1",
        "time": "2021-10-01T00:00:00.000+00:00",
        "datacontenttype": "application/json",
        "sequence": "1",
        "rehearsal": True,
        "data": {"called_raw": "转接\ud800"},
    }


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_acknowledgement_is_read(outcome: Outcome) -> None:
    payload = json.dumps({"id": "m-1", "outcome": outcome, "reason": "r" * 1000}).encode()
    expected = Acknowledgement("m-1", outcome, "r" * 256)
    assert decode_acknowledgement(payload, b"m-1") == expected
    assert decode_acknowledgement(payload, None) == expected


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
        (b'{"id":"\\ud800","outcome":"stored"}', None),
        (b'{"id":"m-1","outcome":"stored"}', b"m-2"),
        (b'{"id":"m-1","outcome":"stored"}' + b" " * 5000, b"m-1"),
    ],
)
def test_what_is_no_acknowledgement_is_refused(payload: bytes, correlation: bytes | None) -> None:
    with pytest.raises(AcknowledgementError):
        decode_acknowledgement(payload, correlation)


@given(st.binary(max_size=200), st.none() | st.binary(max_size=10))
def test_nothing_else_ever_comes_out(payload: bytes, correlation: bytes | None) -> None:
    with contextlib.suppress(AcknowledgementError):
        assert correlation in {None, decode_acknowledgement(payload, correlation).id.encode()}
