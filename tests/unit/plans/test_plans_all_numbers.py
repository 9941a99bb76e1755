"""All numbers of all five plans, at all instants of their documents and a second and a microsecond beside them.

What is expected is worked out from the documents' data and the table below, which was written from the documents,
never from the plans.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from callrouter.decide.route import decide
from callrouter.plans.document.data import FOLDER, DocumentData, Group, PrintedNumber, load_document
from callrouter.plans.load import load_plan
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import Decision, Ruling
from callrouter.vocabulary.migration import Landing, Mode, NumberFate, PhaseName, SeatFate
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Connect, Release, TakeMessage, Treatment

PLANS = {
    "sichuan": "000",
    "yunnan": "001",
    "changzhi": "002",
    "inner-mongolia": "003",
    "hainan": "004",
}
CHINA = timezone(timedelta(hours=8))
BESIDE = (
    timedelta(seconds=-1),
    timedelta(microseconds=-1),
    timedelta(0),
    timedelta(microseconds=1),
    timedelta(seconds=1),
)
ALL_IN_FORCE = dict.fromkeys(PLANS, datetime(2022, 1, 1, tzinfo=CHINA)) | {
    "yunnan": datetime(2019, 7, 1, tzinfo=CHINA)
}


class Expected(NamedTuple):
    """What a call to a number is by its document. Without an operator there is no peer: everything is connected."""

    landing: Landing
    announcement: str | None
    stray: bool
    treatment: type[Treatment]


BEFORE = Expected(Landing.EXTERNAL, None, True, Connect)
EXPECTED = {
    (Mode.MERGED, PhaseName.BEFORE): BEFORE,
    (Mode.MERGED, PhaseName.TRANSITION): Expected(Landing.PLATFORM, "T01", False, Connect),
    (Mode.MERGED, PhaseName.ENDED): Expected(Landing.PLATFORM, "X01", True, Connect),
    (Mode.DUAL, PhaseName.BEFORE): BEFORE,
    (Mode.DUAL, PhaseName.IN_FORCE): Expected(Landing.PLATFORM, "G02", False, Connect),
    (Mode.BRANCH, PhaseName.BEFORE): BEFORE,
    (Mode.BRANCH, PhaseName.IN_FORCE): Expected(Landing.BRANCH, "G05", False, Connect),
}
RELEASED = Expected(Landing.RELEASED, "X02", False, Release)
"""Yunnan stops 96128 outright (001:L34)."""


@cache
def plan_of(jurisdiction: str, overlay: bool) -> Plan:
    folder = Path(__file__).parents[3] / "dialplans" / jurisdiction
    return load_plan(folder, overlay=overlay)


@cache
def document_of(jurisdiction: str) -> DocumentData:
    data = load_document(PLANS[jurisdiction], FOLDER / "none")
    assert data is not None
    return data


def instants_of(data: DocumentData) -> Iterator[datetime]:
    """Every instant of the document, both ends of every deadline's day; and a microsecond and a second off."""
    moments = {datetime.combine(data.issued.day, time(), CHINA)}
    dues = [*data.dues]
    for group in data.groups:
        dues += group.dues
        for phase in group.phases:
            moments |= {phase.starts, *([phase.ends] if phase.ends else [])}
    for due in dues:
        for day in filter(None, (due.by, due.narrowly)):
            midnight = datetime.combine(day, time(), CHINA)
            moments |= {midnight, midnight + timedelta(days=1)}
    for moment in sorted(moments):
        for offset in BESIDE:
            yield moment + offset


def decide_on(dialled: str, plan: Plan, at: datetime) -> Decision:
    codes = plan.short_codes
    called, caller = parse_number(dialled, codes), parse_number("13800138000", codes)
    return decide(Call("call-1", called, FoundBy.REQUEST_URI, caller, "nobody", at), plan, at)


