"""Seats in the queues: what is missing is added, what is there is left alone, a refusal costs nobody else calls."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from callrouter.asterisk_link.ami_errors import AmiLost, AmiRefused, AmiTimeout
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.asterisk_link.ami_snapshot import Member, MemberStatus, Queue, Snapshot
from callrouter.calls.seat_members import Outsider, Reconciled, put_in_order
from callrouter.calls.seats import Roster, Seat

SUCCESS = AmiResponse(AmiMessage((("Response", "Success"),)))
NO_QUEUE = AmiMessage((("Response", "Error"), ("Message", "Unable to add interface to queue: No such queue")))
THERE = AmiMessage((("Response", "Error"), ("Message", "Unable to add interface: Already there")))
STATIC = AmiMessage((("Response", "Error"), ("Message", "Unable to remove interface: Member not dynamic")))
QUEUES = frozenset({"hotline", "urgent", "gone"})
SEATS = tuple(Seat(name, "hotline") for name in ("1001", "1002", "1003"))
FIRST, SECOND, THIRD = (seat.interface for seat in SEATS)


class ScriptedAmi:
    """Keeps queues as Asterisk does, and fails the actions it is told to."""

    def __init__(self, **queues: list[str]) -> None:
        self.queues = queues
        self.paused: dict[tuple[str, str], str] = {}
        self.fails: dict[tuple[str, str], Exception] = {}
        self.asked: list[str] = []
        self.told = set[Outsider]()

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        queue, interface = str(headers["Queue"]), str(headers["Interface"])
        self.asked.append(f"{name} {queue} {interface}")
        if failure := self.fails.get((name, interface)):
            raise failure
        match name:
            case "QueueAdd":
                self.add(queue, interface, headers)
            case "QueueRemove":
                self.queues[queue].remove(interface)
            case _:
                raise AssertionError(name)
        return SUCCESS

    def add(self, queue: str, interface: str, headers: Headers) -> None:
        if queue not in self.queues:
            raise AmiRefused("QueueAdd", NO_QUEUE)
        if interface in self.queues[queue]:
            raise AmiRefused("QueueAdd", THERE)
        assert headers["StateInterface"] == f"PJSIP/{headers['MemberName']}"
        assert headers["Penalty"] == "0"
        self.queues[queue].append(interface)
        if headers.get("Paused") == "true":
            self.paused[queue, interface] = str(headers["Reason"])

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(
            (),
            tuple(
                Queue(name, tuple(self.member(name, interface) for interface in interfaces), ())
                for name, interfaces in self.queues.items()
            ),
        )

    def member(self, queue: str, interface: str) -> Member:
        reason = self.paused.get((queue, interface))
        return Member(
            *("x", interface, MemberStatus.NOT_IN_USE),
            is_paused=reason is not None,
            is_in_call=False,
            pause_reason=reason or "",
        )

    async def reconcile(self, *seats: Seat) -> Reconciled:
        return await put_in_order(self, Roster(seats or SEATS, QUEUES), self.snapshot, self.told)


async def test_only_the_seats_that_the_queue_lacks_are_added() -> None:
    ami = ScriptedAmi(hotline=[SECOND])
    done = await ami.reconcile()
    assert ami.asked == [f"QueueAdd hotline {FIRST}", f"QueueAdd hotline {THIRD}"]
    assert [seat.name for seat in done.added] == ["1001", "1003"]
    assert ami.queues["hotline"] == [SECOND, FIRST, THIRD]
    assert not ami.paused


async def test_doing_it_twice_does_nothing() -> None:
    ami = ScriptedAmi(hotline=["PJSIP/1001"])
    await ami.reconcile()
    ami.asked.clear()
    assert await ami.reconcile() == Reconciled()
    assert ami.asked == []


async def test_a_seat_in_one_queue_is_missing_in_another() -> None:
    ami = ScriptedAmi(hotline=[], urgent=[])
    await ami.reconcile(*SEATS, Seat("1001", "urgent"), Seat("1002", "urgent"))
    assert ami.queues["urgent"] == [FIRST, SECOND]


async def test_who_is_paused_or_out_elsewhere_joins_another_queue_so() -> None:
    ami = ScriptedAmi(hotline=[FIRST, SECOND, THIRD], urgent=[])
    ami.paused = {("hotline", FIRST): "out", ("hotline", SECOND): ""}
    await ami.reconcile(*SEATS, *(Seat(seat.name, "urgent") for seat in SEATS))
    assert ami.queues["urgent"] == [FIRST, SECOND, THIRD]
    assert ami.paused["urgent", FIRST] == "out"
    assert ami.paused["urgent", SECOND] == "unstated"
    assert ("urgent", THIRD) not in ami.paused


async def test_a_member_of_an_earlier_version_gives_way_to_its_successor_who_keeps_its_pause() -> None:
    ami = ScriptedAmi(hotline=["PJSIP/1001", "PJSIP/1002"])
    ami.paused["hotline", "PJSIP/1001"] = "Auto-Pause"
    done = await ami.reconcile()
    assert ami.queues["hotline"] == [FIRST, SECOND, THIRD]
    assert ami.paused["hotline", FIRST] == "Auto-Pause"
    assert ("hotline", SECOND) not in ami.paused
    assert ami.asked.index(f"QueueAdd hotline {FIRST}") < ami.asked.index("QueueRemove hotline PJSIP/1001")
    assert {outsider.interface for outsider in done.removed} == {"PJSIP/1001", "PJSIP/1002"}


async def test_who_takes_a_queues_calls_under_his_old_name_goes_on_taking_them() -> None:
    ami = ScriptedAmi(hotline=["PJSIP/1001", SECOND, THIRD], urgent=[FIRST])
    ami.paused["urgent", FIRST] = "meal"
    await ami.reconcile(*SEATS, Seat("1001", "urgent"))
    assert ami.paused == {("urgent", FIRST): "meal"}


async def test_a_member_of_an_earlier_version_stays_while_its_successor_is_refused() -> None:
    ami = ScriptedAmi(hotline=["PJSIP/1001", "PJSIP/1002"])
    ami.fails["QueueAdd", FIRST] = AmiRefused("QueueAdd", NO_QUEUE)
    await ami.reconcile()
    assert ami.queues["hotline"] == ["PJSIP/1001", SECOND, THIRD]


async def test_who_is_no_longer_on_a_queues_roster_is_taken_out_of_that_queue_alone() -> None:
    ami = ScriptedAmi(hotline=[FIRST, "Local/1009@seat"], urgent=[FIRST, SECOND, "PJSIP/1003"])
    done = await ami.reconcile(*SEATS, Seat("1002", "urgent"))
    assert ami.queues == {"hotline": [FIRST, SECOND, THIRD], "urgent": [SECOND]}
    assert len(done.removed) == 3


async def test_strangers_stay_and_are_told_once() -> None:
    strangers = ["PJSIP/9999", "SIP/1001", "Local/1001@agents/n"]
    ami = ScriptedAmi(hotline=[*strangers])
    with capture_logs() as logs:
        await ami.reconcile()
        await ami.reconcile()
    assert ami.queues["hotline"] == [*strangers, FIRST, SECOND, THIRD]
    told = [log["member"] for log in logs if log["event"] == "stranger_in_queue"]
    assert sorted(told) == sorted(strangers)


async def test_a_queue_that_is_not_ours_is_left_as_it_is() -> None:
    ami = ScriptedAmi(hotline=[], sales=["PJSIP/1001", "Local/1009@seat"])
    await ami.reconcile()
    assert ami.queues["sales"] == ["PJSIP/1001", "Local/1009@seat"]


async def test_a_member_that_asterisk_does_not_let_go_is_told_and_holds_nothing_up() -> None:
    ami = ScriptedAmi(hotline=["Local/1009@seat", "PJSIP/1001"])
    ami.fails["QueueRemove", "Local/1009@seat"] = AmiRefused("QueueRemove", STATIC)
    with capture_logs() as logs:
        done = await ami.reconcile()
    assert [outsider.interface for outsider in done.removed] == ["PJSIP/1001"]
    assert done.refused == ()
    (told,) = [log for log in logs if log["event"] == "member_not_removed"]
    assert "not dynamic" in told["reason"]


async def test_a_refused_seat_is_named_and_costs_no_other_seat_its_calls() -> None:
    ami = ScriptedAmi(hotline=[])
    ami.fails["QueueAdd", FIRST] = AmiRefused("QueueAdd", NO_QUEUE)
    with capture_logs() as logs:
        done = await ami.reconcile()
    assert ami.queues["hotline"] == [SECOND, THIRD]
    assert [seat.name for seat in done.refused] == ["1001"]
    (refusal,) = [log for log in logs if log["event"] == "seat_refused"]
    assert refusal["seat"] == "1001"
    assert "No such queue" in refusal["reason"]


async def test_a_seat_that_somebody_else_has_just_added_is_not_refused() -> None:
    ami = ScriptedAmi(hotline=[])
    before = ami.snapshot
    await ami.reconcile(SEATS[0])
    with capture_logs() as logs:
        done = await put_in_order(ami, Roster(SEATS, QUEUES), before)
    assert (done.added, done.refused) == (SEATS[1:], ())
    assert not [log for log in logs if log["log_level"] == "error"]


async def test_a_queue_that_asterisk_does_not_know_costs_no_other_queue_its_seats() -> None:
    ami = ScriptedAmi(hotline=[])
    done = await ami.reconcile(Seat("1001", "gone"), *SEATS)
    assert done.refused == (Seat("1001", "gone"),)
    assert done.added == SEATS


@pytest.mark.parametrize("failure", [AmiLost("QueueAdd"), AmiTimeout("QueueAdd")])
async def test_an_asterisk_that_does_not_answer_is_the_callers_to_mend(failure: Exception) -> None:
    ami = ScriptedAmi(hotline=[])
    ami.fails["QueueAdd", SECOND] = failure
    with pytest.raises(type(failure)):
        await ami.reconcile()
    ami.fails.clear()
    await ami.reconcile()
    assert sorted(ami.queues["hotline"]) == [FIRST, SECOND, THIRD]
