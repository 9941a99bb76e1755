"""Instants, days and times of day as the plan language writes them.

Rules:
- An instant carries its full offset, `2021-10-01T00:00:00+08:00`; without one it is nobody's instant.
- Where the document gives none, the word is `unstated`.
- A day is `2021-10-01`, a time of day `09:00`; days of the week are `mon-fri` or `mon-wed,fri`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import Enum
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from callrouter.plans.codes import Code
from callrouter.plans.schema.fault import as_text, fault
from callrouter.plans.schema.suggestion import did_you_mean

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
_NAIVE = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)([T ](?P<time>\d\d:\d\d(:\d\d)?))?Z?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)", re.ASCII)
_YEARS = range(1950, 2200)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LAST_MINUTE = 24 * 60


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
                "检查年月日、时分秒和时区 / check date, time and offset",
            )
        return instant
    naive = _NAIVE.fullmatch(text)
    if naive:
        time = naive["time"] or "00:00:00"
        whole = f"{naive['day']}T{time if len(time) == 8 else f'{time}:00'}+08:00"
        raise fault(
            Code.NAIVE_INSTANT, "时刻没有写时区", "the instant has no offset", f"写成 {whole} / write {whole}"
        )
    raise fault(
        Code.WRONG_VALUE,
        "时刻的写法不对",
        "this is not an instant",
        "写成 2021-10-01T00:00:00+08:00 这样 / write it like 2021-10-01T00:00:00+08:00",
    )


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
            "写成 2021-09-30 这样 / write it like 2021-09-30",
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


def _time_of_day(value: object) -> int:
    """Minutes since midnight."""
    match = _TIME.fullmatch(as_text(value))
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else None
    if minutes is None or minutes > _LAST_MINUTE:
        raise fault(
            Code.WRONG_VALUE,
            "应为 00:00 到 24:00 的时间",
            "a time from 00:00 to 24:00 is wanted here",
            '例如 "09:00" / for example "09:00"',
        )
    return minutes


def _days(value: object) -> tuple[int, ...]:
    """`mon-wed,fri` as weekdays; 0 is Monday."""
    text = as_text(value)
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        ends = (first, last if dash else first)
        if not all(day in _WEEKDAYS for day in ends) or (ends[0] != ends[1] and not dash):
            days = []
            break
        days += range(_WEEKDAYS.index(ends[0]), _WEEKDAYS.index(ends[1]) + 1) or [-1]
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
    int, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": r"^\d\d:\d\d$"})
]
Days = Annotated[
    tuple[int, ...],
    BeforeValidator(_days),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(mon|tue|wed|thu|fri|sat|sun)([-,] ?(mon|tue|wed|thu|fri|sat|sun))*$",
        }
    ),
]
