"""Four accounts of the same calls, kept apart from each other, and what they must agree on.

Rules:
- The SIP Call-ID is the key from the phone to the record, the message's id the key from there on.
- The accounts are the SIP party's own log, Asterisk's journal file, our database, and a subscriber that has nothing
  to do with the ticketing side and puts each message on disk (fsync) as it comes.
- They are read here from the bytes, not with the program's own readers, so that one fault cannot hide in two. A
  journal that was put aside belongs to it; what is no row of it is nobody's call.
- A message may come several times; a row, a record and an id may not.
- Of a call whose arrival is told as it happens the end is told, too, and the record comes last. A call that Asterisk
  died with has no end in the journal, and a record that says so.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from running_system import System, eventually

from callrouter.local_system.secrets import read

A_SECOND = timedelta(seconds=1)
_OUTBOX = """
SELECT outbox.id, outbox.call_id, outbox.seq, outbox.kind, outbox.state, coalesce(outbox.body, call_record.body)
FROM outbox LEFT JOIN call_record ON call_record.node = outbox.node AND call_record.call_id = outbox.call_id
     AND call_record.revision = outbox.revision
ORDER BY outbox.position
"""
_POSITIONS = """SELECT inode, "offset" FROM journal_position"""
_RECORD = "cn.callrouter.record.closed.v2"
_NAME, _TOPICS = "wiretap", ("records", "live")
_properties: Callable[[int], Properties] = Properties
"""paho does not type its constructor."""
_ARRIVED, _ENDED = "cn.callrouter.call.arrived.v1", "cn.callrouter.call.ended.v1"


@dataclass(frozen=True, slots=True)
class PartyCall:
    """A call as the phones saw it."""

    sip_call_id: str
    caller: str
    seat: str | None
    """Who talked to the caller."""
    invited_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class JournalCall:
    """A call as Asterisk wrote it down."""

    sip_call_id: str
    arrived_at: datetime
    ends: tuple[datetime, ...]
    """When it was over; exactly once, if all is well."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message as the database has it."""

    id: str
    call_id: str
    sequence: int
    kind: str
    state: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Accounts:
    """All of them; each in the order in which it was written."""

    party: Sequence[PartyCall]
    journal: Sequence[JournalCall]
    records: Sequence[dict[str, Any]]
    outbox: Sequence[OutboxRow]
    wire: Sequence[dict[str, Any]]
    """Every message that came, repetitions too."""


def accounts(system: System, party: Iterable[PartyCall], wire: Path) -> Accounts:
    """Read them all, as they are now."""
    records = [json.loads(body) for (body,) in system.rows("SELECT body FROM call_record")]
    rows = system.rows(_OUTBOX)
    return Accounts(
        party=tuple(party),
        journal=tuple(_journal_calls(_rows_of(system.layout.cel_csv))),
        records=records,
        outbox=[
            OutboxRow(id_, call_id, sequence, kind, state, json.loads(body))
            for id_, call_id, sequence, kind, state, body in rows
        ],
        wire=[json.loads(line) for line in _whole_lines(wire)],
    )


def _whole_lines(file: Path) -> list[bytes]:
    """What has been written to the end: the receiver may be in the middle of a line."""
    written = file.read_bytes() if file.exists() else b""
    return written[: written.rfind(b"\n") + 1].splitlines()


def _files_of(log: Path) -> list[Path]:
    """The log, and what was put aside of it."""
    return sorted(log.parent.glob(f"{log.name}*"))


def _rows_of(cel_csv: Path) -> Iterator[list[str]]:
    for file in _files_of(cel_csv):
        for line in file.read_bytes().splitlines():
            if re.fullmatch(rb'"[A-Z_]+","[0-9.]+",.*"', line):
                [row] = csv.reader([line.decode(errors="replace")])
                yield row


