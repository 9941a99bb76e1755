"""One real call with real audio, and the proof that it went as it should.

The caller dials through the carrier's trunk, an agent answers at a seat; each says a tone of its own, so who
hears whom is measured. What the caller hears before is compared, sample by sample, with the prompt.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import create_async_engine

from callrouter.clock import Clock
from callrouter.decide.after_call import is_urgent, second_notice
from callrouter.decide.dialled_line import find_dialled
from callrouter.decide.route import decide
from callrouter.demonstration.journal import JournalFollower
from callrouter.demonstration.journey import describe
from callrouter.layout import Layout, sounds_folder
from callrouter.plans.load import load_plan
from callrouter.records.outbox_rows import RowState
from callrouter.records.reading import RecordReader
from callrouter.settings import Settings
from callrouter.sip_party.agent import auto_answer
from callrouter.sip_party.audio import find_prompt
from callrouter.sip_party.call import Call as SipCall
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.errors import SipPartyError
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty
from callrouter.vocabulary.call import Call, Clues
from callrouter.vocabulary.cel import CelRow, facts_of, instant_of
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.message import Kind
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.treatment import TakeMessage

CALLER_ADDRESS = "127.0.0.2"
"""The built-in caller's side of the carrier trunk; see `sip.carrier_networks`."""
CALLER_NUMBER = "13800138000"
_TRUNK = "carrier"
_CALLER_HZ, _AGENT_HZ = 600, 850
_ANSWER_AFTER_S, _TALK_S = 1.0, 2.0
_CALL_WITHIN_S, _RECORD_WITHIN_S = 45.0, 20.0


class CallFailed(Exception):
    """The call did not go as it should; the text says at which step and what was seen."""


@dataclass(slots=True)
class Seen:
    """What was seen of the call so far."""

    report: Callable[[str], None]
    began: float
    call_id: str | None = None
    arrived_at: datetime | None = None

    def row(self, row: CelRow) -> None:
        """Take in a journal row, and tell it."""
        if row.event == JournalEvent.ARRIVED and self.call_id is None:
            self.call_id = row.linkedid
            self.arrived_at = instant_of(facts_of(row)["arrived_at"])
        if row.linkedid != self.call_id:
            return
        line = describe(row)
        if line:
            self.tell(line)

    def tell(self, line: str) -> None:
        """Report a line with the seconds since the call was dialled."""
        self.report(f"  {time.monotonic() - self.began:6.2f} s  {line}")


@asynccontextmanager
async def agent_at_a_seat(settings: Settings, password: str) -> AsyncIterator[list[IncomingCall]]:
    """Keep the built-in agent registered at the last seat, answering every call while inside."""
    seat = settings.sip.seats[-1]
    server = (_server_host(settings), settings.sip.port)
    async with (
        SipParty.open(
            host=server[0], user=seat, password=password, server=server, tone_hz=_AGENT_HZ
        ) as agent,
        auto_answer(agent, after_s=_ANSWER_AFTER_S) as taken,
    ):
        await agent.register()
        yield taken


async def place_first_call(
    settings: Settings, clock: Clock, number: str, taken: list[IncomingCall], report: Callable[[str], None]
) -> None:
    """Dial the number, and return when the ticketing side has the record.

    Raises CallFailed when anything is not as the plan orders: the decision, the announcement's samples, the talk,
    the record.
    """
    if not any(ipaddress.ip_address(CALLER_ADDRESS) in network for network in settings.sip.carrier_networks):
        raise CallFailed(
            f"内置来电人从 {CALLER_ADDRESS} 呼入，未获许可 / the built-in caller calls from {CALLER_ADDRESS}:"
            " add it to sip.carrier_networks, or use `callrouter serve`"
        )
    layout = Layout.of(settings)
    seen = Seen(report, time.monotonic())
    follower = JournalFollower(layout.cel_csv, settings.node)
    server = (_server_host(settings), settings.sip.port)
    following = asyncio.create_task(_follow(follower, seen))
    try:
        async with SipParty.open(
            host=CALLER_ADDRESS, user=CALLER_NUMBER, server=server, tone_hz=_CALLER_HZ
        ) as caller:
            before = len(taken)
            call = await caller.dial(number)
            try:
                answered_at = await call.wait_for(CallState.UP, timeout_s=_CALL_WITHIN_S)
                at_the_seat = await _next_taken(taken, before, call)
                await at_the_seat.hears(_CALLER_HZ, timeout_s=_CALL_WITHIN_S)
                seen.tell("座席听到来电人 the agent hears the caller")
                await call.hears(_AGENT_HZ, timeout_s=5, since=answered_at)
                seen.tell("来电人听到座席 the caller hears the agent")
            except SipPartyError as error:
                raise CallFailed(f"通话未接通 / no talk: {error}; logs: {layout.logs}") from error
            await asyncio.sleep(_TALK_S)
            await call.hang_up()
        expected = _expected(settings, clock, seen, number)
        # Nothing is played to a caller whom the queue may still connect (see asterisk_link/verdict.py).
        asked_for_a_message = isinstance(expected.treatment, TakeMessage)
        _require_announcement(call, seen, None if asked_for_a_message else expected.treatment.notice)
        if settings.recording.enabled and not asked_for_a_message:
            urgent = is_urgent(expected.ruling)
            _require_announcement(call, seen, second_notice(expected.ruling.announcement, urgent=urgent))
        await _require_record(settings, seen, expected)
        if following.done():
            following.result()
    finally:
        following.cancel()
        await asyncio.wait((following,))


