"""A step that an agent asks for: look, act once, and see what has come of it, all within a tenth of a second.

Rules:
- Look before acting: the caller's channel is asked where the transfer stands, whose call it is, and at which attempt.
  What the table of transfers does not allow there is refused, and nothing is sent.
- One action for each request; it is sent once. If it is not answered, or not seen to have happened, the channel is
  looked at again and it is told what is so; nobody sends it a second time.
- Requests for a call are taken one at a time; while one goes on, another is refused.
- It is a person's word, so it does not need the lease: whoever has a link passes it on, so that a database's failure
  costs no agent the desk. Only who knows that another controller holds the lease refuses, and sends the desk there.
  So while the lease is kept, one controller alone passes on the words of one Asterisk's agents.
- Should two do so for a moment (the database is away, or the lease has just moved), the attempt's number and state
  are the fence: each acts only upon the state that it has just seen, and the dialplan takes each step from a state
  that allows it alone, and counts the attempts itself. So no step is done twice, and no target called twice in one
  attempt.
  What two words in the same few milliseconds can do is to take the caller out of the ringing that the first of them
  began: that attempt fails as if nobody had answered, and the caller is with the same agent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from callrouter.asterisk_link.ami_errors import AmiError, AmiRefused
from callrouter.calls.desk_calls import GUIDED_IN, RECORDING_IN, step_for
from callrouter.calls.desk_changes import DeskChanges
from callrouter.calls.desk_protocol import (
    AsteriskAwayError,
    AsteriskRefusedError,
    AsteriskSilentError,
    DeskAct,
    Done,
    NoCallError,
    NotInStateError,
    Recorded,
)
from callrouter.calls.transfer_board import CallOnBoard, TransferAt, TransferBoard
from callrouter.calls.transfer_look import Look, TimedAmi, look_at
from callrouter.calls.transfer_moves import guide, move
from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.decide.transfer_table import Ignored
from callrouter.vocabulary.transfer import IgnoredReason, TransferState

WITHIN_S: Final = 0.1
"""What a request may take, from the first look to the last."""
_LOOKS_AGAIN: Final = 0.3
"""The part of it that is kept for the last look."""
_SEEN_EVERY_S: Final = 0.01
"""What no event tells is looked for so often."""
_NOT_THERE: Final = "does not exist"
"""In Asterisk's word for a channel that has gone."""
_BEGINS: Final = frozenset({DeskAct.CONSULT, DeskAct.PASS, DeskAct.EMERGENCY})

HeadersOf = Callable[[Look], dict[str, str]]
"""Makes the headers of a Redirect from what was seen; may raise DeskError."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a request may be passed on."""

    require_control: Callable[[], None]
    """Raises NotInControlError where another controller holds the lease."""
    is_linked: Callable[[], bool]
    """Whether there is a link to Asterisk."""

    def require_link(self, board: TransferBoard) -> None:
        """Raise AsteriskAwayError where nothing is known, or what is known may be old."""
        if not (board.is_known and self.is_linked()):
            raise AsteriskAwayError


