"""What is said to the ticketing side, as JSON text."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.records.bodies import BodyError, live_body, live_kind, read_record, record_body
from callrouter.records.fold import fold, milestones
from callrouter.vocabulary.live import LiveEvent
from callrouter.vocabulary.message import LIVE, Kind
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import FileProof
from tests.unit.records.eventful_call import EVENTFUL
from tests.unit.records.test_records_fold import folded, normal

_ZONES = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
_INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC) | _ZONES)  # noqa: DTZ001 - the bounds are given without a zone


def eventful() -> CallRecord:
    record = fold(EVENTFUL, "n")
    assert record is not None
    return record


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_whatever_a_record_holds_it_is_read_back(data: st.DataObject) -> None:
    st.register_type_strategy(datetime, _INSTANTS)
    record = data.draw(st.from_type(CallRecord))
    assert read_record(record_body(record)) == record


def test_instants_end_in_z_and_keep_their_microseconds() -> None:
    value = json.loads(record_body(folded(normal())))
    assert value["arrived_at"] == "2021-09-30T08:00:00Z"
    assert value["accepted_at"] == "2021-09-30T08:00:08.200200Z"
    assert value["decision"]["decided_at"].endswith("Z")


def test_every_field_is_there_and_words_are_plain() -> None:
    value = json.loads(record_body(eventful()))
    assert list(value) == [field.name for field in fields(CallRecord)]
    assert (value["terminal_state"], value["transfers"][0]["outcome"]) == ("completed", "joined")
    assert value["emergency"] == {
        "direction": "out",
        "service": "120",
        "result": "joined",
        "received_first_by": "110",
    }
    assert value["recordings"][0]["proof"] is None


def test_a_proof_is_read_back() -> None:
    record = eventful()
    proved = replace(record.recordings[0], proof=FileProof("ab" * 32, 12, 34))
    with_proof = replace(record, recordings=(proved,))
    assert read_record(record_body(with_proof)) == with_proof


def test_a_newer_versions_keys_are_passed_over_and_an_older_ones_absent_ones_filled() -> None:
    record = folded(normal())
    value = json.loads(record_body(record))
    del value["transfers"], value["legs"][0]["talk_ms"], value["queue_visits"][0]["tries"]
    read = read_record(json.dumps({**value, "of_tomorrow": 1}))
    assert read.transfers == ()
    assert read.call_id == record.call_id


@pytest.mark.parametrize(
    ("change", "named"),
    [({"caller_raw": 13800138000}, "caller_raw"), ({"ended_at": "13800138000x"}, "ended_at")],
)
def test_what_is_no_record_is_told_by_its_fields_and_not_by_what_is_in_them(
    change: dict[str, object], named: str
) -> None:
    broken = json.dumps(json.loads(record_body(folded(normal()))) | change)
    with pytest.raises(BodyError, match=named) as raised:
        read_record(broken)
    assert "13800138000" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize("broken", ["", "{", "[]", "null", '{"call_id":"13800138000"}'])
def test_what_is_no_json_object_of_ours_is_no_record(broken: str) -> None:
    with pytest.raises(BodyError) as raised:
        read_record(broken)
    assert "13800138000" not in str(raised.value)


def test_every_live_event_has_a_kind_and_a_body() -> None:
    found = [one.event for one in milestones(EVENTFUL)]
    assert {type(event) for event in found} == set(get_args(LiveEvent))
    assert {live_kind(event) for event in found} == LIVE
    for event in found:
        value = json.loads(live_body(event))
        assert list(value) == [field.name for field in fields(event)]
        assert value["at"].endswith("Z")
    assert live_kind(found[0]) is Kind.ARRIVED
