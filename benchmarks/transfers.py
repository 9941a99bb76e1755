"""Three-way transfers, asked for over HTTP, beside Asterisk's own Atxfer: alternating, with one call up and with 40.

From the request to the target's INVITE, as the target's phone has it; from the request that makes it three to the
first sound of both others at the last of the three; and the longest pause between two packets that anybody heard on
the way. Atxfer is begun by the action of that name and made three by its key, *3; its time is counted from the key's
end. The phones' packets are 20 ms apart, so that is how fine a time of sound can be.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from benchmarks.ami_follower import our_client
from benchmarks.figures import Range
from benchmarks.own_system import Installation, until
from benchmarks.processes import serving
from benchmarks.table import Finding
from callrouter.asterisk_link.ami_client import AmiClient
from callrouter.console.desk_tokens import SECRET_BYTES, TokenFile, keep
from callrouter.layout import SETUP_FOLDER
from callrouter.local_system.secrets import read, write_private
from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty
from callrouter.vocabulary.desk_role import Role

_PAIRS: Final = 10
_CALLER_HZ, _AGENT_HZ, _TARGET_HZ = 600, 850, 1150
_AGENT, _OTHER_AGENT, _TARGET = "1001", "1002", "1101"
_OTHERS: Final = tuple(f"2{n:03}" for n in range(1, 40))
_SOON_S: Final = 10.0
_SETTLES_S: Final = 1.0
_SAID_S: Final = 4.0
"""That somebody has joined is said to all three."""
_ATXFER: Final = (
    "s,1,Set(FEATUREMAP(atxfer)=*7) into bench-leg",
    "s,2,Return() into bench-leg",
    "9001,1,Answer() into from-carrier",
    f"9001,2,Dial(PJSIP/{_OTHER_AGENT},30,tb(bench-leg^s^1)) into from-carrier",
    f"7001,1,Dial(PJSIP/{_TARGET},30) into bench-target",
)
"""A talk in which Asterisk's own transfer is allowed, and its target."""


