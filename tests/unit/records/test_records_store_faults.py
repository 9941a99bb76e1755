"""All of it or nothing; and what ails one call costs that call alone. On both databases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from callrouter.records.leases import Fence, LeaseLostError
from callrouter.records.tables import lease, open_call, outbox
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.record import CallRecord, RecordedDecision
from tests.unit.records.stores import (
    EVERYTHING,
    Rows,
    Stores,
    cel,
    count,
    messages,
    read,
    records,
    some_decision,
)

MADE = "callrouter.records.record_making"


@pytest.mark.parametrize("table", ["call_record", "outbox", "journal_piece", "journal_position", "open_call"])
async def test_a_transaction_that_fails_anywhere_leaves_nothing_and_is_done_again(
    sqlite_stores: Stores, call_rows: Rows, table: str
) -> None:
    def fail(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            raise sa.exc.OperationalError("the disk is full", {}, Exception())

    store = await sqlite_stores.open()
    sa.event.listen(store.database.engine.sync_engine, "before_cursor_execute", fail)
    with pytest.raises(sa.exc.OperationalError):
        await read(store, call_rows(1), call_rows(2)[:3])
    sa.event.remove(store.database.engine.sync_engine, "before_cursor_execute", fail)
    assert await count(store, *EVERYTHING, "journal_position") == [0, 0, 0, 0, 0]
    assert (store.counters.records_written, store.counters.rows_collected) == (0, 0)
    await read(store, call_rows(1), call_rows(2)[:3])
    assert await count(store, *EVERYTHING, "journal_position") == [2, 1, 1, 2, 1]


async def test_a_commit_whose_answer_was_lost_does_no_harm(sqlite_stores: Stores, call_rows: Rows) -> None:
    store = await sqlite_stores.open()

    def lose(_connection: object) -> None:
        raise sa.exc.OperationalError("the link is gone", {}, Exception())

    await read(store, call_rows(1)[:1])
    engine = store.database.engine.sync_engine
    original = engine.dialect.do_commit

    def commit_and_lose(connection: Any) -> None:
        original(connection)
        lose(connection)

    engine.dialect.do_commit = commit_and_lose  # type: ignore[method-assign, assignment]  # the fault
    with pytest.raises(sa.exc.OperationalError):
        await read(store, call_rows(1)[1:3])
    engine.dialect.do_commit = original  # type: ignore[method-assign]
    await read(store, call_rows(1)[1:3])
    await read(store, call_rows(1)[3:])
    assert await messages(store) == [(1, "arrived", None), (2, "ended", None), (3, "closed", 1)]


async def test_who_has_lost_the_lease_writes_nothing(stores: Stores, call_rows: Rows) -> None:
    store = await stores.open()
    async with store.database.write() as connection:
        row = {"name": "collect:n", "holder": "x", "token": 7, "renewals": 0}
        await connection.execute(sa.insert(lease), row)
    with pytest.raises(LeaseLostError):
        await store.ingest("n", cel(call_rows(1)), None, fence=Fence("collect:n", 6))
    assert await count(store, *EVERYTHING, "journal_position") == [0, 0, 0, 0, 0]
    await store.ingest("n", cel(call_rows(1)), None, fence=Fence("collect:n", 7))
    assert await count(store, *EVERYTHING, "journal_position") == [1, 0, 1, 1, 1]


async def test_an_explanation_that_fails_costs_no_record(stores: Stores, call_rows: Rows) -> None:
    def broken(_record: CallRecord) -> RecordedDecision:
        raise KeyError

    store = await stores.open(explain=broken)
    (record,) = (await read(store, [row for row in call_rows(1) if row.event != "CR_DECIDED"])).records
    assert {"no_decision", "not_explained"} <= set(record.anomalies)


async def test_a_call_that_cannot_be_folded_costs_only_itself_and_is_tried_again(
    stores: Stores, call_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    from callrouter.records.fold import fold  # noqa: PLC0415 -- what is broken below

    def fold_some(rows: Sequence[CelRow], *arguments: Any, **more: Any) -> CallRecord | None:
        if rows[0].linkedid in {"lab-2.1", "lab-3.1"}:
            raise KeyError
        return fold(rows, *arguments, **more)

    monkeypatch.setattr(f"{MADE}.fold", fold_some)
    store = await stores.open()
    await read(store, call_rows(3)[:3])
    (record,) = (await read(store, call_rows(1), call_rows(2), call_rows(3)[3:])).records
    assert record.call_id == "lab-1.1"
    assert store.counters.calls_not_folded == 2
    assert await count(store, *EVERYTHING) == [4, 2, 1, 3]
    async with store.database.read() as connection:
        assert set(await connection.scalars(sa.select(open_call.c.fault))) == {"KeyError"}
    assert (await read(store, call_rows(2))).messages == 0
    restarted = await stores.open()
    assert await restarted.fold_again("n") == []
    assert restarted.counters.calls_not_folded == 2
    monkeypatch.undo()
    mended = await stores.open()
    assert [one.call_id for one in await mended.fold_again("n")] == ["lab-2.1", "lab-3.1"]
    assert await messages(store, "lab-3.1") == [
        *((1, "arrived", None), (2, "ended", None), (3, "closed", 1)),
    ]
    assert await messages(store, "lab-2.1") == [(1, "closed", 1)]
    assert await count(store, *EVERYTHING) == [4, 0, 3, 5]
    assert await mended.fold_again("n") == []


async def test_a_record_that_cannot_be_spelled_or_proved_costs_only_itself(
    stores: Stores, call_rows: Rows
) -> None:
    def odd(record: CallRecord) -> RecordedDecision:
        return replace(some_decision(record), phase="\ud800" if record.call_id == "lab-1.1" else "ended")

    store = await stores.open(explain=odd)
    rows = [[row for row in call_rows(number) if row.event != "CR_DECIDED"] for number in (1, 2)]
    assert [record.call_id for record in (await read(store, *rows)).records] == ["lab-2.1"]
    assert store.counters.calls_not_folded == 1


NASTY = ["a\0b", "\ud800", "x" * 1_000_000, "1" * 5_000, "\u202e\x07'; DROP TABLE outbox; --"]


@pytest.mark.parametrize("text", NASTY, ids=["nul", "surrogate", "a million letters", "huge", "controls"])
async def test_no_text_in_a_row_is_refused_by_a_database(stores: Stores, call_rows: Rows, text: str) -> None:
    store = await stores.open()
    facts = json.dumps({"extra": f"line={text}&phase={text}&plan={text}&mode={text}&platform={text}"})
    rows = [
        row._replace(caller_number=text, exten=text, channel=text, peer=text, app=text, context=row.context)
        for row in call_rows(1)
    ]
    rows[2] = rows[2]._replace(extra=facts)
    rows[3] = rows[3]._replace(extra='{"hangupcause":' + "9" * 400 + "}")
    rows.insert(
        4, rows[1]._replace(event="CR_TRANSFER", extra=json.dumps({"extra": f"id={text}&state=ended"}))
    )
    await read(store, rows[:5], call_rows(2)[:2])
    await read(store, rows[5:], call_rows(2)[2:])
    made = {record.call_id for record in await records(store)}
    assert made >= {"lab-2.1"}
    faults = 1 - ("lab-1.1" in made)
    assert await count(store, "open_call") == [faults]
    assert store.counters.calls_not_folded == faults
    assert faults == 0 or text == "\ud800"
    seqs = [seq for seq, _, _ in await messages(store)]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_what_the_database_refuses_costs_one_call(
    stores: Stores, call_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await stores.open()
    await read(store, call_rows(2)[:3])
    async with store.database.write() as connection:
        taken = (await connection.execute(sa.select(outbox))).mappings().one()
        await connection.execute(
            sa.insert(outbox), dict(taken) | {"position": 1000, "id": "other", "seq": 2, "kind": "x.y.z"}
        )
    ingested = await read(store, call_rows(1), call_rows(2)[3:], call_rows(3))
    assert [record.call_id for record in ingested.records] == ["lab-1.1", "lab-3.1"]
    assert ingested.messages == 2
    assert store.counters.calls_not_folded == 1
    assert await count(store, *EVERYTHING) == [4, 1, 2, 4]
    async with store.database.write() as connection:
        await connection.execute(sa.delete(outbox).where(outbox.c.id == "other"))
    restarted = await stores.open()
    assert [one.call_id for one in await restarted.fold_again("n")] == ["lab-2.1"]
    assert [seq for seq, _, _ in await messages(store, "lab-2.1")] == [1, 2, 3]
