"""The database: what a call costs, what is told of it, and that a restart changes nothing. On both databases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from callrouter.records.tables import call_record, outbox
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record_words import TerminalState
from tests.unit.records.stores import (
    EVERYTHING,
    HERE,
    Rows,
    Stores,
    cel,
    count,
    messages,
    queue,
    read,
    records,
    some_decision,
)


async def test_a_call_that_was_read_in_one_go_costs_one_row_of_each_table_and_none_of_open_calls(
    stores: Stores, call_rows: Rows
) -> None:
    store = await stores.open()
    ingested = await read(store, call_rows(1))
    (record,) = ingested.records
    assert (record.call_id, record.terminal_state) == ("lab-1.1", TerminalState.ABANDONED)
    assert (ingested.rows, ingested.messages) == (6, 1)
    assert await count(store, *EVERYTHING) == [1, 0, 1, 1]
    assert await records(store) == [record]
    assert await messages(store) == [(1, "closed", 1)]
    async with store.database.read() as connection:
        row = (await connection.execute(sa.select(call_record))).one()
        message = (await connection.execute(sa.select(outbox))).one()
    assert (row.linkedid, row.line, row.phase, row.terminal_state) == (
        *("lab-1.1", "12315", "in_force"),
        "abandoned",
    )
    assert (message.body, message.state, message.attempts, message.next_attempt_at_ms) == (None, "open", 0, 0)
    assert (store.counters.records_written, store.counters.live_events_written) == (1, 0)


async def test_a_call_that_goes_on_is_told_of_as_it_happens_and_its_record_comes_last(
    stores: Stores, call_rows: Rows
) -> None:
    store, rows = await stores.open(), call_rows(1)
    assert (await read(store, rows[:1])).messages == 0
    assert await count(store, *EVERYTHING) == [1, 1, 0, 0]
    assert (await read(store, rows[1:3])).messages == 1
    assert (await read(store, rows[3:5])).messages == 1
    assert store.counters.open_calls == 1
    (record,) = (await read(store, rows[5:])).records
    assert await messages(store) == [(1, "arrived", None), (2, "ended", None), (3, "closed", 1)]
    assert await count(store, *EVERYTHING) == [4, 0, 1, 3]
    assert store.counters.open_calls == 0
    other = await stores.open()
    await other.ingest("m", cel(rows), None)
    assert replace(record, node="m") == (await records(other))[0]


async def test_without_live_events_a_call_is_told_of_by_its_record_alone(
    stores: Stores, call_rows: Rows
) -> None:
    store = await stores.open(live_events=False)
    for row in call_rows(1):
        await read(store, [row])
    assert await messages(store) == [(1, "closed", 1)]


async def test_a_restart_between_any_two_rows_changes_nothing(stores: Stores, call_rows: Rows) -> None:
    for row in call_rows(1):
        await read(await stores.open(), [row])
    restarted = stores.opened[-1]
    assert await messages(restarted) == [(1, "arrived", None), (2, "ended", None), (3, "closed", 1)]
    other = await stores.open()
    await other.ingest("m", cel(call_rows(1)), None)
    assert len({replace(record, node="n") for record in await records(other)}) == 1


async def test_the_same_call_on_another_node_is_another_call(stores: Stores, call_rows: Rows) -> None:
    store = await stores.open()
    for node in ("n", "m"):
        assert len((await store.ingest(node, cel(call_rows(1)), None)).records) == 1
    assert await count(store, *EVERYTHING) == [2, 0, 2, 2]


async def test_a_call_that_is_none_of_ours_leaves_nothing_behind(stores: Stores, call_rows: Rows) -> None:
    store = await stores.open()
    seats = [row._replace(context="from-seat") for row in call_rows(1) if not row.event.startswith("CR_")]
    await read(store, seats)
    assert await count(store, *EVERYTHING) == [0, 0, 0, 0]
    await read(store, seats[:2])
    assert await count(store, *EVERYTHING) == [1, 1, 0, 0]
    await read(await stores.open(), seats[2:])
    assert await count(store, *EVERYTHING) == [0, 0, 0, 0]
    assert store.counters.calls_not_folded == 0


async def test_lines_of_the_queue_log_are_folded_with_the_call_and_alone_are_none(
    stores: Stores, call_rows: Rows
) -> None:
    store = await stores.open()
    rows, at_s = call_rows(1), call_rows(1)[0].at_us // 1_000_000
    facts = [
        rows[2]._replace(
            event="CR_QUEUE", at_us=rows[2].at_us + step, extra=f'{{"extra":"queue=g&state={said}"}}'
        )
        for step, said in ((10, "entered"), (20, "left&status=LEAVEEMPTY"))
    ]
    lines = [
        QueueRow(at_s, "lab-1.1", "g", "NONE", "ENTERQUEUE", ("", "13800138000", "1")),
        QueueRow(at_s, "lab-1.1", "g", "PJSIP/1001", "RINGNOANSWER", ("0",)),
    ]
    (record,) = (await store.ingest("n", cel(rows[:3], facts, rows[3:]), queue(*lines))).records
    assert [one.seat for visit in record.queue_visits for one in visit.tries] == ["1001"]
    await store.ingest("n", None, queue(lines[0]._replace(call="lab-7.1")))
    assert await count(store, "open_call") == [1]
    await store.ingest("n", None, None, over=["lab-7.1"])
    assert await count(store, *EVERYTHING) == [1, 0, 1, 1]


async def test_the_position_is_kept_per_log_and_file(stores: Stores) -> None:
    store = await stores.open()
    await store.ingest("n", cel(), None)
    await store.ingest("n", cel(position=replace(HERE, offset=200)), queue())
    await store.ingest("n", cel(position=replace(HERE, inode=2)), None)
    assert sorted(await store.positions("n"), key=lambda one: one.inode) == [
        replace(HERE, offset=200),
        replace(HERE, inode=2),
    ]
    assert await store.positions("n", "queue") == [HERE]
    assert await store.positions("other") == []


async def test_a_fallback_call_is_explained_afterwards(stores: Stores, call_rows: Rows) -> None:
    store = await stores.open(explain=some_decision, rehearsal=True)
    rows = [
        row._replace(extra='{"extra":"fallback=no_verdict"}') if row.event == "CR_DECIDED" else row
        for row in call_rows(1)
    ]
    (record,) = (await read(store, rows)).records
    assert record.decision is not None
    assert (record.decision.line, record.decision_derived, record.fallback) == ("12300", True, "no_verdict")
    assert record.rehearsal


async def test_the_file_is_readable_by_its_owner_only(sqlite_stores: Stores, tmp_path: Path) -> None:
    await sqlite_stores.open()
    assert (tmp_path / "records.db").stat().st_mode & 0o777 == 0o600


async def test_nothing_is_known_of_calls_that_are_over(stores: Stores, call_rows: Rows) -> None:
    store = await stores.open()
    for number in range(50):
        await read(store, call_rows(number)[:3], call_rows(number + 100))
        await read(store, call_rows(number)[3:])
    book = await store.open_calls("n")
    assert (len(book), len(book.faulty)) == (0, 0)


async def test_what_is_told_of_a_rehearsed_call_is_marked_as_its_record_is(
    stores: Stores, call_rows: Rows
) -> None:
    store = await stores.open()
    rehearsed = [
        row._replace(extra=row.extra.replace("clock_offset=0", "clock_offset=-3600")) for row in call_rows(1)
    ]
    for rows in (rehearsed, call_rows(2)):
        await read(store, rows[:3])
        await read(store, rows[3:])
    async with store.database.read() as connection:
        query = sa.select(outbox.c.call_id, outbox.c.kind, outbox.c.rehearsal)
        told = [(row.call_id, row.rehearsal) for row in await connection.execute(query)]
    assert sorted(told) == [("lab-1.1", True)] * 3 + [("lab-2.1", False)] * 3
