"""Reading journal files on, whatever was done to them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from callrouter.records.cel_csv import cut
from callrouter.records.tail import JournalTail
from callrouter.vocabulary.cel import CelRow

Rows = Callable[[int], list[CelRow]]
Bytes = Callable[[Iterable[CelRow]], bytes]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "cel.csv"


def read_all(tail: JournalTail) -> list[CelRow]:
    rows: list[CelRow] = []
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
    data, tail = csv_bytes(call_rows(1)), JournalTail(journal)
    collected: list[CelRow] = []
    with journal.open("ab", buffering=0) as file:
        for start in range(0, len(data), 37):
            file.write(data[start : start + 37])
            collected += read_all(tail)
    assert collected == call_rows(1)


def test_a_missing_file_is_no_error(journal: Path) -> None:
    assert JournalTail(journal).next_batch() is None
    assert JournalTail(journal / "nowhere" / "cel.csv").next_batch() is None


def test_nothing_is_lost_or_doubled_over_a_rotation_by_rename(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    tail = JournalTail(journal)
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
    tail = JournalTail(journal)
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
    journal.with_name("cel.csv.3.gz").write_bytes(b"\x1f\x8b")
    assert read_all(JournalTail(journal)) == call_rows(1) + call_rows(2) + call_rows(3)


def test_a_restart_goes_on_at_the_accepted_position(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    journal.write_bytes(csv_bytes(call_rows(1)))
    batch = JournalTail(journal).next_batch()
    assert batch is not None
    with journal.open("ab") as file:
        file.write(csv_bytes(call_rows(2)))
    assert read_all(JournalTail(journal, [batch.position])) == call_rows(2)


def test_what_was_not_accepted_is_read_again(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    journal.write_bytes(csv_bytes(call_rows(1)))
    tail = JournalTail(journal)
    assert tail.next_batch() == tail.next_batch() != None  # noqa: E711 -- a chain


def test_a_truncated_file_is_read_from_its_beginning(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    tail = JournalTail(journal)
    journal.write_bytes(csv_bytes(call_rows(1) + call_rows(2)))
    read_all(tail)
    journal.write_bytes(csv_bytes(call_rows(3)))
    assert read_all(tail) == call_rows(3)


def test_a_new_file_in_an_old_inode_is_read_from_its_beginning(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    tail = JournalTail(journal)
    journal.write_bytes(csv_bytes(call_rows(1)))
    read_all(tail)
    journal.write_bytes(csv_bytes(call_rows(2) + call_rows(3)))
    assert read_all(tail) == call_rows(2) + call_rows(3)


def test_bytes_that_are_no_text_are_kept_as_escapes(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    rows = [replace(call_rows(1)[0], caller_number="BAD")]
    journal.write_bytes(csv_bytes(rows).replace(b"BAD", b"\xff\x00\xe4"))
    (row,) = read_all(JournalTail(journal))
    assert row.caller_number == "\\xff\\x00\\xe4"


def test_a_line_end_in_a_callers_name_forges_no_row(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    forged = '1\n"LINKEDID_END","1795338293.372698","lab-1.1","lab-1.1","","","","","","",""\n'
    rows = [replace(call_rows(1)[0], caller_number=forged), *call_rows(2)]
    journal.write_bytes(csv_bytes(rows))
    assert read_all(JournalTail(journal)) == rows


def test_garbage_costs_only_itself(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    torn = csv_bytes(call_rows(1))[:200]
    journal.write_bytes(b'x,"y\n' + csv_bytes(call_rows(1)) + torn + csv_bytes(call_rows(2)) + b"\n,\n")
    batch = JournalTail(journal).next_batch()
    assert batch is not None
    assert [*batch.rows][-6:] == call_rows(2)
    assert [*batch.rows][:6] == call_rows(1)
    assert batch.unreadable >= 2


def test_a_megabyte_without_a_row_does_not_stop_the_rest(
    journal: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    journal.write_bytes(b'"' + b"x" * 10_000 + b"\n" + csv_bytes(call_rows(1)))
    assert read_all(JournalTail(journal, limit=4096)) == call_rows(1)


def test_a_batch_says_whether_it_was_cut_off(journal: Path, call_rows: Rows, csv_bytes: Bytes) -> None:
    journal.write_bytes(csv_bytes(call_rows(1) + call_rows(2)))
    tail = JournalTail(journal, limit=journal.stat().st_size - 1)
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
    read_all(JournalTail(journal))
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
    tail = JournalTail(journal)
    with structlog.testing.capture_logs() as logs:
        assert read_all(tail) == call_rows(2) + call_rows(3)
        assert read_all(tail) == []
    assert sorted(line["file"] for line in logs) == ["cel.csv.1", "cel.csv.3"]
    assert tail.files_passed_over == 2
    monkeypatch.undo()
    assert read_all(tail) == call_rows(1)
