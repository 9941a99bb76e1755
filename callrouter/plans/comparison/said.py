"""What a plan says of one call while its people are on duty, and at other hours: values that can be compared.

Rules:
- It is the treatment and what the record will say: reasons, places, names, versions and what comes next are not.
- The dialled number itself is `*`, so that numbers that change alike are seen to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from callrouter.decide.calendar import WEEKDAY_WORDS, special_day
from callrouter.decide.dialled_line import find_dialled
from callrouter.decide.hours import stretch_at
from callrouter.decide.route import case_of
from callrouter.decide.ruling import Case
from callrouter.plans.comparison.ways import Way
from callrouter.vocabulary.call import Call, Clues
from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.hours import DaySpan, Hours, Stretch
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Ask, Dial, Release, treatment_word

ITSELF: Final = "*"


class Said(NamedTuple):
    """What a plan does with a call while its people are on duty, and what at other hours."""

    line: str | None
    mode: str
    phase: str | None
    landing: str
    treatment: str
    """`queue:hotline:0`, `dial:tax:0`, `release:22`."""
    announcement: str | None
    stray: bool
    platform: str
    entry: str
    area: str | None
    here: str
    answers: str
    number_fate: str | None
    seat_fate: str | None
    expert_seats: bool | None
    tag: str | None
    source: str | None
    register_rule: str | None
    notice: str | None
    hours: str | None = None
    """Outside of which something else holds; None: it always holds."""
    otherwise: Said | None = None


class Change(NamedTuple):
    """One thing that a plan says of a call, and the other one otherwise."""

    what: str
    """A field of `Said`; `otherwise.` before it: outside the hours."""
    before: object
    after: object


def case_for(number: str, way: Way, plan: Plan, at: datetime) -> Case:
    """What the plan has for such a call in the epoch of `at`."""
    clues = Clues((way.area or "") + number)
    called, found_by = find_dialled(clues, plan.trunks.get(way.trunk), plan)
    caller = parse_number(way.caller, plan.short_codes)
    return case_of(Call("", called, found_by, caller, way.trunk, at, way.platform), plan, at)


def chain(case: Case, number: str) -> tuple[tuple[Said, ...], tuple[Hours, ...]]:
    """What is said in turn, and the hours of all but the last of them."""
    told, kept = [_told(case.ruling, number)], []
    while case.hours is not None and case.otherwise is not None:
        kept.append(case.hours)
        case = case.otherwise
        told.append(_told(case.ruling, number))
    return tuple(told), tuple(kept)


def whole(told: tuple[Said, ...], kept: tuple[Hours, ...], plan: Plan, at: datetime) -> Said:
    """All of it as one value, with the hours that hold at `at` in words."""
    last = told[-1]
    for one, hours in zip(reversed(told[:-1]), reversed(kept), strict=True):
        last = one._replace(hours=_spelled(hours, plan, at), otherwise=last)
    return last


def changes_of(before: Said, after: Said) -> Iterator[Change]:
    """What is said otherwise, in the order of the fields."""
    for what in Said._fields[:-1]:
        old, new = getattr(before, what), getattr(after, what)
        if old != new:
            yield Change(what, old, new)
    if before.otherwise is not None and after.otherwise is not None:
        for change in changes_of(before.otherwise, after.otherwise):
            yield change._replace(what=f"otherwise.{change.what}")
    elif before.otherwise != after.otherwise:
        shown = [one.treatment if one is not None else None for one in (before.otherwise, after.otherwise)]
        yield Change("otherwise", *shown)


def _told(ruling: Ruling, number: str) -> Said:
    notice: str | None = getattr(ruling.treatment, "notice", None)
    own = ruling.line == number
    return Said(
        line=ITSELF if own else ruling.line,
        mode=ruling.mode.value,
        phase=ruling.phase.value if ruling.phase else None,
        landing=ruling.landing.value,
        treatment=_treatment(ruling),
        announcement=ruling.announcement,
        stray=ruling.stray,
        platform=ruling.platform,
        entry=ruling.entry,
        area=ruling.area,
        here=ruling.here,
        answers=ruling.answers,
        number_fate=ruling.number_fate.value if ruling.number_fate else None,
        seat_fate=ruling.seat_fate.value if ruling.seat_fate else None,
        expert_seats=ruling.expert_seats,
        tag=ruling.tag,
        source=ruling.source,
        register_rule=ruling.register_rule,
        notice=notice.replace(f"-{number}-", f"-{ITSELF}-") if notice and own else notice,
    )


def _treatment(ruling: Ruling) -> str:
    treatment = ruling.treatment
    word = treatment_word(treatment)
    match treatment:
        case Release(cause=cause):
            return f"{word}:{cause}"
        case Dial(peer=peer, queue=queue, priority=priority):
            return f"{word}:{peer}:{priority} ({queue})"
        case Ask(menu=menu, queue=queue, priority=priority):
            return f"{word}:{menu}:{priority} ({queue})"
        case _:
            return f"{word}:{treatment.queue}:{treatment.priority}"


def _spelled(hours: Hours, plan: Plan, at: datetime) -> str:
    """The hours that hold at `at`, and what the calendar says of that very day, where they ask it."""
    stretch = stretch_at(hours, at)
    found = special_day(stretch, at.astimezone(ZoneInfo(plan.timezone)).date(), plan.calendar)
    words = [
        " ".join(filter(None, (_weekdays(stretch), _calendar(stretch)))) or "—",
        f"[{found.day} {found.kind.value}]" if found is not None else "",
        "" if plan.timezone == "Asia/Shanghai" else plan.timezone,
    ]
    return " ".join(filter(None, words))


@lru_cache(maxsize=256)
def _weekdays(stretch: Stretch) -> str:
    """`mon-fri 09:00-17:00`: days in a row that are alike are one."""
    words = [en[:3].lower() for _, en in WEEKDAY_WORDS]
    runs: list[tuple[int, int, str]] = []
    for day in range(7):
        spans = [DaySpan(one.opens, one.closes) for one in stretch.spans if one.weekday == day]
        text = _spans(spans)
        if runs and runs[-1][2] == text:
            runs[-1] = (runs[-1][0], day, text)
        else:
            runs.append((day, day, text))
    return "; ".join(
        f"{words[first] if first == last else f'{words[first]}-{words[last]}'} {text}"
        for first, last, text in runs
        if text
    )


def _calendar(stretch: Stretch) -> str:
    """What holds on holidays and make-up workdays."""
    holidays = "" if stretch.holidays is None else f"holidays {_spans(stretch.holidays) or 'closed'}"
    days = "" if stretch.workdays is None else f"workdays {WEEKDAY_WORDS[stretch.workdays][1][:3].lower()}"
    return " ".join(filter(None, (holidays, days)))


def _spans(spans: tuple[DaySpan, ...] | list[DaySpan]) -> str:
    return ",".join(f"{_time(one.opens)}-{_time(one.closes)}" for one in spans)


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
