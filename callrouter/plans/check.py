"""What an admin should know about a plan that loads: all of it, each with its place.

Rules:
- Loading refuses what can't be right; a check tells what may be right, but wants a look.
- Only ERROR stands in the way of serving: a caller would hear nothing. The rest never stops anything.
- A deadline is reported once it has passed; only an instant in a phase ever switches a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from callrouter.vocabulary.plan import Due, Line, LineClass, Phase, PhaseName, Plan

_READINGS = {
    "0": "零〇", "1": "幺一", "2": "二", "3": "三", "4": "四",
    "5": "五", "6": "六", "7": "七", "8": "八", "9": "九",
}  # fmt: skip


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class FindingCode(StrEnum):
    """What a check may find."""

    UNKNOWN_NOTICE = "unknown_notice"
    """A phase or desk names an announcement that the catalogue doesn't have."""
    SPOKEN_NUMBER_DIFFERS = "spoken_number_differs"
    """The spoken number is not the number, digit for digit."""
    OFFSET_DIFFERS = "offset_differs"
    """An instant is written with another offset than the plan's time zone has then."""
    BEFORE_FOR_EVER = "before_for_ever"
    """The last phase is `before`: nobody has given the instant yet."""
    DEADLINE_WITHOUT_INSTANT = "deadline_without_instant"
    """As before, and a deadline of the line has passed."""
    DEADLINE_PASSED = "deadline_passed"
    """A deadline has passed; nothing was switched by it."""
    CLASS_WITHOUT_NUMBERS = "class_without_numbers"
    """A class of lines that the document does not number: its calls count as unknown numbers."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    severity: Severity
    code: FindingCode
    place: str
    text: str
    """What was found and what to do; Chinese, then English."""

    def __str__(self) -> str:
        return f"{self.place}: {self.severity} {self.code}: {self.text}"


def check(plan: Plan, notices: Set[str], at: datetime) -> tuple[Finding, ...]:
    """All findings, in the order of the files' places.

    `notices` are the ids of the catalogue; `at` is the instant against which deadlines are held.
    """
    found = {
        *_notices(plan, notices),
        *_spoken(plan),
        *_offsets(plan),
        *_deadlines(plan, at),
        *_classes(plan),
    }
    return tuple(sorted(found, key=_reading_order))


def _reading_order(finding: Finding) -> tuple[str, int, str, str]:
    file, _, line = finding.place.rpartition(":")
    return file, int(line), finding.code, finding.text


def _schedules(plan: Plan) -> Iterator[tuple[Line | LineClass, str, tuple[Phase, ...], tuple[Due, ...]]]:
    for line in plan.lines.values():
        yield line, line.number, line.phases, line.dues
    for line_class in plan.classes:
        yield line_class, line_class.id, line_class.phases, line_class.dues


def _notices(plan: Plan, notices: Set[str]) -> Iterator[Finding]:
    used = [(desk.notice, desk.place) for desk in (plan.hotline, plan.emergency, plan.unknown_number)]
    used += [(phase.notice, phase.place) for _, _, phases, _ in _schedules(plan) for phase in phases]
    for notice, place in used:
        if notice is not None and notice not in notices:
            yield Finding(
                Severity.ERROR,
                FindingCode.UNKNOWN_NOTICE,
                place,
                f"提示目录里没有 {notice}，改编号或补录 / "
                f"the catalogue has no {notice}: correct the id or add the announcement",
            )


def _spoken(plan: Plan) -> Iterator[Finding]:
    written = [(line.number, line.spoken_number, line.place) for line in plan.lines.values()]
    written.append((plan.hotline_number, plan.hotline_spoken, plan.place))
    for number, spoken, place in written:
        same = len(number) == len(spoken) and all(
            char in _READINGS[digit] for digit, char in zip(number, spoken, strict=True)
        )
        if not same:
            yield Finding(
                Severity.WARNING,
                FindingCode.SPOKEN_NUMBER_DIFFERS,
                place,
                f"{number} 的读法写成了 {spoken}，请核对 / spoken {spoken}: see whether that is {number}",
            )


def _offsets(plan: Plan) -> Iterator[Finding]:
    zone = ZoneInfo(plan.timezone)
    dated = [(brand.starts, brand.place) for brand in plan.brands]
    for _, _, phases, _ in _schedules(plan):
        dated += [(instant, phase.place) for phase in phases for instant in (phase.starts, phase.ends)]
    for instant, place in dated:
        if instant is not None and instant.utcoffset() != instant.astimezone(zone).utcoffset():
            meant = instant.astimezone(zone).isoformat()
            yield Finding(
                Severity.WARNING,
                FindingCode.OFFSET_DIFFERS,
                place,
                f"{instant.isoformat()} 不是 {plan.timezone} 的写法，即当地 {meant}，请核对 / "
                f"this is {meant} in {plan.timezone}: see whether that is meant",
            )


def _deadlines(plan: Plan, at: datetime) -> Iterator[Finding]:
    today = at.astimezone(ZoneInfo(plan.timezone)).date()
    late: dict[tuple[Due, str], list[str]] = {}
    for owner, name, phases, dues in _schedules(plan):
        passed = [due for due in dues if due.by < today]
        if phases[-1].name is PhaseName.BEFORE:
            yield _still_before(owner.place, name, passed)
            continue
        for due in passed:
            late.setdefault((due, phases[0].place), []).append(name)
    for (due, place), names in late.items():
        yield Finding(
            Severity.NOTE,
            FindingCode.DEADLINE_PASSED,
            place,
            f"期限 {due.by} 已过（{due.source}）：{due.what}。请确认已完成；期限不切换任何规则 / "
            f"the deadline has passed: see that it was met; it switches nothing ({', '.join(names)})",
        )


def _still_before(place: str, name: str, passed: list[Due]) -> Finding:
    if passed:
        days = ", ".join(f"{due.by} ({due.source})" for due in passed)
        return Finding(
            Severity.WARNING,
            FindingCode.DEADLINE_WITHOUT_INSTANT,
            place,
            f"{name} 的期限 {days} 已过，却没有生效时刻，请补上下一阶段 / "
            f"the deadline of {name} has passed and no instant is given: add the next phase",
        )
    return Finding(
        Severity.WARNING,
        FindingCode.BEFORE_FOR_EVER,
        place,
        f"{name} 没有生效时刻，一直停在 before,请补上下一阶段 / it stays `before`: add the next phase",
    )


def _classes(plan: Plan) -> Iterator[Finding]:
    for line_class in plan.classes:
        yield Finding(
            Severity.NOTE,
            FindingCode.CLASS_WITHOUT_NUMBERS,
            line_class.place,
            f"{line_class.name}：文件没有列出号码，打到本平台的按未知号码处理；得到号码后写入 lines / "
            f"the document gives no numbers: calls count as unknown numbers until they are added to lines",
        )