class Deadline:
    """When a request must have been answered."""

    def __init__(self, within_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._within_s = within_s
        self._until_s = self._loop.time() + within_s

    def left_s(self) -> float:
        """Seconds that are left, and never none: who waits for no time at all hears nothing."""
        return max(0.001, self._until_s - self._loop.time())

    def left_to_act_s(self) -> float:
        """Seconds that are left before the last look."""
        return max(0.001, self.left_s() - _LOOKS_AGAIN * self._within_s)


class Stepper:
    """Passes the acts of all seats on."""

    def __init__(
        self, ami: TimedAmi, board: TransferBoard, changes: DeskChanges, gate: Gate, within_s: float
    ) -> None:
        self._ami = ami
        self._board = board
        self._changes = changes
        self._gate = gate
        self._within_s = within_s
        self._busy: set[str] = set()
        """Calls of which a request is on its way."""

    def deadline(self) -> Deadline:
        """When a request that begins now must have been answered."""
        return Deadline(self._within_s)

    async def look(self, call: CallOnBoard, deadline: Deadline) -> Look:
        """Look at a call's channel. Raises NoCallError, AsteriskAwayError."""
        look = await look_at(self._ami, call.channel, deadline.left_s())
        if look.call_id != call.call_id:
            raise NoCallError
        return look

    async def step(
        self, seat: str, act: DeskAct, attempt: int | None, headers_of: HeadersOf | None = None
    ) -> Done:
        """Do what an agent asks for. Raises DeskError."""
        with self._call_of(seat) as call:
            deadline = self.deadline()
            look = await self._look_of(seat, call, deadline)
            leads_to = _legal(look, act, attempt)
            headers = headers_of(look) if headers_of else move(look, act)
            before = self._now(call, look)
            await self._redirect(call, headers, deadline)
            done = await self._seen(look, before, act, leads_to, deadline)
        _log.info("desk_step", call_id=call.call_id, seat=seat, act=act.value, state=done.state.value)
        return done

    async def guide(self, seat: str, about: str, attempt: int | None) -> Done:
        """Have the caller told where to turn. Raises DeskError."""
        with self._call_of(seat) as call:
            deadline = self.deadline()
            look = await self._look_of(seat, call, deadline)
            at, told = look.at, look.guidances
            if at.state not in GUIDED_IN or attempt not in {None, at.attempt}:
                reason = None if at.state in GUIDED_IN else IgnoredReason.IN_FLIGHT
                raise NotInStateError(at.state, at.attempt, reason)
            await self._redirect(call, guide(look, about), deadline)
            while look.guidances == told:
                look = await self._next_look(call, look, deadline)
        _log.info("desk_step", call_id=call.call_id, seat=seat, act=DeskAct.GUIDE.value, about=about)
        return Done(look.at.state, look.at.attempt)

    async def record(self, seat: str, act: DeskAct, wanted: Recorded) -> Recorded:
        """Pause the recording, or go on with it; already so, nothing is done. Raises DeskError."""
        with self._call_of(seat) as call:
            deadline = self.deadline()
            look = await self._look_of(seat, call, deadline)
            if look.recorded in (wanted, Recorded.OFF):
                return look.recorded
            if look.at.state not in RECORDING_IN:
                raise NotInStateError(look.at.state, look.at.attempt, IgnoredReason.IN_FLIGHT)
            await self._redirect(call, move(look, act), deadline)
            while look.recorded is not wanted:
                look = await self._next_look(call, look, deadline)
        _log.info("desk_step", call_id=call.call_id, seat=seat, act=act.value, state=look.at.state.value)
        return look.recorded

    async def _next_look(self, call: CallOnBoard, look: Look, deadline: Deadline) -> Look:
        if deadline.left_s() <= _SEEN_EVERY_S:
            raise AsteriskSilentError(look.at.state)
        await asyncio.sleep(_SEEN_EVERY_S)
        return await self._look_again(call.channel, deadline)

    @contextmanager
    def _call_of(self, seat: str) -> Iterator[CallOnBoard]:
        self._gate.require_control()
        self._gate.require_link(self._board)
        call = self._board.call_of(seat)
        if call is None:
            raise NoCallError
        if call.call_id in self._busy:
            raise NotInStateError(call.at.state, call.at.attempt)
        self._busy.add(call.call_id)
        try:
            yield call
        finally:
            self._busy.discard(call.call_id)

    async def _look_of(self, seat: str, call: CallOnBoard, deadline: Deadline) -> Look:
        look = await self.look(call, deadline)
        if look.seat != seat or not look.agent_channel:
            raise NoCallError
        return look

    async def _redirect(self, call: CallOnBoard, headers: dict[str, str], deadline: Deadline) -> None:
        """Send it; what becomes of an action that is not answered, the next look tells."""
        crashpoint(CrashPoint.DESK_LOOKED)
        try:
            await self._ami.action("Redirect", headers, timeout_s=deadline.left_to_act_s())
        except AmiRefused as refusal:
            if _NOT_THERE in refusal.response.get("Message"):
                raise NoCallError from None
            raise AsteriskRefusedError from None
        except AmiError as error:
            _log.warning("desk_unanswered", call_id=call.call_id, error=type(error).__name__)
        crashpoint(CrashPoint.DESK_TOLD)

    async def _seen(
        self, look: Look, before: TransferAt, act: DeskAct, leads_to: TransferState, deadline: Deadline
    ) -> Done:
        """Wait for the step to be told, and look when it is not."""
        until = deadline.left_to_act_s()
        try:
            async with asyncio.timeout(until):
                while True:
                    now = self._now_of(look)
                    if now != before and _is_after(now, look.at, act, leads_to):
                        return Done(now.state, now.attempt)
                    await self._changes.another()
        except TimeoutError:
            pass
        again = await self._look_again(look.channel, deadline)
        if again.at[:2] == look.at[:2]:
            raise AsteriskSilentError(again.at.state)
        return Done(again.at.state, again.at.attempt)

    def _now(self, call: CallOnBoard, look: Look) -> TransferAt:
        known = self._board.get(call.call_id)
        return look.at if known is None else known.at

    def _now_of(self, look: Look) -> TransferAt:
        """Where the call stands on the board; who is no longer there is out of our hands, and that is its end."""
        known = self._board.get(look.call_id)
        return TransferAt(look.at.attempt, TransferState.ENDED) if known is None else known.at

    async def _look_again(self, channel: str, deadline: Deadline) -> Look:
        try:
            return await look_at(self._ami, channel, deadline.left_s())
        except AsteriskAwayError:
            raise AsteriskSilentError from None


def _legal(look: Look, act: DeskAct, attempt: int | None) -> TransferState:
    """What the act leads to; raises NotInStateError."""
    at = look.at
    if attempt is not None and attempt != at.attempt:
        raise NotInStateError(at.state, at.attempt)
    step = step_for(act, at.state)
    if isinstance(step, Ignored):
        raise NotInStateError(at.state, at.attempt, step.reason)
    return step.state


def _is_after(now: TransferAt, seen: TransferAt, act: DeskAct, leads_to: TransferState) -> bool:
    """Whether what is told is what was asked for, or came after it."""
    if now.attempt != seen.attempt:
        return now.attempt > seen.attempt
    if act in _BEGINS:
        return False
    return now.state in (leads_to, TransferState.ENDED)
