"""The same said to a real Asterisk and to the double: a short conversation, and one about a call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable

from ami_speakers import QUEUE, SEAT, Wire, seat_1001, wire

from callrouter.asterisk_link.ami_client import FOLLOWED_CLASSES, AmiClient
from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_snapshot import CALL_VARIABLES, status_headers, status_of
from callrouter.calls.seat_members import Joining, add_seat
from callrouter.calls.seats import Seat

Kind = tuple[str, str, tuple[str, ...]]


def kinds(messages: Iterable[AmiMessage]) -> list[Kind]:
    """What each message is, without its values."""
    return [
        ("Event" if each.is_event else "Response", each.name, tuple(name for name, _ in each.headers))
        for each in messages
    ]


async def short_conversation(port: int, password: str) -> tuple[list[Kind], list[Kind]]:
    """Say the same to any Asterisk; return its answers, and its news, each in order."""
    async with wire(port, password, Events=FOLLOWED_CLASSES) as said:
        for name, headers in [
            ("Ping", {}),
            ("CoreSettings", {}),
            ("CoreShowChannels", {}),
            ("Status", status_headers(CALL_VARIABLES)),
            ("Status", status_headers(CALL_VARIABLES, "nobody")),
            ("Setvar", {"Channel": "nobody", "Variable": "CR_TICKET_TAIL", "Value": "1"}),
            ("Redirect", {"Channel": "nobody", "Context": "transfer-place", "Exten": "s", "Priority": "1"}),
            ("QueueStatus", {"Queue": QUEUE}),
            ("QueueAdd", {"Queue": QUEUE, "Interface": "PJSIP/1999"}),
            ("QueueAdd", {"Queue": QUEUE, "Interface": "PJSIP/1999"}),
            ("QueueAdd", {"Queue": "nowhere", "Interface": "PJSIP/1999"}),
            ("QueueStatus", {"Queue": QUEUE}),
            ("Nonsense", {}),
            ("Login", {"Username": "callrouter", "Secret": password}),
        ]:
            await said.ask(name, **headers)
        if not any(each.name == "QueueMemberAdded" for each in said.seen):
            await said.until(("Event", "QueueMemberAdded"))
    news = [each for each in said.seen if each.get("SystemName") and each.is_event]
    answers = [each for each in said.seen if each not in news]
    refused = Wire(*await asyncio.open_connection("127.0.0.1", port))
    answers += await refused.ask("Ping")
    answers += await refused.ask("Login", Username="callrouter", Secret="wrong")
    assert await refused.reader.read() == b""
    refused.writer.close()
    return kinds(answers), kinds(news)


LOOKED_AT = (*CALL_VARIABLES, "CR_QUEUE", "CR_NOBODYS")
"""Variables that a caller's channel has in a talk, and one that it has not."""


def desk_conversation(caller: str, agent: str) -> list[tuple[str, dict[str, str]]]:
    """What a desk says of a call: it looks, writes something down, and moves channels, there or gone."""
    pushed = "CHANNEL(hangup_handler_push)"
    pause = {"Context": "transfer-caller", "Exten": "pause", "Priority": "1"}
    talks = {"ExtraContext": "transfer-agent", "ExtraExten": "talks", "ExtraPriority": "1"}
    return [
        ("Status", status_headers(LOOKED_AT, caller)),
        ("Setvar", {"Channel": caller, "Variable": "CR_TICKET_TAIL", "Value": "0042"}),
        ("Setvar", {"Channel": caller, "Variable": pushed, "Value": "desk-word,s,1(id=e2e&kind=ticket)"}),
        ("Status", status_headers(["CR_TICKET_TAIL"], caller)),
        ("Redirect", {"Channel": "PJSIP/gone-1", **pause}),
        ("Redirect", {"Channel": caller, **pause, "ExtraChannel": "PJSIP/gone-1", **talks}),
        ("Redirect", {"Channel": caller, **pause, "ExtraChannel": agent, **talks}),
        ("Status", status_headers(["CR_IN"], caller)),
        ("Redirect", {"Channel": caller, "Context": "transfer-caller", "Exten": "record", "Priority": "1"}),
    ]


async def short_talk(port: int, password: str, caller: str, agent: str) -> list[tuple[Kind, str]]:
    """Hold that conversation; return each answer's kind and Asterisk's word for it."""
    answers: list[AmiMessage] = []
    async with wire(port, password, Events=FOLLOWED_CLASSES) as said:
        for name, headers in desk_conversation(caller, agent):
            answers += [each for each in await said.ask(name, **headers) if each.get("ActionID")]
            await asyncio.sleep(0.3)  # until the dialplan has done it
    return list(zip(kinds(answers), map(_word, answers), strict=True))


def _word(answer: AmiMessage) -> str:
    told = [value for name, value in answer.headers if name in ("Message", "Variable")]
    return told[-1] if told else ""


@contextlib.asynccontextmanager
async def seat_with_a_desk(ami: AmiClient) -> AsyncIterator[None]:
    """Seat 1001 as the controller adds it: by the dialplan's [seat], where its talks begin."""
    await seat_1001(ami)
    await ami.action("QueueRemove", {"Queue": QUEUE, "Interface": SEAT})
    await add_seat(ami, Joining(Seat("1001", QUEUE)))
    try:
        yield
    finally:
        await ami.action("QueueRemove", {"Queue": QUEUE, "Interface": Seat("1001", QUEUE).interface})


async def the_talk(ami: AmiClient) -> tuple[str, str]:
    """The channels of caller and agent in the one talk that there is, as the caller's tells them."""
    answer = await ami.action("Status", status_headers(CALL_VARIABLES))
    held = {item.get("Channel"): status_of(item).variables for item in answer.items}
    (caller,) = [name for name, variables in held.items() if variables.get("CR_TRANSFER") == "0|talk||"]
    return caller, held[caller]["CR_AGENT_CHANNEL"]
