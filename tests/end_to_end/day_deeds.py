"""What an agent does in a scripted day, by the keys of his phone; as the phones hear it, and as the record has it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from parties import AGENT_HZ, CALLER_HZ, heard
from running_system import eventually
from scripted_day import Deed, Guided, HandedOver, Passed, Refused
from staffed_seats import Caller as Waited
from staffed_seats import StaffedSeats
from waiting_room import seconds

from callrouter.sip_party.call import Call
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.media import Silence, Tone

OTHERS_HZ = 1400
_SURELY = 0.6


@dataclass(frozen=True)
class Talk:
    """A caller with an agent."""

    call: Call
    agent: IncomingCall
    number: str
    others: Callable[[str, str], Awaitable[IncomingCall]]
    """The call that comes to a peer for a caller's number."""
    seats: StaffedSeats
    plan: str


async def does(talk: Talk, deed: Deed) -> None:
    """Do it, and see it come about."""
    await asyncio.sleep(1.2)
    match deed:
        case Passed():
            await _passes(talk, deed)
        case Refused():
            await _is_refused(talk, deed)
        case Guided():
            await _guides(talk, deed)
        case HandedOver():
            await _hands_over(talk, deed)


async def _asks(talk: Talk, keys: str, code: str) -> None:
    await talk.agent.press(keys)
    await asyncio.sleep(0.8)
    await talk.agent.press(f"{code}#")


async def _talk_again(talk: Talk) -> None:
    since = asyncio.get_running_loop().time()
    await asyncio.gather(
        talk.call.hears(AGENT_HZ, timeout_s=25, since=since),
        talk.agent.hears(CALLER_HZ, timeout_s=25, since=since),
    )


async def _passes(talk: Talk, deed: Passed) -> None:
    if deed.peer is None:
        await _passes_to_seats(talk, deed)
        return
    await _asks(talk, deed.keys, deed.code)
    other = await talk.others(deed.peer, talk.number)
    await other.answer()
    await _accepts(other)
    if deed.keys == "*4":
        await other.hears(AGENT_HZ, timeout_s=10)
        await talk.agent.press("*5")
        await talk.call.hears(AGENT_HZ, timeout_s=15)
    await talk.call.hears(OTHERS_HZ, timeout_s=15)
    await other.hears(CALLER_HZ, timeout_s=15)


async def _passes_to_seats(talk: Talk, deed: Passed) -> None:
    talk.seats.callers[talk.number] = Waited()
    await _asks(talk, deed.keys, deed.code)
    taken = await asyncio.wait_for(asyncio.shield(talk.seats.callers[talk.number].talks), 25)
    since = asyncio.get_running_loop().time()
    await _accepts(taken.call)
    await talk.call.hears(AGENT_HZ, timeout_s=15, since=since)
    await taken.call.hears(CALLER_HZ, timeout_s=15)


async def _accepts(other: Call) -> None:
    """Whoever is called is asked whether he takes the call."""
    await asyncio.sleep(1)
    await other.press("1")


async def _is_refused(talk: Talk, deed: Refused) -> None:
    await _asks(talk, deed.keys, deed.code)
    # Asked for another, he chooses none, and is with the caller again.
    await asyncio.sleep(seconds("c04") + 1)
    await talk.agent.press("#")
    await _talk_again(talk)


async def _guides(talk: Talk, deed: Guided) -> None:
    await _asks(talk, "*9", deed.code)
    key = f"{deed.says.lower()}-{deed.about}-{talk.plan}"
    await asyncio.to_thread(
        eventually, f"{key} is heard", lambda: heard(talk.call, key).correlation > 0.9, within_s=25
    )
    await _talk_again(talk)


async def _hands_over(talk: Talk, deed: HandedOver) -> None:
    if deed.peer is None:
        both = (talk.call, talk.agent)
        for party in both:
            party.play(Silence())
        await talk.agent.press(f"*0{deed.service}#")
        key = f"m01-{deed.service}"
        await asyncio.to_thread(
            eventually,
            f"both hear {key}",
            lambda: all(heard(party, key).correlation > _SURELY for party in both),
            within_s=25,
        )
        talk.call.play(Tone(CALLER_HZ))
        talk.agent.play(Tone(AGENT_HZ))
        await _talk_again(talk)
        return
    await talk.agent.press(f"*0{deed.service}#")
    desk = await talk.others(deed.peer, talk.number)
    await desk.answer()
    await asyncio.gather(
        *(desk.hears(tone, timeout_s=15) for tone in (CALLER_HZ, AGENT_HZ)),
        talk.call.hears(OTHERS_HZ, timeout_s=15),
    )


def in_the_record(deed: object, record: dict[str, Any]) -> bool:
    """Whether the record has it."""
    match deed:
        case Passed(keys=keys, to=to):
            kind = "three_way" if keys == "*4" else "plain"
            return any(
                (one["kind"], one["target"], one["outcome"]) == (kind, to, "joined")
                for one in record["transfers"]
            )
        case Refused(why=why, to=to):
            return any((one["refused"], one["target"]) == (why, to) for one in record["transfers"])
        case Guided(about=about):
            return about in [one["about"] for one in record["guided"]]
        case HandedOver(service=service, peer=peer):
            emergency = record["emergency"] or {}
            wanted = "joined" if peer else "refused"
            return (emergency.get("service"), emergency.get("result")) == (service, wanted) or (
                peer is None
                and any(
                    (one["target"], one["refused"]) == (service, "guide_only") for one in record["transfers"]
                )
            )
    return False