async def _next_taken(taken: list[IncomingCall], before: int, call: SipCall) -> IncomingCall:
    deadline = time.monotonic() + _CALL_WITHIN_S
    while len(taken) == before:
        if call.ended or time.monotonic() > deadline:
            raise CallFailed(f"没有座席接听 / no seat was called; the caller's call: {call.state.name}")
        await asyncio.sleep(0.05)
    return taken[before]


def _require_announcement(call: SipCall, seen: Seen, notice: str | None) -> None:
    if notice is None:
        return
    try:
        prompt = (sounds_folder() / f"{notice}.alaw").read_bytes()
    except FileNotFoundError:
        raise CallFailed(
            f"没有语音 {notice}，来电人听不到提示；先运行 callrouter prompts build，再 make setup /"
            f" there is no sound of {notice}, so the caller heard nothing:"
            " run `callrouter prompts build`, then `make setup`"
        ) from None
    match = find_prompt(call.heard.alaw, prompt)
    seen.tell(f"核对 checked: what the caller heard is {notice}, {match.matched_fraction:.1%} of its samples")
    if not match.is_the_prompt:
        raise CallFailed(f"听到的不是应播的提示音 / the audio is not the announcement {notice}: {match}")


def _expected(settings: Settings, clock: Clock, seen: Seen, number: str) -> Decision:
    """Ask the plan what should have happened, apart from the controller."""
    if seen.call_id is None or seen.arrived_at is None:
        raise CallFailed("话单日志中没有这个电话 / the call is not in Asterisk's journal")
    plan = load_plan(settings.path(settings.plan))
    at = seen.arrived_at + timedelta(seconds=clock.offset_s)
    called, found_by = find_dialled(Clues(number), plan.trunks.get(_TRUNK), plan)
    caller = parse_number(CALLER_NUMBER, plan.short_codes)
    return decide(Call(seen.call_id, called, found_by, caller, _TRUNK, at), plan, at)


def _require_decision(record: Mapping[str, Any], expected: Decision) -> None:
    decided = record["decision"] or {}
    seen = (
        record["fallback"],
        decided.get("line"),
        decided.get("mode"),
        decided.get("phase"),
        decided.get("notice"),
    )
    wanted = (None, expected.line, expected.mode, expected.phase, expected.treatment.notice)
    if seen != wanted:
        raise CallFailed(f"判定与计划不符 / not as the plan orders: {seen} instead of {wanted}")


async def _require_record(settings: Settings, seen: Seen, expected: Decision) -> None:
    layout = Layout.of(settings)
    assert seen.call_id
    deadline = time.monotonic() + _RECORD_WITHIN_S
    while time.monotonic() < deadline:
        copies = await asyncio.to_thread(records_at_ticketing, layout.ticketing, seen.call_id)
        if copies and await _is_acknowledged(settings, seen.call_id):
            break
        await asyncio.sleep(0.1)
    else:
        raise CallFailed(f"{_RECORD_WITHIN_S:.0f} 秒内工单方未确认 / ticketing did not acknowledge in time")
    if len(copies) != 1:
        raise CallFailed(f"工单方收到 {len(copies)} 份 / ticketing has {len(copies)} copies instead of one")
    record = copies[0]
    seen.tell(
        f"话单 record: {record['call_id']} · {record['terminal_state']} · agent {record['agent']}"
        f" · talk {record['talk_ms'] / 1000:.1f} s"
    )
    seen.tell("工单方已确认 acknowledged by the ticketing side, exactly once")
    _require_decision(record, expected)
    if record["terminal_state"] != "completed":
        raise CallFailed(f"话单状态不对 / the record says {record['terminal_state']}, not completed")


def records_at_ticketing(inbox: Path, call_id: str) -> list[dict[str, Any]]:
    """Return the records of a call that the reference ticketing side has stored; none before its first one."""
    if not inbox.exists():
        return []
    with closing(sqlite3.connect(f"file:{inbox}?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT event FROM inbox WHERE subject = ? AND type = ?",
            (call_id, Kind.RECORD_CLOSED),
        ).fetchall()
    return [json.loads(event)["data"] for (event,) in rows]


async def _is_acknowledged(settings: Settings, call_id: str) -> bool:
    engine = create_async_engine(
        settings.database_url or f"sqlite+aiosqlite:///{Layout.of(settings).database}"
    )
    try:
        deliveries = await RecordReader(engine).deliveries(call_id)
        return bool(deliveries) and all(delivery.state is RowState.ACKNOWLEDGED for delivery in deliveries)
    finally:
        await engine.dispose()


async def _follow(follower: JournalFollower, seen: Seen) -> None:
    while True:
        for row in follower.new_rows():
            seen.row(row)
        await asyncio.sleep(0.05)


def _server_host(settings: Settings) -> str:
    return "127.0.0.1" if settings.bind.is_unspecified else str(settings.bind)
