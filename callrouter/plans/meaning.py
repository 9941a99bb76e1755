"""Whether well-formed parts make sense together: phases that meet, names that exist, numbers that may move.

Rules:
- A schedule's first phase has no start, its last no end, and each begins at the instant the one before ends:
  so exactly one is in force at any instant. A gap, an overlap, a reversed or an empty phase is an error.
- A call may only be released after a notice.
- An emergency number never migrates (C37), and 12345 is no line of its own.
- Sources cite the document that the plan implements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from callrouter.plans.errors import Fault, clipped
from callrouter.plans.reading import Where, Written
from callrouter.plans.schema import BrandPart, ClassPart, HotlinePart, LinePart, PhasePart, SchedulePart
from callrouter.plans.validation import did_you_mean
from callrouter.vocabulary.numbers import EMERGENCY_CODES
from callrouter.vocabulary.plan import Mode, OnArrival


def judge_jurisdiction(name: str, folder: str, written: Written) -> None:
    """Judge whether the plan stands in the folder of its name."""
    if name != folder:
        written.report(
            ("jurisdiction",),
            Fault(
                f"“{clipped(name)}”与文件夹名“{clipped(folder)}”不一致",
                f"this is not the folder's name {clipped(folder)}",
                "两处改成一样 / make the two the same",
            ),
        )


def judge_timezone(name: str, written: Written) -> None:
    """Judge whether there is such a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        written.report(
            ("timezone",),
            Fault("没有这个时区", "there is no such time zone", "写成 Asia/Shanghai / write Asia/Shanghai"),
        )


def judge_area_codes(codes: Sequence[str], written: Written) -> None:
    """Judge whether an area code stands twice."""
    for index, code in enumerate(codes):
        if code in codes[:index]:
            written.report(("area_codes", index), Fault(f"区号 {code} 重复", "listed twice", _KEEP_ONE))


def judge_brands(brands: Sequence[BrandPart], written: Written) -> None:
    """Judge whether the platform has exactly one name at any instant."""
    if brands[0].starts is not None:
        written.report(("brands", 0, "starts"), _FIRST_STARTS)
    for index, (one, other) in enumerate(pairwise(brands), start=1):
        at: Where = ("brands", index)
        if other.starts is None:
            written.report(at, _NO_START)
        elif one.starts is not None and other.starts <= one.starts:
            place = written.place(("brands", index - 1))
            written.report(
                (*at, "starts"),
                Fault(
                    f"不晚于前一个名称（{place}）",
                    f"not later than the brand at {place}",
                    "按时间先后排列 / sort them by time",
                ),
            )


def judge_hotline(part: HotlinePart, written: Written) -> None:
    """Judge whether 12345 itself is a number that may be one."""
    if part.number in EMERGENCY_CODES:
        written.report(("hotline", "number"), _EMERGENCY)


def judge_schedule(part: SchedulePart, where: Where, written: Written) -> None:
    """Judge the phases of one schedule against one another."""
    if part.mode is Mode.HOTLINE:
        written.report((*where, "mode"), _HOTLINE_MODE)
    last = len(part.phases) - 1
    for index, phase in enumerate(part.phases):
        at = (*where, "phases", index)
        if index == 0 and phase.starts is not None:
            written.report((*at, "starts"), _FIRST_STARTS)
        if index > 0 and phase.starts is None:
            written.report(at, _NO_START)
        if index == last and phase.ends is not None:
            written.report((*at, "ends"), _LAST_ENDS)
        if index < last and phase.ends is None:
            written.report(at, _NO_END)
        if phase.starts is not None and phase.ends is not None and phase.ends <= phase.starts:
            written.report((*at, "ends"), _reversed(phase, written.place((*at, "starts"))))
        if phase.on_arrival is OnArrival.RELEASE and phase.notice is None:
            written.report(at, _MUTE_RELEASE)
    for index, (one, other) in enumerate(pairwise(part.phases)):
        _judge_neighbours(one, other, (*where, "phases", index), (*where, "phases", index + 1), written)


def judge_sources(
    part: SchedulePart | LinePart | ClassPart, ref: str, where: Where, written: Written
) -> None:
    """Judge whether every source of the part cites the plan's own document."""
    cited: list[tuple[Where, str]] = []
    match part:
        case SchedulePart():
            cited += [
                ((*where, "phases", index, "source"), phase.source) for index, phase in enumerate(part.phases)
            ]
            cited += [((*where, "dues", index, "source"), due.source) for index, due in enumerate(part.dues)]
        case LinePart() | ClassPart():
            cited.append(((*where, "source"), part.source))
    for at, source in cited:
        if not source.startswith(f"{ref}:"):
            written.report(
                at,
                Fault(
                    f"出处 {source} 不是本计划的文件 {ref}",
                    f"{source} is not in this plan's document {ref}",
                    f"以 {ref}: 开头 / begin it with {ref}:",
                ),
            )


