"""Whatever was written down: a record or none, never an error, and the same for the same rows."""

from __future__ import annotations

import json
import random
from datetime import datetime
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.records.bodies import read_record, record_body
from callrouter.records.fold import fold, milestones
from callrouter.vocabulary.cel import CelEvent, CelRow, microseconds_of
from callrouter.vocabulary.journal import ARRIVAL_CONTEXT, DecisionFact, JournalEvent
from callrouter.vocabulary.queue_log import QueueEvent, QueueRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import ClosedBy, TransferOutcome
from tests.unit.records.eventful_call import EVENTFUL
from tests.unit.records.test_records_fold import (
    AGENT,
    CALLER,
    T0,
    normal,
)

_EVENTS = st.sampled_from([*CelEvent, *JournalEvent, "PICKUP"]) | st.text(max_size=12)
_KEYS = [
    *DecisionFact,
    *(
        "state",
        "key",
        "queue",
        "fallback",
        "clock_offset",
        "status",
        "agent",
        "called",
        "caller",
        "arrived_at",
    ),
    *(
        "id",
        "kind",
        "target",
        "by",
        "service",
        "leg",
        "outcome",
        "cause",
        "file",
        "grade",
        "party",
        "sip_call_id",
    ),
    *("starts_ms", "ends_ms", "bytes", "seat", "menu"),
    *("left", "why", "at", "text", "part", "of", "number", "supervisor"),
]
_WORDS = [
    *(
        "started",
        "finished",
        "entered",
        "left",
        "dialled",
        "requested",
        "ringing",
        "answered",
        "joined",
        "ended",
    ),
    *(
        "offered",
        "paused",
        "resumed",
        "no_verdict",
        "release",
        "emergency:110",
        "120",
        "expert",
        "caller",
        "plain",
    ),
    *(
        "9" * 12,
        "-5",
        "9" * 5000,
        "2021-10-01",
        "9999-12-31T23:59:59-23:00",
        "0001-01-01T00:00:00+23:00",
        "\0",
    ),
    *("99999999999.999999", "1.1", "1.2", "../x", "5", "16", *TransferOutcome),
    *("scheduled", "failed", "chosen", "given_up", "waived", "1001", "Local/1001@seat", "18:00/10:00"),
    *("began", "accepted", "refused", "agent", "ticket_only", "note", "ticket", "enforcement", "listen"),
]
_FACTS = st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(_WORDS) | st.text(max_size=12), max_size=6)
_EXTRAS = st.one_of(
    _FACTS.map(
        lambda facts: json.dumps({"extra": "&".join(f"{k}={quote(v, safe='')}" for k, v in facts.items())})
    ),
    st.sampled_from(
        [
            *(
                "",
                "[]",
                "{",
                "[" * 5000,
                '{"hangupcause":"x","hangupsource":7}',
                '{"hangupcause":true}',
                "9" * 5000,
            ),
            *('{"bridge_id":"b1"}', '{"bridge_id":["x"]}', '{"bridge_id":"\\ud800"}', '{"extra":7}', "NaN"),
            *(
                '{"extra":"called=\\ud800&caller=%ED%A0%80"}',
                '{"hangupcause":16,"hangupsource":"PJSIP/a-00000001"}',
            ),
        ]
    ),
    st.text(max_size=20),
)
_TEXT = st.text(max_size=12)
_HALVES = ("Local/x@y-00000001;1", "Local/x@y-00000001;2", "Local/")
_ROWS = st.lists(
    st.builds(
        CelRow,
        event=_EVENTS,
        at_us=st.integers(0, 5) | st.integers(0, 99_999_999_999_999_999),
        uniqueid=st.sampled_from(["1.1", "1.2", "1.3"]) | _TEXT,
        linkedid=st.just("1.1"),
        channel=st.sampled_from(["PJSIP/a-00000001", "PJSIP/b", *_HALVES, "", "/"]) | _TEXT,
        context=st.sampled_from(["", ARRIVAL_CONTEXT]) | _TEXT,
        exten=_TEXT,
        app=_TEXT,
        caller_number=_TEXT,
        peer=_TEXT,
        extra=_EXTRAS,
    ),
    max_size=25,
)
_LOG = st.lists(
    st.builds(
        QueueRow,
        at_s=st.integers(0, 5),
        call=st.sampled_from(["1.1", "NONE"]),
        queue=st.sampled_from(["general", ""]) | _TEXT,
        member=_TEXT,
        event=st.sampled_from(list(QueueEvent)) | _TEXT,
        data=st.lists(st.sampled_from(["1000", "-1", "²", ""]) | _TEXT, max_size=5).map(tuple),
    ),
    max_size=6,
)


