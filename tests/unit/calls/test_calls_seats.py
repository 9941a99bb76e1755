"""Seats: what is missing is added, what is there is left alone, one refusal costs nobody else their calls."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from structlog.testing import capture_logs

from callrouter.asterisk_link.ami_errors import AmiLost, AmiRefused, AmiTimeout
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.asterisk_link.ami_snapshot import Member, MemberStatus, Queue, Snapshot
from callrouter.calls.seats import Reconciled, Seat, add_missing_seats

SUCCESS = AmiResponse(AmiMessage((("Response", "Success"),)))
ERROR = AmiMessage((("Response", "Error"), ("Message", "Unable to add interface to queue: No such queue")))
THERE = AmiMessage((("Response", "Error"), ("Message", "Unable to add interface: Already there")))
SEATS = tuple(Seat(name, "hotline") for name in ("1001", "1002", "1003"))


class ScriptedAmi:
    """Keeps queues as Asterisk does, and fails the actions it is told to."""

    def __init__(self, **queues: list[str]) -> None:
        self.queues = {name: [f"PJSIP/{member}" for member in members] for name, members in queues.items()}
        self.fails: dict[tuple[str, str], Exception] = {}
        self.asked: list[str] = []

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        queue, interface = str(headers["Queue"]), str(headers["Interface"])
        self.asked.append(f"{name} {queue} {interface}")
        if failure := self.fails.get((name, interface)):
            raise failure
        assert name == "QueueAdd"
        if queue not in self.queues:
            raise AmiRefused(name, ERROR)
        if interface in self.queues[queue]:
            raise AmiRefused(name, THERE)
        self.queues[queue].append(interface)
        return SUCCESS

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(
            (),
            tuple(
                Queue(name, tuple(member(interface) for interface in interfaces), ())
                for name, interfaces in self.queues.items()
            ),
        )

    async def reconcile(self, seats: Iterable[Seat] = SEATS) -> Reconciled:
        return await add_missing_seats(self, seats, self.snapshot)


def member(interface: str) -> Member:
    return Member("x", interface, MemberStatus.NOT_IN_USE, is_paused=True, is_in_call=False)


async def test_only_the_seats_that_the_queue_lacks_are_added() -> None:
    ami = ScriptedAmi(hotline=["1002", "9999"])
    done = await ami.reconcile()
    assert ami.asked == ["QueueAdd hotline PJSIP/1001", "QueueAdd hotline PJSIP/1003"]
    assert [seat.name for seat in done.added] == ["1001", "1003"]
    assert ami.queues["hotline"] == ["PJSIP/1002", "PJSIP/9999", "PJSIP/1001", "PJSIP/1003"]


async def test_doing_it_twice_does_nothing() -> None:
    ami = ScriptedAmi(hotline=[])
    await ami.reconcile()
    again = await ami.reconcile()
    assert (again.added, again.refused) == ((), ())
    assert len(ami.queues["hotline"]) == len(SEATS)


async def test_a_seat_in_one_queue_is_missing_in_another() -> None:
    ami = ScriptedAmi(hotline=["1001"], urgent=[])
    await ami.reconcile([*SEATS, Seat("1001", "urgent"), Seat("1002", "urgent")])
    assert ami.queues["urgent"] == ["PJSIP/1001", "PJSIP/1002"]


async def test_a_refused_seat_is_named_and_costs_no_other_seat_its_calls() -> None:
    ami = ScriptedAmi(hotline=[])
    ami.fails["QueueAdd", "PJSIP/1001"] = AmiRefused("QueueAdd", ERROR)
    with capture_logs() as logs:
        done = await ami.reconcile()
    assert ami.queues["hotline"] == ["PJSIP/1002", "PJSIP/1003"]
    assert [seat.name for seat in done.refused] == ["1001"]
    (refusal,) = [log for log in logs if log["event"] == "seat_refused"]
    assert refusal["seat"] == "1001"
    assert "No such queue" in refusal["reason"]


async def test_a_seat_that_somebody_else_has_just_added_is_not_refused() -> None:
    ami = ScriptedAmi(hotline=[])
    before = ami.snapshot
    await ami.reconcile(SEATS[:1])
    with capture_logs() as logs:
        done = await add_missing_seats(ami, SEATS, before)
    assert (done.added, done.refused) == (SEATS[1:], ())
    assert not [log for log in logs if log["log_level"] == "error"]


async def test_a_queue_that_asterisk_does_not_know_costs_no_other_queue_its_seats() -> None:
    ami = ScriptedAmi(hotline=[])
    done = await ami.reconcile([Seat("1001", "gone"), *SEATS])
    assert done.refused == (Seat("1001", "gone"),)
    assert done.added == SEATS


@pytest.mark.parametrize("failure", [AmiLost("QueueAdd"), AmiTimeout("QueueAdd")])
async def test_an_asterisk_that_does_not_answer_is_the_callers_to_mend(failure: Exception) -> None:
    ami = ScriptedAmi(hotline=[])
    ami.fails["QueueAdd", "PJSIP/1002"] = failure
    with pytest.raises(type(failure)):
        await ami.reconcile()
    ami.fails.clear()
    await ami.reconcile()
    assert sorted(ami.queues["hotline"]) == ["PJSIP/1001", "PJSIP/1002", "PJSIP/1003"]
