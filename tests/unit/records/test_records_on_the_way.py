"""What travels together: pure, against a model."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from callrouter.records.on_the_way import OnTheWay, in_batches
from callrouter.records.outbox_due import DueMessage
from callrouter.vocabulary.message import LIVE, Kind, Message

LARGEST = 100


def due(
    call: int, seq: int, kind: Kind = Kind.RECORD_CLOSED, attempts: int = 0, size: int = 10
) -> DueMessage:
    message = Message(
        *(f"{call}.{seq}", "node1", f"call-{call}", seq, kind),
        *(datetime(2021, 10, 1, tzinfo=UTC), False, "{}"),
    )
    return DueMessage(message, call * 100 + seq, attempts, size)


def names(batches: list[tuple[DueMessage, ...]]) -> list[list[str]]:
    return [[one.message.id for one in batch] for batch in batches]


def batches_of(*messages: DueMessage, most: int = 3) -> list[list[str]]:
    return names(in_batches(messages, most_at_once=most, largest=LARGEST))


def test_a_batch_is_full_by_number_or_by_size() -> None:
    assert batches_of(*(due(n, 1) for n in range(4))) == [["0.1", "1.1", "2.1"], ["3.1"]]
    assert batches_of(due(1, 1, size=60), due(2, 1, size=40), due(3, 1, size=1)) == [["1.1", "2.1"], ["3.1"]]


def test_one_that_is_larger_than_a_batch_goes_by_itself() -> None:
    assert batches_of(due(1, 1, size=500), due(2, 1)) == [["1.1"], ["2.1"]]


def test_what_failed_goes_alone() -> None:
    assert batches_of(due(1, 1), due(2, 1, attempts=3), due(3, 1)) == [["2.1"], ["1.1", "3.1"]]


def test_a_call_is_never_in_two_batches() -> None:
    assert batches_of(due(1, 1), due(2, 1), due(3, 1), due(1, 2), due(4, 1)) == [
        ["1.1", "2.1", "3.1"],
        ["4.1"],
    ]


def test_a_calls_record_waits_for_its_live_events_and_what_follows_waits_too() -> None:
    batches = batches_of(due(1, 1, Kind.ARRIVED), due(1, 2), due(1, 3, Kind.ENDED), due(2, 1), most=9)
    assert batches == [["1.1", "2.1"]]


def test_of_a_call_only_the_first_counts_as_failed() -> None:
    way = OnTheWay()
    way.put([due(1, 1), due(1, 2), due(2, 5, attempts=1)], 10.0)
    way.put([due(3, 1)], 11.0)
    assert (way.again, way.oldest_sent_at(), len(way)) == (1, 10.0, 4)
    ids = way.sent_until(10.0)
    assert ids == ["1.1", "1.2", "2.5"]
    assert [sent.message.id for sent in way.failed_among([*ids, "unknown"])] == ["1.1", "2.5"]
    way.take([*ids, "unknown"])
    assert (way.again, list(way.positions())) == (0, [301])


@st.composite
def open_messages(draw: st.DrawFn) -> list[DueMessage]:
    """What `read_due` may give: of each call a run of messages, in order, mixed with others'; a failed one alone."""
    runs = draw(
        st.lists(st.lists(st.sampled_from(sorted([*LIVE, Kind.RECORD_CLOSED])), min_size=1, max_size=5))
    )
    failed = draw(st.sets(st.integers(0, max(0, len(runs) - 1))))
    left = [
        [due(call, 1, kinds[0], attempts=1)]
        if call in failed
        else [due(call, seq, kind, size=draw(st.integers(2, 150))) for seq, kind in enumerate(kinds, 1)]
        for call, kinds in enumerate(runs)
    ]
    mixed = []
    while left := [run for run in left if run]:
        mixed.append(draw(st.sampled_from(left)).pop(0))
    return mixed


@given(open_messages(), st.integers(1, 6))
def test_batches_keep_every_rule_whatever_is_due(messages: list[DueMessage], most: int) -> None:
    batches = in_batches(messages, most_at_once=most, largest=LARGEST)
    where: dict[str, int] = {}
    for number, batch in enumerate(batches):
        assert 0 < len(batch) <= most
        assert len(batch) == 1 or sum(one.size for one in batch) <= LARGEST
        assert len(batch) == 1 or not any(one.attempts for one in batch)
        for call in {one.message.call_id for one in batch}:
            assert where.setdefault(call, number) == number
            its = [one.message for one in batch if one.message.call_id == call]
            assert [one.sequence for one in its] == list(range(1, len(its) + 1))
            assert len({one.kind in LIVE for one in its}) == 1
    assert set(where) == {one.message.call_id for one in messages}  # nobody is left out
