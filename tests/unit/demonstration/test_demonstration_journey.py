"""A call's journey in words, and the follower that feeds it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from callrouter.demonstration.journal import JournalFollower
from callrouter.demonstration.journey import describe
from callrouter.vocabulary.cel import CelEvent, CelRow, microseconds_of
from callrouter.vocabulary.journal import Fallback, JournalEvent
from callrouter.vocabulary.migration import Mode, PhaseName

CALL = "node1-1.2"


def row(event: str, *, uniqueid: str = CALL, channel: str = "PJSIP/carrier-00000001", **facts: str) -> CelRow:
    extra = json.dumps({"extra": urlencode(facts)}) if facts else ""
    at_us = microseconds_of(datetime(2021, 9, 30, tzinfo=UTC))
    return CelRow(event, at_us, uniqueid, CALL, channel, "", "", "", "", "", extra)


def told(event: str, **facts: str) -> str:
    line = describe(row(event, **facts))
    assert line
    return line


def test_an_arrival_masks_the_caller_and_not_the_hotline() -> None:
    line = told(JournalEvent.ARRIVED, called="12315", caller="13800138000", trunk="carrier")
    assert "13800138000" not in line
    assert "138****8000" in line
    assert "12315" in line
    assert "carrier" in line


def test_what_a_caller_wrote_cannot_steer_the_terminal() -> None:
    line = told(JournalEvent.ARRIVED, called="1\x1b[2J\r5", caller="\x1b]0;x\x07", trunk="carrier")
    assert line.isprintable()


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("phase", PhaseName)
def test_a_decision_names_line_mode_phase_and_rule(mode: Mode, phase: PhaseName) -> None:
    line = told(
        JournalEvent.DECIDED, line="12315", mode=mode, phase=phase, rule="dialplans/sichuan/lines.yaml:14"
    )
    for part in ("12315", mode, phase, "dialplans/sichuan/lines.yaml:14"):
        assert part in line


def test_a_decision_without_mode_and_phase_is_told_too() -> None:
    line = told(JournalEvent.DECIDED, line="", mode="", phase="", rule="dialplans/sichuan/plan.yaml:70")
    assert "number in no plan" in line


@pytest.mark.parametrize("why", Fallback)
def test_a_fallback_is_told_as_one(why: Fallback) -> None:
    assert f"({why})" in told(JournalEvent.DECIDED, fallback=why)


def test_an_announcement_that_was_not_heard_stands_out() -> None:
    assert "FAILED" in told(JournalEvent.NOTICE, key="t01-12300", state="failed")
    assert "FAILED" not in told(JournalEvent.NOTICE, key="t01-12300", state="finished")


def test_the_way_through_queue_duty_phone_and_voicemail_is_told() -> None:
    assert "hotline" in told(JournalEvent.QUEUE, queue="hotline", state="entered")
    assert "JOINEMPTY" in told(JournalEvent.QUEUE, queue="hotline", state="left", status="JOINEMPTY")
    assert "NOANSWER" in told(JournalEvent.LAST_RESORT, state="left", status="NOANSWER")
    assert told(JournalEvent.VOICEMAIL, state="started").endswith("started")


def test_legs_are_told_by_their_endpoint_and_the_caller_by_the_talk() -> None:
    leg = {"uniqueid": "node1-1.3", "channel": "PJSIP/1001-00000003"}
    assert describe(row(CelEvent.CHAN_START, **leg)) == "振铃 ringing: PJSIP/1001"
    assert describe(row(CelEvent.ANSWER, **leg)) == "接听 picked up: PJSIP/1001"
    assert describe(row(CelEvent.BRIDGE_ENTER, **leg)) is None
    assert describe(row(CelEvent.HANGUP, **leg)) is None
    assert describe(row(CelEvent.CHAN_START)) is None
    assert (
        describe(row(CelEvent.CHAN_START, uniqueid="node1-1.4", channel="Local/1001@seat-00000000;1")) is None
    )
    assert describe(row(CelEvent.BRIDGE_ENTER)) == "通话 talking"
    assert describe(row(CelEvent.HANGUP)) == "挂机 hang-up"


def test_rows_that_nobody_would_miss_give_no_line() -> None:
    for event in ("APP_START", CelEvent.LINKEDID_END, CelEvent.CHAN_END, "SOMETHING_NEW"):
        assert describe(row(event)) is None


LINE = '"HANGUP","1795339779.393000","{}","{}","PJSIP/t-1","","","","",""," "\n'


def line(call: str) -> bytes:
    return LINE.format(call, call).encode()


def test_the_follower_gives_only_what_is_written_after_it_was_made(tmp_path: Path) -> None:
    file = tmp_path / "cel.csv"
    file.write_bytes(line("old"))
    follower = JournalFollower(file, "node1")
    assert follower.new_rows() == []
    with file.open("ab") as journal:
        journal.write(line("new-1") + line("new-2"))
    assert [each.linkedid for each in follower.new_rows()] == ["new-1", "new-2"]
    assert follower.new_rows() == []


def test_the_follower_waits_for_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    follower = JournalFollower(tmp_path / "cel.csv", "node1")
    assert follower.new_rows() == []
    (tmp_path / "cel.csv").write_bytes(line("first"))
    assert [each.linkedid for each in follower.new_rows()] == ["first"]


def test_the_follower_gives_a_half_written_row_once_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "cel.csv"
    follower = JournalFollower(file, "node1")
    text = line("whole")
    file.write_bytes(text[:20])
    assert follower.new_rows() == []
    file.write_bytes(text)
    assert [each.linkedid for each in follower.new_rows()] == ["whole"]


def test_the_follower_passes_over_what_is_no_row(tmp_path: Path) -> None:
    file = tmp_path / "cel.csv"
    follower = JournalFollower(file, "node1")
    file.write_bytes(b'"too","few"\n\xff\xfe\n' + line("good"))
    assert [each.linkedid for each in follower.new_rows()] == ["good"]
