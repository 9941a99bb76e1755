"""How the seats stand: from a snapshot, and from what Asterisk tells behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_snapshot import Member, MemberStatus, Queue, Snapshot
from callrouter.calls.seat_board import SeatBoard, SeatStanding, SeatWord
from callrouter.calls.seats import Roster, Seat
from callrouter.vocabulary.seat_state import NO_ANSWER, OUT, SeatState

ROSTER = Roster(
    (Seat("1001", "hotline"), Seat("1002", "hotline"), Seat("1001", "expert")),
    frozenset({"hotline", "expert", "minors"}),
)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def member(seat: str, status: int = 1, pause: str | None = None, paused_at_s: int = 0) -> Member:
    return Member(
        *(seat, f"Local/{seat}@seat", MemberStatus(status)),
        is_paused=pause is not None,
        is_in_call=False,
        pause_reason=pause or "",
        paused_at_s=paused_at_s,
    )


def board_of(**queues: list[Member]) -> SeatBoard:
    board = SeatBoard(ROSTER)
    board.see(Snapshot((), tuple(Queue(name, tuple(members), ()) for name, members in queues.items())))
    return board


def event(
    name: str, seat: str, *, queue: str = "hotline", status: int = 1, pause: str | None = None, at_s: int = 0
) -> AmiMessage:
    return AmiMessage(
        (
            *(("Event", name), ("Queue", queue), ("MemberName", seat), ("Interface", f"Local/{seat}@seat")),
            *(("LastPause", str(at_s)), ("InCall", "0"), ("Status", str(status))),
            *(("Paused", str(int(pause is not None))), ("PausedReason", pause or "")),
        )
    )


def state(board: SeatBoard, seat: str, queue: str = "hotline") -> SeatStanding:
    (row,) = [row for row in board.rows() if (row.seat, row.queue) == (seat, queue)]
    return row


@pytest.mark.parametrize(
    ("found", "shown", "reason"),
    [
        (member("1001", 1), SeatState.READY, None),
        *((member("1001", status), SeatState.BUSY, None) for status in (2, 3, 6, 7, 8)),
        *((member("1001", status), SeatState.ABSENT, None) for status in (0, 4, 5)),
        (member("1001", 1, "meal"), SeatState.PAUSED, "meal"),
        (member("1001", 5, NO_ANSWER), SeatState.PAUSED, NO_ANSWER),
        (member("1001", 1, ""), SeatState.PAUSED, "unstated"),
        (member("1001", 5, OUT), SeatState.OUT, OUT),
    ],
)
def test_every_state_of_a_member_is_one_of_a_seat(
    found: Member, shown: SeatState, reason: str | None
) -> None:
    standing = state(board_of(hotline=[found]), "1001")
    assert (standing.state, standing.reason) == (shown, reason)


def test_before_the_first_snapshot_nothing_is_known() -> None:
    assert not SeatBoard(ROSTER).is_known
    assert board_of().is_known


def test_a_seat_that_its_queue_lacks_is_missing_and_strangers_are_not_told() -> None:
    board = board_of(hotline=[member("1001"), member("9999")], sales=[member("1002")])
    assert [(row.seat, row.queue, row.state) for row in board.rows()] == [
        ("1001", "hotline", SeatState.READY),
        ("1002", "hotline", SeatState.MISSING),
        ("1001", "expert", SeatState.MISSING),
    ]


def test_an_event_changes_one_membership_and_may_come_twice() -> None:
    board = board_of(hotline=[member("1001"), member("1002")], expert=[member("1001")])
    for minutes in (0, 5):
        board.hear(event("QueueMemberStatus", "1001", status=2), NOON + timedelta(minutes=minutes))
    assert state(board, "1001") == SeatStanding("1001", "hotline", SeatState.BUSY, None, NOON)
    assert state(board, "1001", "expert").state is SeatState.READY
    board.hear(event("QueueMemberRemoved", "1001"), NOON)
    board.hear(event("QueueMemberRemoved", "1001"), NOON)
    assert state(board, "1001").state is SeatState.MISSING
    board.hear(event("QueueMemberAdded", "1001"), NOON)
    assert state(board, "1001").state is SeatState.READY


def test_a_pauses_start_is_asterisks_and_what_was_so_before_we_looked_has_none() -> None:
    at_s = 1_795_397_753
    board = board_of(hotline=[member("1001", 1, "meal", at_s), member("1002")])
    assert state(board, "1001").since == datetime.fromtimestamp(at_s, UTC)
    assert state(board, "1002").since is None
    # Back: the start of a pause that is over means nothing.
    board.hear(event("QueueMemberPause", "1001", at_s=at_s), NOON)
    assert state(board, "1001").since == NOON


def test_another_snapshot_keeps_since_when_what_is_still_so() -> None:
    board = board_of(hotline=[member("1001")])
    board.hear(event("QueueMemberStatus", "1001", status=5), NOON)
    board.see(Snapshot((), (Queue("hotline", (member("1001", 5),), ()),)))
    assert state(board, "1001").since == NOON
    board.see(Snapshot((), (Queue("hotline", (member("1001"),), ()),)))
    assert state(board, "1001").since is None


def test_a_seats_word_is_heard_once_however_many_queues_tell_it() -> None:
    board = board_of(hotline=[member("1001")], expert=[member("1001")])
    heard = [
        board.hear(event("QueueMemberPause", "1001", queue=queue, pause=pause), NOON)
        for pause in ("meal", OUT, None)
        for queue in ("expert", "hotline")
    ]
    assert heard == [
        SeatWord("1001", SeatState.PAUSED, "meal"),
        None,
        SeatWord("1001", SeatState.OUT, OUT),
        None,
        None,
        SeatWord("1001", SeatState.READY, None),
    ]


@pytest.mark.parametrize(
    "told",
    [
        event("QueueMemberStatus", "1001", status=6),
        event("QueueMemberAdded", "1002", pause=OUT),
        event("QueueMemberRemoved", "1001", queue="expert"),
        event("QueueMemberPause", "1001", queue="sales", pause="meal"),
        AmiMessage((("Event", "QueueCallerJoin"), ("Queue", "hotline"))),
    ],
)
def test_ringing_joining_and_leaving_are_no_word_of_a_seats(told: AmiMessage) -> None:
    board = board_of(hotline=[member("1001")], expert=[member("1001")])
    assert board.hear(told, NOON) is None


def test_each_queue_counts_its_seats_by_state_the_states_without_one_too() -> None:
    counts = board_of(hotline=[member("1001"), member("1002", 1, OUT)]).counts()
    assert counts["hotline", "ready"] == counts["hotline", "out"] == counts["expert", "missing"] == 1
    assert sum(counts.values()) == 3
    assert len(counts) == 2 * len(SeatState)


@pytest.mark.parametrize(
    ("second", "is_staffed"),
    [
        (member("1002", 1), True),
        (member("1002", 2), True),
        (member("1002", 5), False),
        (member("1002", 1, NO_ANSWER), False),
        (member("1002", 1, OUT), False),
    ],
)
def test_a_queue_is_answered_while_one_of_its_seats_is_ready_or_busy(
    second: Member, is_staffed: bool
) -> None:
    board = board_of(hotline=[member("1001", 1, "meal"), second], expert=[member("1001", 1)])
    assert board.unstaffed() == (frozenset() if is_staffed else {"hotline"})