def _journal_calls(rows: Iterable[Sequence[str]]) -> Iterator[JournalCall]:
    ends: defaultdict[str, list[datetime]] = defaultdict(list)
    arrivals: list[tuple[str, str, datetime]] = []
    for event, at, _uniqueid, linkedid, *_, extra in rows:
        instant = datetime.fromtimestamp(float(at), UTC)
        if event == "LINKEDID_END":
            ends[linkedid].append(instant)
        elif event == "CR_ARRIVED":
            facts = parse_qs(json.loads(extra)["extra"])
            arrivals.append((facts["sip_call_id"][0], linkedid, instant))
    for sip_call_id, linkedid, arrived_at in arrivals:
        yield JournalCall(sip_call_id, arrived_at, tuple(ends[linkedid]))


def disagreements(told: Accounts) -> list[str]:
    """Name everything that the accounts do not agree on; nothing when all is well."""
    placed = {call.sip_call_id for call in told.party}
    written = [record["sip_call_id"] for record in told.records]
    strangers = {*written, *(call.sip_call_id for call in told.journal)} - placed
    found = [f"{stranger}: nobody has placed this call" for stranger in sorted(strangers)]
    if len(placed) != len(told.party):
        found.append("the phones have used a Call-ID twice")
    for call in told.party:
        found += [f"{call.sip_call_id}: {fault}" for fault in _faults_of_call(call, told)]
    return [*found, *faults_of_messages(told)]


def _faults_of_call(call: PartyCall, told: Accounts) -> Iterator[str]:
    journal = [one for one in told.journal if one.sip_call_id == call.sip_call_id]
    records = [one for one in told.records if one["sip_call_id"] == call.sip_call_id]
    if len(journal) != 1 or len(records) != 1:
        yield f"{len(journal)} arrivals in the journal, {len(records)} records; there is one of each to a call"
        return
    [arrival], [record] = journal, records
    by_rule = record["closed_by"] == "rule"
    if len(arrival.ends) != (0 if by_rule else 1):
        yield f"ended {len(arrival.ends)} times in the journal, and its record is closed by {record['closed_by']}"
        return
    if record["caller_raw"] != call.caller or (record["agent"] or "").removeprefix("PJSIP/") != (
        call.seat or ""
    ):
        yield "the record names other parties than the phones"
    if by_rule:
        if record["terminal_state"] != "interrupted":
            yield f"Asterisk died with it, and its record says {record['terminal_state']}"
        return
    arrived, ended = (datetime.fromisoformat(record[name]) for name in ("arrived_at", "ended_at"))
    instants = {
        "arrival in record and journal": (arrived, arrival.arrived_at),
        "arrival in record and INVITE": (arrived, call.invited_at),
        "end in record and journal": (ended, arrival.ends[0]),
        "end in record and BYE": (ended, call.ended_at),
    }
    for name, (one, other) in instants.items():
        if abs(one - other) > A_SECOND:
            yield f"{name}: {abs(one - other)} apart"


def faults_of_messages(told: Accounts) -> Iterator[str]:
    """Name what outbox, records and wire do not agree on."""
    came: dict[str, dict[str, Any]] = {}
    for event in told.wire:
        if came.setdefault(event["id"], event) != event:
            yield f"message {event['id']}: came with two contents"
    rows = {row.id: row for row in told.outbox}
    if len(rows) != len(told.outbox):
        yield "the outbox has an id twice"
    yield from (f"message {id_}: came, and is not in the outbox" for id_ in came.keys() - rows.keys())
    for row in rows.values():
        if row.state != "acknowledged":
            yield f"message {row.id}: is {row.state} in the outbox"
        if row.id not in came or came[row.id]["data"] != row.body:
            yield f"message {row.id}: never came, or not as it was written"
    yield from _faults_of_order([(row.call_id, row.sequence) for row in rows.values()], "in the outbox")
    yield from _faults_of_stories(rows.values())
    yield from _faults_of_order(
        [(one["subject"], int(one["sequence"])) for one in came.values()], "on the wire"
    )
    if {record["call_id"] for record in told.records} != {row.call_id for row in rows.values()}:
        yield "records and outbox are about different calls"


