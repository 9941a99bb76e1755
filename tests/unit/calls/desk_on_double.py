"""Desks before an Asterisk of the tests' own, which takes the steps that the table says when a channel is moved."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from callrouter.asterisk_link.ami_client import AmiClient, AmiState
from callrouter.asterisk_link.ami_double import Action, AmiDouble
from callrouter.asterisk_link.ami_follow import follow
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.calls.desk_changes import DeskChanges
from callrouter.calls.desk_protocol import NotInControlError
from callrouter.calls.seat_board import SeatBoard
from callrouter.calls.seat_desk import SeatDesk
from callrouter.calls.seats import Roster, Seat
from callrouter.calls.transfer_board import TransferAt, TransferBoard, read_transfer
from callrouter.calls.transfer_desk import AsteriskDesk, Known
from callrouter.calls.transfer_steps import Gate
from callrouter.calls.wrap_up import WrapUp
from callrouter.decide.transfer_table import TABLE, Ignored
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import Staff, TransferState, TransferStimulus
from tests.unit.calls.test_calls_transfer_board import AGENT, CALL, CALLER
from tests.unit.calls.test_calls_transfer_dip import facts_of
from tests.unit.decide.a_plan import NOW, PLAN

TARGET: Final = "PJSIP/peer-tax-00000004"
STAFF: Final = Staff(("1001", "1002"), ("2001",))
ROSTER: Final = Roster(
    (Seat("1001", "hotline"), Seat("1002", "hotline"), Seat("1001", "expert")),
    frozenset({"hotline", "expert"}),
)
A_SECOND: Final = 1.0
"""What a request may take where a test is not about that: machines are busy."""
_MOVES: Final = {
    ("transfer-hold", "held"): TransferStimulus.HOLD,
    ("transfer-caller", "resume"): TransferStimulus.RESUME,
    ("transfer-caller", "join"): TransferStimulus.JOIN,
    ("transfer-back", "cancel"): TransferStimulus.CANCEL,
    ("transfer-agent", "leave"): TransferStimulus.LEAVE,
}
_BEGINS: Final = {
    TransferKind.THREE_WAY: TransferStimulus.CONSULT,
    TransferKind.PLAIN: TransferStimulus.PASS,
    TransferKind.EMERGENCY: TransferStimulus.EMERGENCY,
}


class Scene:
    """An Asterisk with one call of seat 1001, and the desks that follow it."""

    def __init__(self, asterisk: AmiDouble, ami: AmiClient, within_s: float) -> None:
        self.asterisk = asterisk
        self.ami = ami
        self.in_control = True
        self.board = TransferBoard()
        self.seats = SeatBoard(ROSTER)
        self.changes = DeskChanges(lambda: NOW)
        self.now = NOW
        self.ids = iter(f"id-{number}" for number in range(100))
        known = Known(
            PLAN,
            STAFF,
            lambda: self.now,
            lambda: NOW,
            lambda number: frozenset({"repeat"} if number == "13800138000" else ()),
            lambda: next(self.ids),
        )
        self.desk = AsteriskDesk(
            ami,
            self.board,
            self.changes,
            known,
            gate=Gate(self._require_control, lambda: ami.state is AmiState.READY),
            wraps=WrapUp(SeatDesk(ami, ROSTER), self.seats, within_s),
            within_s=within_s,
        )
        asterisk.on_redirect = self.moved

    @property
    def held(self) -> dict[str, str]:
        """The variables of the caller's channel."""
        return self.asterisk.variables[CALLER]

    @property
    def redirects(self) -> list[Action]:
        """What channels were moved by."""
        return [action for action in self.asterisk.actions if action["Action"] == "Redirect"]

    @property
    def at(self) -> TransferAt:
        """Where the transfer stands on the caller's channel."""
        at = read_transfer(self.held["CR_TRANSFER"])
        assert at is not None
        return at

    def moved(self, action: Action) -> None:
        """Take the step that the dialplan takes from the place to which a channel was sent."""
        place = action["Context"], action["Exten"]
        if action["Context"] == "guidance":
            at = self.at
            self.held["CR_TRANSFER"] = f"{at.attempt}|talk|{at.kind or ''}|{at.target or ''}"
            self.held["CR_GUIDANCES"] = str(1 + int(self.held.get("CR_GUIDANCES", "0")))
            return
        if place in {("transfer-caller", "pause"), ("transfer-caller", "record")}:
            self.held["CR_PAUSED"] = "1" if place[1] == "pause" else ""
            return
        if place[0] == "emergency":
            if self.at.state is not TransferState.TALK:
                self._step(TransferStimulus.CANCEL, self.at.kind, self.at.target)
            self._step(TransferStimulus.EMERGENCY, TransferKind.EMERGENCY, place[1])
            return
        if place[0] != "transfer-start":
            self._step(_MOVES[place], self.at.kind, self.at.target)
            return
        word, _, target = place[1].partition("-")
        if self.at.state is TransferState.HELD:
            self._step(TransferStimulus.RESUME, self.at.kind, self.at.target)
        self._step(_BEGINS[TransferKind(word)], TransferKind(word), target)

    def becomes(self, text: str) -> None:
        """Be in a state that came about unheard of."""
        self.held["CR_TRANSFER"] = text

    def _step(self, stimulus: TransferStimulus, kind: TransferKind | None, target: str | None) -> None:
        cell = TABLE[self.at.state, stimulus]
        if isinstance(cell, Ignored):
            return
        attempt = self.at.attempt + (stimulus in _BEGINS.values())
        named = kind.value if kind else ""
        self.becomes(f"{attempt}|{cell.state.value}|{named}|{target or ''}")
        self.user_event(
            "CRTransfer", Call=CALL, Attempt=str(attempt), State=cell.state.value, Stimulus=stimulus.value,
            Agent="1001", Kind=named, Target=target or "", Outcome="", CallerChannel=CALLER,
        )  # fmt: skip

    def user_event(self, name: str, **headers: str) -> None:
        """Tell what the dialplan tells."""
        self.asterisk.tell("UserEvent", "user,all", UserEvent=name, **headers)

    def _require_control(self) -> None:
        if not self.in_control:
            raise NotInControlError

    async def follow(self) -> None:
        """Hear what Asterisk tells, until cancelled."""
        async for news in follow(self.ami):
            if isinstance(news, Snapshot):
                self.board.see(news)
                self.seats.see(news)
                self.changes.resync()
                continue
            self.seats.hear(news, NOW)
            if (change := self.board.hear(news, NOW)) is not None:
                self.changes.tell(change)


