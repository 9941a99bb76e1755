"""Instants, days and times of day as the plan language writes them.

Rules:
- An instant carries its full offset, `2021-10-01T00:00:00+08:00`; without one it is nobody's instant.
- Where the document gives none, the word is `unstated`.
- A day is `2021-10-01`, a time of day `09:00`; days of the week are `mon-fri` or `mon-wed,fri`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from callrouter.plans.codes import Code
from callrouter.plans.schema.fault import as_text, fault
from callrouter.plans.schema.suggestion import did_you_mean, half_width

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
_NAIVE = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)([T ](?P<time>\d\d:\d\d(:\d\d)?))?Z?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME_OF_DAY = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_DAY_NAME = "(mon|tue|wed|thu|fri|sat|sun)"
DAYS = f"^{_DAY_NAME}(-{_DAY_NAME})?(, ?{_DAY_NAME}(-{_DAY_NAME})?)*$"
_LOOSE_DAY = r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
_LOOSE_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2})(\.\d+)?)?"
_LOOSE_OFFSET = r"(?P<zulu>[zZ])|(?P<sign>[+-])(?P<east>\d{1,2})(:?(?P<rest>\d{2}))?"
_LOOSE = re.compile(f"{_LOOSE_DAY}([tT ]*{_LOOSE_TIME} ?({_LOOSE_OFFSET})?)?", re.ASCII)
"""However else an admin may write an instant."""
_CHINA = timezone(timedelta(hours=8))
_MIDNIGHT = 24 * 60
_YEARS = range(1950, 2200)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Unstated(Enum):
    """An instant that the document doesn't give."""

    UNSTATED = "unstated"


UNSTATED = Unstated.UNSTATED


def _instant(value: object) -> datetime:
    text = as_text(value)
    if _INSTANT.fullmatch(text):
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            instant = None
        if instant is None or instant.year not in _YEARS:
            raise fault(
                Code.IMPOSSIBLE_INSTANT,
                "没有这样的时刻",
                "there is no such instant",
                _midnight(text) or "检查年月日、时分秒和时区 / check date, time and offset",
            )
        return instant
    meant = _meant(text)
    how = (
        f"写成 {meant} / write {meant}"
        if meant
        else "写成 2021-10-01T00:00:00+08:00 这样 / write it like 2021-10-01T00:00:00+08:00"
    )
    if text.endswith("Z") and _NAIVE.fullmatch(text):
        local = text.replace("Z", "+08:00")
        raise fault(
            Code.NAIVE_INSTANT,
            "Z 是世界时，不是当地时间",
            "Z is UTC: the instant has no offset of this place",
            f"若指当地时间，写成 {local}；若确是世界时，写成 {meant} / "
            f"write {local} if that is local time, {meant} if it is UTC",
        )
    if _NAIVE.fullmatch(text):
        raise fault(Code.NAIVE_INSTANT, "时刻没有写时区", "the instant has no offset", how)
    raise fault(Code.WRONG_VALUE, "时刻的写法不对", "this is not an instant", how)


def _meant(text: str) -> str | None:
    """The instant as it should be written, if it can be told which one is meant; without an offset, China's."""
    found = _LOOSE.fullmatch(half_width(text))
    if found is None:
        return None
    year, month, day, hour, minute, second = (
        int(found[part] or 0) for part in ("year", "month", "day", "hour", "minute", "second")
    )
    east = timedelta(hours=int(found["east"] or 8), minutes=int(found["rest"] or 0))
    zone = UTC if found["zulu"] else timezone(-east if found["sign"] == "-" else east)
    try:
        instant = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return (instant.astimezone(_CHINA) if found["zulu"] else instant).isoformat()


def _midnight(text: str) -> str | None:
    """What to write instead of 24:00, where that is what is written."""
    try:
        began = datetime.fromisoformat(text.replace("T24:00:00", "T00:00:00"))
        instant = (began + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return None
    return f"24:00 是次日零时，写成 {instant} / 24:00 is the next midnight: write {instant}"


def _instant_or_unstated(value: object) -> datetime | Unstated:
    text = as_text(value)
    if text == UNSTATED.value:
        return UNSTATED
    if text.isalpha() and text.isascii():
        raise fault(
            Code.WRONG_VALUE, "不是时刻", "this is not an instant", did_you_mean(text, [UNSTATED.value])
        )
    return _instant(text)


def _day(value: object) -> date:
    text = as_text(value)
    if not _DAY.fullmatch(text):
        raise fault(
            Code.WRONG_VALUE,
            "日期的写法不对",
            "this is not a day",
            _day_meant(text) or "写成 2021-09-30 这样 / write it like 2021-09-30",
        )
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise fault(
            Code.IMPOSSIBLE_INSTANT,
            "没有这一天",
            "there is no such day",
            "检查年月日 / check year, month and day",
        )
    return day


def _day_meant(text: str) -> str | None:
    meant = (_meant(text) or "").partition("T")[0]
    return f"写成 {meant} / write {meant}" if meant else None


def _time_of_day(value: object) -> int:
    """Minutes since midnight."""
    text = as_text(value)
    if not re.fullmatch(TIME_OF_DAY, text):
        meant = half_width(text).zfill(len("09:00"))
        raise fault(
            Code.WRONG_VALUE,
            "应为 00:00 到 24:00 的时间",
            "a time from 00:00 to 24:00 is wanted here",
            f'写成 "{meant}" / write "{meant}"'
            if re.fullmatch(TIME_OF_DAY, meant)
            else '例如 "09:00" / for example "09:00"',
        )
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def _clock_time(value: object) -> int:
    """A time that a clock shows."""
    minutes = _time_of_day(value)
    if minutes == _MIDNIGHT:
        raise fault(
            Code.WRONG_VALUE,
            "这里不能写 24:00",
            "24:00 is not taken here",
            '写成 "00:00" 到 "23:59" 的时间 / write a time from "00:00" to "23:59"',
        )
    return minutes


def _days(value: object) -> tuple[int, ...]:
    """`mon-wed,fri` as weekdays; 0 is Monday."""
    text = as_text(value)
    days: list[int] = []
    for part in text.split(",") if re.fullmatch(DAYS, text) else ():
        first, _, last = part.strip().partition("-")
        days += range(_WEEKDAYS.index(first), _WEEKDAYS.index(last or first) + 1) or [-1]
    if not days or -1 in days or len(set(days)) != len(days):
        raise fault(
            Code.WRONG_VALUE,
            "应为星期几",
            "days of the week are wanted here, each once",
            "例如 mon-fri 或 mon,wed / for example mon-fri or mon,wed",
        )
    return tuple(sorted(days))


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$"}),
]
InstantOrUnstated = Annotated[
    datetime | Unstated,
    BeforeValidator(_instant_or_unstated),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$"},
                {"type": "string", "enum": ["unstated"]},
            ]
        }
    ),
]
Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"})
]
TimeOfDay = Annotated[
    int, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": TIME_OF_DAY})
]
ClockTime = Annotated[
    int,
    BeforeValidator(_clock_time),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}),
]
Days = Annotated[
    tuple[int, ...],
    BeforeValidator(_days),
    WithJsonSchema({"type": "string", "pattern": DAYS}),
]
