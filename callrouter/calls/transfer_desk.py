"""The desk of every seat of one Asterisk: what it shows, what its agents ask for, what they write down.

Rules:
- What is shown of a call is asked of the caller's channel at that moment; only whose call it is, is known before.
- Whether a target may be had is decided by the plan, for the call as it was decided when it came.
- How an act is passed on, and why two controllers never do one twice: `transfer_steps`.
- What is written down needs no lease: the same word twice is one word (`desk_words`).
- Who is about to stop begins no transfer, and goes on with everything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from callrouter.asterisk_link.ami_errors import AmiError, AmiRefused
from callrouter.asterisk_link.arrival import caller_of
from callrouter.calls.desk_calls import Flags, shown
from callrouter.calls.desk_changes import DeskChanges
from callrouter.calls.desk_protocol import (
    AsteriskSilentError,
    DeskAct,
    DeskCall,
    DeskChange,
    DeskError,
    Done,
    DrainingError,
    NoCallError,
    Recorded,
    TargetRefusedError,
    UnknownGuidanceError,
)
from callrouter.calls.desk_words import Word, enforcement, note, refusal, ticket
from callrouter.calls.transfer_board import CallOnBoard, TransferBoard
from callrouter.calls.transfer_look import Look, TimedAmi
from callrouter.calls.transfer_moves import start
from callrouter.calls.transfer_steps import WITHIN_S, Deadline, Gate, Stepper
from callrouter.calls.wrap_up import WrapUp
from callrouter.decide.guidance import Guidance, guidance_for, guidances_of
from callrouter.decide.transfer_target import Asking, Offer, at_hand, offers, target_for
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import Refused, Staff

_MOST_LOOKED_AT: Final = 64
"""Calls of which a supervisor gets the context at once; more would keep the link from the agents' requests."""
_ACT_OF: Final = {
    TransferKind.THREE_WAY: DeskAct.CONSULT,
    TransferKind.PLAIN: DeskAct.PASS,
    TransferKind.EMERGENCY: DeskAct.EMERGENCY,
}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """What an answer is made of, beside what Asterisk says."""

    plan: Plan
    staff: Staff
    now: Callable[[], datetime]
    """By which hours are judged: the rehearsal clock, if there is one."""
    said_at: Callable[[], datetime]
    """By which the journal's rows are written."""
    flags: Flags
    new_id: Callable[[], str]
    """A note's id, where who writes it gives none."""


