"""Logs are put aside without loss, and removed only when that can harm nobody."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
import structlog

from callrouter.records import journal_files
from callrouter.records.journal_files import prune, rotate
from callrouter.records.queue_log_lines import cut_queue_log
from callrouter.records.tail import FilePosition, LogTail

_NOW = 1_000_000.0
_OLD = _NOW - 1000
_LINE = b"1795341100|NONE|NONE|NONE|QUEUESTART|\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


def aside(path: Path, stamp: str, content: bytes = _LINE, *, changed: float = _OLD) -> Path:
    file = path.with_name(f"{path.name}.{stamp}")
    file.write_bytes(content)
    os.utime(file, (changed, changed))
    return file


def positions(path: Path) -> list[FilePosition]:
    """Where a reader stands who has read everything."""
    tail = LogTail(path, cut_queue_log)
    found = []
    while (batch := tail.next_batch()) is not None:
        tail.accept(batch.position)
        found.append(batch.position)
    return found


def pruned(
    path: Path, read: Sequence[FilePosition], *, older_than_s: float = 100, dry_run: bool = False
) -> list[str]:
    with structlog.testing.capture_logs():
        gone = prune(path, read, older_than_s=older_than_s, now_s=_NOW, dry_run=dry_run)
    return [file.name for file in gone]


def test_a_large_log_is_put_aside_with_all_it_holds(path: Path) -> None:
    path.write_bytes(_LINE * 2)
    found = rotate(path, larger_than_bytes=len(_LINE), stamp="20261122T100000Z")
    assert found == path.with_name("queue_log.20261122T100000Z")
    assert found.read_bytes() == _LINE * 2
    assert not path.exists()


def test_a_small_log_and_a_missing_one_stay_as_they_are(path: Path) -> None:
    assert rotate(path, larger_than_bytes=0, stamp="1") is None
    path.write_bytes(_LINE)
    assert rotate(path, larger_than_bytes=len(_LINE), stamp="1") is None
    assert [file.name for file in path.parent.iterdir()] == ["queue_log"]


def test_putting_aside_overwrites_nothing(path: Path) -> None:
    for content in (b"1\n", b"2\n", b"3\n"):
        path.write_bytes(content)
        rotate(path, larger_than_bytes=0, stamp="same")
    names = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert names == {
        "queue_log.same": b"1\n",
        "queue_log.same-2": b"2\n",
        "queue_log.same-3": b"3\n",
    }


def test_the_new_name_is_on_the_disk_when_it_is_given(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(_LINE)
    synced: list[list[str]] = []

    def sync(descriptor: int) -> None:
        assert os.fstat(descriptor).st_ino == path.parent.stat().st_ino
        synced.append(os.listdir(descriptor))

    monkeypatch.setattr(os, "fsync", sync)
    rotate(path, larger_than_bytes=0, stamp="1")
    assert synced == [["queue_log.1"]]


def test_a_log_that_cannot_be_renamed_leaves_no_empty_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError

    path.write_bytes(_LINE)
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        rotate(path, larger_than_bytes=0, stamp="1")
    assert [file.name for file in path.parent.iterdir()] == ["queue_log"]


@pytest.mark.parametrize("stamp", ["", "../x", "a/b", "1.gz", "1 2", "\u0661"])
def test_a_stamp_that_could_lead_elsewhere_is_refused(path: Path, stamp: str) -> None:
    path.write_bytes(_LINE)
    with pytest.raises(ValueError, match="stamp"):
        rotate(path, larger_than_bytes=0, stamp=stamp)
    assert path.exists()


def test_what_the_writer_still_writes_into_the_renamed_file_is_read(path: Path) -> None:
    tail = LogTail(path, cut_queue_log)
    with path.open("ab", buffering=0) as asterisk:
        asterisk.write(_LINE)
        rotate(path, larger_than_bytes=0, stamp="1")
        asterisk.write(_LINE)
        batch = tail.next_batch()
    assert batch is not None
    assert len(batch.rows) == 2


def test_files_that_were_read_are_removed_when_they_are_old(path: Path) -> None:
    path.write_bytes(_LINE)
    aside(path, "1"), aside(path, "2", changed=_NOW - 50), aside(path, "3", changed=_NOW + 3600)
    assert pruned(path, positions(path)) == ["queue_log.1"]
    assert sorted(file.name for file in path.parent.iterdir()) == ["queue_log", "queue_log.2", "queue_log.3"]


def test_a_file_that_was_not_read_to_its_end_is_never_removed(path: Path) -> None:
    path.write_bytes(_LINE)
    half, unknown, other = aside(path, "1", _LINE * 2), aside(path, "2"), aside(path, "3")
    head = _LINE.hex()
    read = [
        FilePosition(half.stat().st_ino, head, len(_LINE)),
        FilePosition(other.stat().st_ino, b"another".hex(), len(_LINE)),
    ]
    with structlog.testing.capture_logs() as logs:
        assert prune(path, read, older_than_s=100, now_s=_NOW) == ()
    assert [line["files"] for line in logs] == [["queue_log.1", "queue_log.2", "queue_log.3"]]
    assert half.exists()
    assert unknown.exists()


def test_an_unfinished_last_line_and_an_empty_file_keep_nothing(path: Path) -> None:
    path.write_bytes(_LINE)
    aside(path, "1", _LINE + b"17953411"), aside(path, "2", b"")
    assert pruned(path, positions(path)) == ["queue_log.1", "queue_log.2"]


def test_a_rest_longer_than_any_line_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_files, "_LONGEST_REST", 7)
    path.write_bytes(_LINE)
    aside(path, "1", _LINE + b"17953411")
    assert pruned(path, positions(path)) == []


def test_the_current_file_is_never_removed_under_whatever_name(path: Path) -> None:
    aside(path, "1")
    os.link(path.with_name("queue_log.1"), path)
    assert pruned(path, positions(path)) == []
    assert path.exists()


def test_while_there_is_no_current_file_the_last_one_put_aside_is_kept(path: Path) -> None:
    aside(path, "1", changed=_OLD - 1), aside(path, "2")
    assert pruned(path, positions(path)) == ["queue_log.1"]


def test_a_dry_run_tells_the_same_and_removes_nothing(path: Path) -> None:
    path.write_bytes(_LINE)
    aside(path, "1")
    read = positions(path)
    assert pruned(path, read, dry_run=True) == ["queue_log.1"] == pruned(path, read, dry_run=True)
    assert pruned(path, read) == ["queue_log.1"]


def test_a_compressed_file_is_left_and_told_of(path: Path) -> None:
    path.write_bytes(_LINE)
    squeezed = aside(path, "2.gz")
    read = [FilePosition(squeezed.stat().st_ino, _LINE.hex(), len(_LINE))]
    with structlog.testing.capture_logs() as logs:
        assert prune(path, read, older_than_s=100, now_s=_NOW) == ()
    assert logs[0]["files"] == ["queue_log.2.gz"]
    assert squeezed.exists()


def test_a_file_that_cannot_be_removed_is_left_and_told_of(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(_LINE)
    aside(path, "1")
    read = positions(path)

    def refuse(self: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    with structlog.testing.capture_logs() as logs:
        assert prune(path, read, older_than_s=100, now_s=_NOW) == ()
    assert logs[0]["files"] == ["queue_log.1"]


def test_a_missing_folder_has_nothing_to_prune(tmp_path: Path) -> None:
    assert pruned(tmp_path / "nowhere" / "queue_log", []) == []
