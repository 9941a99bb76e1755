"""Whether stretches of time follow one another: phases of a schedule, stretches of hours, names of the platform.

Rules:
- The first begins since ever; each other begins where the one before ends; the last has no end: so exactly one is in
  force at any instant. A gap, an overlap, a reversed or an empty stretch is an error.
- An end may be left out: it is the start of the next.
- What has no instant yet (`unstated`) stands behind everything that has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault
from callrouter.plans.reading.written import Where, Written, column_of, line_of
from callrouter.plans.schema.times import UNSTATED, Unstated


@dataclass(frozen=True, slots=True)
class Timed:
    """A stretch of time as it is written."""

    label: str
    starts: datetime | Unstated | None
    ends: datetime | None
    where: Where
    written: Written
    starts_at: tuple[Written, int] | None = None
    """Where the operator has given the start."""

    def report_start(self, fault: Fault) -> None:
        """Note a fault of the start."""
        written, at = self.starts_at or (self.written, self.written.value_at((*self.where, "starts")))
        written.report(at, fault)

    def report_end(self, fault: Fault) -> None:
        """Note a fault of the end."""
        self.written.report(self.written.value_at((*self.where, "ends")), fault)

    def report(self, fault: Fault) -> None:
        """Note a fault of the stretch."""
        self.written.report(self.written.key_at(self.where), fault)

    def place_of(self, key: str) -> str:
        """Where its start or end stands, for a reader."""
        at = self.written.value_at((*self.where, key))
        return f"{self.written.name}:{line_of(at)}:{column_of(at)}"


def judge_succession(stretches: Sequence[Timed]) -> bool:
    """Report what is wrong with the order; True if nothing is."""
    before = sum(len(one.written.findings) for one in stretches)
    first, last = stretches[0], stretches[-1]
    if first.starts is not None:
        first.report_start(_FIRST_STARTS)
    for one in stretches[1:]:
        if one.starts is None:
            one.report(_NO_START)
    for one in stretches:
        if isinstance(one.starts, datetime) and one.ends is not None and one.ends <= one.starts:
            one.report_end(_reversed(one))
    for one, other in pairwise(stretches):
        _judge_neighbours(one, other)
    if last.ends is not None:
        last.report_end(_LAST_ENDS)
    return sum(len(one.written.findings) for one in stretches) == before


def _judge_neighbours(one: Timed, other: Timed) -> None:
    if other.starts is UNSTATED:
        if one.ends is not None:
            one.report_end(_ENDS_BEFORE_UNDATED)
        return
    if one.starts is UNSTATED and other.starts is not None:
        other.report_start(_UNDATED_BEFORE_DATED)
    if not isinstance(other.starts, datetime):
        return
    if one.ends is not None:
        if isinstance(one.starts, datetime) and one.ends <= one.starts:
            return  # told already: the end itself is wrong
        if one.ends != other.starts:
            other.report_start(_apart(one, other, one.ends, other.starts))
    elif isinstance(one.starts, datetime) and other.starts <= one.starts:
        other.report_start(_not_later(one, other))


def _apart(one: Timed, other: Timed, ends: datetime, starts: datetime) -> Fault:
    gap = starts > ends
    place = one.place_of("ends")
    return Fault(
        Code.PHASE_GAP if gap else Code.PHASE_OVERLAP,
        f"{one.label}（{place}，止于 {ends.isoformat()}）与 {other.label}（始于 {starts.isoformat()}）"
        f"{'之间有空档' if gap else '的时间重叠'}",
        f"{one.label} (ends at {place}) and {other.label} {'leave a gap' if gap else 'overlap'}",
        "前一段的 ends 必须等于后一段的 starts,或删除 ends / make the two equal, or delete ends",
    )


def _not_later(one: Timed, other: Timed) -> Fault:
    place = one.place_of("starts")
    return Fault(
        Code.PHASE_ORDER,
        f"{other.label} 不晚于前一段 {one.label}（{place}）",
        f"{other.label} does not start after {one.label} at {place}",
        "按时间先后排列 / sort them by time",
    )


def _reversed(one: Timed) -> Fault:
    place = one.place_of("starts")
    if one.ends == one.starts:
        zh, en = "这一段是空的：ends 等于 starts", "this is empty: it ends where it starts"
    else:
        zh, en = "颠倒了：ends 早于 starts", "this is reversed: it ends before it starts"
    return Fault(
        Code.PHASE_ORDER,
        f"{zh}（{place}）",
        f"{en} ({place})",
        "检查两个时刻；ends 是首个不再适用的时刻 / check both; ends is the first instant that is outside",
    )


_FIRST_STARTS = Fault(
    Code.PHASE_ORDER,
    "第一项不能写 starts",
    "the first one has been there since ever",
    "删除这一行，或在前面补一项 / delete this line, or put another one in front",
)
_LAST_ENDS = Fault(
    Code.PHASE_ORDER,
    "最后一项不能写 ends,否则其后无规则可用",
    "the last one has no end, or nothing would hold after it",
    "删除这一行，或补上下一项 / delete this line, or add the one that follows",
)
_ENDS_BEFORE_UNDATED = Fault(
    Code.PHASE_GAP,
    "下一阶段还没有时刻，这里不能写 ends,否则其后无规则可用",
    "the next phase has no instant yet: with an end here nothing would hold after it",
    "删除这一行 / delete this line",
)
_UNDATED_BEFORE_DATED = Fault(
    Code.PHASE_ORDER,
    "前面的阶段还没有时刻，这一阶段不能有",
    "the phase before has no instant yet, so this one can have none",
    "先给出前一阶段的时刻，或这里也写 unstated / date the phase before, or write unstated here too",
)
_NO_START = Fault(
    Code.MISSING_KEY,
    "缺少 starts",
    "starts is missing",
    "写上时刻；文件没有给出则写 unstated（只限阶段）；只有第一项可以不写 / "
    "write the instant, or `unstated` for a phase; only the first one may leave it out",
)