@dataclass(slots=True)
class _Seen:
    """What was measured of one way, in ms."""

    invited: list[float] = field(default_factory=list)
    joined: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Stage:
    """Asterisk, and the phones."""

    installation: Installation
    ami: AmiClient
    token: str
    caller: SipParty
    agent: SipParty
    other_agent: SipParty
    target: SipParty

    async def asks(self, what: str, **body: str) -> float:
        """Ask as a desk does; return when it was asked."""
        content = json.dumps(body).encode()
        port = self.installation.settings.http.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        at = asyncio.get_running_loop().time()
        writer.write(
            f"POST /desk/{what} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        answer = await asyncio.wait_for(reader.readline(), _SOON_S)
        writer.close()
        if b" 200 " not in answer:
            raise RuntimeError(f"{what}: {answer.decode().strip()}")
        return at


def measure() -> list[Finding]:
    """Measure with one call up, and with 40."""
    return [finding for others in ((), _OTHERS) for finding in asyncio.run(_measured(others))]


async def _measured(others: Sequence[str]) -> list[Finding]:
    async with _stage(others) as stage:
        ours, theirs = _Seen(), _Seen()
        call = await stage.caller.dial("110", caller_number="13800138000")
        agent = await _answered(stage.agent)
        await call.hears(_AGENT_HZ, timeout_s=_SOON_S)
        for _ in range(_PAIRS):
            await _by_the_desk(stage, call, agent, ours)
            await _by_atxfer(stage, theirs)
        await call.hang_up()
    return list(_findings(len(others) + 1, ours, theirs))


async def _by_the_desk(stage: _Stage, call: Call, agent: Call, seen: _Seen) -> None:
    began = await stage.asks("consult", target="supervisor")
    target = await stage.target.next_call(timeout_s=_SOON_S)
    seen.invited.append((target.history[CallState.CALLING] - began) * 1000)
    await target.answer()
    await asyncio.sleep(_SETTLES_S)
    await target.press("1")
    await target.hears(_AGENT_HZ, timeout_s=_SOON_S)
    await asyncio.sleep(_SETTLES_S)
    asked = await stage.asks("join")
    seen.joined.append((await _all_hear_all(call, agent, target, asked) - asked) * 1000)
    await asyncio.sleep(_SAID_S)
    seen.pauses.append(_longest_pause((call, agent, target), began))
    await stage.asks("cancel")
    await call.hears(_AGENT_HZ, timeout_s=_SOON_S)
    await asyncio.sleep(_SETTLES_S)


async def _by_atxfer(stage: _Stage, seen: _Seen) -> None:
    call = await stage.caller.dial("9001", caller_number="13800138001")
    agent = await _answered(stage.other_agent)
    await call.hears(_AGENT_HZ, timeout_s=_SOON_S)
    await asyncio.sleep(_SETTLES_S)
    channel = await _channel_of(stage.ami, _OTHER_AGENT)
    began = asyncio.get_running_loop().time()
    await stage.ami.action("Atxfer", {"Channel": channel, "Exten": "7001", "Context": "bench-target"})
    target = await stage.target.next_call(timeout_s=_SOON_S)
    seen.invited.append((target.history[CallState.CALLING] - began) * 1000)
    await target.answer()
    await target.hears(_AGENT_HZ, timeout_s=_SOON_S)
    await asyncio.sleep(_SETTLES_S)
    await agent.press("*3")
    asked = asyncio.get_running_loop().time()
    seen.joined.append((await _all_hear_all(call, agent, target, asked) - asked) * 1000)
    await asyncio.sleep(_SETTLES_S)
    seen.pauses.append(_longest_pause((call, agent, target), began))
    for party in (target, agent, call):
        if party.ended is None:
            await party.hang_up()
    await asyncio.sleep(_SETTLES_S)


async def _answered(phone: SipParty) -> IncomingCall:
    call = await phone.next_call(timeout_s=_SOON_S)
    await call.answer()
    return call


async def _all_hear_all(call: Call, agent: Call, target: Call, since: float) -> float:
    heard = (
        (call, (_AGENT_HZ, _TARGET_HZ)),
        (agent, (_CALLER_HZ, _TARGET_HZ)),
        (target, (_CALLER_HZ, _AGENT_HZ)),
    )
    return max(
        await asyncio.gather(
            *(party.hears(tone, timeout_s=_SOON_S, since=since) for party, tones in heard for tone in tones)
        )
    )


def _longest_pause(parties: Sequence[Call], since: float) -> float:
    return max(
        (
            gap.length_ms
            for party in parties
            for gap in party.heard.gaps(longer_than_ms=25)
            if gap.began_at >= since
        ),
        default=20.0,
    )


async def _channel_of(ami: AmiClient, seat: str) -> str:
    shown = await ami.action("CoreShowChannels", {})
    return next(
        item.get("Channel") for item in shown.items if item.get("Channel").startswith(f"PJSIP/{seat}-")
    )


@asynccontextmanager
async def _stage(others: Sequence[str]) -> AsyncIterator[_Stage]:
    async with AsyncExitStack() as opened:
        seats = (_AGENT, _OTHER_AGENT, *others)
        installation = opened.enter_context(
            Installation.made(rtp_ports=600, seats=seats, supervisors=(_TARGET,))
        )
        opened.enter_context(installation.running("serve"))
        await installation.has_started()
        token, kept = keep(secrets.token_bytes(SECRET_BYTES), _AGENT, Role.AGENT, datetime.now(UTC))
        write_private(installation.layout.desk_tokens, TokenFile(tokens=(kept,)).model_dump_json())
        # Without this prompt Asterisk gives up its transfer; an empty one costs it no time.
        (installation.layout.asterisk_data / "sounds" / "pbx-transfer.alaw").write_bytes(b"\xd5" * 160)
        for line in _ATXFER:
            _console(installation, f"dialplan add extension {line}")
        ami = await opened.enter_async_context(our_client(installation.settings))
        await ami.wait_ready()
        if others:
            _, said = opened.enter_context(
                serving("benchmarks.held_talks", str(installation.config), *others)
            )
            if said != "ready":
                raise RuntimeError("the other callers do not talk")
        passwords = read(installation.layout.secrets).phones
        server = ("127.0.0.1", installation.settings.sip.port)

        async def phone(name: str, tone_hz: int) -> SipParty:
            made = await opened.enter_async_context(
                SipParty.open(user=name, password=passwords[name], server=server, tone_hz=tone_hz)
            )
            await made.register()
            return made

        caller = await opened.enter_async_context(
            SipParty.open(host="127.0.0.2", user="13800138000", server=server, tone_hz=_CALLER_HZ)
        )
        phones = [
            await phone(name, tone)
            for name, tone in ((_AGENT, _AGENT_HZ), (_OTHER_AGENT, _AGENT_HZ), (_TARGET, _TARGET_HZ))
        ]
        # The other agent is called by Asterisk's own transfer alone.
        _console(installation, f"queue remove member Local/{_OTHER_AGENT}@seat from hotline")
        await until(lambda: _are_reachable(installation))
        yield _Stage(installation, ami, token, caller, *phones)


def _are_reachable(installation: Installation) -> bool:
    shown = [line for line in _console(installation, "pjsip show contacts") if " Avail " in line]
    return all(any(f" {name}/sip:" in line for line in shown) for name in (_AGENT, _OTHER_AGENT, _TARGET))


def _console(installation: Installation, command: str) -> list[str]:
    return subprocess.run(
        [
            str(SETUP_FOLDER / "bin" / "asterisk"),
            *("-C", str(installation.layout.asterisk_etc / "asterisk.conf"), "-rx", command),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def _findings(calls: int, ours: _Seen, theirs: _Seen) -> list[Finding]:
    up = f"{calls} call{'s' if calls > 1 else ''} up, {_PAIRS} pairs"
    return [
        _finding(
            f"three-way transfer, request to the target's INVITE, {up}", 15, ours.invited, theirs.invited
        ),
        _finding(f"three-way transfer, request to all hear all, {up}", 40, ours.joined, theirs.joined),
        _finding(f"three-way transfer, longest pause anybody heard, {up}", 60, ours.pauses, theirs.pauses),
    ]


def _finding(what: str, most_ms: float, ours: list[float], theirs: list[float]) -> Finding:
    own = Range.of(ours)
    return Finding(
        what,
        f"≤ {most_ms:g} ms",
        f"{own.text(0)} ms",
        f"Asterisk's Atxfer: {Range.of(theirs).text(0)} ms",
        met=own.median <= most_ms,
    )