def judge_line(
    part: LinePart, where: Where, hotline: str | None, first: Mapping[str, Where], written: Written
) -> None:
    """Judge a line's number; `first` says where each number was seen before."""
    at = (*where, "number")
    if part.number in EMERGENCY_CODES:
        written.report(at, _EMERGENCY)
    if part.number == hotline:
        written.report(at, _HOTLINE_AS_LINE)
    if part.number in first:
        place = written.place(first[part.number])
        written.report(
            at, Fault(f"号码 {part.number} 重复，已见于 {place}", f"already at {place}", _KEEP_ONE)
        )


def judge_reference(schedule: str, known: list[str], where: Where, written: Written) -> None:
    """Judge whether the schedule that a line or class follows exists; if there are none, that is told already."""
    if known and schedule not in known:
        written.report(
            (*where, "schedule"),
            Fault(
                f"没有名为“{schedule}”的 schedule",
                f"there is no schedule {schedule}",
                did_you_mean(schedule, known),
            ),
        )


def judge_class_id(part: ClassPart, where: Where, first: Mapping[str, Where], written: Written) -> None:
    """Judge a class's id; `first` says where each id was seen before."""
    if part.id in first:
        place = written.place(first[part.id])
        written.report(
            (*where, "id"), Fault(f"{part.id} 重复，已见于 {place}", f"already at {place}", _KEEP_ONE)
        )


def _judge_neighbours(one: PhasePart, other: PhasePart, at: Where, next_at: Where, written: Written) -> None:
    if one.ends is None or other.starts is None or one.ends == other.starts:
        return
    ended, started = one.ends.isoformat(), other.starts.isoformat()
    place = written.place((*at, "ends"))
    zh, en = ("的时间重叠", "overlap") if other.starts < one.ends else ("之间有空档", "leave a gap")
    written.report(
        (*next_at, "starts"),
        Fault(
            f"阶段 {one.name}（{place}，止于 {ended}）与 {other.name}（始于 {started}）{zh}",
            f"the phases {one.name} (ends at {place}) and {other.name} {en}",
            "前一阶段的 ends 必须等于后一阶段的 starts / make them equal",
        ),
    )


def _reversed(phase: PhasePart, starts_at: str) -> Fault:
    if phase.ends == phase.starts:
        zh, en = "阶段是空的：ends 等于 starts", "the phase is empty: it ends where it starts"
    else:
        zh, en = "阶段颠倒：ends 早于 starts", "the phase is reversed: it ends before it starts"
    return Fault(
        f"{zh}（{starts_at}）",
        f"{en} ({starts_at})",
        "检查两个时刻；ends 是首个不再适用的时刻 / check both; ends is the first instant that is outside",
    )


_KEEP_ONE = "只保留一个 / keep one of the two"
_EMERGENCY = Fault(
    "紧急号码不得归并",
    "an emergency number never migrates",
    "从计划中删除；紧急呼叫由 desks.emergency 处理 / take it out; desks.emergency serves such calls",
)
_HOTLINE_AS_LINE = Fault(
    "12345 本身不是被归并的热线",
    "this is the hotline itself, not a line that moves to it",
    "删除此项；见 plan.yaml 的 hotline / take it out; see hotline in plan.yaml",
)
_HOTLINE_MODE = Fault(
    "hotline 只指 12345 本身",
    "hotline is 12345 itself, not a way to migrate",
    "写 merged、dual、branch 等 / write merged, dual, branch, …",
)
_FIRST_STARTS = Fault(
    "第一项不能写 starts",
    "the first one has been there since ever",
    "删除这一行，或在前面补一项 / delete this line, or put another one in front",
)
_LAST_ENDS = Fault(
    "最后一个阶段不能写 ends,否则其后无规则可用",
    "the last phase has no end, or nothing would hold after it",
    "删除这一行，或补上下一阶段 / delete this line, or add the phase that follows",
)
_NO_START = Fault(
    "缺少 starts", "starts is missing", "只有第一项可以不写 starts / only the first one may leave it out"
)
_NO_END = Fault(
    "缺少 ends", "ends is missing", "只有最后一个阶段可以不写 ends / only the last phase may leave it out"
)
_MUTE_RELEASE = Fault(
    "on_arrival 为 release 却没有 notice,来电人会什么都听不到",
    "release without a notice: the caller would hear nothing",
    "加上 notice: X02 / add notice: X02",
)
