"""The manager interface: what our client costs Asterisk, what it hears, and its look after a lost link.

Rules:
- Cost: routed calls at an even rate, in slices with our client connected and slices without any, in turns. Asterisk's
  CPU a call. The client has the controller's own user, rights and subscription, and a process of its own.
- Messages a second: the octets that a user with every right gets from this Asterisk (calls, and the list of all
  channels), understood from memory, in this process, by our session and panoramisk's protocol in turns; CPU time.
  Ours also judges whether Asterisk wrote the message.
- With 500 routed calls up (1000 channels), placed through the controller: the time to take a snapshot of all
  channels and queues, and the controller's memory.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, ExitStack
from typing import Final

import uvloop

from benchmarks.ami_follower import our_client
from benchmarks.ami_parsing import messages_per_second, recording
from benchmarks.call_system import RTP_PORTS, CallSystem, call_system, literal_verdict
from benchmarks.figures import Range, percentile, ratios
from benchmarks.literal_dialplan import Asked, End, Literal
from benchmarks.own_system import Installation
from benchmarks.processes import family_memory_mib, serving
from benchmarks.table import Bar, Finding, Panel
from callrouter.asterisk_link.ami_client import AmiClient
from callrouter.asterisk_link.ami_follow import follow, take_snapshot
from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.boot_name import read_boot_name

_PAIRS, _SLICE_S, _SETTLES_S = 10, 1.0, 0.1
_CALLS_A_SECOND: Final = 80
_COUNTED_CALLS: Final = 40
_CALLS_UP, _LOOKS = 500, 10
_PLACED_A_SECOND: Final = 50
_PURE, _CONTROLLER = "pure", "records"


def measure() -> list[Finding]:
    """Measure the cost, the events, the parser and the resync."""
    return uvloop.run(_measure())


async def _measure() -> list[Finding]:
    with ExitStack() as running:
        installation = running.enter_context(
            Installation.made(rtp_ports=RTP_PORTS, asterisk=False, controller=False)
        )
        running.enter_context(installation.running("serve"))
        await installation.has_started()
        answerers: dict[str, Literal | Asked] = {
            _PURE: Literal(literal_verdict()),
            _CONTROLLER: Asked(f"agi://127.0.0.1:{installation.settings.agi.port}/arrival"),
        }
        async with call_system(installation, answerers) as system:
            return [await _cost(system), await _events(system), *await _with_calls_up(system)]


async def _cost(system: CallSystem) -> Finding:
    alone, followed = [], []
    await _cpu_ms(system)
    for _ in range(_PAIRS):
        alone.append(await _cpu_ms(system))
        with serving("benchmarks.ami_follower", str(system.installation.config)):
            followed.append(await _cpu_ms(system))
    ratio = Range.of(ratios(followed, alone))
    return Finding(
        f"Asterisk's CPU a routed call with our AMI client connected, {_PAIRS} pairs",
        "≤ 1.15 x",
        f"{ratio.text()} x",
        f"no client: {Range.of(alone).text()} ms; connected: {Range.of(followed).text()} ms",
        met=ratio.median <= 1.15,
        bars=(Bar(Panel.AMI, "connected", ratio, 1.15),),
    )


async def _cpu_ms(system: CallSystem) -> float:
    before = system.asterisk_cpu_s()
    load = await system.callers[_PURE, End.ROUTED].at_rate(_CALLS_A_SECOND, _SLICE_S)
    await asyncio.sleep(_SETTLES_S)
    return (system.asterisk_cpu_s() - before) / load.completed * 1000


async def _events(system: CallSystem) -> Finding:
    heard = 0

    async def count(ami: AmiClient) -> None:
        nonlocal heard
        async for news in follow(ami):
            heard += isinstance(news, AmiMessage)

    async with our_client(system.installation.settings) as ami:
        await ami.wait_ready()
        counting = asyncio.create_task(count(ami))
        await asyncio.sleep(_SETTLES_S)
        before = heard
        load = await system.callers[_PURE, End.ROUTED].at_rate(_COUNTED_CALLS, 1.0)
        await asyncio.sleep(_SETTLES_S)
        events = (heard - before) / load.completed
        counting.cancel()
        await asyncio.wait({counting})
    return Finding(
        "AMI events that our client is sent, a routed call", "≤ 8", f"{events:.1f}", "", met=events <= 8
    )


async def _with_calls_up(system: CallSystem) -> list[Finding]:
    installation, callers = system.installation, system.callers[_CONTROLLER, End.ROUTED]
    async with AsyncExitStack() as running:
        controller = running.enter_context(installation.running("controller"))
        await installation.controller_is_ready()
        login = system.manager
        ami = await running.enter_async_context(our_client(installation.settings))
        await ami.wait_ready()
        recorded = await running.enter_async_context(
            recording(installation.settings.ami.port, login.user, login.secret)
        )
        await callers.hold(_CALLS_UP, _PLACED_A_SECOND)
        memory = family_memory_mib(controller)
        looks = [await _resync_ms(ami) for _ in range(_LOOKS)]
        await recorded.act("CoreShowChannels", {}, b"EventList: Complete")
        await callers.hang_up(4 * _PLACED_A_SECOND)
        octets = recorded.whole_messages()
    boot_name = read_boot_name(installation.layout.boot_name)
    assert boot_name, "Asterisk was started without one"
    return [_resync_finding(looks), _parsing(octets, boot_name), _memory(memory)]


async def _resync_ms(ami: AmiClient) -> float:
    began = time.perf_counter()
    snapshot = await take_snapshot(ami)
    took = time.perf_counter() - began
    if len(snapshot.channels) < 2 * _CALLS_UP or snapshot.missing:
        raise RuntimeError(f"{len(snapshot.channels)} channels were seen, not {2 * _CALLS_UP}")
    return took * 1000


def _resync_finding(looks: list[float]) -> Finding:
    return Finding(
        f"resync over AMI with {_CALLS_UP} calls up ({2 * _CALLS_UP} channels), median and worst of {len(looks)}",
        "≤ 250 ms",
        f"{percentile(looks, 50):.0f} / {max(looks):.0f} ms",
        "",
        met=max(looks) <= 250,
    )


def _parsing(octets: bytes, boot_name: str) -> Finding:
    ours, theirs = messages_per_second(octets, boot_name, _PAIRS)
    faster = Range.of(ratios(ours, theirs))
    return Finding(
        f"AMI messages understood and judged a second of CPU, {len(octets) / 1e6:.1f} MB of them",
        "",
        f"{Range.of(ours).median:.0f} /s",
        f"panoramisk's protocol, same octets: {Range.of(theirs).median:.0f} /s; ours is {faster.text()} x as fast",
    )


def _memory(mib: float) -> Finding:
    return Finding(
        f"memory of the controller with {_CALLS_UP} calls up, records on; the plan has 33 numbers",
        "≤ 250 MB with 1,000,000 numbers",
        f"{mib:.0f} MiB",
        "",
    )
