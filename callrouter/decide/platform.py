"""Which platform a call belongs to, and which one answers it.

Rules:
- The order of belief: what whoever asks says, the trunk's platform, the area code that was dialled if exactly one
  platform has it, the trunk's default, home.
- A county platform gets no live calls, one that has not started none yet, one that may not be dialled directly none
  from the public: the one above it answers, or home. Home always answers.
- A line belongs to the platform of its own level: the one above where the call came in, or the one platform of that
  level whose area was dialled, or home if it is of that level; if there is none, it stays where it came in.
- A platform that this instance does not serve is reached through its peer; without one, home answers for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from callrouter.decide.effective import has_begun
from callrouter.vocabulary.decision import Reason, ReasonCode
from callrouter.vocabulary.line import Level
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.territory import Platform, Trunk


class Belonging(NamedTuple):
    """A platform, and why it."""

    platform: Platform
    reasons: tuple[Reason, ...]


def platform_of(
    said: str | None, trunk: Trunk | None, area: str | None, plan: Plan, at: datetime
) -> Belonging:
    """The platform where a call comes in; `area` is the dialled one."""
    found = _found(said, trunk, area, plan)
    return _reachable(found, plan, at, public=trunk is None or trunk.source is None)


def platform_of_level(
    entry: Belonging, level: Level | None, area: str | None, plan: Plan, at: datetime
) -> Belonging:
    """The platform that answers a line of `level` whose call came in at `entry`."""
    came_in = entry.platform
    if level is None or came_in.level is level:
        return entry
    home = plan.platforms[plan.home]
    above = next((platform for platform in _above(came_in, plan) if platform.level is level), None)
    found = above or _of_level_and_area(level, area, plan) or (home if home.level is level else None)
    if found is None or found is came_in:
        return entry
    reason = Reason.at(
        ReasonCode.PLATFORM_BY_LEVEL,
        found.place,
        f"按热线层级由{found.name}接听 / {found.id} answers lines of this level",
    )
    moved = _reachable(Belonging(found, (*entry.reasons, reason)), plan, at, public=False)
    return entry if moved.platform is came_in else moved


def answering(platform: Platform, plan: Plan) -> Platform:
    """The platform whose seats can be connected here: itself if this instance serves it, else home."""
    return platform if platform.served else plan.platforms[plan.home]


def elsewhere(platform: Platform, plan: Plan, peer: str | None) -> tuple[Reason, ...]:
    """The reason that a platform's own seats don't answer here; none if they do. `peer`: where the call goes."""
    if answering(platform, plan) is platform:
        return ()
    zh, en = ("转往该平台", "the call goes to it") if peer else ("由本地平台代接", "home answers for it")
    return (
        Reason.at(
            ReasonCode.PLATFORM_ELSEWHERE,
            platform.place,
            f"{platform.name}不在本系统，{zh} / {platform.id} is not served here: {en}",
        ),
    )


def _found(said: str | None, trunk: Trunk | None, area: str | None, plan: Plan) -> Belonging:
    if said is not None and said in plan.platforms:
        return _because(ReasonCode.PLATFORM_GIVEN, plan.platforms[said], "指定的平台", "as was said")
    if trunk is not None and trunk.platform is not None:
        own = plan.platforms[trunk.platform]
        return _because(ReasonCode.PLATFORM_BY_TRUNK, own, "按中继", "by trunk", trunk.place)
    holder = _only_holder(area, plan)
    if holder is not None:
        return _because(ReasonCode.PLATFORM_BY_AREA, holder, f"按区号{area}", f"by area code {area}")
    default = plan.platforms[plan.home if trunk is None else trunk.default_platform]
    place = default.place if trunk is None else trunk.place
    return _because(ReasonCode.PLATFORM_BY_DEFAULT, default, "默认", "by default", place)


def _because(code: ReasonCode, platform: Platform, zh: str, en: str, place: str | None = None) -> Belonging:
    detail = f"{zh}归{platform.name} / {en}: {platform.id}"
    return Belonging(platform, (Reason.at(code, place or platform.place, detail),))


def _only_holder(area: str | None, plan: Plan) -> Platform | None:
    holders = [platform for platform in plan.platforms.values() if area in platform.areas] if area else []
    return holders[0] if len(holders) == 1 else None


def _of_level_and_area(level: Level, area: str | None, plan: Plan) -> Platform | None:
    holders = [one for one in plan.platforms.values() if one.level is level and area in one.areas]
    return holders[0] if area and len(holders) == 1 else None


def _above(platform: Platform, plan: Plan) -> Iterator[Platform]:
    """The platforms above it, nearest first; each once, whatever the plan says."""
    seen = {platform.id}
    while platform.parent is not None and platform.parent not in seen:
        platform = plan.platforms[platform.parent]
        seen.add(platform.id)
        yield platform


def _reachable(found: Belonging, plan: Plan, at: datetime, *, public: bool) -> Belonging:
    platform, home = found.platform, plan.platforms[plan.home]
    why = _not_reachable(platform, at, public=public)
    if why is None or platform is home:
        return found
    instead = next(
        (one for one in _above(platform, plan) if _not_reachable(one, at, public=public) is None), home
    )
    zh, en = why
    detail = f"{platform.name}{zh}，由{instead.name}接听 / {platform.id} {en}: {instead.id} answers"
    reason = Reason.at(ReasonCode.PLATFORM_BY_PARENT, platform.place, detail)
    return Belonging(instead, (*found.reasons, reason))


def _not_reachable(platform: Platform, at: datetime, *, public: bool) -> tuple[str, str] | None:
    """Why the platform gets no live call, in Chinese and English; None if it does."""
    if platform.level is Level.COUNTY:
        return "不接来电", "gets no live calls"
    if not has_begun(platform.starts, at):
        return "尚未启用", "has not started"
    if public and not platform.dialled_directly:
        return "不能直接拨打", "may not be dialled directly"
    return None
