"""JSON lines: whole lines on the disk, each message once, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from callrouter.ticketing import day_file, json_lines
from callrouter.ticketing.json_lines import JsonLinesPublisher
from callrouter.ticketing.lines_folder import LinesFolder
from callrouter.vocabulary.message import Acknowledgement, Kind, Manifest, Message, Outcome, PublishError
from tests.unit.ticketing.web_double import Listener, until

MORNING = datetime(2021, 10, 1, 1, tzinfo=UTC)
TODAY = "chengdu-2021-10-01.jsonl"


class Clock:
    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        return self.now


def message(number: int, body: str | None = None) -> Message:
    return Message(
        id=f"m-{number}",
        node="node1",
        call_id="lab-1.1",
        sequence=number,
        kind=Kind.RECORD_CLOSED,
        created_at=MORNING,
        rehearsal=False,
        body=body or json.dumps({"called_raw": "转接\u2028", "number": number}, ensure_ascii=False),
    )


def messages(*numbers: int) -> list[Message]:
    return [message(number) for number in numbers]


def stored(*numbers: int) -> list[Acknowledgement]:
    return [Acknowledgement(f"m-{number}", Outcome.STORED, None) for number in numbers]


@asynccontextmanager
async def writing(
    folder: Path, clock: Clock | None = None, *, instance: str = "chengdu"
) -> AsyncIterator[tuple[JsonLinesPublisher, Listener]]:
    publisher = JsonLinesPublisher(
        folder, instance=instance, now=clock or Clock(), shortest_wait=0.01, longest_wait=0.02
    )
    listener = Listener()
    task = asyncio.create_task(publisher.run(listener))
    try:
        await until(lambda: listener.is_up)
        yield publisher, listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def numbers_in(file: Path) -> list[int]:
    text = file.read_bytes()
    assert text.endswith(b"\n")
    return [json.loads(line)["data"]["number"] for line in text.removesuffix(b"\n").split(b"\n")]


async def test_each_message_is_a_line_that_nobody_else_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    async with writing(folder) as (publisher, listener):
        await publisher.publish(messages(1, 2))
        await publisher.publish(messages(3))
        assert listener.words == stored(1, 2, 3)
    (first, *_) = (json.loads(line) for line in (folder / TODAY).read_bytes().splitlines())
    assert (first["specversion"], first["id"], first["data"]["called_raw"]) == ("1.0", "m-1", "转接\u2028")
    assert numbers_in(folder / TODAY) == [1, 2, 3]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / TODAY).stat().st_mode & 0o777 == 0o600


async def test_a_body_with_line_breaks_is_one_line_all_the_same(tmp_path: Path) -> None:
    async with writing(tmp_path / "lines") as (publisher, _):
        await publisher.publish([message(1, '{\r\n "number":\n1,"said":"a\\nb"}')])
    assert numbers_in(tmp_path / "lines" / TODAY) == [1]


async def test_lines_are_on_the_disk_before_they_are_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, write = os.fsync, os.write

    def noting_fsync(handle: int) -> None:
        fsync(handle)
        done.append("folder" if Path(f"/proc/self/fd/{handle}").readlink().is_dir() else "file")

    def noting_write(handle: int, data: bytes) -> int:
        done.append("write")
        return write(handle, data)

    class Noting(Listener):
        def acknowledged(self, words: Sequence[Acknowledgement]) -> None:
            done.append("acknowledged")

    async with writing(tmp_path / "lines") as (publisher, _):
        publisher._listener = Noting()
        monkeypatch.setattr(os, "fsync", noting_fsync)
        monkeypatch.setattr(os, "write", noting_write)
        await publisher.publish(messages(1))
        await publisher.publish(messages(2))
        monkeypatch.undo()
    assert done == ["write", "file", "folder", "acknowledged", "write", "file", "acknowledged"]


async def test_a_day_of_china_has_its_own_file(tmp_path: Path) -> None:
    clock = Clock()
    async with writing(tmp_path / "lines", clock) as (publisher, _):
        for number, hours in enumerate((0, 14.99, 15, 40)):
            clock.now = MORNING + timedelta(hours=hours)
            await publisher.publish(messages(number))
    found = {file.name: numbers_in(file) for file in (tmp_path / "lines").glob("*.jsonl")}
    assert found == {
        "chengdu-2021-10-01.jsonl": [0, 1],
        "chengdu-2021-10-02.jsonl": [2],
        "chengdu-2021-10-03.jsonl": [3],
    }


async def test_what_was_written_and_not_closed_before_a_crash_is_not_written_again(tmp_path: Path) -> None:
    clock = Clock()
    async with writing(tmp_path / "lines", clock) as (publisher, _):
        await publisher.publish(messages(1, 2))
    clock.now += timedelta(days=1)
    async with writing(tmp_path / "lines", clock) as (publisher, listener):
        await publisher.publish(messages(2, 3))
        await publisher.publish(messages(3))
        assert listener.words == [
            Acknowledgement("m-2", Outcome.DUPLICATE, None),
            *stored(3),
            Acknowledgement("m-3", Outcome.DUPLICATE, None),
        ]
    assert numbers_in(tmp_path / "lines" / TODAY) == [1, 2]
    assert numbers_in(tmp_path / "lines" / "chengdu-2021-10-02.jsonl") == [3]


async def test_wherever_a_crash_tears_the_file_every_line_is_whole_and_every_message_there(
    tmp_path: Path,
) -> None:
    async with writing(tmp_path / "lines") as (publisher, _):
        await publisher.publish(messages(1, 2))
    file = tmp_path / "lines" / TODAY
    whole = file.read_bytes()
    for length in (*range(0, len(whole), 7), len(whole) - 1, len(whole)):
        file.write_bytes(whole[:length])
        async with writing(tmp_path / "lines") as (publisher, _):
            await publisher.publish(messages(1, 2, 3))
        assert numbers_in(file) == [1, 2, 3], length


async def test_a_torn_line_is_mended_although_nothing_comes_after_it(tmp_path: Path) -> None:
    async with writing(tmp_path / "lines") as (publisher, _):
        await publisher.publish(messages(1, 2))
    file = tmp_path / "lines" / TODAY
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"specversion":"1.0","id":"m-3"' + b"x" * (2 << 20))
    async with writing(tmp_path / "lines"):
        assert file.read_bytes() == whole
    file.write_bytes(whole.removesuffix(b"\n"))
    async with writing(tmp_path / "lines"):
        assert file.read_bytes() == whole


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """The kernel writes as much as fits, and then refuses: as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_what_does_not_fit_on_the_disk_leaves_nothing_and_comes_again(tmp_path: Path) -> None:
    async with writing(tmp_path / "lines") as (publisher, listener):
        await publisher.publish(messages(1))
        file = tmp_path / "lines" / TODAY
        before = file.read_bytes()
        with no_file_larger_than(len(before) * 2 + 20), pytest.raises(PublishError, match="room"):
            await publisher.publish(messages(2, 3))
        assert file.read_bytes() == before
        assert listener.words == stored(1)
        await until(lambda: listener.ups == 2)
        await publisher.publish(messages(2, 3))
        assert listener.words == stored(1, 2, 3)
    assert numbers_in(file) == [1, 2, 3]


