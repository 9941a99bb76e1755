"""A step that an agent asks for is looked at, sent once, and seen; or it is said what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiRefused, AmiTimeout
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.calls.desk_changes import DeskChanges
from callrouter.calls.desk_protocol import (
    AsteriskAwayError,
    AsteriskRefusedError,
    AsteriskSilentError,
    DeskAct,
    Done,
    NoCallError,
    NotInControlError,
    NotInStateError,
    Recorded,
)
from callrouter.calls.transfer_board import TransferBoard
from callrouter.calls.transfer_moves import start
from callrouter.calls.transfer_steps import Gate, Stepper
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import TransferState
from tests.unit.calls.test_calls_transfer_board import step, talk
from tests.unit.calls.test_calls_transfer_look import AnAsterisk

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
SUCCESS = AmiMessage((("Response", "Success"),))


class ADesk:
    """A stepper before an Asterisk that does what the test says when it is redirected."""

    def __init__(self, state: str = "0|talk||", **held: str) -> None:
        self.asterisk = AnAsterisk({"CR_TRANSFER": state, **held})
        self.redirects: list[Headers] = []
        self.then: Callable[[], None] = lambda: None
        self.fails: AmiError | None = None
        self.board = TransferBoard()
        self.board.see(Snapshot((), ()))
        self.changes = DeskChanges(lambda: AT)
        self.is_linked = True
        self.in_control = True
        self.hear(talk("began"))
        if not state.endswith("talk||"):
            attempt, now, *_ = state.split("|")
            self.hear(step(int(attempt), now))
        self.steps = Stepper(self, self.board, self.changes, Gate(self._control, lambda: self.is_linked), 0.1)

    async def action(self, name: str, headers: Headers, *, timeout_s: float | None = None) -> AmiResponse:
        if name == "Status":
            return await self.asterisk.action(name, headers, timeout_s=timeout_s)
        self.redirects.append(headers)
        self.then()
        if self.fails is not None:
            raise self.fails
        return AmiResponse(SUCCESS)

    def hear(self, event: AmiMessage) -> None:
        if (change := self.board.hear(event, AT)) is not None:
            self.changes.tell(change)

    def becomes(self, attempt: int, state: str, *, told: bool = True) -> None:
        self.asterisk.held["CR_TRANSFER"] = f"{attempt}|{state}|three_way|tax"
        if told:
            self.hear(step(attempt, state))

    def _control(self) -> None:
        if not self.in_control:
            raise NotInControlError

    async def consult(self) -> Done:
        return await self.steps.step(
            "1001", DeskAct.CONSULT, None, lambda look: start(look, "tax", TransferKind.THREE_WAY)
        )


async def test_a_consult_is_one_action_that_moves_both_and_is_done_when_it_is_told() -> None:
    desk = ADesk()
    desk.then = lambda: desk.becomes(1, "calling")
    assert await desk.consult() == Done(TransferState.CALLING, 1)
    (headers,) = desk.redirects
    assert headers == {
        "Channel": "PJSIP/carrier-00000000",
        "Context": "transfer-start",
        "Exten": "three_way-tax",
        "Priority": "1",
        "ExtraChannel": "PJSIP/1001-00000001",
        "ExtraContext": "transfer-agent",
        "ExtraExten": "waits",
        "ExtraPriority": "1",
    }


async def test_what_is_not_told_is_looked_at_and_never_sent_again() -> None:
    desk = ADesk()
    desk.then = lambda: desk.becomes(1, "calling", told=False)
    assert await desk.consult() == Done(TransferState.CALLING, 1)
    assert len(desk.redirects) == 1


@pytest.mark.parametrize("error", [None, AmiTimeout("Redirect"), AmiLost("Redirect")])
async def test_what_has_not_happened_within_the_time_is_said_so(error: AmiError | None) -> None:
    desk = ADesk()
    desk.fails = error
    began = asyncio.get_running_loop().time()
    with pytest.raises(AsteriskSilentError) as silent:
        await desk.consult()
    assert asyncio.get_running_loop().time() - began < 0.2
    assert silent.value.state is TransferState.TALK
    assert len(desk.redirects) == 1


async def test_an_unanswered_action_that_was_done_is_done() -> None:
    desk = ADesk()
    desk.fails = AmiTimeout("Redirect")
    desk.then = lambda: desk.becomes(1, "calling", told=False)
    assert await desk.consult() == Done(TransferState.CALLING, 1)


async def test_what_the_table_does_not_allow_is_refused_and_nothing_is_sent() -> None:
    desk = ADesk("1|calling|three_way|tax")
    for act in (DeskAct.JOIN, DeskAct.LEAVE, DeskAct.HOLD, DeskAct.RESUME):
        with pytest.raises(NotInStateError) as refused:
            await desk.steps.step("1001", act, None)
        assert refused.value.state is TransferState.CALLING
    assert desk.redirects == []


async def test_another_attempt_than_the_asker_saw_is_refused() -> None:
    desk = ADesk("2|consult|three_way|tax")
    with pytest.raises(NotInStateError):
        await desk.steps.step("1001", DeskAct.CANCEL, 1)
    assert desk.redirects == []


async def test_a_second_request_while_one_goes_on_is_refused() -> None:
    desk = ADesk()

    def later() -> None:
        asyncio.get_running_loop().call_later(0.02, desk.becomes, 1, "calling")

    desk.then = later
    first = asyncio.create_task(desk.consult())
    await asyncio.sleep(0)
    with pytest.raises(NotInStateError):
        await desk.consult()
    assert await first == Done(TransferState.CALLING, 1)
    assert len(desk.redirects) == 1


async def test_who_knows_another_in_control_and_who_has_no_link_sends_nothing() -> None:
    desk = ADesk()
    desk.in_control = False
    with pytest.raises(NotInControlError):
        await desk.consult()
    desk.in_control, desk.is_linked = True, False
    with pytest.raises(AsteriskAwayError):
        await desk.consult()
    assert desk.redirects == []


@pytest.mark.parametrize("held", [{"CR_AGENT": "1002"}, {"CR_AGENT_CHANNEL": ""}, {"CR_CALL": "node1-2.0"}])
async def test_a_call_that_is_no_longer_the_seats_is_none(held: dict[str, str]) -> None:
    desk = ADesk(**held)
    with pytest.raises(NoCallError):
        await desk.consult()
    assert desk.redirects == []


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("ExtraChannel does not exist: x", NoCallError),
        ("Channel does not exist: x", NoCallError),
        ("Permission denied", AsteriskRefusedError),
    ],
)
async def test_asterisks_refusal_is_told_apart(message: str, error: type[Exception]) -> None:
    desk = ADesk()
    desk.fails = AmiRefused("Redirect", AmiMessage((("Response", "Error"), ("Message", message))))
    with pytest.raises(error):
        await desk.consult()


async def test_recording_is_paused_once_and_seen_to_be() -> None:
    desk = ADesk()
    desk.then = lambda: desk.asterisk.held.update(CR_PAUSED="1")
    assert await desk.steps.record("1001", DeskAct.PAUSE_RECORDING, Recorded.PAUSED) is Recorded.PAUSED
    assert await desk.steps.record("1001", DeskAct.PAUSE_RECORDING, Recorded.PAUSED) is Recorded.PAUSED
    assert len(desk.redirects) == 1
