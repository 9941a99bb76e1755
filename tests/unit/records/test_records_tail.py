"""Reading journal files on, whatever was done to them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import structlog

from callrouter.records.cel_csv import cut
from callrouter.records.cut import Row
from callrouter.records.queue_log_lines import cut_queue_log
from callrouter.records.tail import FilePosition, LogTail
from callrouter.vocabulary.cel import CelRow

Rows = Callable[[int], list[CelRow]]
Bytes = Callable[[Iterable[CelRow]], bytes]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "cel.csv"


def read_all(tail: LogTail[Row]) -> list[Row]:
    rows: list[Row] = []
    while (batch := tail.next_batch()) is not None:
        rows += batch.rows
        tail.accept(batch.position)
    return rows


def test_a_row_of_a_real_asterisk_is_read() -> None:
    line = (
        rb'"CR_ARRIVED","1795338293.372698","lab-1795338293.23","lab-1795338293.23","PJSIP/trunk-00000017",'
        rb'"from-trunk","12315","CELGenUserEvent","sipp","","{""extra"":""called=12315&caller=%2C""}"' + b"\n"
    )
    found = cut(line)
    assert (found.unreadable, found.consumed) == (0, len(line))
    assert found.rows[0].extra == '{"extra":"called=12315&caller=%2C"}'
    assert found.rows[0].at.isoformat() == "2026-11-22T09:04:53.372698+00:00"


def test_a_half_written_last_line_waits_for_its_rest(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    data, tail = csv_bytes(call_rows(1)), LogTail(journal, cut)
    collected: list[CelRow] = []
    with journal.open("ab", buffering=0) as file:
        for start in range(0, len(data), 37):
            file.write(data[start : start + 37])
            collected += read_all(tail)
    assert collected == call_rows(1)


def test_a_missing_file_is_no_error(journal: Path) -> None:
    assert LogTail(journal, cut).next_batch() is None
    assert LogTail(journal / "nowhere" / "cel.csv", cut).next_batch() is None


def test_nothing_is_lost_or_doubled_over_a_rotation_by_rename(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    tail = LogTail(journal, cut)
    journal.write_bytes(csv_bytes(call_rows(1)[:3]))
    first = read_all(tail)
    with journal.open("ab") as file:
        file.write(csv_bytes(call_rows(1)[3:]))
    journal.rename(journal.with_name("cel.csv.1"))
    journal.write_bytes(csv_bytes(call_rows(2)))
    assert first + read_all(tail) == call_rows(1) + call_rows(2)


def test_a_rotation_during_the_look_does_not_let_the_new_file_overtake_the_old(
    journal: Path, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = LogTail(journal, cut)
    journal.write_bytes(csv_bytes(call_rows(1)))
    look = tail._rotated

    def rotate_after_the_look() -> list[Path]:
        found = look()
        monkeypatch.undo()
        journal.rename(journal.with_name("cel.csv.1"))
        journal.write_bytes(csv_bytes(call_rows(2)))
        return found

    monkeypatch.setattr(tail, "_rotated", rotate_after_the_look)
    assert read_all(tail) == call_rows(1) + call_rows(2)


def test_two_rotations_while_nobody_read_are_read_oldest_first(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    for number, name in ((1, "cel.csv.2"), (2, "cel.csv.1"), (3, "cel.csv")):
        journal.with_name(name).write_bytes(csv_bytes(call_rows(number)))
        os.utime(journal.with_name(name), (number, number))
    journal.with_name("cel.csv.3.gz").write_bytes(csv_bytes(call_rows(4)))
    assert read_all(LogTail(journal, cut)) == call_rows(1) + call_rows(2) + call_rows(3)


def test_a_restart_goes_on_at_the_accepted_position(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    journal.write_bytes(csv_bytes(call_rows(1)))
    batch = LogTail(journal, cut).next_batch()
    assert batch is not None
    with journal.open("ab") as file:
        file.write(csv_bytes(call_rows(2)))
    assert read_all(LogTail(journal, cut, [batch.position])) == call_rows(2)


def test_what_was_not_accepted_is_read_again(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    journal.write_bytes(csv_bytes(call_rows(1)))
    tail = LogTail(journal, cut)
    assert tail.next_batch() == tail.next_batch() != None  # noqa: E711 -- a chain


def test_a_truncated_file_is_read_from_its_beginning(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    tail = LogTail(journal, cut)
    journal.write_bytes(csv_bytes(call_rows(1) + call_rows(2)))
    read_all(tail)
    journal.write_bytes(csv_bytes(call_rows(3)))
    assert read_all(tail) == call_rows(3)


def test_a_file_that_lost_its_end_is_read_from_its_beginning(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    tail = LogTail(journal, cut)
    journal.write_bytes(csv_bytes(call_rows(1) + call_rows(2)))
    read_all(tail)
    os.truncate(journal, len(csv_bytes(call_rows(1))))
    assert read_all(tail) == call_rows(1)


def test_a_new_file_in_an_old_inode_is_read_from_its_beginning(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    tail = LogTail(journal, cut)
    journal.write_bytes(csv_bytes(call_rows(1)))
    read_all(tail)
    journal.write_bytes(csv_bytes(call_rows(2) + call_rows(3)))
    assert read_all(tail) == call_rows(2) + call_rows(3)


def test_bytes_that_are_no_text_are_kept_as_escapes(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    rows = [call_rows(1)[0]._replace(caller_number="BAD")]
    journal.write_bytes(csv_bytes(rows).replace(b"BAD", b"\xff\x00\xe4"))
    (row,) = read_all(LogTail(journal, cut))
    assert row.caller_number == "\\xff\\x00\\xe4"


def test_a_line_end_in_a_callers_name_forges_no_row(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    forged = '1\n"LINKEDID_END","1795338293.372698","lab-1.1","lab-1.1","","","","","","",""\n'
    rows = [call_rows(1)[0]._replace(caller_number=forged), *call_rows(2)]
    journal.write_bytes(csv_bytes(rows))
    assert read_all(LogTail(journal, cut)) == rows


def test_garbage_costs_only_itself(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    torn = csv_bytes(call_rows(1))[:200]
    journal.write_bytes(b'x,"y\n' + csv_bytes(call_rows(1)) + torn + csv_bytes(call_rows(2)) + b"\n,\n")
    batch = LogTail(journal, cut).next_batch()
    assert batch is not None
    assert [*batch.rows][-6:] == call_rows(2)
    assert [*batch.rows][:6] == call_rows(1)
    assert batch.unreadable >= 2


def test_a_megabyte_without_a_row_does_not_stop_the_rest(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    journal.write_bytes(b'"' + b"x" * 10_000 + b"\n" + csv_bytes(call_rows(1)))
    assert read_all(LogTail(journal, cut, limit=4096)) == call_rows(1)


def test_a_batch_says_whether_it_was_cut_off(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    journal.write_bytes(csv_bytes(call_rows(1) + call_rows(2)))
    tail = LogTail(journal, cut, limit=journal.stat().st_size - 1)
    first = tail.next_batch()
    assert first
    assert first.is_full
    tail.accept(first.position)
    rest = tail.next_batch()
    assert rest
    assert not rest.is_full


def test_the_journal_is_made_private(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    journal.write_bytes(csv_bytes(call_rows(1)))
    journal.chmod(0o644)
    read_all(LogTail(journal, cut))
    assert journal.stat().st_mode & 0o777 == 0o600


def test_rotated_files_that_cannot_be_read_stop_neither_the_others_nor_the_current_one(
    journal: Path, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in ((1, "cel.csv.3"), (2, "cel.csv.2"), (3, "cel.csv")):
        journal.with_name(name).write_bytes(csv_bytes(call_rows(number)))
        os.utime(journal.with_name(name), (number, number))
    journal.with_name("cel.csv.1").symlink_to("cel.csv.1")
    open_ = Path.open

    def open_for_asterisk(path: Path, mode: str = "r") -> object:
        if path.name == "cel.csv.3":
            raise PermissionError(path.name)
        return open_(path, mode)

    monkeypatch.setattr(Path, "open", open_for_asterisk)
    tail = LogTail(journal, cut)
    with structlog.testing.capture_logs() as logs:
        assert read_all(tail) == call_rows(2) + call_rows(3)
        assert read_all(tail) == []
    assert sorted(line["file"] for line in logs) == ["cel.csv.1", "cel.csv.3"]
    assert tail.files_passed_over == 2
    monkeypatch.undo()
    assert read_all(tail) == call_rows(1)


def test_the_queue_log_is_read_on_over_asterisks_own_rotation(tmp_path: Path) -> None:
    path, tail = tmp_path / "queue_log", LogTail(tmp_path / "queue_log", cut_queue_log)
    path.write_bytes(b"1795341100|NONE|NONE|NONE|QUEUESTART|\n1795341101|lab-1.1|q|NONE|ENTERQUEUE||1")
    assert [row.event for row in read_all(tail)] == ["QUEUESTART"]
    with path.open("ab") as file:
        path.rename(tmp_path / "queue_log.0")
        path.write_bytes(b"1795341101|NONE|NONE|NONE|CONFIGRELOAD|\n")
        os.utime(path, (1, 1))
        file.write(b"38|1\n")
        file.flush()
        found = read_all(tail)
        assert [row.event for row in found] == ["ENTERQUEUE", "CONFIGRELOAD"]
        assert found[0].data == ("", "138", "1")
        file.write(b"1795341102|lab-1.1|q|NONE|ABANDON|1|1|1\n")
        file.flush()
        assert [row.event for row in read_all(tail)] == ["ABANDON"]


def test_a_file_that_grows_while_it_is_read_is_known_by_what_it_then_begins_with(
    journal: Path, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = csv_bytes(call_rows(1))
    journal.write_bytes(data[:1])
    tail = LogTail(journal, cut)
    before = tail._offset

    def grow_meanwhile(inode: int, head: bytes, size: int) -> int:
        with journal.open("ab") as file:
            file.write(data[1:])
        return before(inode, head, size)

    monkeypatch.setattr(tail, "_offset", grow_meanwhile)
    batch = tail.next_batch()
    assert batch is not None
    assert list(batch.rows) == call_rows(1)
    assert batch.position.head == data[:64].hex()


def test_what_is_read_while_the_file_is_replaced_does_not_count(
    journal: Path, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = LogTail(journal, cut)
    journal.write_bytes(csv_bytes(call_rows(1)))
    read_all(tail)
    with journal.open("ab") as file:
        file.write(csv_bytes(call_rows(2)))
    before = tail._offset

    def replace_meanwhile(inode: int, head: bytes, size: int) -> int:
        journal.write_bytes(csv_bytes(call_rows(3) + call_rows(4) + call_rows(5)))
        return before(inode, head, size)

    monkeypatch.setattr(tail, "_offset", replace_meanwhile)
    assert tail.next_batch() is None
    monkeypatch.undo()
    assert read_all(tail) == call_rows(3) + call_rows(4) + call_rows(5)


def test_a_file_of_the_old_length_in_an_old_inode_is_read(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    tail = LogTail(journal, cut)
    journal.write_bytes(csv_bytes(call_rows(1)))
    os.utime(journal, (1, 1))
    assert read_all(tail) == call_rows(1)
    journal.write_bytes(csv_bytes(call_rows(2)))
    os.utime(journal, (2, 2))
    assert read_all(tail) == call_rows(2)


def test_a_new_file_in_the_inode_of_a_removed_one_does_not_overtake_the_last_one(
    journal: Path, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.write_bytes(csv_bytes(call_rows(2)))
    inode = journal.stat().st_ino
    tail = LogTail(journal, cut, [FilePosition(inode, csv_bytes(call_rows(9))[:64].hex(), 7)])
    look = tail._rotated

    def rotate_after_the_look() -> list[Path]:
        found = look()
        monkeypatch.undo()
        journal.with_name("cel.csv.1").write_bytes(csv_bytes(call_rows(1)))
        return found

    monkeypatch.setattr(tail, "_rotated", rotate_after_the_look)
    assert read_all(tail) == call_rows(1) + call_rows(2)


def test_a_file_without_news_is_not_opened_again(
    journal: Path, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.with_name("cel.csv.1").write_bytes(csv_bytes(call_rows(1)) + b'"torn')
    journal.write_bytes(csv_bytes(call_rows(2)))
    tail = LogTail(journal, cut)
    assert len(read_all(tail)) > 0
    opened: list[str] = []
    open_ = Path.open

    def open_and_tell(path: Path, mode: str = "r") -> object:
        opened.append(path.name)
        return open_(path, mode)

    monkeypatch.setattr(Path, "open", open_and_tell)
    assert read_all(tail) == []
    assert opened == []
    with journal.open("ab") as file:
        file.write(csv_bytes(call_rows(3)))
    assert read_all(tail) == call_rows(3)


def test_a_journal_that_is_not_ours_to_make_private_is_told_of_once(
    journal: Path, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchmod", refuse)
    tail = LogTail(journal, cut)
    with structlog.testing.capture_logs() as logs:
        for number in (1, 2):
            with journal.open("ab") as file:
                file.write(csv_bytes(call_rows(number)))
            journal.chmod(0o644)
            assert read_all(tail) == call_rows(number)
    assert len(logs) == 1
