"""What must be true of the records of callers who were at every step, and of what their calls leave behind."""

from __future__ import annotations

import hashlib
import wave
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from every_step import Caller
from plan_of_every_step import EXPERTS
from running_system import System, eventually


@dataclass(frozen=True, slots=True)
class Told:
    """What a record tells of the way."""

    queues: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    """Of calls to another platform."""
    menu: str | None = None
    key: str | None = None
    recordings: int = 0
    voicemail: bool = False
    terminal_state: str = "abandoned"
    """Of who has hung up there."""
    is_too_short: bool = False
    """He began a message and left none."""


AT_STEPS = {
    "asked for a grade": Told(("hotline",), recordings=1, terminal_state="completed"),
    "talks to a seat": Told(("hotline",), recordings=1, terminal_state="completed"),
    "asked for a message": Told(("hotline",), recordings=1),
    "asked whether to call back": Told(("hotline",), recordings=1),
    "speaks a message": Told(voicemail=True, terminal_state="voicemail"),
    "another platform rings": Told(("sanya",), ("caller_left",), recordings=1),
    "another platform talks": Told(("sanya",), ("joined",), recordings=1, terminal_state="completed"),
    "the duty phone rings": Told(("wanning",), recordings=1),
    "the duty phone talks": Told(("wanning",), recordings=1, terminal_state="completed"),
    "told that experts are not available": Told(
        (EXPERTS, "hotline"), menu="ofunknown", key="2", recordings=1
    ),
    "told when it is open": Told(),
    "in a line's menu": Told(menu="ofline"),
    "in the menu of unknown numbers": Told(menu="ofunknown"),
}


def told_in(record: dict[str, Any]) -> Told:
    """Read the record's own account."""
    menu = [(one["menu"], one["key"]) for one in record["menu"]]
    assert len(menu) < 2
    return Told(
        tuple(one["queue"] for one in record["queue_visits"]),
        tuple(one["outcome"] for one in record["transfers"]),
        menu=menu[0][0] if menu else None,
        key=menu[0][1] if menu else None,
        recordings=len(record["recordings"]),
        voicemail=record["voicemail"] is not None,
        terminal_state=record["terminal_state"],
        is_too_short="voicemail_failed" in record["anomalies"],
    )


def records_of(system: System, callers: Iterable[Caller], *, within_s: float) -> dict[str, dict[str, Any]]:
    """Give the one record of each caller, by his step, once the ticketing side has them all."""
    steps = {one.call.sip_call_id: one.step for one in callers}

    def look() -> dict[str, dict[str, Any]]:
        told = [event["data"] for event in system.records_at_ticketing()]
        own = [data for data in told if data["sip_call_id"] in steps]
        return {steps[data["sip_call_id"]]: data for data in own} if len(own) >= len(steps) else {}

    found: dict[str, dict[str, Any]] = eventually("every call has its record", look, within_s=within_s)
    assert found.keys() == set(steps.values())
    return found


def files_are_proved(system: System, record: dict[str, Any]) -> None:
    """Each file that the record names is as it says."""
    files = [(system.layout.recordings, one) for one in record["recordings"]]
    files += [(system.layout.voicemail, record["voicemail"])] if record["voicemail"] else []
    for folder, one in files:
        content = (folder / one["file"]).read_bytes()
        with wave.open(str(folder / one["file"])) as sound:
            length_ms = sound.getnframes() * 1000 // sound.getframerate()
        assert one["proof"] == {
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "duration_ms": length_ms,
        }
        assert length_ms > 0, one["file"]
        if one["finished_at"] is not None:
            began, ended = (datetime.fromisoformat(one[end]) for end in ("started_at", "finished_at"))
            assert abs((ended - began).total_seconds() * 1000 - length_ms) < 1000, one["file"]


def nothing_is_left(system: System) -> None:
    """No channel, no bridge; each file is in one record, no call has two records, and all is told."""
    eventually("no channel is left", lambda: system.channels() == 0)
    assert len(system.asks_asterisk("bridge show all")) == 1, "its heading alone"
    eventually("all is told", lambda: system.open_deliveries() == 0)
    told = [event["data"] for event in system.records_at_ticketing()]
    assert set(Counter(data["call_id"] for data in told).values()) == {1}
    assert {data["revision"] for data in told} == {1}
    named = [system.layout.recordings / one["file"] for data in told for one in data["recordings"]]
    named += [system.layout.voicemail / data["voicemail"]["file"] for data in told if data["voicemail"]]
    assert sorted(_files(system.layout.asterisk_spool)) == sorted(named)


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]
