"""However the rows of several calls come, and whatever fails while they come: the same records, each told once.

The rows are cut into batches at random. Transactions fail at random, at any of their statements, before the commit
and after it; the process dies at random, which leaves what the database has and nothing else.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callrouter.records.bodies import read_record
from callrouter.records.database import Database, open_database
from callrouter.records.fold import fold
from callrouter.records.store import CEL, QUEUE, Store
from callrouter.records.tables import call_record, journal_piece, open_call, outbox
from callrouter.records.tail import Batch, FilePosition
from callrouter.vocabulary.cel import CelRow, microseconds_of
from callrouter.vocabulary.message import LIVE, Kind
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord

NOW = datetime(2021, 10, 1, tzinfo=UTC)
CALLS = 3
SEAT_CALL = "lab-9.1"


def rows_of(number: int) -> list[CelRow]:
    """A call that is put through to a seat."""
    caller, seat = f"lab-{number}.1", f"lab-{number}.2"
    start = microseconds_of(NOW + timedelta(seconds=number))
    bridge = '{"bridge_id":"b"}'
    said = [
        ("CHAN_START", caller, ""),
        ("CR_ARRIVED", caller, '{"extra":"called=12315&caller=13800138000"}'),
        ("CR_DECIDED", caller, '{"extra":"line=12315&treatment=queue"}'),
        ("CR_QUEUE", caller, '{"extra":"queue=g&state=entered"}'),
        ("CHAN_START", seat, ""),
        ("CR_LEG", seat, '{"extra":"party=agent"}'),
        ("BRIDGE_ENTER", seat, bridge),
        ("BRIDGE_ENTER", caller, bridge),
        ("BRIDGE_EXIT", caller, bridge),
        ("HANGUP", seat, '{"hangupcause":16,"hangupsource":""}'),
        ("HANGUP", caller, f'{{"hangupcause":16,"hangupsource":"PJSIP/t-{number}"}}'),
        ("CHAN_END", caller, ""),
        ("LINKEDID_END", caller, ""),
    ]
    return [
        CelRow(
            *(event, start + step * 1000, who, caller, f"PJSIP/{'t' if who == caller else '1001'}-{number}"),
            *("from-carrier" if who == caller else "seat", "12315", "", "13800138000", "", extra),
        )
        for step, (event, who, extra) in enumerate(said)
    ]


def seats_own_call() -> list[CelRow]:
    """A call between seats: none of ours."""
    rows = [row for row in rows_of(9) if not row.event.startswith("CR_")]
    return [row._replace(context="from-seat") for row in rows]


def lines_of(number: int) -> list[QueueRow]:
    call, at_s = f"lab-{number}.1", int(NOW.timestamp()) + number
    return [
        QueueRow(at_s, call, "g", "NONE", "ENTERQUEUE", ("", "13800138000", "1")),
        QueueRow(at_s, call, "g", "PJSIP/1001", "CONNECT", ("0", f"lab-{number}.2", "0")),
    ]


EXPECTED = {f"lab-{number}.1": fold(rows_of(number), "n", lines_of(number)) for number in range(1, CALLS + 1)}


@dataclass
class Log:
    """A log in a file: rows, and the position in it as the database keeps it."""

    name: str
    rows: Sequence[Any]

    async def next(self, store: Store, most: int) -> Batch[Any] | None:
        positions = await store.positions("n", self.name)
        done = positions[0].offset if positions else 0
        if done == len(self.rows):
            return None
        rows = tuple(self.rows[done : done + most])
        return Batch(rows, 0, FilePosition(1, "00", done + len(rows)), is_full=False)


@contextmanager
def failing(database: Database, at: int | None) -> Iterator[None]:
    """Make the `at`-th statement fail, or the commit: -1 before it is done, -2 after."""
    engine, seen = database.engine.sync_engine, [0]
    commit = engine.dialect.do_commit

    def fail() -> None:
        raise sa.exc.OperationalError("a fault", {}, Exception())

    def statement(*_arguments: object) -> None:
        seen[0] += 1
        if seen[0] == at:
            fail()

    def broken_commit(connection: Any) -> None:
        if at == -2:
            commit(connection)
        fail()

    sa.event.listen(engine, "before_cursor_execute", statement)
    if at in {-1, -2}:
        engine.dialect.do_commit = broken_commit  # type: ignore[method-assign, assignment]  # the fault
    try:
        yield
    finally:
        engine.dialect.do_commit = commit  # type: ignore[method-assign]
        sa.event.remove(engine, "before_cursor_execute", statement)


Step = tuple[int, int, int | None, bool]
"""Rows of the journal, lines of the queue log, what fails, and whether the process dies then."""
steps = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.integers(0, 3),
        st.one_of(st.none(), st.integers(-2, 12).filter(bool)),
        st.booleans(),
    ),
    max_size=25,
)


@st.composite
def interleaved(draw: st.DrawFn) -> list[CelRow]:
    waiting = [rows_of(number) for number in range(1, CALLS + 1)] + [seats_own_call()]
    mixed: list[CelRow] = []
    while waiting:
        call = draw(st.sampled_from(waiting))
        mixed += [call.pop(0) for _ in range(min(len(call), draw(st.integers(1, 13))))]
        waiting = [rows for rows in waiting if rows]
    return mixed


@pytest.fixture(scope="module")
def empty_database() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"

        async def make() -> None:
            await (await open_database(f"sqlite:///{path}")).close()

        asyncio.run(make())
        yield path


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cel=interleaved(), plan=steps, reread=st.booleans())
def test_the_same_records_each_once_and_numbered_without_gaps(
    empty_database: Path, cel: list[CelRow], plan: list[Step], reread: bool
) -> None:
    lines = [line for number in range(1, CALLS + 1) for line in lines_of(number)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"
        shutil.copy(empty_database, path)
        asyncio.run(_collected(path, Log(CEL, cel), Log(QUEUE, lines), plan, reread=reread))


async def _collected(path: Path, cel: Log, queue: Log, plan: list[Step], *, reread: bool) -> None:
    database = await open_database(f"sqlite:///{path}")
    try:
        store = _restarted(database)
        for step in plan:
            store = await _step(database, store, cel, queue, step)
        # What is left comes as it comes when nothing fails: the queue log before the journal's end.
        await store.ingest("n", None, await queue.next(store, 100))
        while batch := await cel.next(store, 7):
            await store.ingest("n", batch, None)
        if reread:
            again = _restarted(database)
            await again.ingest("n", Batch(tuple(cel.rows), 0, FilePosition(2, "01", 1), is_full=False), None)
        await _settle(store if not reread else again)
        await _check(database)
    finally:
        await database.close()


async def _step(database: Database, store: Store, cel: Log, queue: Log, step: Step) -> Store:
    most_rows, most_lines, fault, dies = step
    rows = await cel.next(store, most_rows) if most_rows else None
    batch = await queue.next(store, most_lines) if most_lines else None
    try:
        with failing(database, fault):
            await store.ingest("n", rows, batch)
    except sa.exc.OperationalError:
        pass
    return _restarted(database) if dies else store


async def _settle(store: Store) -> None:
    """What a collector does with calls that have ended and are quiet."""
    over = [call.linkedid for call in (await store.open_calls("n")).calls]
    await store.ingest("n", None, None, over=over)


def _restarted(database: Database) -> Store:
    return Store(database, explain=lambda _record: None, prove=lambda record: record, now=lambda: NOW)


async def _check(database: Database) -> None:
    async with database.read() as connection:
        query = sa.select(call_record).order_by(call_record.c.revision)
        stored = (await connection.execute(query)).all()
        told = (await connection.execute(sa.select(outbox).order_by(outbox.c.position))).all()
        pieces = set(await connection.scalars(sa.select(journal_piece.c.linkedid)))
        still_open = await connection.scalar(sa.select(sa.func.count()).select_from(open_call))
    newest: dict[str, CallRecord] = {}
    revisions: dict[str, list[int]] = defaultdict(list)
    for row in stored:
        newest[row.call_id] = read_record(row.body)
        revisions[row.call_id].append(row.revision)
    assert {call: replace(record, revision=1) for call, record in newest.items()} == EXPECTED
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in revisions.values())
    by_call = defaultdict(list)
    for row in told:
        by_call[row.call_id].append(row)
    assert by_call.keys() == EXPECTED.keys()
    for call, messages in by_call.items():
        assert [row.seq for row in messages] == list(range(1, len(messages) + 1))
        kinds = [Kind(row.kind) for row in messages]
        live = [kind for kind in kinds if kind in LIVE]
        assert live in ([], [Kind.ARRIVED, Kind.ANSWERED, Kind.ENDED])
        assert kinds[len(live) :] == [Kind.RECORD_CLOSED] * len(revisions[call])
    assert len({row.id for row in told}) == len(told)
    assert pieces == EXPECTED.keys()
    assert still_open == 0
