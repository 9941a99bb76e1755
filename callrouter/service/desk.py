"""The agents' desks of one Asterisk, wired: what is known of their calls, who may act, and how it ends.

Rules:
- What an agent asks for is passed on by whoever has a link; only who knows that another holds the control lease sends
  the desk there (`calls.transfer_steps` says why no step is done twice).
- What is done by itself (callers left with nobody, after a gap) is the holder's alone.
- A gap in the news (a new link, a restart of either side) is closed by one snapshot. Transfers stand on the channels
  of their callers, so each goes on from where it is. Who takes control looks once, too: there may have been a gap
  while nobody had it.
- Before a stop no transfer is begun, and those that go on are waited for: so long, and no longer than Asterisk is
  there. Whoever cannot wait says stop a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NoReturn, Protocol
from uuid import uuid4

import structlog

from callrouter.asterisk_link.ami_client import AmiState
from callrouter.asterisk_link.ami_errors import AmiError
from callrouter.asterisk_link.ami_follow import take_snapshot
from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.calls.desk_calls import Flags
from callrouter.calls.desk_changes import DeskChanges
from callrouter.calls.desk_protocol import NotInControlError
from callrouter.calls.seat_board import SeatBoard
from callrouter.calls.seat_desk import Desk
from callrouter.calls.transfer_board import TransferBoard
from callrouter.calls.transfer_desk import AsteriskDesk, Known
from callrouter.calls.transfer_look import TimedAmi
from callrouter.calls.transfer_rescue import rescue
from callrouter.calls.transfer_steps import WITHIN_S, Gate
from callrouter.calls.wrap_up import WrapUp
from callrouter.console.desk_api import DeskApi
from callrouter.console.desk_stream import DeskStreams, StreamLimits
from callrouter.console.desk_tokens import DeskTokens
from callrouter.service.control import Control
from callrouter.service.figures import Standing
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.transfer import Staff

_LOOKED_EVERY_S: Final = 0.5
_log = structlog.get_logger(__name__)


def wall_clock() -> datetime:
    """The present instant, by which Asterisk's journal is written too."""
    return datetime.now(UTC)


class LinkedAmi(TimedAmi, Protocol):
    """The link to Asterisk, as `AmiClient` has it."""

    @property
    def state(self) -> AmiState:
        """How the link stands."""


class DeskService:
    """The desks; hears what Asterisk tells (`control.Listener`)."""

    def __init__(
        self,
        ami: LinkedAmi,
        control: Control,
        plan: Plan,
        staff: Staff,
        *,
        seats: Desk,
        seat_board: SeatBoard,
        flags: Flags,
        now: Callable[[], datetime],
        most_streams: int,
    ) -> None:
        self._ami = ami
        self._control = control
        self._board = TransferBoard()
        self._changes = DeskChanges(wall_clock)
        self._streams = DeskStreams(StreamLimits(most=most_streams))
        self._latest: Snapshot | None = None
        self._seen = asyncio.Event()
        known = Known(plan, staff, now, wall_clock, flags, lambda: uuid4().hex)
        self.desk = AsteriskDesk(
            ami,
            self._board,
            self._changes,
            known,
            gate=Gate(self._require_control, self._is_linked),
            wraps=WrapUp(seats, seat_board, WITHIN_S),
        )

    @property
    def in_flight(self) -> int:
        """How many calls are between two people."""
        return self._board.in_flight()

    def see(self, snapshot: Snapshot) -> None:
        """Take in the whole state; whoever listens is told to look again."""
        self._board.see(snapshot)
        self._changes.resync()
        self._latest = snapshot
        self._seen.set()

    def hear(self, event: AmiMessage) -> None:
        """Take in an event, and tell it on."""
        change = self._board.hear(event, wall_clock())
        if change is not None:
            self._changes.tell(change)

    def api(self, tokens: DeskTokens, *, show_numbers: bool) -> DeskApi:
        """Return what serves the desks over HTTP."""
        return DeskApi(self.desk, tokens, self._streams, show_numbers=show_numbers)

    def figures(self) -> dict[str, float]:
        """What metrics show."""
        return {"transfers_in_flight": self.in_flight, "desk_streams": self._streams.open_streams}

    def close(self) -> None:
        """End the streams of events: the server waits for each."""
        self._streams.close()

    async def run(self) -> NoReturn:
        """Look after callers whom a gap may have left with nobody, until cancelled.

        A gap may come while nobody is in control: who then takes it looks anew.
        """
        has_looked = False
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOKED_EVERY_S):
                    await self._seen.wait()
            is_news = self._seen.is_set()
            self._seen.clear()
            if not self._control.is_held:
                has_looked = False
            elif is_news or not has_looked:
                has_looked = True
                await self._look_after(self._latest if is_news else None)

    async def _look_after(self, snapshot: Snapshot | None) -> None:
        try:
            await rescue(self._ami, snapshot or await take_snapshot(self._ami))
        except AmiError as error:
            # The next link brings a snapshot of its own.
            _log.info("transfers_not_looked_at", error=type(error).__name__)

    async def drain(self, within_s: float, hurried: asyncio.Event) -> None:
        """Begin no transfer any more, and wait for those that go on; until `hurried` is set, at most."""
        self.desk.is_draining = True
        waited_for = self.in_flight if self._is_linked() else 0
        if waited_for:
            _log.info("transfers_waited_for", transfers=waited_for, within_s=within_s)
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while self._is_linked() and self.in_flight and loop.time() < until and not hurried.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOKED_EVERY_S):
                    await hurried.wait()
        if waited_for:
            _log.info("transfers_left", transfers=self.in_flight)

    def _require_control(self) -> None:
        if self._control.standing is Standing.STANDBY:
            raise NotInControlError

    def _is_linked(self) -> bool:
        return self._ami.state is AmiState.READY
