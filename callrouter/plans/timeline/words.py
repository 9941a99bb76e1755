"""What a timeline calls things, in Chinese or English."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from callrouter.decide.calendar import WEEKDAY_WORDS
from callrouter.decide.words import MODE_WORDS, NUMBER_FATE_WORDS, PHASE_WORDS, SEAT_FATE_WORDS
from callrouter.plans.timeline.holidays import DaysOff
from callrouter.plans.timeline.rows import RowKind
from callrouter.vocabulary.migration import Landing, PhaseName, Schedule


class Tongue(StrEnum):
    """The language of a table or a drawing."""

    ZH = "zh"
    EN = "en"


_LANDINGS: Final = {
    Landing.PLATFORM: ("12345接听", "12345 answers"),
    Landing.DEPARTMENT: ("部门接听", "department answers"),
    Landing.BRANCH: ("分中心接听", "branch answers"),
    Landing.EXTERNAL: ("原处接听", "rings elsewhere"),
    Landing.RELEASED: ("提示后释放", "told and released"),
    Landing.EMERGENCY: ("紧急服务", "emergency service"),
}
"""Shorter than what a decision says of a call that reached us: here nobody has called."""

_KINDS: Final = {
    RowKind.LINE: ("号码", "line"),
    RowKind.LIST: ("号码表", "list"),
    RowKind.CLASS: ("未列号码", "no numbers given"),
}

_PHRASES: Final = {
    "phase": ("阶段", "phase"),
    "from": ("自", "from"),
    "to": ("至（不含）", "to (exclusive)"),
    "landing": ("由谁接听", "who answers"),
    "announcement": ("提示", "announcement"),
    "source": ("出处", "source"),
    "since_ever": ("—", "—"),
    "further_notice": ("—", "—"),
    "undated": ("时刻未定", "no instant yet"),
    "due": ("期限", "due"),
    "illustrative": (
        "示例（文件未写明，由运行方选择）",
        "illustrative (the operator's choice; the document is silent)",
    ),
    "whole_plan": ("整个计划", "the whole plan"),
    "not_to_scale": ("横轴按先后排列，间距不按比例", "in order of time, not to scale"),
    "local_time": ("当地时间", "local time"),
    "days_off": ("节假日与调休（服务时间按此）", "Public holidays and make-up workdays (hours go by them)"),
    "seats": (
        "先接本热线来电的座席（其余时间由综合座席接）",
        "Seats that answer their lines first (else general ones do)",
    ),
    "seats_since": ("{}起", "from {}"),
    "seats_hours": ("服务时间 {}", "hours {}"),
    "closed": ("不上班", "closed"),
    "dues": (
        "期限（当日仍在期限内；期限不会自动切换）",
        "Deadlines (the day itself is in time; none switches anything)",
    ),
}


def phase_word(name: PhaseName, tongue: Tongue) -> str:
    """What people call a phase."""
    return PHASE_WORDS[name] if tongue is Tongue.ZH else _english(name)


def landing_word(landing: Landing, tongue: Tongue) -> str:
    """Who answers."""
    zh, en = _LANDINGS[landing]
    return zh if tongue is Tongue.ZH else en


def kind_word(kind: RowKind, tongue: Tongue) -> str:
    """What sort of row it is."""
    zh, en = _KINDS[kind]
    return zh if tongue is Tongue.ZH else en


def schedule_words(schedule: Schedule, tongue: Tongue) -> str:
    """Mode, number fate and seat fate: `整体并入 · 号码取消 · 座席并入`."""
    if tongue is Tongue.ZH:
        words = (
            MODE_WORDS[schedule.mode],
            NUMBER_FATE_WORDS[schedule.number_fate],
            SEAT_FATE_WORDS[schedule.seat_fate],
        )
    else:
        words = (
            _english(schedule.mode),
            f"number {_english(schedule.number_fate)}",
            f"seats {_english(schedule.seat_fate)}",
        )
    return " · ".join(words)


def _english(of: StrEnum) -> str:
    return of.value.replace("_", " ")


def phrase(key: str, tongue: Tongue) -> str:
    """A fixed phrase of tables and drawings."""
    zh, en = _PHRASES[key]
    return zh if tongue is Tongue.ZH else en


def day_off(off: DaysOff, tongue: Tongue) -> tuple[str, ...]:
    """One entry of the calendar as cells: hours, days, name, what holds, notice."""
    days = off.first.isoformat() if off.first == off.last else f"{off.first} – {off.last}"
    return off.hours, days, off.name, _what_holds(off, tongue), off.source


def _what_holds(off: DaysOff, tongue: Tongue) -> str:
    if off.weekday is not None:
        zh, en = WEEKDAY_WORDS[off.weekday]
        return f"上班，照{zh}" if tongue is Tongue.ZH else f"worked, as on a {en}"
    return ", ".join(f"{_time(one.opens)}-{_time(one.closes)}" for one in off.holds or ()) or phrase(
        "closed", tongue
    )


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def local(instant: datetime, zone: ZoneInfo) -> str:
    """`2021-06-01 00:00`, with seconds only where there are any."""
    there = instant.astimezone(zone)
    return f"{there:%Y-%m-%d %H:%M:%S}" if there.second else f"{there:%Y-%m-%d %H:%M}"
