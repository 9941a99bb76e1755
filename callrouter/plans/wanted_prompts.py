"""Every announcement that a plan can ever play, so that each can be seen to exist before a call needs it.

Rules:
- One value per file key; two values with the same key mean that one recording would have to say two things.
- `stop_day` is the first day on which the number no longer serves, `last_day` the day before, both in the
  plan's time zone: a transition that ends at `2021-10-01T00:00+08:00` is spoken 使用到九月三十日.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from callrouter.vocabulary.plan import (
    Brand,
    Line,
    PhaseName,
    Plan,
    line_notice_key,
    platform_notice_key,
)


@dataclass(frozen=True, slots=True)
class WantedNotice:
    """An announcement and the values that are spoken in it."""

    key: str
    """The file key, such as `t01-12300` or `g01`."""
    notice: str
    """The catalogue id, such as `T01`."""
    number: str | None
    """The line's number; None for a notice of the whole platform, which speaks none of the next five."""
    spoken_number: str | None
    spoken_name: str | None
    stops_at: datetime | None
    """The instant at which the number is cancelled; None if it never is."""
    last_day: date | None
    stop_day: date | None
    brand: str
    place: str
    """The phase or desk that plays it, `file:line`."""


def wanted(plan: Plan) -> tuple[WantedNotice, ...]:
    """Everything that the plan can play, each once, sorted by key."""
    unique: dict[tuple[object, ...], WantedNotice] = {}
    for notice in (*_of_desks(plan), *_of_lines(plan)):
        said = (notice.key, notice.spoken_number, notice.spoken_name, notice.stops_at, notice.brand)
        unique.setdefault(said, notice)
    return tuple(sorted(unique.values(), key=lambda notice: (notice.key, notice.brand)))


def _of_desks(plan: Plan) -> Iterator[WantedNotice]:
    for desk in (plan.hotline, plan.emergency, plan.unknown_number):
        for brand in plan.brands:
            if desk.notice is not None:
                yield WantedNotice(
                    key=platform_notice_key(desk.notice),
                    notice=desk.notice,
                    number=None,
                    spoken_number=None,
                    spoken_name=None,
                    stops_at=None,
                    last_day=None,
                    stop_day=None,
                    brand=brand.name,
                    place=desk.place,
                )


def _of_lines(plan: Plan) -> Iterator[WantedNotice]:
    zone = ZoneInfo(plan.timezone)
    for line in plan.lines.values():
        stops_at = _stops_at(line)
        local = stops_at.astimezone(zone) if stops_at else None
        for phase in line.phases:
            if phase.notice is not None:
                yield WantedNotice(
                    key=line_notice_key(phase.notice, line.number),
                    notice=phase.notice,
                    number=line.number,
                    spoken_number=line.spoken_number,
                    spoken_name=line.spoken_name,
                    stops_at=stops_at,
                    last_day=(local - timedelta(microseconds=1)).date() if local else None,
                    stop_day=local.date() if local else None,
                    brand=_brand_at(plan.brands, phase.starts),
                    place=phase.place,
                )


def _stops_at(line: Line) -> datetime | None:
    for phase in line.phases:
        if phase.name is PhaseName.ENDED:
            return phase.starts
    return None


def _brand_at(brands: tuple[Brand, ...], at: datetime | None) -> str:
    current = brands[0]
    for brand in brands:
        if at is not None and brand.starts is not None and brand.starts <= at:
            current = brand
    return current.name
