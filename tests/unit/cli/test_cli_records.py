"""`callrouter records` and `outbox`: what is shown, to whom, with which exit code."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
import yaml

from callrouter.records.outbox_rows import OutboxRows
from callrouter.vocabulary.cel import CelRow
from tests.unit.cli.recorded_calls import CALLER, Installation, installation, real_rows
from tests.unit.cli.running import Ran, run


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """One real call, and one whose caller is a formula."""
    later = tuple(
        row._replace(
            at_us=row.at_us + 3_600_000_000,
            uniqueid=row.uniqueid.replace("-17953", "-17954"),
            linkedid=row.linkedid.replace("-17953", "-17954"),
            extra=row.extra.replace("arrived_at=1795373512", "arrived_at=1795377112"),
        )
        for row in real_rows(caller="%3D1%2B1")
    )
    return installation(tmp_path_factory.mktemp("recorded"), real_rows(), later)


@pytest.fixture
def own(tmp_path: Path) -> Installation:
    """An installation that the test may change."""
    return installation(tmp_path)


def asked(recorded: Installation, *words: str) -> Ran:
    return run(*words, "--config", str(recorded.config))


def test_a_list_is_masked_and_begins_with_the_newest(recorded: Installation) -> None:
    ran = asked(recorded, "records", "list", "--json")
    newest, older = map(json.loads, ran.out.splitlines())
    assert (ran.code, ran.err) == (0, "")
    assert newest["arrived_at"] > older["arrived_at"]
    assert older["caller_raw"] == "139****5678"
    assert CALLER[:7] not in ran.out + asked(recorded, "records", "list").out


def test_only_the_calls_that_were_asked_for_are_shown(recorded: Installation) -> None:
    def shown(*words: str) -> int:
        return len(asked(recorded, "records", "list", "--json", *words).out.splitlines())

    assert shown("--line", "12315") == 2
    assert shown("--limit", "1") == 1
    assert shown("--state", "abandoned") == 0
    assert shown("--until", "2026-11-23T03:00") == 1
    assert shown("--since", "2026-11-22T19:00:00+00:00") == 1
    assert shown("--since", "2026-11-24") == 0


@pytest.mark.parametrize(
    "words",
    [
        ("records", "list", "--line", "99999"),
        ("records", "show", "node1-1.1"),
        ("records", "export", "--line", "99999"),
        ("records", "export", "--as-scenario", "node1-1.1"),
        ("outbox", "list", "--dead"),
        ("outbox", "retry", "no-such-id"),
        ("outbox", "drop", "no-such-id", "--reason", "x"),
    ],
)
def test_nothing_found_is_exit_code_1_and_is_said(recorded: Installation, words: tuple[str, ...]) -> None:
    ran = asked(recorded, *words)
    assert ran.code == 1
    assert ran.err


def test_one_call_is_shown_with_its_messages_and_its_journal(recorded: Installation) -> None:
    ran = asked(recorded, "records", "show", recorded.call_id, "--journal", "--json")
    told = json.loads(ran.out)
    assert told["record"]["call_id"] == recorded.call_id
    assert told["record"]["caller_raw"] == "139****5678"
    assert told["earlier_revisions"] == []
    assert [(message["sequence"], message["state"]) for message in told["messages"]] == [(1, "open")]
    assert told["journal"][0]["event"] == "CHAN_START"
    assert CALLER[:7] not in ran.out + asked(recorded, "records", "show", recorded.call_id, "--journal").out


def test_whole_numbers_are_shown_to_whoever_asks_and_it_is_written_down(own: Installation) -> None:
    for command in (("list",), ("show", own.call_id), ("export",)):
        assert CALLER in asked(own, "records", *command, "--unmasked").out
    reveals = own.layout.reveals.read_text("utf-8")
    assert [json.loads(line)["calls"] for line in reveals.splitlines()] == [1, 1, 1]
    assert CALLER[:7] not in reveals
    assert own.call_id not in reveals


def test_nothing_is_revealed_where_that_cannot_be_written_down(own: Installation, tmp_path: Path) -> None:
    own.layout.logs.mkdir(parents=True)
    own.layout.reveals.symlink_to(tmp_path / "elsewhere")
    ran = asked(own, "records", "list", "--unmasked")
    assert ran.code == 2
    assert CALLER not in ran.out
    assert "reveals.log" in ran.err


def test_an_export_is_a_table_whose_cells_compute_nothing(recorded: Installation) -> None:
    ran = asked(recorded, "records", "export", "--unmasked")
    cells = [row["caller_raw"] for row in csv.DictReader(StringIO(ran.out))]
    assert sorted(cells) == sorted([CALLER, "'=1+1"])


def test_an_export_for_excel_says_that_it_is_utf_8_in_a_file_of_its_owners(
    recorded: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "calls.csv"
    ran = asked(recorded, "records", "export", "--excel", "--output", str(file))
    assert ran.code == 0
    assert file.read_bytes().startswith(b"\xef\xbb\xbfcall_id,")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["calls.csv"]


def test_an_export_as_json_lines_is_one_record_a_line(recorded: Installation) -> None:
    lines = asked(recorded, "records", "export", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["terminal_state"] for line in lines] == ["completed"] * 2


def test_an_export_replaces_nothing_but_a_plain_file(recorded: Installation, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for there_is_none in (pipe, tmp_path, tmp_path / "no-folder" / "calls.csv"):
        ran = asked(recorded, "records", "export", "--output", str(there_is_none))
        assert (ran.code, ran.out) == (2, "")
        assert str(there_is_none) in ran.err
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize(
    "words",
    [
        ("--as-scenario", "node1-1.1", "--unmasked"),
        ("--as-scenario", "node1-1.1", "--line", "12315"),
        ("--format", "jsonl", "--excel"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    recorded: Installation, words: tuple[str, ...]
) -> None:
    ran = asked(recorded, "records", "export", *words)
    assert (ran.code, ran.out) == (2, "")
    assert words[0] in ran.err


def test_a_call_is_told_with_the_names_of_its_fields_and_instants_of_beijing(recorded: Installation) -> None:
    told = asked(recorded, "records", "show", recorded.call_id).out
    [arrived] = [line for line in told.splitlines() if line.startswith("arrived_at ")]
    assert arrived.startswith("arrived_at  来电到达的时刻: ")
    assert arrived.endswith("+08:00")
    assert "消息 id" in told


def test_what_a_caller_chose_asked_for_and_left_is_told_and_the_number_masked(tmp_path: Path) -> None:
    rows = real_rows("asterisk_22_10_1_seat_waited_and_caller_left")
    last = rows[-1]

    def said(event: str, extra: str) -> CelRow:
        return last._replace(event=event, at_us=last.at_us - 9, extra=json.dumps({"extra": extra}))

    facts = (
        said("CR_MENU", "menu=language&state=offered")._replace(at_us=rows[1].at_us + 1),
        said("CR_CALL_BACK", "state=requested"),
    )
    made = installation(tmp_path, (*rows[:-1], *facts, last))
    told = asked(made, "records", "show", made.call_id)
    lines = told.out.splitlines()
    [call_back] = [line for line in lines if line.startswith("call_back ")]
    assert call_back.startswith("call_back  回拨要求: requested_at=2026-11-23T09:35:33.")
    assert call_back.endswith("number=139****5678")
    assert CALLER not in told.out
    at = lines.index("menu  听到的菜单及所选:")
    assert lines[at + 1].strip().startswith("menu=language  at=2026-11-23T09:35:3")
    assert "terminal_state  通话怎样结束: call_back" in lines


def test_a_table_keeps_its_columns_however_long_an_id_is(recorded: Installation) -> None:
    heading, *lines = asked(recorded, "records", "list").out.splitlines()
    at = len(heading[: heading.index("主叫")].encode("gbk"))
    assert [line[at : at + 4] for line in lines] == ["****", "139*"]


def test_a_call_becomes_a_test_without_its_caller(recorded: Installation) -> None:
    ran = asked(recorded, "records", "export", "--as-scenario", recorded.call_id)
    assert ran.code == 0
    assert CALLER[-8:] not in ran.out
    told = yaml.safe_load(ran.out)
    assert (told["plan"], told["decision"]["line"]) == ("dialplans/sichuan", "12315")


def test_reading_changes_nothing_and_works_beside_a_writer(own: Installation) -> None:
    with closing(sqlite3.connect(own.layout.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        for words in (("records", "list"), ("records", "show", own.call_id), ("outbox", "list")):
            assert asked(own, *words).code == 0
        writer.execute("ROLLBACK")


def test_no_records_yet_is_told_with_the_remedy(tmp_path: Path) -> None:
    config = tmp_path / "callrouter.yaml"
    config.write_text(f"run_dir: {tmp_path / 'run'}\n", encoding="utf-8")
    ran = run("records", "list", "--config", str(config))
    assert ran.code == 2
    assert "callrouter serve" in ran.err
    assert not (tmp_path / "run").exists()


def test_a_message_is_dropped_with_a_reason_and_sent_again(own: Installation) -> None:
    [told] = map(json.loads, asked(own, "outbox", "list", "--open", "--json").out.splitlines())
    assert asked(own, "outbox", "drop", told["id"], "--reason", "测试 test").code == 0
    assert asked(own, "outbox", "list", "--open").code == 1
    [dead] = map(json.loads, asked(own, "outbox", "list", "--dead", "--json").out.splitlines())
    assert dead["reason"].startswith("测试 test (")
    assert asked(own, "outbox", "retry", told["id"]).code == 0
    assert asked(own, "outbox", "drop", told["id"], "--reason", "x").code == 0
    assert asked(own, "outbox", "retry", "--all-dead").code == 0
    assert asked(own, "outbox", "list", "--dead").code == 1


def test_a_dead_letter_that_is_rejected_anew_is_retried_once_and_not_for_ever(
    own: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    [told] = map(json.loads, asked(own, "outbox", "list", "--open", "--json").out.splitlines())
    assert asked(own, "outbox", "drop", told["id"], "--reason", "x").code == 0
    tried: list[list[str]] = []

    async def rejected_at_once(_rows: OutboxRows, ids: list[str]) -> int:
        tried.append(ids)
        assert len(tried) < 3
        return len(ids)

    monkeypatch.setattr(OutboxRows, "retry", rejected_at_once)
    assert asked(own, "outbox", "retry", "--all-dead").code == 0
    assert tried == [[told["id"]]]


def test_a_reason_that_says_nothing_is_none(own: Installation) -> None:
    [told] = map(json.loads, asked(own, "outbox", "list", "--open", "--json").out.splitlines())
    ran = asked(own, "outbox", "drop", told["id"], "--reason", " ")
    assert ran.code == 2
    assert "--reason" in ran.err
    assert asked(own, "outbox", "list", "--dead").code == 1


def test_a_list_of_messages_says_what_each_column_is(own: Installation) -> None:
    heading, line = asked(own, "outbox", "list").out.splitlines()
    assert heading.startswith("写下 created")
    assert own.call_id in line


def test_a_reconciliation_is_asked_for_from_here(own: Installation) -> None:
    assert asked(own, "outbox", "reconcile").code == 1
    assert asked(own, "outbox", "reconcile", "--now").code == 0
    ran = asked(own, "outbox", "reconcile")
    assert ran.code == 0
    assert "asked for" in ran.out


def test_a_database_that_is_none_is_one_message(own: Installation) -> None:
    own.layout.database.write_bytes(b"no database at all" * 100)
    for beside in own.layout.database.parent.glob("*-wal"):
        beside.unlink()
    ran = asked(own, "records", "list")
    assert ran.code == 2
    assert "Traceback" not in ran.err
