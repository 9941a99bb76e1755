"""What a person sees of a record: ids, files and instants; of a caller's number, its beginning and end."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from callrouter.service import sheet
from callrouter.service.masking import HIDDEN, json_text, masked_record, masked_rows, printable, told_by
from callrouter.service.reveals import note_reveal
from callrouter.service.sheet import COLUMNS, header, line, safe_cell
from callrouter.vocabulary.cel import CelRow

CALLER = "13912345678"
RECORD = {
    "call_id": "node1-1795369792.0",
    "arrived_at": "2026-11-22T17:49:52.330Z",
    "caller_raw": CALLER,
    "called_raw": "12315",
    "to_raw": f'"Li" <sip:{CALLER}@10.0.0.9>',
    "diversion_raw": None,
    "history_info_raw": "<sip:secret@host>",
    "legs": [
        {"channel": f"Local/{CALLER}@out-00000001", "endpoint": "1001", "uniqueid": "node1-1795369792.1"}
    ],
    "recordings": [{"file": f"node1-1795369792.0-{CALLER[:2]}.wav"}],
    "decision": {"line": "12315", "rule": "dialplans/sichuan/lines.yaml:79"},
    "talk_ms": 61_000,
    "anomalies": [],
}


def test_no_seven_digits_of_the_caller_are_left_anywhere() -> None:
    shown = json.dumps(masked_record(RECORD))
    assert not any(CALLER[at : at + 7] in shown for at in range(len(CALLER) - 6))
    assert "139****5678" in shown


def test_a_local_number_is_found_where_nothing_else_tells_that_it_is_one() -> None:
    shown = masked_record({"caller_raw": "87654321", "legs": [{"channel": "Local/87654321@out-00000001"}]})
    assert "87654321" not in json.dumps(shown)


@pytest.mark.parametrize(
    ("caller", "elsewhere"),
    [("+862887654321", "87654321"), ("02887654321", "87654321"), ("0838-2201234", "2201234")],
)
def test_a_number_is_found_without_its_area(caller: str, elsewhere: str) -> None:
    shown = masked_record({"caller_raw": caller, "legs": [{"channel": f"Local/{elsewhere}@out-1"}]})
    assert elsewhere not in json.dumps(shown)


def test_the_name_of_a_file_is_kept_but_for_the_callers_number() -> None:
    shown = masked_record(
        {"caller_raw": CALLER, "recordings": [{"file": f"20261122174952-{CALLER}-node1-1795369792.0.wav"}]}
    )
    assert shown["recordings"] == [{"file": "20261122174952-139****5678-node1-1795369792.0.wav"}]


def test_a_row_hides_what_another_row_of_the_call_tells_of_the_caller() -> None:
    extra = json.dumps({"extra": "called=12315&caller=02887654321"})
    arrived = CelRow("CR_ARRIVED", 1, "n-1.1", "n-1.1", "PJSIP/carrier-1", "a", "s", "x", "", "", extra)
    other = CelRow("CHAN_START", 2, "n-1.2", "n-1.1", "Local/87654321@out-1", "a", "s", "x", "", "", "")
    assert "87654321" in told_by(other)["channel"]
    assert "87654321" not in json.dumps(masked_rows([arrived, other]))


def test_headers_as_the_world_wrote_them_are_not_shown() -> None:
    shown = masked_record(RECORD)
    assert (shown["to_raw"], shown["diversion_raw"], shown["history_info_raw"]) == (HIDDEN, None, HIDDEN)


def test_what_identifies_a_call_and_its_files_stays() -> None:
    shown = masked_record(RECORD)
    for key in ("call_id", "arrived_at", "called_raw", "recordings", "decision", "talk_ms"):
        assert shown[key] == RECORD[key], key
    assert shown["legs"][0]["uniqueid"] == "node1-1795369792.1"


@pytest.mark.parametrize(
    ("caller", "shown"), [("110", "110"), ("张三", "****"), ("", ""), ("02887654321", "028****4321")]
)
def test_services_are_shown_and_names_are_not(caller: str, shown: str) -> None:
    assert masked_record({"caller_raw": caller})["caller_raw"] == shown


def test_a_journal_row_is_masked_in_its_columns_and_its_facts() -> None:
    extra = json.dumps({"extra": f"called=12315&caller={CALLER}&to=%3Csip%3A{CALLER}%40x%3E&trunk=carrier"})
    row = CelRow("CR_ARRIVED", 1, "n-1.1", "n-1.1", "PJSIP/carrier-1", "a", "s", "x", CALLER, "", extra)
    assert told_by(row)["to"] == f"<sip:{CALLER}@x>"
    (shown,) = masked_rows([row])
    assert CALLER[:7] not in json.dumps(shown)
    assert (shown["to"], shown["trunk"], shown["called"]) == (HIDDEN, "carrier", "12315")


def test_what_a_caller_wrote_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in printable("\x1b[2Jgone")
    assert printable(None) == "-"
    steering = "\x9b2J \u202e \u2066 \x7f"
    for text in (printable(steering), json_text({"caller_raw": steering})):
        assert all(letter.isprintable() for letter in text)
    assert json.loads(json_text({"caller_raw": steering})) == {"caller_raw": steering}
    assert json_text("张三") == '"张三"'


@pytest.mark.parametrize(
    "text", ["=1+1", "+8613900000000", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "\u3000＋1"]
)
def test_no_cell_of_a_spreadsheet_is_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_what_is_no_formula_is_left_alone() -> None:
    assert [safe_cell(text) for text in ("", "12315", "139****5678", "a=b")] == [
        "",
        "12315",
        "139****5678",
        "a=b",
    ]


def test_a_line_has_a_cell_for_each_column_and_its_parts() -> None:
    out = StringIO()
    csv.writer(out).writerow(line({**RECORD, "caller_raw": "=HYPERLINK(1)", "answered_within_15_s": True}))
    [cells] = csv.reader(StringIO(out.getvalue()))
    told = dict(zip(header(), cells, strict=True))
    assert len(cells) == len(COLUMNS)
    assert (told["decision_line"], told["caller_raw"]) == ("12315", "'=HYPERLINK(1)")
    assert (told["answered_within_15_s"], told["survey_grade"]) == ("true", "")
    assert sheet.BOM.encode() == b"\xef\xbb\xbf"


def test_a_reveal_is_written_down_with_who_and_how_many_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "log" / "reveals.log"
    note_reveal(file, "records list", 3)
    note_reveal(file, "records show", 1)
    first, second = map(json.loads, file.read_text("utf-8").splitlines())
    assert set(first) == {"at", "who", "uid", "command", "calls"}
    assert (first["calls"], second["command"]) == (3, "records show")
    assert first["who"]
    file.chmod(0o644)
    note_reveal(file, "records show", 1)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_link_in_the_way_of_the_log_of_reveals_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "reveals.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match=r"reveals\.log"):
        note_reveal(tmp_path / "reveals.log", "records list", 1)
    assert not (tmp_path / "elsewhere").exists()
