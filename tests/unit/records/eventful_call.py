"""A call in which everything happens that the fold knows."""

from __future__ import annotations

from callrouter.vocabulary.cel import CelRow
from tests.unit.records.test_records_fold import (
    AGENT,
    CALLER_CHANNEL,
    DECIDED,
    T0,
    arrival,
    bridge,
    end,
    hangup,
    notice,
    row,
    user,
)

SUPERVISION = {"id": "lab-9.1", "seat": "1001", "supervisor": "1900", "kind": "join"}


def eventful() -> list[CelRow]:
    """A call in which everything happens."""
    transfer = [
        user(20, "CR_TRANSFER", id="t1", state="requested", kind="three_way", target="x", service="120"),
        user(21, "CR_TRANSFER", id="t1", state="ringing", leg="lab-1.5"),
        user(22, "CR_TRANSFER", id="t1", state="answered"),
        user(22.5, "CR_TRANSFER", id="t1", state="accepted"),
        user(23, "CR_TRANSFER", id="t1", state="joined"),
        user(24, "CR_TRANSFER", id="t1", state="ended", outcome="joined", cause="16"),
    ]
    recorded = [
        user(9 + place, "CR_RECORDING", file="a.wav", state=state)
        for place, state in enumerate(("started", "paused", "resumed", "finished"))
    ]
    return [
        *arrival(),
        user(0.005, "CR_CLUES", diversion="<sip:12315@h>"),
        user(0.01, "CR_DECIDED", **(DECIDED | {"source": "emergency:110", "entry": "chengdu"})),
        *notice(0.02, 5),
        user(0.5, "CR_MENU", menu="language", state="offered"),
        user(4, "CR_MENU", menu="language", state="chosen", key="1"),
        row(5.1, "ANSWER"),
        user(5.15, "CR_NOTICE", key="g04", state="scheduled", starts_ms="0", ends_ms="900"),
        user(5.2, "CR_QUEUE", queue="general", state="entered"),
        row(5.25, "CHAN_START", who="lab-1.8", channel="Local/1003@seat-00000000;2"),
        user(5.3, "CR_SEAT", seat="1003", status="BUSY", cause="17")._replace(uniqueid="lab-1.8"),
        row(5.4, "CHAN_START", who=AGENT),
        user(5.41, "CR_LEG", party="agent", sip_call_id="leg")._replace(uniqueid=AGENT),
        row(8, "ANSWER", who=AGENT),
        *bridge(8.2, 68.2),
        *recorded,
        *transfer,
        user(68.25, "CR_QUEUE", queue="general", state="left", status="CONTINUE", agent="PJSIP/1001"),
        user(68.26, "CR_HOLD", state="began"),
        user(68.27, "CR_HOLD", state="ended"),
        user(68.3, "CR_SURVEY", state="offered"),
        user(70, "CR_SURVEY", state="finished", grade="4"),
        user(71, "CR_VOICEMAIL", state="started"),
        user(75, "CR_VOICEMAIL", state="finished", status="HANGUP", file="b.wav"),
        user(75.05, "CR_CALL_BACK", state="requested"),
        user(
            75.06,
            "CR_DESK",
            id="n",
            kind="note",
            by="1001",
            at=f"{T0.timestamp():.6f}",
            part="1",
            of="1",
            text="x",
        ),
        user(75.06, "CR_SUPERVISION", **SUPERVISION, state="began", at=f"{T0.timestamp():.6f}"),
        user(75.07, "CR_SUPERVISION", **SUPERVISION, state="ended", at=f"{T0.timestamp() + 9:.6f}"),
        *hangup(75.1, CALLER_CHANNEL),
        *hangup(75.1, "", who=AGENT),
        *end(75.1),
    ]


EVENTFUL = sorted(eventful(), key=lambda one: one.at_us)
