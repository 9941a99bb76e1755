"""A desk in memory, for tests and for programs that are written against the API: `TransferDesk` without an Asterisk.

Rules:
- What an act leads to is what the table of transfers says, as Asterisk's dialplan does it.
- What the other side does, `happens` says: the target accepts, declines, is gone.
- `fails` is raised by the next act in place of doing it; `takes_s` is how long each takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from callrouter.calls.desk_calls import GUIDED_IN, STIMULI
from callrouter.calls.desk_protocol import (
    BadWordError,
    DeskAct,
    DeskCall,
    DeskChange,
    DeskNews,
    Done,
    NoCallError,
    NotInStateError,
    Recorded,
    TargetRefusedError,
    UnknownGuidanceError,
)
from callrouter.calls.seat_desk import UnknownSeat
from callrouter.decide.guidance import Guidance
from callrouter.decide.transfer_table import TABLE, Ignored
from callrouter.decide.transfer_target import Offer
from callrouter.log import mask_number
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.seat_state import PauseReason
from callrouter.vocabulary.transfer import IgnoredReason, Refused, RefusedTarget, TransferState
from callrouter.vocabulary.transfer import TransferStimulus as Stimulus

_KEPT: Final = 256
_BEGINS: Final = {
    TransferKind.THREE_WAY: DeskAct.CONSULT,
    TransferKind.PLAIN: DeskAct.PASS,
    TransferKind.EMERGENCY: DeskAct.EMERGENCY,
}
_UNKNOWN: Final = Refused(RefusedTarget.UNKNOWN, "没有这个转接对象 / there is no such target")


@dataclass(frozen=True, slots=True)
class Said:
    """A note, a ticket or a mark that was written down."""

    seat: str
    kind: str
    text: str = field(repr=False)
    word_id: str | None = None


class TransferDeskDouble:
    """See `desk_protocol.TransferDesk`."""

    def __init__(
        self,
        seats: tuple[str, ...] = (),
        offers: tuple[Offer, ...] = (),
        guidances: tuple[Guidance, ...] = (),
    ) -> None:
        self.seats = seats
        self.offers = offers
        self.told = guidances
        self.said: list[Said] = []
        self.acts: list[tuple[str, DeskAct]] = []
        """Which acts were done, by which seat."""
        self.fails: Exception | None = None
        self.takes_s = 0.0
        self._calls: dict[str, DeskCall] = {}
        self._wraps_up: set[str] = set()
        self._kept: list[DeskChange] = []
        self._number = 0
        self._news = asyncio.Event()

    def begins(self, call: DeskCall) -> None:
        """Give a seat a call; its caller's number is whole."""
        if call.seat is None:
            raise ValueError("a call begins with an agent")
        self._calls[call.seat] = replace(call, may=_may(call.state))
        self._tell(DeskNews.BEGAN, call, None)

    def happens(self, seat: str, stimulus: Stimulus) -> None:
        """Let something happen to the seat's call that its agent has not asked for."""
        self._step(seat, stimulus)

    def missing(self) -> None:
        """Tell everybody that changes are missing."""
        self._number += 1
        self._kept = [DeskChange(self._number, DeskNews.RESYNC, _now())]
        self._stir()

    async def my_call(self, seat: str, *, whole_number: bool = False) -> DeskCall | None:
        """Show the seat's call."""
        await self._goes()
        call = self._calls.get(seat)
        return call and _shown(call, whole=whole_number)

    async def calls(self, *, whole_numbers: bool = True) -> tuple[DeskCall, ...]:
        """Show every call."""
        await self._goes()
        return tuple(_shown(call, whole=whole_numbers) for call in self._calls.values())

    async def targets(self, seat: str) -> tuple[Offer, ...]:
        """Whom the seat could bring in."""
        await self._goes()
        self._of(seat)
        return self.offers

    async def guidances(self) -> tuple[Guidance, ...]:
        """What a caller can be told."""
        await self._goes()
        return self.told

    async def guide(self, seat: str, about: str, *, attempt: int | None = None) -> Done:
        """Have the caller told, and back with the agent."""
        await self._goes()
        call = self._at(seat, attempt)
        if all(about not in {one.id, one.code} for one in self.told):
            raise UnknownGuidanceError
        if DeskAct.GUIDE not in call.may:
            raise NotInStateError(call.state, call.attempt, IgnoredReason.IN_FLIGHT)
        self.acts.append((seat, DeskAct.GUIDE))
        if call.state is TransferState.HELD:
            self._step(seat, Stimulus.RESUME)
        return Done(self._of(seat).state, call.attempt)

    async def subscribe(self, seat: str | None, after: int | None = None) -> AsyncGenerator[DeskChange, None]:
        """Tell the changes as they happen."""
        if after is None:
            heard = self._number
        elif self._kept and self._kept[0].number - 1 <= after <= self._number:
            heard = after
        else:
            heard = self._number
            yield DeskChange(heard, DeskNews.RESYNC, _now())
        while True:
            for change in [one for one in self._kept if one.number > heard]:
                heard = change.number
                if seat in {None, change.seat} or change.what is DeskNews.RESYNC:
                    yield change
            if heard == self._number:
                await self._news.wait()

    async def consult(
        self, seat: str, target: str, kind: TransferKind, *, attempt: int | None = None
    ) -> Done:
        """Bring in a target that is offered."""
        await self._goes()
        offer = next((one for one in self.offers if target in {one.target.id, one.target.code}), None)
        call = self._at(seat, attempt)
        if offer is None or kind not in offer.kinds:
            raise TargetRefusedError(offer.refused if offer and offer.refused else _UNKNOWN)
        act = _BEGINS[kind]
        self._may(call, act)
        self._calls[seat] = replace(call, attempt=call.attempt + 1, kind=kind, target=offer.target.id)
        return self._did(seat, act)

    async def join(self, seat: str, *, attempt: int | None = None) -> Done:
        """Make it three."""
        return await self._act(seat, DeskAct.JOIN, attempt)

    async def leave(self, seat: str, *, attempt: int | None = None) -> Done:
        """Leave the caller with the target."""
        return await self._act(seat, DeskAct.LEAVE, attempt)

    async def cancel(self, seat: str, *, attempt: int | None = None) -> Done:
        """Drop the target."""
        return await self._act(seat, DeskAct.CANCEL, attempt)

    async def hold(self, seat: str, *, attempt: int | None = None) -> Done:
        """Let the caller hear music."""
        return await self._act(seat, DeskAct.HOLD, attempt)

    async def resume(self, seat: str, *, attempt: int | None = None) -> Done:
        """Back to the caller."""
        return await self._act(seat, DeskAct.RESUME, attempt)

    async def pause_recording(self, seat: str) -> Recorded:
        """Record nothing."""
        return await self._recorded(seat, Recorded.PAUSED, DeskAct.PAUSE_RECORDING)

    async def resume_recording(self, seat: str) -> Recorded:
        """Record again."""
        return await self._recorded(seat, Recorded.ON, DeskAct.RESUME_RECORDING)

    async def note(self, seat: str, text: str, *, word_id: str | None = None) -> None:
        """Write a note down."""
        await self._goes()
        self._of(seat)
        if not text.strip():
            raise BadWordError("note")
        self._say(Said(seat, "note", text, word_id))

    async def ticket(self, seat: str, number: str, *, word_id: str | None = None) -> None:
        """Write a ticket's number down."""
        await self._goes()
        self._calls[seat] = replace(self._of(seat), ticket=number)
        self._say(Said(seat, "ticket", number, word_id))

    async def mark_enforcement(self, seat: str, *, word_id: str | None = None) -> None:
        """Mark the call."""
        await self._goes()
        self._calls[seat] = replace(self._of(seat), is_enforcement=True)
        self._say(Said(seat, "enforcement", "", word_id))

    async def wrap_up(self, seat: str, on: bool) -> str | None:
        """Take no calls, or take them again."""
        await self._goes()
        if seat not in self.seats:
            raise UnknownSeat
        (self._wraps_up.add if on else self._wraps_up.discard)(seat)
        return PauseReason.PAPERWORK.value if on else None

    async def _act(self, seat: str, act: DeskAct, attempt: int | None) -> Done:
        await self._goes()
        self._may(self._at(seat, attempt), act)
        return self._did(seat, act)

    async def _recorded(self, seat: str, recorded: Recorded, act: DeskAct) -> Recorded:
        await self._goes()
        call = self._of(seat)
        if call.recorded is not Recorded.OFF:
            self._calls[seat] = replace(call, recorded=recorded)
        self.acts.append((seat, act))
        return self._of(seat).recorded

    async def _goes(self) -> None:
        await asyncio.sleep(self.takes_s)
        if self.fails is not None:
            raise self.fails

    def _of(self, seat: str) -> DeskCall:
        if (call := self._calls.get(seat)) is None:
            raise NoCallError
        return call

    def _at(self, seat: str, attempt: int | None) -> DeskCall:
        call = self._of(seat)
        if attempt not in {None, call.attempt}:
            raise NotInStateError(call.state, call.attempt)
        return call

    @staticmethod
    def _may(call: DeskCall, act: DeskAct) -> None:
        cell = TABLE[call.state, STIMULI[act]]
        if isinstance(cell, Ignored):
            raise NotInStateError(call.state, call.attempt, cell.reason)

    def _did(self, seat: str, act: DeskAct) -> Done:
        attempt = self._of(seat).attempt
        self.acts.append((seat, act))
        return Done(self._step(seat, STIMULI[act]), attempt)

    def _step(self, seat: str, stimulus: Stimulus) -> TransferState:
        call = self._of(seat)
        cell = TABLE[call.state, stimulus]
        if isinstance(cell, Ignored):
            return call.state
        moved = replace(call, state=cell.state, since=_now(), may=_may(cell.state))
        if cell.state in {
            TransferState.HANDED,
            TransferState.QUEUED,
            TransferState.ENDED,
            TransferState.ALONE,
        }:
            del self._calls[seat]
            self._tell(DeskNews.ENDED, moved, stimulus)
        else:
            self._calls[seat] = moved
            self._tell(DeskNews.CHANGED, moved, stimulus)
        return cell.state

    def _say(self, said: Said) -> None:
        is_new = said.word_id is None or all(one.word_id != said.word_id for one in self.said)
        if is_new:
            self.said.append(said)

    def _tell(self, what: DeskNews, call: DeskCall, stimulus: Stimulus | None) -> None:
        self._number += 1
        change = DeskChange(
            *(self._number, what, _now(), call.call_id, call.seat, call.state, call.attempt, call.target),
            stimulus=stimulus.value if stimulus else None,
            outcome=call.outcome,
        )
        self._kept = [*self._kept, change][-_KEPT:]
        self._stir()

    def _stir(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _may(state: TransferState) -> tuple[DeskAct, ...]:
    acts = (act for act, stimulus in STIMULI.items() if not isinstance(TABLE[state, stimulus], Ignored))
    return (*acts, DeskAct.GUIDE) if state in GUIDED_IN else tuple(acts)


def _shown(call: DeskCall, *, whole: bool) -> DeskCall:
    return call if whole else replace(call, caller=mask_number(call.caller) if call.caller else "")


def _now() -> datetime:
    return datetime.now(UTC)
