"""Compare the rest with the document: names, hours, centers, emergencies, utilities, scope, demands.

Rules:
- The last brand name is the document's; an earlier one is a name that the document replaces.
- Hours are round the clock where the document says so, and unstated where it says less than a clock needs.
- An instant of a brand, of hours, a platform, a queue or a center in the document's part of a plan is invented,
  unless the document gives it: of these, the five documents give none.
- A list that the document ends with 「等」 may go on in a plan: more is no difference, less is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from callrouter.plans.codes import Code
from callrouter.plans.document.beside import Against, same_text, yes_or_no
from callrouter.plans.document.data import Fact, PrintedHours, PrintedNumber
from callrouter.plans.findings import Fault, Finding, Severity
from callrouter.vocabulary.hours import Hours, Staffing
from callrouter.vocabulary.line import Center
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.policy import EmergencyOut, Queue, Utility
from callrouter.vocabulary.territory import Platform


def rules(held: Against) -> Iterator[Finding]:
    """Compare everything but lines and schedules."""
    yield from _document(held)
    yield from _brands(held)
    yield from _hours(held)
    yield from _centers(held)
    yield from _other_instants(held)
    yield from _emergencies(held)
    yield from _utilities(held)
    yield from _scope(held)
    yield from _demands(held)


def _rule(held: Against, place: str, is_now: str, should_be: str, fact: Fact | None) -> Finding:
    return held.differs(
        place,
        Fault(
            Code.RULE_DIFFERS,
            f"计划是 {is_now}，文件是 {should_be}",
            f"the plan has {is_now}, the document {should_be}",
            f"改为 {should_be} / make it {should_be}",
        ),
        fact,
    )


def _document(held: Against) -> Iterator[Finding]:
    document, data = held.plan.document, held.data
    place = held.document_place
    if document.issued != data.issued.day:
        day = data.issued.day.isoformat()
        yield held.differs(
            held.spot(place, "issued"),
            Fault(
                Code.INSTANT_DIFFERS,
                f"文件日期是 {day}，计划写了 {document.issued}",
                f"the document is of {day}, the plan says {document.issued}",
                f"改为 {day} / make it {day}",
            ),
            data.issued,
        )
    if data.number and not same_text(document.number, data.number):
        yield _rule(held, held.spot(place, "number"), document.number, data.number, None)


def _brands(held: Against) -> Iterator[Finding]:
    current = held.data.brands[-1]
    former = (*held.data.former_brands, *held.data.brands[:-1])
    *earlier, last = held.plan.brands
    if not same_text(last.name, current.name):
        yield _rule(held, held.spot(last.place, "name"), last.name, current.name, current)
    for brand in earlier:
        if not any(same_text(brand.name, name.name) for name in former):
            names = "、".join(name.name for name in former) or current.name
            yield _rule(held, held.spot(brand.place, "name"), brand.name, names, current)
    known = tuple(brand.starts for brand in held.data.brands if brand.starts)
    for brand in held.plan.brands:
        yield from _unknown_instant(held, brand.place, "starts", brand.starts, known)


def _hours(held: Against) -> Iterator[Finding]:
    for platform in held.plan.platforms.values():
        if not platform.illustrative:
            yield from _staffing(held, platform.hours, held.data.hours)


def _staffing(held: Against, hours: Hours, printed: PrintedHours | None) -> Iterator[Finding]:
    """What the document's part of a plan says of some hours, in the end."""
    last = hours.stretches[-1]
    if last.illustrative or held.is_operators(last.place):
        yield from _late_staffing(held, hours, printed)
        return
    if printed is None or printed.staffing != Staffing.ROUND_THE_CLOCK.value:
        wanted, fits = Staffing.UNSTATED, last.staffing is Staffing.UNSTATED
    elif printed.by is not None:
        wanted, fits = Staffing.ROUND_THE_CLOCK, last.staffing is not Staffing.WEEKLY
    else:
        wanted, fits = Staffing.ROUND_THE_CLOCK, last.staffing is Staffing.ROUND_THE_CLOCK
    if not fits:
        yield _rule(held, held.spot(last.place, "staffing"), last.staffing, wanted, printed)


def _late_staffing(held: Against, hours: Hours, printed: PrintedHours | None) -> Iterator[Finding]:
    """Round-the-clock service that the operator's hours begin after the document's deadline for it."""
    last = hours.stretches[-1]
    if printed is None or printed.by is None or last.starts is None:
        return
    in_time = datetime.combine(printed.by + timedelta(days=1), time(), ZoneInfo(held.plan.timezone))
    if last.staffing is Staffing.ROUND_THE_CLOCK and last.starts > in_time:
        yield held.differs(
            held.spot(last.place, "starts"),
            Fault(
                Code.INSTANT_DIFFERS,
                f"{hours.id} 的 7x24 始于 {last.starts.isoformat()}，晚于文件的期限 {printed.by}",
                f"7x24 of {hours.id} starts at {last.starts.isoformat()}, after {printed.by}",
                "若实际如此可保留 / keep it if that is what happened",
                Severity.WARNING,
            ),
            printed,
        )


def _centers(held: Against) -> Iterator[Finding]:
    told: set[Finding] = set()  # several centers may keep the same hours
    for printed in held.data.numbers:
        centers = held.plan.centers.get(printed.number, ())
        for center in centers:
            if not held.is_operators(center.place):
                found = [one for one in _center(held, center, printed) if one not in told]
                told.update(found)
                yield from found
        line = held.plan.line(printed.number)
        if line is None or line.schedule.mode is not Mode.BRANCH:
            continue
        for unit in printed.units:
            if not any(unit in center.name for center in centers):
                yield _rule(held, line.place, "、".join(c.name for c in centers) or "—", unit, printed)