class AsteriskDesk:
    """A `TransferDesk`."""

    def __init__(
        self,
        ami: TimedAmi,
        board: TransferBoard,
        changes: DeskChanges,
        known: Known,
        *,
        gate: Gate,
        wraps: WrapUp,
        within_s: float = WITHIN_S,
    ) -> None:
        self.is_draining = False
        """Whether no transfer is begun any more."""
        self._ami = ami
        self._board = board
        self._changes = changes
        self._known = known
        self._gate = gate
        self._wraps = wraps
        self._steps = Stepper(ami, board, changes, gate, within_s)

    async def my_call(self, seat: str, *, whole_number: bool = False) -> DeskCall | None:
        """See `TransferDesk`."""
        self._gate.require_link(self._board)
        call = self._board.call_of(seat)
        if call is None:
            return None
        try:
            look = await self._steps.look(call, self._steps.deadline())
        except NoCallError:
            return None
        return shown(call, look, self._known.flags, whole_number=whole_number)

    async def calls(self, *, whole_numbers: bool = True) -> tuple[DeskCall, ...]:
        """See `TransferDesk`."""
        self._gate.require_link(self._board)
        deadline = self._steps.deadline()
        calls = tuple(self._board.calls())
        looks = await asyncio.gather(*(self._glance(call, deadline) for call in calls[:_MOST_LOOKED_AT]))
        looks += [None] * (len(calls) - len(looks))
        return tuple(
            shown(call, look, self._known.flags, whole_number=whole_numbers)
            for call, look in zip(calls, looks, strict=True)
        )

    async def targets(self, seat: str) -> tuple[Offer, ...]:
        """See `TransferDesk`."""
        self._gate.require_link(self._board)
        call = self._board.call_of(seat)
        if call is None:
            raise NoCallError
        return offers(self._asking(await self._steps.look(call, self._steps.deadline()), seat))

    def subscribe(self, seat: str | None, after: int | None = None) -> AsyncGenerator[DeskChange, None]:
        """See `TransferDesk`."""
        return self._changes.subscribe(seat, after)

    async def consult(
        self, seat: str, target: str, kind: TransferKind, *, attempt: int | None = None
    ) -> Done:
        """See `TransferDesk`."""
        if self.is_draining and kind is not TransferKind.EMERGENCY:
            raise DrainingError

        def begun(look: Look) -> dict[str, str]:
            found = target_for(target, kind, self._asking(look, seat))
            if isinstance(found, Refused):
                raise TargetRefusedError(found)
            return start(look, found.target.id, kind)

        try:
            return await self._steps.step(seat, _ACT_OF[kind], attempt, begun)
        except TargetRefusedError as error:
            known = self._known
            word = refusal(error.refused, kind, seat, known.said_at(), known.new_id())
            with suppress(DeskError):
                await self._write(seat, word, "refused")
            raise

    async def join(self, seat: str, *, attempt: int | None = None) -> Done:
        """See `TransferDesk`."""
        return await self._steps.step(seat, DeskAct.JOIN, attempt)

    async def leave(self, seat: str, *, attempt: int | None = None) -> Done:
        """See `TransferDesk`."""
        return await self._steps.step(seat, DeskAct.LEAVE, attempt)

    async def cancel(self, seat: str, *, attempt: int | None = None) -> Done:
        """See `TransferDesk`."""
        return await self._steps.step(seat, DeskAct.CANCEL, attempt)

    async def hold(self, seat: str, *, attempt: int | None = None) -> Done:
        """See `TransferDesk`."""
        return await self._steps.step(seat, DeskAct.HOLD, attempt)

    async def resume(self, seat: str, *, attempt: int | None = None) -> Done:
        """See `TransferDesk`."""
        return await self._steps.step(seat, DeskAct.RESUME, attempt)

    async def guidances(self) -> tuple[Guidance, ...]:
        """See `TransferDesk`."""
        self._gate.require_link(self._board)
        return tuple(guidances_of(self._known.plan, self._known.staff).by_id.values())

    async def guide(self, seat: str, about: str, *, attempt: int | None = None) -> Done:
        """See `TransferDesk`."""
        told = guidance_for(about, self._known.plan, self._known.staff)
        if told is None:
            raise UnknownGuidanceError
        return await self._steps.guide(seat, told.id, attempt)

    async def pause_recording(self, seat: str) -> Recorded:
        """See `TransferDesk`."""
        return await self._steps.record(seat, DeskAct.PAUSE_RECORDING, Recorded.PAUSED)

    async def resume_recording(self, seat: str) -> Recorded:
        """See `TransferDesk`."""
        return await self._steps.record(seat, DeskAct.RESUME_RECORDING, Recorded.ON)

    async def note(self, seat: str, text: str, *, word_id: str | None = None) -> None:
        """See `TransferDesk`."""
        known = self._known
        word = note(text, seat, known.said_at(), known.new_id() if word_id is None else word_id)
        await self._write(seat, word, "note")

    async def ticket(self, seat: str, number: str, *, word_id: str | None = None) -> None:
        """See `TransferDesk`."""
        await self._write(seat, ticket(number, seat, self._known.said_at(), word_id), "ticket")

    async def mark_enforcement(self, seat: str, *, word_id: str | None = None) -> None:
        """See `TransferDesk`."""
        await self._write(seat, enforcement(seat, self._known.said_at(), word_id), "enforcement")

    async def wrap_up(self, seat: str, on: bool) -> str | None:
        """See `TransferDesk`."""
        self._gate.require_link(self._board)
        return await self._wraps.set(seat, on=on)

    def _asking(self, look: Look, seat: str) -> Asking:
        known = self._known
        caller = caller_of(look.caller, look.presentation, known.plan)
        return Asking(at_hand(look.facts, caller, known.plan), known.plan, known.now(), seat, known.staff)

    async def _glance(self, call: CallOnBoard, deadline: Deadline) -> Look | None:
        try:
            return await self._steps.look(call, deadline)
        except DeskError:
            return None

    async def _write(self, seat: str, word: Word, kind: str) -> None:
        self._gate.require_link(self._board)
        call = self._board.latest_of(seat)
        if call is None:
            raise NoCallError
        deadline = self._steps.deadline()
        for name, value in word.variables:
            headers = {"Channel": call.channel, "Variable": name, "Value": value}
            try:
                await self._ami.action("Setvar", headers, timeout_s=deadline.left_s())
            except AmiRefused:
                raise NoCallError from None
            except AmiError:
                # There was a link: it has been sent, and the link, or the answer, was lost since.
                raise AsteriskSilentError from None
        _log.info("desk_word", call_id=call.call_id, seat=seat, kind=kind)
