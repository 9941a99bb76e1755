"""Lines to a stream that is slow, full or gone: nobody waits, and no two lines run into each other."""

from __future__ import annotations

import io
import json
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
import structlog

from callrouter.log import CallLine, configure_logging, lines_lost
from callrouter.log_lines import Lines

LINE = "x" * 200


def lost(lines: int) -> str:
    return f"lost {lines}"


@pytest.fixture
def pipe() -> Iterator[tuple[int, IO[str]]]:
    reads, writes = os.pipe()
    with os.fdopen(writes, "w") as stream:
        yield reads, stream
    os.close(reads)


def until_it_is_full(lines: Lines) -> int:
    """Write until lines are lost; return how many were written."""
    for written in range(100_000):
        lines.write(LINE)
        if lines.lost:
            return written
    raise AssertionError("the stream takes everything")


def test_a_reader_that_has_stopped_reading_stops_nobody_and_is_told_what_it_missed(
    pipe: tuple[int, IO[str]],
) -> None:
    reads, stream = pipe
    lines = Lines(stream, lost)
    written = until_it_is_full(lines)
    for _ in range(9):
        lines.write(LINE)
    assert lines.lost == 10
    read = os.read(reads, 1 << 20)
    lines.write("again")
    read += os.read(reads, 1 << 20)
    assert read.decode().splitlines() == [LINE] * written + ["lost 10", "again"]
    assert os.get_blocking(stream.fileno()), "other processes share that descriptor"


def test_a_socket_that_nobody_reads_stops_nobody_either() -> None:
    near, far = socket.socketpair()
    with near, far, near.makefile("w") as stream:
        lines = Lines(stream, lost)
        until_it_is_full(lines)
        far.setblocking(False)
        read = b""
        while not read.endswith(b"again\n"):
            read += far.recv(1 << 20)
            lines.write("again")
        said = read.decode().splitlines()
        assert set(said) == {LINE, "lost 1", "again"}
        assert near.getblocking()


def test_a_line_that_was_cut_short_is_finished_before_the_next(pipe: tuple[int, IO[str]]) -> None:
    reads, stream = pipe
    lines = Lines(stream, lost)
    long = "y" * 1_000_000
    lines.write(long)
    lines.write("second")
    assert lines.lost == 1
    read = b""
    while not read.endswith(b"third\n"):
        read += os.read(reads, 1 << 20)
        lines.write("third")
    said = read.decode().splitlines()
    assert said[0] == long
    assert said[1].startswith("lost ")
    assert set(said[2:]) == {"third"}


class Full(io.StringIO):
    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_full_disk_loses_lines_and_says_so_when_there_is_room_again() -> None:
    disk = Full()
    lines = Lines(disk, lost)
    disk.full = True
    lines.write("one")
    lines.write("two")
    disk.full = False
    lines.write("three")
    lines.write("four")
    assert disk.getvalue() == "lost 2\nthree\nfour\n"
    assert lines.lost == 2


def test_a_reader_that_is_gone_ends_nothing() -> None:
    reads, writes = os.pipe()
    with os.fdopen(writes, "w") as stream:
        lines = Lines(stream, lost)
        os.close(reads)
        lines.write("one")
    assert lines.lost == 1


def test_a_stream_that_was_closed_by_others_is_written_to_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with file.open("w") as stream:
        lines = Lines(stream, lost)
    lines.write("one")
    lines.write("半个字\udce5")
    assert file.read_text(encoding="utf-8") == "one\n半个字\\udce5\n"


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    configure_logging("warning", io.StringIO())
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("logging_as_before")
def test_the_programs_log_counts_and_tells_what_it_loses(pipe: tuple[int, IO[str]]) -> None:
    reads, stream = pipe
    configure_logging("info", stream)
    line = CallLine("callrouter.test.lost", "call_decided", detail="x" * 2000)
    while not lines_lost():
        line.write("node1-1.2")
    os.read(reads, 1 << 20)
    line.write("node1-1.2")
    told, after = (json.loads(text) for text in os.read(reads, 1 << 20).splitlines())
    assert (told["level"], told["lines"], after["event"]) == ("warning", 1, "call_decided")


@pytest.mark.usefixtures("logging_as_before")
def test_a_call_of_the_standard_library_that_makes_no_line_prints_no_argument(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = io.StringIO()
    configure_logging("info", out)
    record = logging.LogRecord("somebody.else", logging.WARNING, "", 0, "%d from", ("13800138000x",), None)
    logging.getLogger().handlers[0].handle(record)
    assert "13800138000" not in out.getvalue() + capsys.readouterr().err
    assert json.loads(out.getvalue())["error"] == "TypeError"
