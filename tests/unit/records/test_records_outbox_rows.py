"""The outbox's rows: what may be sent now, and what closes them. On both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from callrouter.records.database import Database
from callrouter.records.leases import Fence, LeaseLostError
from callrouter.records.outbox_due import LARGEST_BODY, Due, from_milliseconds
from callrouter.records.outbox_rows import OutboxRows, RowState
from callrouter.records.reconcile_cursor import CursorRow
from callrouter.records.tables import lease, outbox
from callrouter.vocabulary.message import Acknowledgement, Kind, Outcome
from tests.unit.records.written_outbox import LONG_AGO_MS, Row, opened, records, states, story, write

NOW = from_milliseconds(LONG_AGO_MS) + timedelta(days=1)
SOON = timedelta(seconds=10)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as database:
        yield database


@pytest.fixture
def rows(database: Database) -> OutboxRows:
    return OutboxRows(database)


def told(due: Due) -> list[tuple[str, int]]:
    return [(one.message.call_id, one.message.sequence) for one in due.messages]


def positions(due: Due) -> dict[tuple[str, int], int]:
    return {(one.message.call_id, one.message.sequence): one.position for one in due.messages}


def stored(*ids: str, outcome: Outcome = Outcome.STORED, reason: str | None = None) -> list[Acknowledgement]:
    return [Acknowledgement(id_, outcome, reason) for id_ in ids]


async def test_a_records_body_is_its_records_and_a_live_events_its_own(
    database: Database, rows: OutboxRows
) -> None:
    await write(database, [Row("a", 1, Kind.ARRIVED, '{"live":1}'), Row("a", 2, body='{"record":"转接"}')])
    due = await rows.due(NOW, limit=10)
    assert [(one.message.kind, one.message.body, one.size) for one in due.messages] == [
        (Kind.ARRIVED, '{"live":1}', 10),
        (Kind.RECORD_CLOSED, '{"record":"转接"}', 19),
    ]


async def test_the_oldest_come_first_and_no_more_than_asked_for(database: Database, rows: OutboxRows) -> None:
    await write(database, records(range(9)))
    assert told(await rows.due(NOW, limit=3)) == [("call-0", 1), ("call-1", 1), ("call-2", 1)]


async def test_a_row_that_turns_up_behind_others_is_not_passed_over(
    database: Database, rows: OutboxRows
) -> None:
    await write(database, records([0, 2]))
    on_the_way = [one.position for one in (await rows.due(NOW, limit=3)).messages]
    await write(database, records([1]))
    async with database.write() as connection:
        # As when the transaction that was given a position between the two commits last.
        for call_id, position in (("call-0", 100), ("call-2", 300), ("call-1", 200)):
            await connection.execute(
                sa.update(outbox).where(outbox.c.call_id == call_id).values(position=position)
            )
    assert len(on_the_way) == 2
    assert told(await rows.due(NOW, limit=3, but=[100, 300])) == [("call-1", 1)]


async def test_the_later_messages_of_a_call_go_together_with_its_first_in_order(
    database: Database, rows: OutboxRows
) -> None:
    await write(database, list(reversed(story(1, 4))))
    assert told(await rows.due(NOW, limit=10)) == [("call-1", seq) for seq in (1, 2, 3, 4)]


@pytest.mark.parametrize("held_up_by", ["on the way", "waiting for its next attempt"])
async def test_an_earlier_message_holds_up_its_call_and_no_other(
    database: Database, rows: OutboxRows, held_up_by: str
) -> None:
    await write(database, [*story(1, 3), *records([2])])
    first = positions(await rows.due(NOW, limit=10))["call-1", 1]
    but = [first] if held_up_by == "on the way" else []
    if not but:
        await rows.retry_later({first: NOW + SOON})
    assert told(await rows.due(NOW, limit=10, but=but)) == [("call-2", 1)]
    await rows.close(stored(Row("call-1", 1).id), NOW)
    assert told(await rows.due(NOW, limit=10)) == [("call-1", 2), ("call-1", 3), ("call-2", 1)]


async def test_however_many_are_held_up_the_one_behind_them_is_found(
    database: Database, rows: OutboxRows
) -> None:
    await write(database, [row for number in range(30) for row in story(number, 5)])
    firsts = [place for (_, seq), place in positions(await rows.due(NOW, limit=150)).items() if seq == 1]
    await rows.retry_later(dict.fromkeys(firsts, NOW + SOON))
    await write(database, records([99]))
    assert told(await rows.due(NOW, limit=4)) == [("call-99", 1)]


async def test_what_failed_is_due_when_its_time_has_come_and_when_all_is_made_due(
    database: Database, rows: OutboxRows
) -> None:
    await write(database, records([1]))
    (one,) = (await rows.due(NOW, limit=1)).messages
    assert one.attempts == 0
    await rows.retry_later({one.position: NOW + SOON})
    early = await rows.due(NOW, limit=1)
    assert (told(early), early.again_at) == ([], NOW + SOON)
    (again,) = (await rows.due(NOW + SOON, limit=1)).messages
    assert again.attempts == 1
    await rows.make_all_due(NOW - SOON)
    assert told(await rows.due(NOW, limit=1)) == [("call-1", 1)]
    assert told(await rows.due(NOW, limit=1, again=None)) == []


async def test_what_failed_takes_its_share_and_all_the_room_that_nobody_else_wants(
    database: Database, rows: OutboxRows
) -> None:
    await write(database, records(range(30)))
    due = await rows.due(NOW, limit=25)
    await rows.retry_later({one.position: NOW for one in due.messages})

    async def attempts(limit: int, again: int) -> list[int]:
        return [one.attempts for one in (await rows.due(NOW, limit=limit, again=again)).messages]

    assert await attempts(limit=4, again=2) == [1, 1, 0, 0]
    assert await attempts(limit=4, again=0) == [0, 0, 0, 0]
    assert await attempts(limit=10, again=2) == [1] * 5 + [0] * 5
    assert (await rows.due(NOW, limit=4, again=2)).again_at == NOW


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"a":NaN}', '{"a":1}{', "[" * 100_000])
async def test_a_damaged_body_is_told_apart_and_the_others_flow(
    database: Database, rows: OutboxRows, body: str
) -> None:
    await write(database, [Row("bad", body=body), Row("worse", kind="no.such.kind"), *records([1])])
    due = await rows.due(NOW, limit=10)
    assert told(due) == [("call-1", 1)]
    assert [one.call_id for one in due.unsendable] == ["bad", "worse"]


async def test_text_that_is_no_text_costs_only_its_own_message(database: Database, rows: OutboxRows) -> None:
    await write(database, records([1, 2]))
    if database.dialect == "sqlite":
        async with database.write() as connection:
            await connection.execute(
                sa.text("UPDATE call_record SET body = CAST(x'7bff7d' AS TEXT) WHERE call_id = 'call-1'")
            )
        due = await rows.due(NOW, limit=10)
        assert (told(due), [one.call_id for one in due.unsendable]) == ([("call-2", 1)], ["call-1"])


async def test_a_body_that_nobody_takes_is_told_apart(database: Database, rows: OutboxRows) -> None:
    large = '{"a":"' + "x" * LARGEST_BODY + '"}'
    await write(database, [Row("large", body=large), Row("half", body='{"a":"\\ud800"}')])
    due = await rows.due(NOW, limit=10)
    assert told(due) == [("half", 1)]
    assert "larger" in due.unsendable[0].reason


async def test_the_first_word_about_a_message_counts(database: Database, rows: OutboxRows) -> None:
    await write(database, records(range(4)))
    ids = [row.id for row in records(range(4))]
    words = [
        *stored(ids[0]),
        *stored(ids[1], outcome=Outcome.DUPLICATE),
        *stored(ids[2], outcome=Outcome.REJECTED, reason="no such line"),
        *stored(ids[3], outcome=Outcome.REJECTED, reason="no such caller"),
        *stored(ids[0], outcome=Outcome.REJECTED),
        *stored("nobody's"),
    ]
    closing = await rows.close(words, NOW)
    assert closing.acknowledged == {ids[0], ids[1]}
    assert closing.rejected == {ids[2]: "call-2", ids[3]: "call-3"}
    assert closing.repeated == {ids[0]}
    assert closing.unknown == {"nobody's"}
    again = await rows.close(stored(*ids, outcome=Outcome.REJECTED), NOW)
    assert (again.acknowledged, again.rejected, again.repeated) == (frozenset(), {}, frozenset(ids))
    dead = await rows.listing([RowState.DEAD], limit=9)
    assert [(one.call_id, one.reason, one.closed_at) for one in dead] == [
        ("call-2", "no such line", NOW),
        ("call-3", "no such caller", NOW),
    ]


async def test_what_is_dropped_is_kept_with_who_did_it_and_can_be_tried_again(
    database: Database, rows: OutboxRows
) -> None:
    await write(database, story(1, 2))
    first = Row("call-1", 1).id
    assert await rows.drop(first, "dropped by duty officer", NOW)
    assert not await rows.drop(first, "dropped twice", NOW)
    (dead,) = await rows.listing([RowState.DEAD], limit=9)
    assert (dead.id, dead.reason) == (first, "dropped by duty officer")
    assert told(await rows.due(NOW, limit=9)) == [("call-1", 2)]
    assert await rows.retry([first, "nobody's"]) == 1
    assert told(await rows.due(NOW, limit=9)) == [("call-1", 1), ("call-1", 2)]
    assert (await rows.listing([RowState.OPEN], limit=1))[0].reason is None


async def test_a_writer_whose_lease_another_has_changes_nothing(database: Database, rows: OutboxRows) -> None:
    await write(database, records([1]))
    async with database.write() as connection:
        await connection.execute(
            sa.insert(lease), {"name": "publish:x", "holder": "other", "token": 2, "renewals": 0}
        )
    old, new = Fence("publish:x", 1), Fence("publish:x", 2)
    (one,) = (await rows.due(NOW, limit=1)).messages
    before = await rows.listing(list(RowState), limit=9)
    for write_it in (
        rows.close(stored(one.message.id), NOW, old),
        rows.retry_later({one.position: NOW}, old),
        rows.make_all_due(NOW, old),
        rows.reopen([one.message.id], old),
    ):
        with pytest.raises(LeaseLostError):
            await write_it
    assert await rows.listing(list(RowState), limit=9) == before
    await rows.close(stored(one.message.id), NOW, new)
    assert await states(database) == {one.message.id: "acknowledged"}


async def test_what_is_open_is_found_by_its_index(database: Database, rows: OutboxRows) -> None:
    if database.dialect == "sqlite":
        seen: list[str] = []

        @sa.event.listens_for(database.engine.sync_engine, "before_cursor_execute")
        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        await write(database, story(1, 3))
        seen.clear()
        await rows.due(NOW, limit=5)
        # Keys, what is ahead of them, those that failed, bodies.
        assert len(seen) == 4
        keys = next(one for one in seen if "outbox.attempts = ?" in one)
        async with database.read() as connection:
            plan = await connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {keys}", (0, 0, 5, 0)[: keys.count("?")]
            )
            assert "ix_outbox_open" in str(plan.all())


async def test_what_is_tried_again_is_compared_again(database: Database, rows: OutboxRows) -> None:
    await write(database, records(range(5)))
    ids = [Row(f"call-{number}").id for number in range(5)]
    dead = [Acknowledgement(ids[number], Outcome.REJECTED, "no") for number in (1, 3)]
    await rows.close([*stored(ids[0], ids[2], ids[4]), *dead], NOW)
    cursor = CursorRow(database, "publish:x")
    await cursor.move(0, 5)
    await rows.retry([ids[3], ids[1], ids[4]])
    assert (await cursor.read()).position == 1
    assert await rows.retry([ids[0]]) == 0
    assert (await cursor.read()).position == 1


async def test_a_look_costs_no_more_however_many_wait_and_the_next_one_goes_on(
    database: Database, rows: OutboxRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callrouter.records.outbox_due._SHORTEST_PAGE", 4)
    monkeypatch.setattr("callrouter.records.outbox_due._OLDEST_PAGES", 1)
    monkeypatch.setattr("callrouter.records.outbox_due._FURTHER_PAGES", 2)
    await write(database, [message for number in range(20) for message in story(number, 3)])
    firsts = [place for (_, seq), place in positions(await rows.due(NOW, limit=99)).items() if seq == 1]
    await rows.retry_later(dict.fromkeys(firsts, NOW + SOON))
    await write(database, records([90, 91]))
    seen: list[str] = []

    @sa.event.listens_for(database.engine.sync_engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    looks, further = 0, 0
    while not (due := await rows.due(NOW, limit=1, again=None, further=further)).messages:
        assert len(seen) <= 7
        assert further < due.further
        looks, further = looks + 1, due.further
        seen.clear()
    assert looks == 4
    on_the_way = [one.position for one in due.messages]
    again = await rows.due(NOW, limit=3, again=None, but=on_the_way, further=due.further)
    assert (told(due), told(again), again.further) == ([("call-90", 1)], [("call-91", 1)], 0)
