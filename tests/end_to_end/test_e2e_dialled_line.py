"""The line that a caller dialled is found behind the platform's own number, on a real Asterisk, and only where the
carrier has written it."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, Final

import pytest
from hostile import HOSTILE_NAMES, HOSTILE_USERS
from hostile_calls import overheard
from parties import CALLER_HZ, carrier_caller, phone
from raw_invite import Invite, Told, place
from running_system import MakeSystem, System, eventually

from callrouter.records.cel_csv import cut
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty
from callrouter.vocabulary.cel import facts_of
from callrouter.vocabulary.wire_text import wire_text

PILOT: Final = b"02880012345"
DID: Final = b"02880012300"
"""As dialplans/sichuan/operator.yaml has them."""

CALLS: Final[dict[str, tuple[Invite, str, str]]] = {
    "the bottom of two Diversion headers": (
        Invite(
            user=PILOT,
            to=b"<sip:12345@127.0.0.1>",
            headers=b'Diversion: "Li, Si" <sip:12345@127.0.0.2>;reason=unconditional\r\n'
            b"Diversion: <tel:+862812315>;reason=unconditional;counter=1",
        ),
        "12315",
        "diversion",
    ),
    "the bottom of two entries in one Diversion header": (
        Invite(user=b"12345", headers=b"diversion: <sip:12345@a>;reason=unknown , <sip:028-12366@b>"),
        "12366",
        "diversion",
    ),
    "index 1 of the History-Info": (
        Invite(
            user=PILOT,
            headers=b"History-Info: <sip:12345@ims.example.cn;cause=302>;index=1.1\r\n"
            b"History-Info: <sip:12315@ims.example.cn?Privacy=history&Reason=SIP%3Bcause%3D302>;index=1\r\n"
            b"Diversion: <sip:12366@127.0.0.2>",
        ),
        "12315",
        "history-info",
    ),
    "To alone": (Invite(user=PILOT, to=b"<sip:12315@127.0.0.1;user=phone>"), "12315", "to"),
    "a number of its own": (Invite(user=b"+86" + DID[1:], to=b"<sip:12345@127.0.0.1>"), "12300", "did"),
    "nothing but the pilot": (Invite(user=PILOT, to=b"<sip:12345@127.0.0.1>"), "12345", "request-uri"),
    "an emergency number, forwarded or not": (
        Invite(user=b"110", headers=b"Diversion: <sip:12315@127.0.0.2>"),
        "110",
        "request-uri",
    ),
    "an emergency number in a Diversion": (
        Invite(user=b"12345", headers=b"Diversion: <sip:110@127.0.0.2>"),
        "12345",
        "request-uri",
    ),
}
_TOO_LONG: Final = {
    "twenty headers": b"\r\n".join([b"Diversion: <sip:12366@127.0.0.2>;x=forged"] * 20),
    "a header of 4 kB": b"Diversion: <sip:12366@127.0.0.2>;x=forged" + b"a" * 4000,
    "a header that no buffer of Asterisk's holds": b"History-Info: <sip:12366@a>;index=1;x=" + b"a" * 9000,
}
HOSTILE: Final[dict[str, bytes]] = {
    **{
        f"Diversion: {name}": b"Diversion: <sip:" + user + b"@127.0.0.2>;reason=unconditional"
        for name, user in HOSTILE_USERS.items()
        if re.match(r"percent|a forged|a dialplan|parenth|commas|a comma|raw LF|SQL|over-long", name)
    },
    **{
        f"History-Info: {name}": b"History-Info: " + quoted + b" <sip:12366@127.0.0.2;x=%0Aforged>;index=x"
        for name, quoted in list(HOSTILE_NAMES.items())[:6]
    },
    **_TOO_LONG,
}


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system()
    made.start()
    return made


@pytest.fixture(scope="module")
def told(system: System) -> dict[str, Told]:
    """Make every call once, several at a time."""
    invites = {name: invite for name, (invite, _, _) in CALLS.items()}
    invites |= {name: Invite(headers=headers) for name, headers in HOSTILE.items()}

    async def all_calls() -> dict[str, Told]:
        gate = asyncio.Semaphore(8)

        async def one(invite: Invite) -> Told:
            async with gate:
                return await place(invite, system.sip)

        done = await asyncio.gather(*(one(invite) for invite in invites.values()))
        return dict(zip(invites, done, strict=True))

    return asyncio.run(all_calls())


def facts_in_journal(system: System, call_id: str, event: str) -> dict[str, str]:
    """All that Asterisk itself wrote in the rows of an event; it names a call by the boot, a record by the node."""
    found: dict[str, str] = {}
    for row in cut(system.layout.cel_csv.read_bytes()).rows:
        if row.event == event and row.uniqueid.rpartition("-")[2] == call_id.rpartition("-")[2]:
            found |= facts_of(row)
    return found


@pytest.mark.parametrize("name", CALLS)
def test_the_line_is_found_and_the_record_and_the_journal_say_where(
    system: System, told: dict[str, Told], name: str
) -> None:
    invite, line, found_by = CALLS[name]
    record = system.record(wire_text(invite.call_id))
    assert (record["decision"]["line"], record["decision"]["found_by"]) == (line, found_by)
    assert record["called_raw"] == invite.user.decode()
    assert record["fallback"] is None
    decided = facts_in_journal(system, record["call_id"], "CR_DECIDED")
    assert (decided["line"], decided["found_by"]) == (line, found_by)
    if found_by == "diversion":
        assert record["diversion_raw"] == facts_in_journal(system, record["call_id"], "CR_CLUES")["diversion"]
        assert line in re.sub(r"\D", "", record["diversion_raw"])
    if found_by == "to":
        assert record["to_raw"] == invite.to.decode()


async def test_a_softphones_diversion_is_written_down_and_not_believed(system: System) -> None:
    forged = (
        ("Diversion", "<sip:12315@127.0.0.1>;reason=unconditional"),
        ("History-Info", "<sip:12366@a>;index=1"),
    )
    name = system.settings.sip.softphone
    opened = SipParty.open(host="127.0.0.1", user=name, password=system.password(name), server=system.sip)
    async with opened as softphone:
        call = await softphone.dial("12345", headers=forged)
        await call.hears_packets(5, timeout_s=5)
        await call.hang_up()
    record = await asyncio.to_thread(system.record, call.sip_call_id)
    assert (record["decision"]["line"], record["decision"]["found_by"]) == ("12345", "request-uri")
    assert (record["trunk"], record["diversion_raw"]) == (name, forged[0][1])


async def test_a_caller_with_a_hostile_diversion_reaches_a_person_and_forges_nothing(system: System) -> None:
    hostile = HOSTILE_USERS["a forged AMI event"].decode()
    forwarded = (("Diversion", f"<sip:{hostile}@127.0.0.2>"), ("Diversion", "<sip:12315@127.0.0.2>"))
    async with (
        phone(system, "1001") as agent,
        overheard(system) as events,
        carrier_caller(system) as caller,
    ):
        call = await caller.dial("12345", headers=forwarded)
        ringing = await agent.next_call(timeout_s=20)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        assert "forged" not in "".join(ringing.received_headers("Diversion"))
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=5)
        await asyncio.to_thread(eventually, "the end is told", lambda: b"\nEvent: AgentComplete" in events)
    assert b"forged" not in events
    record = await asyncio.to_thread(system.record, call.sip_call_id)
    assert (record["decision"]["line"], record["decision"]["found_by"]) == ("12315", "diversion")
    assert record["terminal_state"] == "completed"
    assert set(record["anomalies"]) <= {"notice_failed"}  # whether notices are recorded is not told here


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_hostile_header_says_is_not_believed(system: System, told: dict[str, Told], name: str) -> None:
    if not told[name].let_in:
        assert name.endswith("raw LF") or "raw" in name, name
        return
    record = system.record(wire_text(told[name].invite.call_id))
    assert (record["decision"]["line"], record["decision"]["found_by"]) == ("12315", "request-uri")
    assert record["fallback"] is None
    assert set(record["anomalies"]) <= {"notice_failed"}
    raw: list[Any] = [record.pop(field) for field in ("diversion_raw", "history_info_raw")]
    assert "forged" not in json.dumps(record)
    for text in filter(None, raw):
        assert wire_text(text.encode()) == text
    if name in _TOO_LONG:
        assert set(raw) <= {None, "too-long"}


def test_every_question_was_in_order_and_no_log_was_written_by_a_caller(
    system: System, told: dict[str, Told]
) -> None:
    counts = dict(re.findall(r'callrouter_dips_total\{outcome="(\w+)"\} ([0-9.]+)', system.metrics()))
    assert float(counts["answered"]) >= len(CALLS)
    assert {outcome for outcome, count in counts.items() if float(count)} <= {"answered", "hung_up", "left"}
    data = system.layout.cel_csv.read_bytes()
    found = cut(data)
    assert (found.unreadable, found.consumed) == (0, len(data))
    assert "forged" not in (system.layout.logs / "controller.log").read_text()
    for entry in (system.layout.asterisk_log / "messages.log").read_text().splitlines()[1:]:
        assert "12366" not in entry
        assert set(json.loads(entry)) == {"hostname", "timestamp", "identifiers", "logmsg"}
