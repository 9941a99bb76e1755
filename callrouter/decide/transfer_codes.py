"""Everybody to whom a caller can be passed, and the digits that an agent presses for each.

Rules:
- The hotline's number stands for its centers and its expert or dedicated seats; the call tells which is meant.
- A utility has its number, another platform its area code, a colleague the account, the supervisors 0.
- Whoever has no such number, or whose number stands for somebody else already, has the keys of its id on a telephone,
  six at most: `minors` is 646677. So a code never changes because others come or go behind it in the plan. Of those
  who share a number, whoever calls can be passed to goes before the platform at home and whoever has no trunk.
- Whose every code stands for somebody else has none, and is chosen by id alone; whose id is somebody else's, or none
  that a dialplan can hold apart, can't be chosen at all. Both are told to the admin.
- Emergency services are not among them: they are reached by ways of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from callrouter.vocabulary.line import Center, Level, Means
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Queue, QueueKind, Utility
from callrouter.vocabulary.record_words import LegRole, TransferKind
from callrouter.vocabulary.territory import Platform
from callrouter.vocabulary.transfer import Staff, TransferTarget

SUPERVISOR: Final = "supervisor"
"""The id of whoever of the supervisors answers first."""
SUPERVISOR_CODE: Final = "0"

_LONGEST_KEYS: Final = 6
_KEYS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999", "-")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,60}")
"""One letter alone is a special extension of Asterisk: `h`, `i`, `t`."""
_CODE: Final = re.compile(r"[0-9]{1,20}")
_BOTH: Final = (TransferKind.PLAIN, TransferKind.THREE_WAY)
"""Where no document chooses: the caller is passed on, or they are talked with first."""
_KINDS: Final = {Means.THREE_WAY: TransferKind.THREE_WAY, Means.PLAIN: TransferKind.PLAIN}
_KEY: Final = "transfer_targets"


class Targets(NamedTuple):
    """All of them."""

    by_id: Mapping[str, TransferTarget]
    """In order: centers, seats of lines, utilities, platforms, colleagues, the supervisors."""
    by_code: Mapping[str, tuple[TransferTarget, ...]]
    """Those of one line share a code, centers first."""
    unnamed: tuple[TransferTarget, ...]
    """Those whose id is somebody else's, or none that a dialplan can hold apart."""

    @property
    def without_code(self) -> tuple[TransferTarget, ...]:
        """Those that can be chosen by id alone."""
        return tuple(target for target in self.by_id.values() if not target.code)


def targets_of(plan: Plan, staff: Staff) -> Targets:
    """Everybody whom the plan and the settings name; kept beside the plan."""
    key = (_KEY, staff)
    known = plan.kept.get(key)
    if not isinstance(known, Targets):
        known = plan.kept[key] = _coded(tuple(_everybody(plan, staff)))
    return known


def keys_of(identifier: str) -> str:
    """The keys of a telephone that spell the beginning of an id."""
    return identifier.translate(_KEYS)[:_LONGEST_KEYS]


class _Named(NamedTuple):
    target: TransferTarget
    number: str
    """Its first choice of a code."""
    group: str
    """Who shares a code with whom: a line's number, else its own id."""
    goes_first: bool = True
    """Whether it has its number before those that have not this."""


def _everybody(plan: Plan, staff: Staff) -> Iterator[_Named]:
    for centers in plan.centers.values():
        for center in centers:
            yield _Named(_of_center(center), center.line, center.line)
    for kind in (QueueKind.EXPERT, QueueKind.DEDICATED):
        for queue in plan.queues.values():
            if queue.kind is kind:
                line = _line_of(queue)
                yield _Named(_of_queue(queue), line, line or f"queue {queue.id}")
    for utility in plan.utilities:
        yield _Named(_of_utility(utility), next(iter(utility.numbers), ""), f"utility {utility.id}")
    for platform in plan.platforms.values():
        elsewhere = platform.id != plan.home and (platform.served or platform.peer is not None)
        area = next(iter(platform.areas), "")
        yield _Named(_of_platform(platform), area, f"platform {platform.id}", elsewhere)
    for seat in staff.seats:
        target = TransferTarget(seat, LegRole.COLLEAGUE, seat, "", _BOTH, "")
        yield _Named(target, seat if _CODE.fullmatch(seat) else "", f"seat {seat}")
    if staff.supervisors:
        target = TransferTarget(SUPERVISOR, LegRole.SUPERVISOR, "班长 / supervisor", "", _BOTH, "")
        yield _Named(target, SUPERVISOR_CODE, SUPERVISOR)


def _of_center(center: Center) -> TransferTarget:
    return TransferTarget(
        center.id, LegRole.BRANCH, center.name, "", _kinds(center.means), center.place, begins=center.opens
    )


def _of_queue(queue: Queue) -> TransferTarget:
    return TransferTarget(queue.id, LegRole.EXPERT, queue.name, "", _BOTH, queue.place, begins=queue.starts)


def _of_utility(utility: Utility) -> TransferTarget:
    return TransferTarget(utility.id, LegRole.UTILITY, utility.name, "", _kinds(utility.means), utility.place)


def _of_platform(platform: Platform) -> TransferTarget:
    kinds = () if platform.level is Level.COUNTY else _BOTH
    return TransferTarget(
        platform.id, LegRole.PLATFORM, platform.name, "", kinds, platform.place, begins=platform.starts
    )


def _kinds(means: Iterable[Means]) -> tuple[TransferKind, ...]:
    return tuple(_KINDS[one] for one in means if one in _KINDS)


def _line_of(queue: Queue) -> str:
    """The line whose seats they are, if it is one."""
    if queue.line is not None:
        return queue.line
    lines = queue.answered_lines or ()
    return lines[0] if len(lines) == 1 else ""


def _coded(everybody: tuple[_Named, ...]) -> Targets:
    named, unnamed = _apart(everybody)
    holders = {SUPERVISOR_CODE: SUPERVISOR}
    # Numbers first: the keys of an id never take the number of somebody who comes later.
    for one in (*(one for one in named if one.goes_first), *named):
        if one.number:
            holders.setdefault(one.number, one.group)
    for one in named:
        if holders.get(one.number) != one.group:
            holders.setdefault(keys_of(one.target.id), one.group)
    by_id: dict[str, TransferTarget] = {}
    by_code: dict[str, tuple[TransferTarget, ...]] = {}
    for one in named:
        wanted = (one.number, keys_of(one.target.id))
        code = next((code for code in wanted if code and holders.get(code) == one.group), "")
        target = one.target._replace(code=code, is_first=bool(code) and code not in by_code)
        by_id[target.id] = target
        if code:
            by_code[code] = (*by_code.get(code, ()), target)
    return Targets(by_id, by_code, unnamed)


def _apart(everybody: tuple[_Named, ...]) -> tuple[list[_Named], tuple[TransferTarget, ...]]:
    """Those whose ids can be told apart by a dialplan, in which a hyphen counts for nothing; and the others."""
    taken: set[str] = set()
    named, unnamed = [], []
    for one in everybody:
        spelled = one.target.id.replace("-", "")
        if _ID.fullmatch(one.target.id) and spelled not in taken:
            taken.add(spelled)
            named.append(one)
        else:
            unnamed.append(one.target)
    return named, tuple(unnamed)