@asynccontextmanager
async def scene(state: str = "0|talk||", *, within_s: float = A_SECOND, **held: str) -> AsyncIterator[Scene]:
    """A call of seat 1001 at a state of its transfer, seen by desks that are ready."""
    async with AmiDouble() as asterisk:
        asterisk.queues |= {"hotline": ["Local/1001@seat", "Local/1002@seat"], "expert": ["Local/1001@seat"]}
        asterisk.channels += [CALLER, AGENT, TARGET]
        usual = {"CR_CALL": CALL, "CR_TRANSFER": state, "CR_AGENT": "1001", "CR_AGENT_CHANNEL": AGENT}
        said = {"CR_CALLER": "13800138000", "CR_PRESENTATION": "allowed", "CR_REC_ID": "0x7f"}
        decided = {"CR_QUEUE": "hotline", "CR_VERDICT": f"v1|connect|||0|{facts_of('12345')}|survey||"}
        asterisk.variables[CALLER] = usual | said | decided | held
        ami = AmiClient(
            *("127.0.0.1", asterisk.port, "callrouter", "secret"),
            boot_name=lambda: asterisk.boot_name,
            chance=random.Random(1),
        )
        async with asyncio.timeout(10), ami, asyncio.TaskGroup() as tasks:
            made = Scene(asterisk, ami, within_s)
            following = tasks.create_task(made.follow())
            while not made.board.is_known:  # noqa: ASYNC110 -- a snapshot has no event of its own
                await asyncio.sleep(0.002)
            yield made
            following.cancel()
