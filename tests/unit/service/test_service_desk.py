"""The desks of one Asterisk: who may act, and how a stop waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from callrouter.asterisk_link.ami_client import AmiState
from callrouter.asterisk_link.ami_errors import AmiLost
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.calls.desk_protocol import (
    AsteriskAwayError,
    DeskNews,
    DrainingError,
    NoCallError,
    NotInControlError,
)
from callrouter.calls.seat_board import SeatBoard
from callrouter.calls.seats import Roster, Seat
from callrouter.calls.transfer_rescue import LOOKS_APART_S
from callrouter.service import desk as service_desk
from callrouter.service.control import Control
from callrouter.service.desk import DeskService
from callrouter.service.figures import Standing
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import Staff
from tests.unit.calls.test_calls_transfer_board import step, talk
from tests.unit.calls.test_calls_transfer_rescue import CALLER, caller, message, seen
from tests.unit.decide.a_plan import PLAN

SUCCESS = AmiMessage((("Response", "Success"),))


class ALink:
    """A link that shows one lost caller, and notes what it is told."""

    def __init__(self) -> None:
        self.state = AmiState.READY
        self.told: list[tuple[str, Headers]] = []

    async def action(self, name: str, headers: Headers, *, timeout_s: float | None = None) -> AmiResponse:
        if self.state is not AmiState.READY:
            raise AmiLost(name)
        self.told.append((name, headers))
        return AmiResponse(SUCCESS, (message(caller()),) if name == "Status" else ())

    @property
    def moved(self) -> list[Headers]:
        return [headers for name, headers in self.told if name == "Redirect"]


class NoSeats:
    async def set_pause(self, seat: str, reason: str | None) -> None:
        raise AssertionError


@pytest.fixture
def link() -> ALink:
    return ALink()


@pytest.fixture
def control() -> Control:
    return Control()


@pytest.fixture
def service(link: ALink, control: Control) -> DeskService:
    made = DeskService(
        link,
        control,
        PLAN,
        Staff(("1001",), ()),
        seats=NoSeats(),
        seat_board=SeatBoard(Roster((Seat("1001", "hotline"),), frozenset({"hotline"}))),
        flags=lambda _number: frozenset(),
        now=lambda: datetime.now(UTC),
        most_streams=5,
    )
    made.see(Snapshot((), ()))
    made.hear(talk("began"))
    return made


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not look():  # noqa: ASYNC110 -- what is looked at has no event
            await asyncio.sleep(0.005)


async def test_only_who_knows_that_another_is_in_control_sends_the_desk_there(
    service: DeskService, control: Control, link: ALink
) -> None:
    for standing in (None, Standing.HOLDER, Standing.WITHOUT):
        control.told(standing)
        with pytest.raises(NoCallError):  # the channel that it looks at is another call's
            await service.desk.hold("1001")
    asked = len(link.told)
    control.told(Standing.STANDBY)
    with pytest.raises(NotInControlError):
        await service.desk.hold("1001")
    assert len(link.told) == asked


async def test_without_a_link_nothing_is_asked(service: DeskService, link: ALink) -> None:
    link.state = AmiState.LOST
    with pytest.raises(AsteriskAwayError):
        await service.desk.my_call("1001")


async def test_who_listens_hears_of_each_step_and_of_every_gap(service: DeskService) -> None:
    heard = service.desk.subscribe("1001")
    first = asyncio.ensure_future(anext(heard))
    await asyncio.sleep(0)
    service.hear(step(1, "calling"))
    assert (await first).what is DeskNews.CHANGED
    service.see(Snapshot((), ()))
    assert (await anext(heard)).what is DeskNews.RESYNC
    await heard.aclose()


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callrouter.calls.transfer_rescue.LOOKS_APART_S", 0.01)
    monkeypatch.setattr(service_desk, "_LOOKED_EVERY_S", 0.01)


@pytest.mark.usefixtures("hurry")
async def test_callers_left_with_nobody_are_put_right_by_the_holder_alone(
    service: DeskService, control: Control, link: ALink
) -> None:
    assert LOOKS_APART_S > 1
    running = asyncio.create_task(service.run())
    for standing in (Standing.STANDBY, None):
        control.told(standing)
        service.see(seen(caller()))
        await asyncio.sleep(0.05)
    assert link.moved == []
    control.told(Standing.HOLDER)
    service.see(seen(caller()))
    await until(lambda: link.moved)
    assert [headers["Channel"] for headers in link.moved] == [CALLER]
    link.state = AmiState.LOST
    service.see(seen(caller()))
    await asyncio.sleep(0.05)
    assert not running.done()
    running.cancel()


@pytest.mark.usefixtures("hurry")
async def test_a_gap_while_nobody_is_in_control_is_looked_at_by_who_takes_it(
    service: DeskService, control: Control, link: ALink
) -> None:
    running = asyncio.create_task(service.run())
    control.told(Standing.WITHOUT)
    service.see(seen(caller()))
    await asyncio.sleep(0.05)
    assert link.moved == []
    control.told(Standing.HOLDER)
    await until(lambda: link.moved)
    assert [headers["Channel"] for headers in link.moved] == [CALLER]
    looked = len(link.told)
    await asyncio.sleep(0.1)
    assert len(link.told) == looked
    running.cancel()


@pytest.mark.usefixtures("hurry")
async def test_a_stop_begins_no_transfer_and_waits_for_those_that_go_on(service: DeskService) -> None:
    service.hear(step(1, "calling"))
    draining = asyncio.create_task(service.drain(30, asyncio.Event()))
    await asyncio.sleep(0.05)
    assert not draining.done()
    with pytest.raises(DrainingError):
        await service.desk.consult("1001", "12360", TransferKind.THREE_WAY)
    service.hear(step(1, "talk"))
    await asyncio.wait_for(draining, 1)
    assert service.figures()["transfers_in_flight"] == 0


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("why", ["too long", "said again", "no link", "nothing goes on"])
async def test_it_waits_no_longer_than_it_should(service: DeskService, link: ALink, why: str) -> None:
    hurried = asyncio.Event()
    if why != "nothing goes on":
        service.hear(step(1, "calling"))
    draining = asyncio.create_task(service.drain(0.05 if why == "too long" else 30, hurried))
    await asyncio.sleep(0.02)
    if why == "said again":
        hurried.set()
    if why == "no link":
        link.state = AmiState.LOST
    await asyncio.wait_for(draining, 1)
