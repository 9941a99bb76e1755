"""Hours: stated, spoken as they are, and something planned for when nobody is there.

Rules:
- Hours that no document states are the operator's to give (C34). Calls count them as open until then.
- Only hours that still matter at the instant of the check are looked at: what is over harms nobody.
- Outside its hours a platform takes messages: a caller hears first what is happening, and when somebody is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, error, warning
from callrouter.plans.wanted_prompts import SPEAKS_HOURS, daily_span
from callrouter.vocabulary.hours import DaySpan, Hours, Span, Staffing, Stretch
from callrouter.vocabulary.line import Center
from callrouter.vocabulary.policy import Queue
from callrouter.vocabulary.territory import Platform

_MINUTES_A_DAY = 24 * 60
_MINUTES_A_WEEK = 7 * _MINUTES_A_DAY


def hours(subject: Subject) -> Iterator[Finding]:
    """Find hours that are not stated, and closed hours that nothing is planned for."""
    for platform in subject.plan.platforms.values():
        if platform.served:
            yield from _unstated(subject, platform, platform.hours, "平台")
            yield from _closed(subject, platform.hours, platform.id)
    for centers in subject.plan.centers.values():
        for center in centers:
            yield from _unstated(subject, center, center.hours, "分中心")
    for queue in subject.plan.queues.values():
        if queue.hours is not None:
            yield from _unstated(subject, queue, queue.hours, "队列")


def round_the_clock(hours: Hours) -> bool:
    """Whether somebody is there all the time, in the end."""
    return hours.stretches[-1].staffing is Staffing.ROUND_THE_CLOCK


def _unstated(subject: Subject, who: Platform | Center | Queue, hours: Hours, what: str) -> Iterator[Finding]:
    if any(stretch.staffing is Staffing.UNSTATED for stretch in _still_to_come(subject, hours)):
        yield warning(
            subject.spot(who.place, "hours"),
            Code.HOURS_UNSTATED,
            f"{what} {who.id} 的服务时间没有写明，暂按有人值守处理",
            f"the hours of {who.id} are not stated; until they are, somebody is taken to be there",
            "在 operator.yaml 给出 hours / give its `hours` in operator.yaml",
            source=who.source,
        )


def _closed(subject: Subject, hours: Hours, platform: str) -> Iterator[Finding]:
    desk = subject.plan.desks.closed
    closing = [stretch for stretch in _still_to_come(subject, hours) if _has_closed_time(stretch)]
    if not closing:
        return
    if desk.announcement is None:
        yield error(
            desk.place,
            Code.HOURS_WITHOUT_FALLBACK,
            f"平台 {platform} 有下班时间，非工作时间的来电（desks.closed）却没有提示",
            f"platform {platform} has closed hours, and callers outside them (desks.closed) would hear nothing",
            "给 desks.closed 写 announcement: H01，或改为 7x24 / write `announcement: H01` for desks.closed",
            source=closing[0].source,
        )
    elif desk.announcement in SPEAKS_HOURS:
        for stretch in closing:
            if daily_span(stretch) is None:
                yield error(
                    subject.spot(stretch.place, "weekly"),
                    Code.PROMPT_UNSPEAKABLE,
                    f"{desk.announcement} 说“每天几点到几点”，平台 {platform} 各天的服务时间却不同",
                    f"{desk.announcement} says daily hours, and those of platform {platform} differ by day",
                    "desks.closed 改用 N02，或每天写成同样的一段 / use N02, or one span for all days",
                    source=stretch.source,
                )


def _still_to_come(subject: Subject, hours: Hours) -> list[Stretch]:
    return [stretch for stretch in hours.stretches if stretch.ends is None or stretch.ends > subject.at]


def _has_closed_time(stretch: Stretch) -> bool:
    open_minutes = sum(_length(span) for span in stretch.spans)
    holiday = _MINUTES_A_DAY if stretch.holidays is None else sum(_length(span) for span in stretch.holidays)
    shut = open_minutes < _MINUTES_A_WEEK or holiday < _MINUTES_A_DAY
    return stretch.staffing is Staffing.WEEKLY and shut


def _length(span: Span | DaySpan) -> int:
    return span.closes - span.opens
