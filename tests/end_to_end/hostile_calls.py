"""The hostile calls of the end-to-end test, made many at a time, and what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from hostile import HOSTILE_HEADERS, HOSTILE_NAMES, HOSTILE_USERS
from parties import phone
from raw_invite import Invite, Told, place
from running_system import System, eventually

from callrouter.local_system.secrets import read
from callrouter.vocabulary.wire_text import wire_text

_AT_ONCE = 16
_LONGEST_USER = 79
"""Octets of a user part that Asterisk keeps (AST_MAX_EXTENSION, AST_CHANNEL_NAME)."""
_CALL_IDS = (b'x):1(a"&b=c', b"(((", b"%0Aforged", b"a~0~1~2", b"f@[::1]:5060", b"'forged'=1;--")
_SPECIAL_EXTENSIONS = (b"h", b"i", b"s", b"t", b"T", b"e", b"o", b"a", b"_X.", b"-", b"!", b".", b"+", b"X")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of the calls, by kind and sample."""

    told: Mapping[tuple[str, str], Told]
    records: Mapping[str, list[dict[str, Any]]]
    """By SIP Call-ID."""
    ami: bytes
    """Everything that Asterisk's manager interface said meanwhile."""

    def of(self, kind: str) -> dict[str, Told]:
        return {name: told for (one, name), told in self.told.items() if one == kind}

    def record(self, told: Told) -> dict[str, Any]:
        (record,) = self.records[wire_text(told.invite.call_id)]
        return record


def _invites() -> dict[tuple[str, str], Invite]:
    made = {("reference", user.decode()): Invite(user=user) for user in (b"12345", b"12315", b"02")}
    for name, user in HOSTILE_USERS.items():
        made["called", name] = Invite(user=user)
        # The forgers stay until they stand in the queue, where Asterisk tells of them in its events.
        made["caller", name] = Invite(caller=user, stays_s=1.0 if name.startswith("a forged") else None)
        asserted = b"P-Asserted-Identity: <sip:" + user + b"@127.0.0.2>"
        made["asserted", name] = Invite(headers=asserted)
    for name, octets in HOSTILE_NAMES.items():
        made["name", name] = Invite(name=octets + b" ")
    for name, octets in HOSTILE_HEADERS.items():
        made["header", name] = Invite(headers=octets)
    for octets in _CALL_IDS:
        made["call id", octets.decode()] = Invite(call_id=octets)
    for user in _SPECIAL_EXTENSIONS:
        made["special", user.decode()] = Invite(user=user)
    return made


async def all_calls(system: System) -> Outcomes:
    """Make every call once; return when the ticketing side has the records of those that were let in."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(invite: Invite) -> Told:
        async with gate:
            return await place(invite, system.sip)

    async with phone(system, "1001"), overheard(system) as ami:
        made = _invites()
        told = await asyncio.gather(*(one(invite) for invite in made.values()))
    let_in = sum(one.let_in for one in told)
    await asyncio.to_thread(
        eventually,
        f"{let_in} records at the ticketing side",
        lambda: len(system.records_at_ticketing()) >= let_in,
        within_s=30,
    )
    records: dict[str, list[dict[str, Any]]] = {}
    for event in system.records_at_ticketing():
        records.setdefault(event["data"]["sip_call_id"], []).append(event["data"])
    return Outcomes(dict(zip(made, told, strict=True)), records, bytes(ami))


@asynccontextmanager
async def overheard(system: System) -> AsyncIterator[bytearray]:
    """Listen to Asterisk as the controller does, and keep every octet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", system.settings.ami.port)
    heard = bytearray()

    async def listen() -> None:
        while data := await reader.read(65536):
            heard.extend(data)

    listening = asyncio.create_task(listen())
    secret = read(system.layout.secrets).ami
    writer.write(f"Action: Login\r\nUsername: callrouter\r\nSecret: {secret}\r\n\r\n".encode())
    try:
        yield heard
    finally:
        listening.cancel()
        writer.close()


def as_asterisk_takes(user: bytes) -> str:
    """The user part after Asterisk's parser: no password, decoded, up to a NUL, 79 octets of it."""
    number = unquote_to_bytes(user.partition(b":")[0])
    return wire_text(number.partition(b"\0")[0][:_LONGEST_USER])


def decision_of(record: dict[str, Any]) -> dict[str, Any]:
    decision = dict(record["decision"])
    del decision["decided_at"]
    return decision