async def test_what_could_not_be_taken_back_is_mended_before_the_next_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    async with writing(tmp_path / "lines") as (publisher, listener):
        await publisher.publish(messages(1))
        file = tmp_path / "lines" / TODAY
        monkeypatch.setattr(os, "ftruncate", refuse)
        with no_file_larger_than(file.stat().st_size + 20), pytest.raises(PublishError):
            await publisher.publish(messages(2))
        assert not file.read_bytes().endswith(b"\n")
        monkeypatch.undo()
        await until(lambda: listener.ups == 2)
        await publisher.publish(messages(2))
    assert numbers_in(file) == [1, 2]


async def test_a_write_that_nobody_waits_for_any_more_does_not_meet_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, goes_on = threading.Event(), threading.Event()
    append = day_file.append

    def slow(file: Path, lines: Sequence[bytes]) -> None:
        began.set()
        goes_on.wait(10)
        append(file, lines)

    async with writing(tmp_path / "lines") as (publisher, listener):
        monkeypatch.setattr("callrouter.ticketing.lines_folder.append", slow)
        first = asyncio.create_task(publisher.publish(messages(1)))
        await asyncio.to_thread(began.wait, 10)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        second = asyncio.create_task(publisher.publish(messages(1, 2)))
        await asyncio.sleep(0.05)
        goes_on.set()
        await second
        assert listener.words == [Acknowledgement("m-1", Outcome.DUPLICATE, None), *stored(2)]
    assert numbers_in(tmp_path / "lines" / TODAY) == [1, 2]


async def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    async with writing(tmp_path / "lines") as (publisher, listener):
        await publisher.publish(messages(1))
        (tmp_path / "lines" / TODAY).rename(tmp_path / "taken")
        await publisher.publish(messages(2))
        assert listener.words == stored(1, 2)
    assert numbers_in(tmp_path / "taken") == [1]
    assert numbers_in(tmp_path / "lines" / TODAY) == [2]


