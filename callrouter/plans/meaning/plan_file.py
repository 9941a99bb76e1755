"""Whether the parts of `plan.yaml` make sense together: names, hours, platforms, queues.

Rules:
- A platform's parent is of a higher level; a county is nobody's home, for it gets tickets only.
- Home has a general queue: whoever calls ends there. A platform has at most one.
- Hours of a day never cross midnight and never overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, clipped
from callrouter.plans.meaning import names
from callrouter.plans.meaning.drafts import OperatorDraft, PlanDraft
from callrouter.plans.meaning.queues import judge_ways
from callrouter.plans.meaning.succession import Timed, judge_succession
from callrouter.plans.schema.operator_file import NewPlatform, PlatformFill
from callrouter.plans.schema.parts import HoursBody, Part, StretchPart
from callrouter.plans.schema.plan_file import PlatformBody
from callrouter.plans.schema.queue_parts import QueueBody
from callrouter.plans.schema.validation import Item, names_in
from callrouter.vocabulary.hours import Staffing
from callrouter.vocabulary.line import Level
from callrouter.vocabulary.numbers import EMERGENCY_CODES
from callrouter.vocabulary.policy import QueueKind

_RANK = {Level.PROVINCE: 0, Level.CITY: 1, Level.COUNTY: 2}


def judge_plan(plan: PlanDraft, folder: str) -> None:
    """Judge `plan.yaml` by itself."""
    written = plan.written
    if plan.jurisdiction is not None and plan.jurisdiction != folder:
        written.report(written.value_at(("jurisdiction",)), _wrong_folder(plan.jurisdiction, folder))
    if plan.timezone is not None and not _is_zone(plan.timezone):
        written.report(written.value_at(("timezone",)), _NO_ZONE)
    if plan.hub is not None and plan.hub.part.number in EMERGENCY_CODES:
        plan.hub.report(EMERGENCY, "number")
    if plan.brands and len(plan.brands) == len(names_in(written, "brands", "name") or ()):
        judge_succession(
            [
                Timed(f"名称 {brand.part.name}", brand.part.starts, None, brand.where, written)
                for brand in plan.brands
            ]
        )
    for kind, items in (
        (names.EMERGENCY, plan.emergency),
        (names.UTILITY, plan.utilities),
    ):
        names.judge_unique(items, kind)
    if plan.scope is not None:
        _judge_not_accepted(plan)


def judge_territory(plan: PlanDraft, operator: OperatorDraft) -> None:
    """Judge hours, platforms and queues, whoever wrote them."""
    names.judge_unique((*plan.hours, *operator.hours), names.HOURS)
    names.judge_unique((*plan.platforms, *operator.platforms), names.PLATFORM)
    names.judge_unique((*plan.queues, *operator.queues), names.QUEUE)
    for hours in (*plan.hours, *operator.hours):
        _judge_hours(hours)
    platforms: list[Item[PlatformBody]] = [*plan.platforms, *operator.platforms]
    levels = {one.part.id: one.part.level for one in platforms}
    for platform in platforms:
        _judge_platform(platform, levels)
    if plan.home is not None and levels.get(plan.home) is Level.COUNTY:
        plan.written.report(plan.written.value_at(("home",)), _COUNTY_HOME)
    _judge_queues([*plan.queues, *operator.queues], plan)
    judge_ways(plan, operator)
    served: list[Item[PlatformFill] | Item[NewPlatform]] = [*operator.platform_fills, *operator.platforms]
    for fill in served:
        if fill.part.id == plan.home and fill.part.serves is False:
            fill.report(_HOME_NOT_SERVED, "serves")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _judge_not_accepted(plan: PlanDraft) -> None:
    first: dict[str, int] = {}
    scope = plan.scope
    for index, matter in enumerate(scope.part.not_accepted if scope else ()):
        if scope and matter.id in first:
            place = plan.written.place(("scope", "not_accepted", first[matter.id]))
            scope.report(names.duplicate(matter.id, place), "not_accepted", index, "id")
        first.setdefault(matter.id, index)


def _judge_hours(hours: Item[HoursBody]) -> None:
    if hours.part.id == Staffing.UNSTATED:
        hours.report(_RESERVED_HOURS, "id")
    stretches = hours.part.stretches
    judge_succession(
        [
            Timed(
                f"时段 {stretch.staffing}",
                stretch.starts,
                stretch.ends,
                (*hours.where, "stretches", index),
                hours.written,
            )
            for index, stretch in enumerate(stretches)
        ]
    )
    for index, stretch in enumerate(stretches):
        _judge_weekly(hours, index, stretch)


def _judge_weekly(hours: Item[HoursBody], index: int, stretch: StretchPart) -> None:
    if stretch.staffing is Staffing.WEEKLY and not stretch.weekly:
        hours.report(_NO_WEEKLY, "stretches", index)
    if stretch.staffing is not Staffing.WEEKLY and stretch.weekly:
        hours.report(_IDLE_WEEKLY, "stretches", index, "weekly")
    spans: list[tuple[int, int, int, int]] = []
    for row, span in enumerate(stretch.weekly):
        if span.closes <= span.opens:
            hours.report(_OVER_MIDNIGHT, "stretches", index, "weekly", row, "closes")
        spans += [(day, span.opens, span.closes, row) for day in span.days]
    told: set[int] = set()
    for one, other in pairwise(sorted(spans)):
        row = max(one[-1], other[-1])
        if one[0] == other[0] and other[1] < one[2] and row not in told:
            hours.report(_SAME_HOURS, "stretches", index, "weekly", row, "opens")
            told.add(row)


def _judge_platform(platform: Item[PlatformBody], levels: dict[str, Level]) -> None:
    part = platform.part
    parent = levels.get(part.parent) if part.parent is not None else None
    if parent is not None and _RANK[parent] >= _RANK[part.level]:
        platform.report(_PARENT_NOT_ABOVE, "parent")
    judge_areas(platform, part.areas)


def judge_areas(item: Item[Part], areas: Sequence[str], *steps: str | int) -> None:
    """Report an area code that stands twice in a list."""
    seen: set[str] = set()
    for index, code in enumerate(areas):
        if code in seen:
            item.report(
                Fault(Code.DUPLICATE_NAME, f"区号 {code} 重复", f"{code} is listed twice", _KEEP_ONE),
                *steps,
                "areas",
                index,
            )
        seen.add(code)


def _judge_queues(queues: Iterable[Item[QueueBody]], plan: PlanDraft) -> None:
    general: dict[str, Item[QueueBody]] = {}
    for queue in queues:
        part = queue.part
        if part.kind is QueueKind.EXPERT and part.line is None:
            queue.report(_EXPERTS_OF_NOTHING)
        if part.kind is not QueueKind.EXPERT and part.line is not None:
            queue.report(_NO_EXPERTS, "line")
        if part.kind is not QueueKind.GENERAL:
            continue
        if part.platform in general:
            queue.report(_second_general(part.platform, general[part.platform].place), "kind")
        general.setdefault(part.platform, queue)
    listed = names_in(plan.written, "queues")
    if plan.home is None or listed is None or len(plan.queues) != len(listed):
        return
    if plan.home in {one.part.id for one in plan.platforms} - general.keys():
        plan.written.report(plan.written.value_at(("home",)), _no_general(plan.home))


def _wrong_folder(name: str, folder: str) -> Fault:
    return Fault(
        Code.WRONG_FOLDER,
        f"“{clipped(name)}”与文件夹名“{clipped(folder)}”不一致",
        f"this is not the folder's name {clipped(folder)}",
        "两处改成一样 / make the two the same",
    )


def _second_general(platform: str, place: str) -> Fault:
    return Fault(
        Code.DUPLICATE_NAME,
        f"平台 {platform} 已有综合队列（{place}）",
        f"{platform} has a general queue at {place}",
        "只保留一个，另一个改为 dedicated / keep one, make the other dedicated",
    )


def _no_general(platform: str) -> Fault:
    return Fault(
        Code.QUEUE_UNREACHABLE,
        f"平台 {platform} 没有综合队列，来电无处可去",
        f"{platform} has no general queue: calls would have nowhere to go",
        f"加一个 kind: general、platform: {platform} 的队列 / add a general queue of this platform",
    )


_KEEP_ONE = "只保留一个 / keep one of the two"
EMERGENCY = Fault(
    Code.EMERGENCY_MIGRATES,
    "紧急号码不得归并",
    "an emergency number never migrates",
    "从计划中删除；紧急号码写在 plan.yaml 的 emergency / take it out; see emergency in plan.yaml",
)
_NO_ZONE = Fault(
    Code.WRONG_VALUE, "没有这个时区", "there is no such time zone", "写成 Asia/Shanghai / write Asia/Shanghai"
)
_COUNTY_HOME = Fault(
    Code.COUNTY_LIVE_CALLS,
    "县级平台不接入来电，不能作为 home",
    "a county gets no live calls: it can't be home",
    "写省或市的平台 / name a platform of a province or city",
)
_HOME_NOT_SERVED = Fault(
    Code.WRONG_VALUE,
    "home 平台必须由本机构接听",
    "the home platform is always served here",
    '写 "yes"，或改 plan.yaml 的 home / write "yes", or change home',
)
_RESERVED_HOURS = Fault(
    Code.WRONG_VALUE,
    "unstated 是保留的代号",
    "this id is reserved",
    "换一个代号；未写明则不写 hours / take another id; leave hours out where they are not stated",
)
_NO_WEEKLY = Fault(
    Code.MISSING_KEY,
    "缺少 weekly",
    "weekly is missing",
    "加上 weekly,写明星期和时间 / add weekly with days and times",
)
_IDLE_WEEKLY = Fault(
    Code.WRONG_VALUE,
    "staffing 不是 weekly,这里的时间不起作用",
    "staffing is not weekly: these times would do nothing",
    "改为 staffing: weekly,或删除这些时间 / write staffing: weekly, or delete them",
)
_OVER_MIDNIGHT = Fault(
    Code.WRONG_VALUE,
    "closes 不晚于 opens",
    "it closes before it opens",
    '跨午夜请分成两段，"24:00" 为当天结束 / split it at midnight; "24:00" is the end of the day',
)
_SAME_HOURS = Fault(
    Code.WRONG_VALUE,
    "与同一天的另一段时间重叠",
    "this overlaps other hours of the same day",
    "合并两段时间 / join the two",
)
_PARENT_NOT_ABOVE = Fault(
    Code.WRONG_VALUE,
    "parent 必须是更高一级的平台",
    "a parent is of a higher level",
    "写上级平台 / name the platform above",
)
_EXPERTS_OF_NOTHING = Fault(
    Code.MISSING_KEY,
    "缺少 line",
    "line is missing",
    "写明专家座席属于哪条热线 / name the line of these experts",
)
_NO_EXPERTS = Fault(
    Code.WRONG_VALUE,
    "只有专家座席(kind: expert)才写 line",
    "only expert seats are of a line",
    "改为 kind: expert,或删除这一行 / write kind: expert, or delete this line",
)
