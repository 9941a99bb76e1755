"""Which recordings are old enough to go: their calls say so, not their files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from callrouter.records.database import Database, open_database
from callrouter.records.outbox_due import in_milliseconds
from callrouter.records.recording_files import Folder, RecordingFile, look_into, remove
from callrouter.records.tables import call_record, open_call
from tests.unit.records.test_records_recording_repair import left_by_a_kill, recording

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NODE = "node1"


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    folder = tmp_path / "monitor"
    folder.mkdir()
    return folder


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


async def a_call_ended(database: Database, call: str, days_ago: float, *, revision: int = 1) -> None:
    at = in_milliseconds(NOW - timedelta(days=days_ago))
    row = {
        "node": NODE,
        "call_id": call,
        "revision": revision,
        "linkedid": call,
        "arrived_at_ms": at,
        "ended_at_ms": at,
        "terminal_state": "completed",
        "body": "{}",
    }
    async with database.write() as connection:
        await connection.execute(sa.insert(call_record), [row])


async def a_call_is_up(database: Database, call: str) -> None:
    async with database.write() as connection:
        row = {"node": NODE, "linkedid": call, "since_us": 0, "told": "[]"}
        await connection.execute(sa.insert(open_call), [row])


async def seen(folder: Path, database: Database) -> Folder:
    return await look_into(folder, database, NODE)


def names(files: tuple[RecordingFile, ...]) -> list[str]:
    return [one.name for one in files]


async def test_what_is_older_than_its_days_goes_and_what_is_younger_stays(
    database: Database, monitor: Path
) -> None:
    for call, days in (("node1-old", 730.1), ("node1-young", 729.9)):
        await a_call_ended(database, call, days)
        (monitor / f"{call}-1.wav").write_bytes(recording(10))
    folder = await seen(monitor, database)
    assert names(folder.older_than(730, NOW)) == ["node1-old-1.wav"]
    assert names(remove(monitor, folder.older_than(730, NOW))) == ["node1-old-1.wav"]
    assert names((await seen(monitor, database)).recordings) == ["node1-young-1.wav"]


async def test_all_parts_of_a_call_go_together_by_its_last_revision(
    database: Database, monitor: Path
) -> None:
    await a_call_ended(database, "node1-c", 900)
    await a_call_ended(database, "node1-c", 10, revision=2)
    for part in (1, 2):
        (monitor / f"node1-c-{part}.wav").write_bytes(recording(10))
    folder = await seen(monitor, database)
    assert folder.older_than(730, NOW) == ()
    assert names(folder.older_than(5, NOW)) == ["node1-c-1.wav", "node1-c-2.wav"]


async def test_what_has_no_record_is_kept_and_named(database: Database, monitor: Path) -> None:
    (monitor / "node1-lost-1.wav").write_bytes(recording(10))
    folder = await seen(monitor, database)
    assert folder.older_than(0, NOW) == ()
    assert names(folder.without_record()) == ["node1-lost-1.wav"]


async def test_a_call_that_is_up_is_nobodys_business(database: Database, monitor: Path) -> None:
    await a_call_is_up(database, "node1-up")
    (monitor / "node1-up-1.wav").write_bytes(left_by_a_kill(10))
    folder = await seen(monitor, database)
    assert (folder.broken(), folder.without_record(), folder.older_than(0, NOW)) == ((), (), ())


async def test_what_a_kill_has_left_is_broken_until_it_is_repaired(database: Database, monitor: Path) -> None:
    await a_call_ended(database, "node1-c", 1)
    (monitor / "node1-c-1.wav").write_bytes(left_by_a_kill(10))
    (monitor / "node1-c-2.wav").write_bytes(recording(10))
    assert names((await seen(monitor, database)).broken()) == ["node1-c-1.wav"]


async def test_a_strangers_file_is_told_of_and_never_touched(database: Database, monitor: Path) -> None:
    for name in ("notes.txt", "node1-c.wav", "node1-c-1.wav.bak"):
        (monitor / name).write_bytes(b"x")
    folder = await seen(monitor, database)
    assert sorted(folder.strangers) == ["node1-c-1.wav.bak", "node1-c.wav", "notes.txt"]
    assert folder.recordings == ()


async def test_a_folder_that_is_not_there_is_empty(database: Database, monitor: Path) -> None:
    assert await seen(monitor / "none", database) == Folder((), ())