async def test_a_file_that_somebody_put_back_is_read_again(tmp_path: Path) -> None:
    async with writing(tmp_path / "lines") as (publisher, listener):
        file = tmp_path / "lines" / TODAY
        await publisher.publish(messages(1))
        older = file.read_bytes()
        await publisher.publish(messages(2))
        file.write_bytes(older)
        await publisher.publish(messages(1, 2))
        assert listener.words[2:] == [Acknowledgement("m-1", Outcome.DUPLICATE, None), *stored(2)]
    assert numbers_in(file) == [1, 2]


def test_what_could_not_be_taken_back_is_mended_by_the_next_write_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    folder = LinesFolder(tmp_path / "lines", "chengdu")
    folder.open()
    one, other = (b'{"specversion":"1.0","id":"m-%d","data":{"number":%d}}' % (n, n) for n in (1, 2))
    folder.write([("m-1", one)], MORNING)
    file = tmp_path / "lines" / TODAY
    monkeypatch.setattr(os, "ftruncate", refuse)
    with no_file_larger_than(file.stat().st_size + 20), pytest.raises(OSError, match="Input"):
        folder.write([("m-2", other)], MORNING)
    monkeypatch.undo()
    assert folder.write([("m-2", other)], MORNING) == frozenset()
    folder.close()
    assert numbers_in(file) == [1, 2]


async def test_a_link_in_the_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    async with writing(tmp_path / "lines") as (publisher, listener):
        (tmp_path / "lines" / TODAY).symlink_to(tmp_path / "elsewhere")
        with pytest.raises(PublishError):
            await publisher.publish(messages(1))
        assert listener.words == []
    assert (tmp_path / "elsewhere").read_bytes() == b""


async def test_a_manifest_is_compared_with_what_the_files_hold_now(tmp_path: Path) -> None:
    clock = Clock()
    async with writing(tmp_path / "lines", clock) as (publisher, listener):
        for number in range(1, 6):
            await publisher.publish(messages(number))
            clock.now += timedelta(days=1)
        (tmp_path / "lines" / "chengdu-2021-10-05.jsonl").unlink()
        await publisher.publish_manifest(
            Manifest("c-1", 0, 6, tuple(f"m-{number}" for number in range(1, 7)))
        )
        assert listener.words[-1] == Acknowledgement("c-1", Outcome.STORED, None, ("m-5", "m-6"))
        await publisher.publish(messages(5))
        assert listener.words[-1] == Acknowledgement("m-5", Outcome.STORED, None)


async def test_a_folder_that_others_may_enter_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = structlog.testing.LogCapture()
    monkeypatch.setattr(json_lines, "log", structlog.wrap_logger(None, processors=[capture]))
    folder = tmp_path / "lines"
    folder.mkdir(mode=0o755)
    publisher = JsonLinesPublisher(folder, instance="x", now=Clock(), shortest_wait=0.01, longest_wait=0.02)
    listener = Listener()
    task = asyncio.create_task(publisher.run(listener))
    await until(lambda: len(capture.entries) > 1)
    with pytest.raises(PublishError):
        await publisher.publish(messages(1))
    assert listener.ups == 0
    folder.chmod(0o700)
    await until(lambda: listener.is_up)
    await publisher.publish(messages(1))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "chmod 700" in capture.entries[0]["remedy"]
    assert listener.words == stored(1)


async def test_two_processes_never_write_into_one_folder(tmp_path: Path) -> None:
    async with writing(tmp_path / "lines") as (first, _):
        other = JsonLinesPublisher(
            tmp_path / "lines", instance="chengdu", now=Clock(), shortest_wait=0.01, longest_wait=0.02
        )
        listener = Listener()
        task = asyncio.create_task(other.run(listener))
        await first.publish(messages(1))
        await asyncio.sleep(0.05)
        with pytest.raises(PublishError):
            await other.publish(messages(2))
    await until(lambda: listener.is_up)
    await other.publish(messages(2))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert numbers_in(tmp_path / "lines" / TODAY) == [1, 2]


async def test_a_line_that_was_damaged_later_is_told_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = structlog.testing.LogCapture()
    monkeypatch.setattr(json_lines, "log", structlog.wrap_logger(None, processors=[capture]))
    async with writing(tmp_path / "lines") as (publisher, _):
        await publisher.publish(messages(1, 2))
    file = tmp_path / "lines" / TODAY
    file.write_bytes(damaged := b"\0" * 10 + file.read_bytes()[10:])
    async with writing(tmp_path / "lines"):
        assert file.read_bytes() == damaged
    assert [entry["lines"] for entry in capture.entries if entry["log_level"] == "error"] == [1]
