"""What a hostile caller writes reaches no decision, no log and no event; the record keeps it, escaped.

Every sample is called, calls, and is asserted as the caller, on a real Asterisk with the controller behind it.
What Asterisk's own SIP parser does not take is dropped there and is no call.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hostile import FORWARDED, HOSTILE_USERS
from hostile_calls import Outcomes, all_calls, as_asterisk_takes, decision_of
from parties import CALLER_HZ, CALLER_NUMBER, carrier_caller, phone
from raw_invite import CARRIER, Invite, Told, place
from running_system import MakeSystem, System, eventually

from callrouter.records.cel_csv import cut
from callrouter.sip_party.call_state import CallState
from callrouter.vocabulary.cel import CelEvent
from callrouter.vocabulary.journal import ARRIVAL_CONTEXT, JournalEvent
from callrouter.vocabulary.numbers import NumberKind, PhoneNumber, parse_number
from callrouter.vocabulary.wire_text import wire_text

_RAW_TEXTS = ("called_raw", "caller_raw", "sip_call_id", "to_raw", "diversion_raw", "history_info_raw")
_ASTERISKS_OWN = frozenset({"APP_START", "APP_END", "LOCAL_OPTIMIZE", *CelEvent})


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system()
    made.start()
    return made


@pytest.fixture(scope="module")
def outcomes(system: System) -> Outcomes:
    """Make every call once, many at a time."""
    return asyncio.run(all_calls(system))


def test_every_call_that_was_let_in_has_one_record_and_every_other_was_refused_or_no_sip(
    system: System, outcomes: Outcomes
) -> None:
    log = (system.layout.asterisk_log / "messages.log").read_text()
    for place_, told in outcomes.told.items():
        records = outcomes.records.get(wire_text(told.invite.call_id), [])
        if told.let_in:
            assert len(records) == 1, place_
            assert told.final is not None, place_
        elif told.final is None:
            assert records == [], place_
            assert f"UDP 127.0.0.2:{told.port}" in log, place_  # dropped by Asterisk's parser
        else:
            assert records == [], place_
            assert 400 <= told.final < 500 or told.final == 501, (place_, told.final)
    assert sum(told.let_in for told in outcomes.told.values()) > 300


def test_what_was_called_is_in_the_record_escaped_and_decides_only_as_far_as_it_is_a_number(
    outcomes: Outcomes,
) -> None:
    references = {name: decision_of(outcomes.record(told)) for name, told in outcomes.of("reference").items()}
    seen: Counter[str] = Counter()
    for name, told in outcomes.of("called").items():
        if not told.let_in:
            continue
        record = outcomes.record(told)
        taken = as_asterisk_takes(told.invite.user)
        assert record["called_raw"] == taken or (not taken and record["called_raw"] == "s"), name
        assert record["caller_raw"] == CALLER_NUMBER
        if not re.match(r"[+0-9]", taken):
            assert (record["terminal_state"], record["decision"], told.final) == ("refused", None, 484), name
            seen["refused"] += 1
            continue
        number = parse_number(taken, {"12345"})
        is_12345 = number == PhoneNumber(NumberKind.SHORT_CODE, "12345")
        assert decision_of(record) == references["12345" if is_12345 else "02"], name
        seen["12345" if is_12345 else "unknown"] += 1
    assert seen["refused"] > 10
    assert seen["unknown"] > 40


@pytest.mark.parametrize("kind", ["caller", "asserted"])
def test_who_calls_is_in_the_record_escaped_and_changes_no_decision(outcomes: Outcomes, kind: str) -> None:
    reference = decision_of(outcomes.record(outcomes.of("reference")["12315"]))
    called = outcomes.of("called")
    seen = 0
    for name, told in outcomes.of(kind).items():
        if told.let_in:
            record = outcomes.record(told)
            assert (record["called_raw"], decision_of(record)) == ("12315", reference), name
            number = as_asterisk_takes(HOSTILE_USERS[name]).partition(";")[0]
            if kind == "asserted" and not (number and called[name].let_in):
                number = CALLER_NUMBER  # nothing is asserted by what is no URI: who calls is who From says
            assert record["caller_raw"] == number, name
            seen += 1
    assert seen > 60


@pytest.mark.parametrize("kind", ["name", "header", "call id"])
def test_names_headers_and_call_ids_change_no_decision(outcomes: Outcomes, kind: str) -> None:
    reference = decision_of(outcomes.record(outcomes.of("reference")["12315"]))
    let_in = {name: told for name, told in outcomes.of(kind).items() if told.let_in}
    for name, told in let_in.items():
        record = outcomes.record(told)
        if name in FORWARDED:
            assert (record["decision"]["line"], record["decision"]["found_by"]) == ("12333", FORWARDED[name])
            continue
        assert (record["called_raw"], decision_of(record)) == ("12315", reference), name
        assert record["fallback"] is None
    assert len(let_in) > {"name": 20, "header": 20, "call id": 4}[kind]


def test_a_special_extension_that_is_dialled_is_refused_with_a_record(outcomes: Outcomes) -> None:
    for name, told in outcomes.of("special").items():
        assert outcomes.record(told)["called_raw"] == name
        if name != "+":
            assert outcomes.record(told)["terminal_state"] == "refused", name
            assert told.final == 484


def test_nothing_forged_stands_in_a_record_but_in_its_raw_texts(outcomes: Outcomes) -> None:
    for (record,) in outcomes.records.values():
        of_other_legs = {leg["sip_call_id"] for leg in record["legs"]} - {record["sip_call_id"], None}
        without_raw_texts = {
            **{key: record[key] for key in record if key not in _RAW_TEXTS},
            "legs": [{**leg, "sip_call_id": None} for leg in record["legs"]],
        }
        assert "forged" not in json.dumps([without_raw_texts, *of_other_legs])
        assert record["anomalies"] == []
        for text in (record[key] or "" for key in _RAW_TEXTS):
            assert wire_text(text.encode()) == text


def test_every_question_that_the_controller_was_asked_was_in_order(
    system: System, outcomes: Outcomes
) -> None:
    counts = dict(re.findall(r'callrouter_dips_total\{outcome="(\w+)"\} ([0-9.]+)', system.metrics()))
    assert float(counts.get("answered", 0)) > 200
    assert {outcome for outcome, count in counts.items() if float(count)} <= {"answered", "hung_up", "left"}
    assert system.readyz()[0] == 200


def test_no_log_was_written_by_a_caller(system: System, outcomes: Outcomes) -> None:
    files = [file for file in system.layout.root.rglob("*.log") if file.stat().st_size]
    assert {"controller.log", "messages.log", "broker.log"} <= {file.name for file in files}
    for file in files:
        for line in file.read_bytes().split(b"\n"):
            assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", line), file.name
            assert not re.match(rb"[^{]*forged", line), file.name
    controller = (system.layout.logs / "controller.log").read_text()
    assert "forged" not in controller
    assert not re.search(f"{CALLER_NUMBER}|13900139000", controller)
    head, *entries = (system.layout.asterisk_log / "messages.log").read_text().splitlines()
    assert " Asterisk " in head
    for entry in entries:
        assert set(json.loads(entry)) == {"hostname", "timestamp", "identifiers", "logmsg"}
    for row in system.layout.queue_log.read_bytes().splitlines():
        assert re.fullmatch(rb"[0-9]{10}(\|[A-Za-z0-9./:+@-]*){4,9}", row), "a line of the queue log is none"


def test_no_event_was_forged_and_the_callers_numbers_that_are_none_are_not_told(
    outcomes: Outcomes,
) -> None:
    assert b"forged" not in outcomes.ami.lower()
    events = Counter(re.findall(rb"^Event: (.*)\r$", outcomes.ami, re.MULTILINE))
    assert events[b"QueueCallerJoin"] >= 3
    assert b"Hangup" not in events
    told = set(re.findall(rb"^CallerIDNum: (.*)\r$", outcomes.ami, re.MULTILINE))
    assert all(re.fullmatch(rb"<unknown>|\+?[0-9]+|s", number) for number in told), told


def test_the_journal_that_asterisk_wrote_meanwhile_can_be_read_to_its_last_octet(
    system: System, outcomes: Outcomes
) -> None:
    data = system.layout.cel_csv.read_bytes()
    found = cut(data)
    assert (found.unreadable, found.consumed) == (0, len(data))
    assert {row.event for row in found.rows} <= _ASTERISKS_OWN | set(JournalEvent)
    began = Counter(row.uniqueid for row in found.rows if row.event == CelEvent.CHAN_START)
    assert set(began.values()) == {1}
    calls = {row.uniqueid for row in found.rows if row.context == ARRIVAL_CONTEXT}
    assert len(calls) == sum(told.let_in for told in outcomes.told.values())
    # Quoted by Asterisk field by field; expanded as text of the dialplan, a number could take its quotes off.
    log = (system.layout.asterisk_log / "messages.log").read_text()
    assert "Logging legacy CEL records as advanced" in log
    assert any("\n" in row.exten for row in found.rows)
    assert any("\n" in row.caller_number for row in found.rows)


async def test_a_caller_who_gives_up_at_once_has_a_record_all_the_same(
    system: System, outcomes: Outcomes
) -> None:
    number = "13700137000"

    def records() -> list[dict[str, Any]]:
        every = (event["data"] for event in system.records_at_ticketing())
        return [record for record in every if record["caller_raw"] == number]

    told: list[Told] = []
    # Some leave before the dialplan's first step: nobody was asked for their SIP Call-ID. About one in ten does.
    while len(told) < 200 and all(record["sip_call_id"] for record in records()):
        hasty = [Invite(caller=number.encode(), cancelled_at_once=True) for _ in range(20)]
        told.extend([await place(invite, system.sip) for invite in hasty])
        await asyncio.to_thread(eventually, "a record of each", lambda: len(records()) >= len(told))
    assert all(one.let_in for one in told)
    assert len(records()) == len(told)
    assert {record["called_raw"] for record in records()} == {"12315"}
    assert {record["terminal_state"] for record in records()} == {"abandoned"}
    assert None in {record["sip_call_id"] for record in records()}


async def test_straight_afterwards_a_call_is_answered(system: System, outcomes: Outcomes) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        ringing = await agent.next_call(timeout_s=20)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        await call.hang_up()
        await ringing.wait_for(CallState.ENDED, timeout_s=5)
    record = await asyncio.to_thread(system.record, call.sip_call_id)
    assert (record["terminal_state"], record["anomalies"]) == ("completed", [])
    assert record["caller_raw"] == CALLER_NUMBER


@pytest.mark.parametrize("sender", [CARRIER, "127.0.0.3"])
def test_what_is_no_call_is_refused_and_leaves_neither_a_call_nor_a_line_of_its_own(
    system: System, outcomes: Outcomes, sender: str
) -> None:
    journal = system.layout.cel_csv.stat().st_size
    for method in ("MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "REFER", "UPDATE", "INFO", "PRACK", "FOO"):
        assert 400 <= _answer_to(method, sender, system.sip) <= 501, method
    assert system.layout.cel_csv.stat().st_size == journal
    for line in (system.layout.asterisk_log / "messages.log").read_text().splitlines()[1:]:
        assert line.startswith('{"hostname":')


def _answer_to(method: str, sender: str, server: tuple[str, int]) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((sender, 0))
        one.settimeout(5)
        port = one.getsockname()[1]
        lines = (
            f"{method} sip:12315%0Aforged@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP {sender}:{port};branch=z9hG4bK{method}{port}",
            'From: "forged%0Aforged" <sip:1001%0Aforged@127.0.0.1>;tag=1',
            "To: <sip:1001%0Aforged@127.0.0.1>",
            f"Call-ID: {method}-{port}",
            f"CSeq: 1 {method}",
            "Event: presence",
            "Refer-To: <sip:110@127.0.0.1>",
            "Content-Length: 0",
        )
        one.sendto("\r\n".join([*lines, "", ""]).encode(), server)
        return int(one.recv(65536)[8:11])


_GUARDED = "Set(CALLERID(all)="
_FORGER = Invite(caller=b"1%0Aagi_forged%3A%20yes")


@pytest.mark.parametrize("guarded", [True, False])
async def test_without_the_wall_the_same_caller_forges_a_line_of_the_question(
    system: System, outcomes: Outcomes, guarded: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as asked, _other_dialplan(system, asked, guarded=guarded):
        asked.settimeout(5)
        calling = asyncio.create_task(place(_FORGER, system.sip))
        environment = await asyncio.to_thread(_environment, asked)
        await calling
    assert b"\nagi_arg_3: caller=1%0Aagi_forged%3A%20yes\n" in environment
    assert (b"\nagi_forged: yes\n" in environment) is not guarded
    assert (b"\nagi_callerid: unknown\n" in environment) is guarded


def _environment(asked: socket.socket) -> bytes:
    peer, _ = asked.accept()
    with peer:
        received = b""
        while not received.endswith(b"\n\n"):
            received += peer.recv(65536)
        return received


@contextmanager
def _other_dialplan(system: System, asked: socket.socket, *, guarded: bool) -> Iterator[None]:
    """Let Asterisk ask here instead of the controller, and take the guarding step out."""
    file = system.layout.asterisk_etc / "extensions.conf"
    own = file.read_text()
    assert own.count(_GUARDED) == 1
    port = asked.getsockname()[1]
    changed = own.replace(f":{system.settings.agi.port}/arrival", f":{port}/arrival")
    file.write_text(changed if guarded else changed.replace(_GUARDED, "Set(CR_UNUSED="))
    try:
        system.asks_asterisk("dialplan reload")
        yield
    finally:
        file.write_text(own)
        system.asks_asterisk("dialplan reload")