def _center(held: Against, center: Center, printed: PrintedNumber) -> Iterator[Finding]:
    group = held.data.group_of(printed)
    if group.means is not None and center.means != group.means:
        is_now, should_be = ", ".join(center.means), ", ".join(group.means)
        yield _rule(held, held.spot(center.place, "means"), is_now, should_be, group)
    units = printed.units or (group.units.names if group.units else ())
    if units and not any(unit in center.name for unit in units):
        yield _rule(
            held, held.spot(center.place, "name"), center.name, "、".join(units), group.units or printed
        )
    if group.mode is Mode.BRANCH:
        yield from _staffing(held, center.hours, held.data.branch_hours)


def _other_instants(held: Against) -> Iterator[Finding]:
    plan = held.plan
    for platform in plan.platforms.values():
        yield from _unknown_instant(held, platform.place, "starts", platform.starts)
    for queue in plan.queues.values():
        yield from _unknown_instant(held, queue.place, "starts", queue.starts)
    centers = [center for some in plan.centers.values() for center in some]
    for center in centers:
        yield from _unknown_instant(held, center.place, "opens", center.opens)
    kept: list[Platform | Center | Queue | Utility] = [
        *plan.platforms.values(),
        *centers,
        *plan.queues.values(),
        *plan.utilities,
    ]
    for hours in {item.hours.place: item.hours for item in kept if item.hours}.values():
        for stretch in hours.stretches:
            if not stretch.illustrative:
                yield from _unknown_instant(held, stretch.place, "starts", stretch.starts)


def _unknown_instant(
    held: Against, place: str, key: str, instant: datetime | None, known: tuple[datetime, ...] = ()
) -> Iterator[Finding]:
    spot = held.spot(place, key)
    if instant is None or instant in known or held.is_operators(place) or held.is_operators(spot):
        return
    given = "、".join(moment.isoformat() for moment in known)
    yield held.differs(
        spot,
        Fault(
            Code.INSTANT_DIFFERS if known else Code.INSTANT_INVENTED,
            f"文件没有给出 {instant.isoformat()} 这个时刻" + (f"，文件是 {given}" if given else ""),
            "the document gives no such instant" + (f", but {given}" if given else ""),
            "移到 operator.yaml，或改为文件的时刻 / move it to operator.yaml, or write the document's",
        ),
    )


def _emergencies(held: Against) -> Iterator[Finding]:
    for printed in held.data.emergencies:
        for number in printed.numbers:
            emergency = held.plan.emergencies.get(number)
            if emergency is None:
                yield _rule(held, held.plan.place, "—", number, printed)
                continue
            unsaid = printed.out is EmergencyOut.UNSTATED and emergency.illustrative
            if printed.out is not None and emergency.out is not printed.out and not unsaid:
                yield _rule(held, held.spot(emergency.place, "out"), emergency.out, printed.out, printed)
            if printed.handed_in is not None and emergency.handed_in is not printed.handed_in:
                is_now, should_be = yes_or_no(emergency.handed_in), yes_or_no(printed.handed_in)
                yield _rule(
                    held, held.spot(emergency.place, "handed_in"), is_now or "—", should_be or "—", printed
                )


def _utilities(held: Against) -> Iterator[Finding]:
    planned = {utility.id: utility for utility in held.plan.utilities}
    for printed in held.data.utilities:
        utility = planned.get(printed.id)
        if utility is None:
            yield _rule(held, held.plan.place, "—", f"{printed.name} ({printed.id})", printed)
            continue
        if utility.parallel is not printed.parallel:
            is_now, should_be = yes_or_no(utility.parallel), yes_or_no(printed.parallel)
            yield _rule(held, held.spot(utility.place, "parallel"), is_now or "", should_be or "", printed)
        unsaid = not printed.means and utility.illustrative
        if printed.means is not None and set(utility.means) != set(printed.means) and not unsaid:
            is_now, should_be = ", ".join(utility.means) or "—", ", ".join(printed.means) or "[]"
            yield _rule(held, held.spot(utility.place, "means"), is_now, should_be, printed)
    for utility in held.plan.utilities:
        known = any(printed.id == utility.id for printed in held.data.utilities)
        if not known and not held.is_operators(utility.place):
            yield _rule(held, utility.place, utility.name, "—", None)


def _scope(held: Against) -> Iterator[Finding]:
    for system in held.data.excluded_systems:
        if not any(system.name in name for name in held.plan.excluded_systems):
            yield _rule(held, held.plan.place, "—", system.name, system)
    for name in held.plan.excluded_systems:
        if not any(system.name in name for system in held.data.excluded_systems):
            yield _rule(held, held.plan.place, name, "—", None)
    for matter in held.data.not_accepted:
        if not any(matter.what in item.what for item in held.plan.not_accepted):
            yield _rule(held, held.plan.place, "—", matter.what, matter)


def _demands(held: Against) -> Iterator[Finding]:
    for printed in held.data.demands:
        of_mode = [demand for demand in held.plan.demands if demand.mode is printed.mode]
        for key in ("transition", "announcement", "round_the_clock", "new_lines"):
            wanted = getattr(printed, key)
            has = next(
                (value for demand in of_mode if (value := getattr(demand, key)) in {True, wanted}), None
            )
            if wanted is not None and bool(has) is not wanted:
                place = of_mode[0].place if of_mode else held.plan.place
                yield _rule(held, place, yes_or_no(has) or "—", f"{key}: {yes_or_no(wanted)}", printed)