def phase_by_document(group: Group, at: datetime) -> PhaseName:
    begun = [phase for phase in group.phases if phase.starts <= at]
    return max(begun, key=lambda phase: phase.starts).phase if begun else PhaseName.BEFORE


def expectation(printed: PrintedNumber, group: Group, phase: PhaseName) -> Expected:
    if (printed.number, phase) == ("96128", PhaseName.ENDED):
        return RELEASED
    return EXPECTED[group.mode or Mode.DUAL, phase]


@pytest.mark.parametrize("jurisdiction", PLANS)
def test_every_number_is_at_every_instant_what_the_document_says(jurisdiction: str) -> None:
    plan, data = plan_of(jurisdiction, False), document_of(jurisdiction)
    asked = 0
    for at in instants_of(data):
        for printed in data.numbers:
            group = data.group_of(printed)
            phase = phase_by_document(group, at)
            decision = decide_on(printed.number, plan, at)
            ruling = decision.ruling
            where = f"{jurisdiction} {printed.number} {at.isoformat()}"
            assert (ruling.line, ruling.phase) == (printed.number, phase), where
            assert ruling.mode is (group.mode or Mode.DUAL), where
            is_now = (ruling.landing, ruling.announcement, ruling.stray, type(decision.treatment))
            assert is_now == expectation(printed, group, phase), where
            assert ruling.expert_seats is printed.expert_seats, where
            asked += 1
    assert asked == len(data.numbers) * len(list(instants_of(data)))


@pytest.mark.parametrize("jurisdiction", PLANS)
def test_what_becomes_of_number_and_seats_is_what_the_document_says(jurisdiction: str) -> None:
    plan, data = plan_of(jurisdiction, False), document_of(jurisdiction)
    for printed in data.numbers:
        group, line = data.group_of(printed), plan.line(printed.number)
        assert line is not None
        if group.mode is None:
            continue  # only an expert seat is spoken of
        assert line.schedule.number_fate is group.number_fate, printed.number
        assert line.schedule.seat_fate is group.seat_fate, printed.number
        assert line.name.replace(" ", "") == (printed.name or line.name).replace(" ", "")


@pytest.mark.parametrize("jurisdiction", PLANS)
def test_without_the_operator_a_plan_holds_the_printed_numbers_and_no_other(jurisdiction: str) -> None:
    plan, data = plan_of(jurisdiction, False), document_of(jurisdiction)
    assert set(plan.lines) == {printed.number for printed in data.numbers}
    assert plan.lists.lists == ()


@pytest.mark.parametrize("jurisdiction", PLANS)
def test_the_operator_changes_nothing_that_the_document_gives_an_instant_for(jurisdiction: str) -> None:
    data = document_of(jurisdiction)
    told = 0
    for printed in data.numbers:
        group = data.group_of(printed)
        if not group.phases:
            continue
        for at in instants_of(data):
            alone = decide_on(printed.number, plan_of(jurisdiction, False), at).ruling
            together = decide_on(printed.number, plan_of(jurisdiction, True), at).ruling
            told += 1
            assert together.phase is alone.phase
            assert together.landing is alone.landing
            assert together.stray is alone.stray
            assert together.announcement in {alone.announcement, *closed(together)}
    assert (told > 0) is any(data.group_of(printed).phases for printed in data.numbers)


@pytest.mark.parametrize("jurisdiction", PLANS)
def test_with_the_operator_every_line_is_in_force_in_time(jurisdiction: str) -> None:
    plan, at = plan_of(jurisdiction, True), ALL_IN_FORCE[jurisdiction]
    numbers = [*plan.lines, *plan.lists.numbers()]
    assert numbers
    waiting = {
        number: ruling.phase
        for number in numbers
        if (ruling := decide_on(number, plan, at).ruling).phase in {None, PhaseName.BEFORE}
        or ruling.line != number
    }
    assert waiting == {}