def _faults_of_order(numbered: Iterable[tuple[str, int]], where: str) -> Iterator[str]:
    sequences: defaultdict[str, list[int]] = defaultdict(list)
    for call_id, sequence in numbered:
        sequences[call_id].append(sequence)
    for call_id, sequence_numbers in sequences.items():
        if sequence_numbers != list(range(1, len(sequence_numbers) + 1)):
            yield f"{call_id}: its messages came as {sequence_numbers} {where}"


def _faults_of_stories(rows: Iterable[OutboxRow]) -> Iterator[str]:
    stories: defaultdict[str, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: (one.call_id, one.sequence)):
        stories[row.call_id].append(row.kind)
    for call_id, kinds in stories.items():
        if kinds[-1] != _RECORD or kinds.count(_RECORD) != 1:
            yield f"{call_id}: its messages do not end with one record: {kinds}"
        elif (live := kinds[:-1]) and (live[0] != _ARRIVED or live.count(_ARRIVED) != 1):
            yield f"{call_id}: what was told as it happened does not begin with the arrival: {live}"
        elif live.count(_ENDED) > 1 or _ENDED in live[:-1]:
            yield f"{call_id}: its end was told before something else: {live}"


def open_in_journal(system: System) -> list[str]:
    """Name what Asterisk has written and nobody has made a record of yet."""
    read_to = dict(system.rows(_POSITIONS))
    found = []
    for log in (system.layout.cel_csv, system.layout.queue_log):
        for file in _files_of(log):
            unread = file.stat().st_size - read_to.get(file.stat().st_ino, 0)
            found += [f"{unread} bytes of {file.name} are not read"] if unread else []
    [(still_open,)] = system.rows("SELECT count(*) FROM open_call")
    return found + ([f"{still_open} calls are open"] if still_open else [])


@asynccontextmanager
async def wiretap(system: System, file: Path) -> AsyncIterator[None]:
    """Write down every message on the wire, a line each, on disk before the next is looked at.

    The broker may die: its own store knows us, and keeps what comes before we are there again.
    """
    listening = asyncio.create_task(_listen(system, file))
    try:
        await asyncio.to_thread(_have_the_broker_know_us, system)
        yield
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


def _have_the_broker_know_us(system: System) -> None:
    stored = system.layout.broker / "data" / "mosquitto.db"

    def is_stored() -> bool:
        os.kill(system.pid_of("broker"), signal.SIGUSR1)
        return stored.exists() and stored.read_bytes().count(_NAME.encode()) > len(_TOPICS)

    eventually("the broker's store has our subscriptions", is_stored)


async def _listen(system: System, file: Path) -> None:
    session = _properties(PacketTypes.CONNECT)
    session.SessionExpiryInterval = 3600
    while True:
        client = aiomqtt.Client(
            system.settings.mqtt.host,
            system.settings.mqtt.port,
            protocol=aiomqtt.ProtocolVersion.V5,
            identifier=_NAME,
            username="ticketing",
            password=read(system.layout.secrets).mqtt_ticketing,
            clean_start=False,
            properties=session,
        )
        with suppress(aiomqtt.MqttError):
            async with client:
                for topic in _TOPICS:
                    name = f"{system.settings.topic_prefix}/{system.settings.instance}/{topic}"
                    await client.subscribe(name, qos=1)
                await _write_down(client, file)
        # Sooner than anybody else who has lost the broker.
        await asyncio.sleep(0.02)


async def _write_down(client: aiomqtt.Client, file: Path) -> None:
    with file.open("ab") as written:
        async for message in client.messages:
            told = json.loads(bytes(message.payload))
            for event in told if isinstance(told, list) else [told]:
                written.write(json.dumps(event).encode() + b"\n")
            written.flush()
            os.fsync(written.fileno())