def require_sound(record: CallRecord) -> None:
    durations = [record.talk_ms, record.waited_ms or 0, *(leg.talk_ms for leg in record.legs)]
    durations += [visit.wait_ms for visit in record.queue_visits]
    durations += [one.rang_ms or 0 for visit in record.queue_visits for one in visit.tries]
    durations += [record.picked_up_ms or 0, record.held_ms, *(leg.consult_ms for leg in record.legs)]
    assert min(durations) >= 0
    assert all(talk.starts_at <= talk.ends_at for talk in record.talks)
    assert all(consult.starts_at < consult.ends_at for consult in record.consults)
    assert all(hold.starts_at <= hold.ends_at for hold in record.holds)
    assert all(one.ended_at is None or one.began_at <= one.ended_at for one in record.supervisions)
    assert all(visit.entered_at <= visit.left_at for visit in record.queue_visits)
    assert list(record.anomalies) == sorted(set(record.anomalies))
    assert read_record(record_body(record)) == record


@given(_ROWS, _LOG, st.sampled_from(ClosedBy), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_garbage_in_every_column_gives_a_sound_record_or_none_and_the_same_in_any_order(
    rows: list[CelRow], log: list[QueueRow], closed_by: ClosedBy, chance: random.Random
) -> None:
    record = fold(rows, "n", log, closed_by=closed_by)
    if any(one.event in {JournalEvent.ARRIVED, JournalEvent.REFUSED} for one in rows):
        assert record is not None
    shuffled, relogged = rows + rows[: len(rows) // 2], log + log[:3]
    chance.shuffle(shuffled)
    chance.shuffle(relogged)
    assert fold(shuffled, "n", relogged, closed_by=closed_by) == record
    if record is not None:
        require_sound(record)


@given(st.sets(st.sampled_from(range(len(EVENTFUL)))), st.sampled_from(ClosedBy))
@settings(max_examples=60, deadline=None)
def test_any_part_of_a_call_gives_a_sound_record_or_none(kept: set[int], closed_by: ClosedBy) -> None:
    rows = [EVENTFUL[place] for place in sorted(kept)]
    record = fold(rows, "n", closed_by=closed_by)
    assert (record is None) == all(one.event != JournalEvent.ARRIVED for one in rows)
    if record is not None:
        require_sound(record)


@given(st.integers(0, len(EVENTFUL)), st.sampled_from([-3_600_000_000, 3_600_000_000]))
@settings(max_examples=40, deadline=None)
def test_a_clock_that_is_set_at_any_step_gives_a_sound_record_with_the_same_talk(
    place: int, by_us: int
) -> None:
    rows = [*EVENTFUL[:place], *(one._replace(at_us=one.at_us + by_us) for one in EVENTFUL[place:])]
    record = fold(rows, "n")
    assert record is not None
    require_sound(record)
    assert [talk.uniqueid for talk in record.talks] == [AGENT]


def test_a_call_in_which_everything_happens_has_nothing_odd() -> None:
    record = fold(EVENTFUL, "n")
    assert record is not None
    assert record.anomalies == ()
    assert len(record.transfers) == len(record.recordings) == len(record.talks) == 1
    assert len(record.holds) == len(record.notes) == len(record.supervisions) == 1


@given(_ROWS)
@settings(max_examples=60, deadline=None)
def test_more_rows_add_milestones_and_change_none(rows: list[CelRow]) -> None:
    whole = milestones(rows)
    assert len({one.name for one in whole}) == len(whole)
    for length in range(len(rows)):
        told = milestones(rows[:length])
        assert whole[: len(told)] == told


def test_the_rows_of_one_instant_may_come_in_any_order() -> None:
    instant = microseconds_of(datetime.fromisoformat(T0.isoformat()))
    rows = [one._replace(at_us=instant) for one in normal()]
    expected = fold(rows, "n")
    for seed in range(20):
        assert fold(random.Random(seed).sample(rows, len(rows)), "n") == expected
    assert expected is not None
    assert expected.call_id == CALLER