@pytest.mark.parametrize("jurisdiction", PLANS)
def test_with_the_operator_each_phase_is_what_its_mode_says(jurisdiction: str) -> None:
    """The instants are the operator's here; what happens in the phases is still the document's."""
    plan, data = plan_of(jurisdiction, True), document_of(jurisdiction)
    for printed in data.numbers:
        group, line = data.group_of(printed), plan.line(printed.number)
        assert line is not None
        for phase in line.schedule.phases:
            at = phase.starts or datetime(1950, 1, 1, tzinfo=CHINA)
            ruling = decide_on(printed.number, plan, at).ruling
            where = f"{jurisdiction} {printed.number} {at.isoformat()}"
            assert ruling.phase is phase.name, where
            if ruling.landing is Landing.DEPARTMENT:
                expected = BEFORE._replace(landing=Landing.DEPARTMENT, stray=False)
                assert (group.mode, group.seat_fate) == (Mode.DUAL, SeatFate.KEPT), where
            else:
                expected = expectation(printed, group, phase.name)
            assert (ruling.landing, ruling.stray) == (expected.landing, expected.stray), where
            assert ruling.announcement in announcements(data, expected) | closed(ruling), where


def closed(ruling: Ruling) -> set[str | None]:
    """What is played instead outside the hours that an operator gave (Yunnan): the way to voicemail."""
    return {"H01"} if isinstance(ruling.treatment, TakeMessage) else set()


def announcements(data: DocumentData, expected: Expected) -> set[str | None]:
    """What may be played: T02 where the last day is not known, and nothing where no prompt is demanded."""
    if expected.announcement != "T01":
        return {expected.announcement}
    demanded = any(demand.announcement for demand in data.demands)
    return {"T01", "T02"} if demanded else {"T01", "T02", None}


@pytest.mark.parametrize("jurisdiction", ["inner-mongolia", "hainan"])
def test_a_deadline_switches_nothing(jurisdiction: str) -> None:
    plan, data = plan_of(jurisdiction, False), document_of(jurisdiction)
    long_after = datetime(2030, 1, 1, tzinfo=CHINA)
    for printed in data.numbers:
        if not data.group_of(printed).phases:
            ruling = decide_on(printed.number, plan, long_after).ruling
            assert (ruling.phase, ruling.landing) == (PhaseName.BEFORE, Landing.EXTERNAL)
            assert ruling.next_phase is not None
            assert ruling.next_phase_starts is None


def test_12348_and_12333_ring_at_their_departments_in_hainan_until_someone_dates_the_next_step() -> None:
    plan = plan_of("hainan", True)
    for number in ("12348", "12333"):
        ruling = decide_on(number, plan, datetime(2030, 1, 1, tzinfo=CHINA)).ruling
        assert (ruling.mode, ruling.phase, ruling.landing) == (
            Mode.DUAL,
            PhaseName.IN_FORCE,
            Landing.DEPARTMENT,
        )
        assert (ruling.number_fate, ruling.seat_fate) == (NumberFate.KEPT, SeatFate.KEPT)
        assert (ruling.next_phase, ruling.next_phase_starts) == (PhaseName.IN_FORCE, None)


@pytest.mark.parametrize("jurisdiction", PLANS)
def test_12345_and_the_emergency_numbers_never_change(jurisdiction: str) -> None:
    plan, data = plan_of(jurisdiction, True), document_of(jurisdiction)
    for at in instants_of(data):
        hub = decide_on("12345", plan, at).ruling
        assert (hub.mode, hub.line, hub.phase, hub.stray) == (Mode.HUB, "12345", None, False)
        for number in {number for item in data.emergencies for number in item.numbers}:
            ruling = decide_on(number, plan, at).ruling
            assert (ruling.mode, ruling.line, ruling.landing) == (Mode.EMERGENCY, number, Landing.EMERGENCY)
            assert isinstance(ruling.treatment, Connect)
            assert ruling.treatment.notice is None
            assert ruling.treatment.priority > 0
