"""Whether an agent may pass the caller to somebody, and if not, why and what to do instead.

Rules:
- The agent names a target by its id or by its code; never by a free number.
- Whatever was dialled, every target of the plan may be asked for: a caller's matter need not be his number's.
- A line's code means its center for the caller's area, then its expert or dedicated seats: the first that may be
  called.
- It may be called if `transfers` says that a live transfer to it is open, in the kind that the document names; where
  no document chooses, in either kind.
- Nobody is passed to where the call has come from, to the platform that has it, or to the agent who asks.
- An emergency service is handed a caller in the kind `emergency` alone, at any hour, from any call, whatever its path
  (`emergency_ways`). An emergency call goes to nobody else but colleagues and supervisors.
- For who is refused a ticket is always left; where the document only guides callers, guidance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from callrouter.decide.center import area_of, area_of_caller, areas_told, center_for
from callrouter.decide.emergency_ways import emergency_for, emergency_ways
from callrouter.decide.guidance import GuidanceSort, guidance_for
from callrouter.decide.passed_on import before_entry
from callrouter.decide.platform import answering
from callrouter.decide.ruling import LIVE
from callrouter.decide.transfer_codes import Targets, targets_of
from callrouter.decide.transfers import Transfer, every_transfer
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.journal import DecisionFact
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.numbers import Number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record_words import LegRole, TransferKind
from callrouter.vocabulary.transfer import (
    Allowed,
    CallAtHand,
    Refused,
    RefusedTarget,
    Staff,
    TransferTarget,
)

OF_A_PLATFORM: Final = "platform:"
_OWN: Final = frozenset({LegRole.COLLEAGUE, LegRole.SUPERVISOR})


class Asking(NamedTuple):
    """Who asks, of which call, and when."""

    call: CallAtHand
    plan: Plan
    at: datetime
    """Zone-aware."""
    agent: str
    """The account of the seat that asks."""
    staff: Staff


class Offer(NamedTuple):
    """A target as the desk shows it."""

    target: TransferTarget
    kinds: tuple[TransferKind, ...]
    """In which it may be asked for now, the preferred one first; empty: in none."""
    refused: Refused | None
    """Why in none."""


def at_hand_of(ruling: Ruling, call: Call, plan: Plan) -> CallAtHand:
    """What is known of a call that has just been decided."""
    area = area_of(call.called) or ruling.area
    return CallAtHand(
        ruling.mode,
        ruling.platform,
        ruling.line,
        area,
        call.caller,
        ruling.source,
        _path(before_entry(ruling, call), ruling.entry, plan),
    )


def at_hand(facts: Mapping[str, str], caller: Number, plan: Plan) -> CallAtHand:
    """What is known of a call from the facts of its verdict (`vocabulary.journal.DecisionFact`).

    Never raises. Of a call that took the safe default there are none: it is at home, and its line is unknown; so is
    what a plan that has changed in between no longer knows.
    """
    mode, platform = facts.get(DecisionFact.MODE, ""), facts.get(DecisionFact.PLATFORM, "")
    before = facts.get(DecisionFact.PATH, "")
    return CallAtHand(
        next((known for known in Mode if known == mode), Mode.UNKNOWN),
        platform if platform in plan.platforms else plan.home,
        facts.get(DecisionFact.LINE) or None,
        facts.get(DecisionFact.AREA) or None,
        caller,
        facts.get(DecisionFact.SOURCE) or None,
        _path(tuple(filter(None, before.split("+"))), facts.get(DecisionFact.ENTRY, ""), plan),
    )


def _path(before: tuple[str, ...], entry: str, plan: Plan) -> tuple[str, ...]:
    """The platforms that have had the call: those before us, and the one of ours where it came in.

    Where a call came in for a platform that is not served here, that platform has not had it.
    """
    came_in = plan.platforms.get(entry)
    return (*before, entry) if came_in is not None and came_in.served else before


def target_for(asked: str, kind: TransferKind, asking: Asking) -> Allowed | Refused:
    """Whom the agent means by an id or a code, and whether the caller may be passed there now."""
    view = _View(asking)
    if kind is TransferKind.EMERGENCY:
        return emergency_for(asked, view.areas, asking.plan)
    answer: Allowed | Refused | None = None
    for target in view.meant(asked):
        found = view.judged(target, kind)
        if isinstance(found, Allowed):
            return found
        answer = answer or found
    return answer or view.no_target(asked)


def offers(asking: Asking) -> tuple[Offer, ...]:
    """Everybody whom the agent could ask for: those of the caller's line first, emergency services last."""
    view, line = _View(asking), asking.call.line
    targets = view.targets.by_id.values()
    near = [target for target in targets if line and target.code == line]
    others = (one for one in targets if one not in near)
    return (*(view.offered(target) for target in (*near, *others)), *_emergencies(view, asking.plan))


def _emergencies(view: _View, plan: Plan) -> Iterator[Offer]:
    for way in emergency_ways(plan).values():
        found = emergency_for(way.id, view.areas, plan)
        yield Offer(way.target, way.target.kinds, found if isinstance(found, Refused) else None)


class _View:
    """What there is for one agent, in one call, at one instant."""

    def __init__(self, asking: Asking) -> None:
        call, plan = asking.call, asking.plan
        self._call, self._plan, self._agent, self._staff = call, plan, asking.agent, asking.staff
        platform = plan.platforms[call.platform]
        self._here = answering(platform, plan)
        self.areas = areas_told(call.area, area_of_caller(call.caller), platform)
        self._ways = every_transfer(self._here, self.areas, plan, asking.at)
        self._ways_to: dict[tuple[str, str], list[Transfer]] = {}
        for way in self._ways:
            self._ways_to.setdefault((way.target, way.place), []).append(way)
        self.targets: Targets = targets_of(plan, asking.staff)

    def meant(self, asked: str) -> tuple[TransferTarget, ...]:
        """Whom the id or the code stands for, in the order in which they are tried."""
        named = self.targets.by_id.get(asked)
        if named is not None:
            return (named,)
        sharing = self.targets.by_code.get(asked, ())
        centers = self._plan.centers.get(asked, ())
        if len(centers) < 2:
            return sharing
        chosen = center_for(centers, self.areas).id
        return tuple(one for one in sharing if one.role is not LegRole.BRANCH or one.id == chosen)

    def offered(self, target: TransferTarget) -> Offer:
        """The target in whichever kind it may be asked for."""
        found = {kind: self.judged(target, kind) for kind in target.kinds or (TransferKind.THREE_WAY,)}
        kinds = tuple(kind for kind, answer in found.items() if isinstance(answer, Allowed))
        refused = next((answer for answer in found.values() if isinstance(answer, Refused)), None)
        return Offer(target, kinds, None if kinds else refused)

    def judged(self, target: TransferTarget, kind: TransferKind) -> Allowed | Refused:
        """Whether the caller may be passed to this one."""
        if target.role in _OWN:
            return self._own(target)
        ways = self._ways_to.get((target.id, target.place), [])
        return self._never(target, kind, ways) or self._now(target, ways)

    def no_target(self, asked: str) -> Refused:
        """Why what was asked for is nobody that a caller can be passed to."""
        plan = self._plan
        known = emergency_ways(plan).get(asked)
        if known is not None:
            return Refused(
                RefusedTarget.EMERGENCY, " / ".join(_EMERGENCY_SERVICE), Means.GUIDE, asked, known.place
            )
        told = guidance_for(asked, plan, self._staff)
        if told is not None:
            reason = " / ".join(_NOT_TAKEN if told.sort is GuidanceSort.MATTER else _GUIDE_ONLY)
            return Refused(RefusedTarget.GUIDE_ONLY, reason, Means.GUIDE, told.id, told.place)
        line = plan.line(asked)
        if line is not None or asked == plan.hub.number:
            place = line.place if line is not None else plan.hub.place
            return Refused(RefusedTarget.HERE, " / ".join(_HERE), None, None, place)
        return Refused(RefusedTarget.UNKNOWN, " / ".join(_UNKNOWN))

    def _own(self, target: TransferTarget) -> Allowed | Refused:
        alone = target.role is LegRole.SUPERVISOR and self._staff.supervisors == (self._agent,)
        if alone or target.id == self._agent:
            return self._refused(target, RefusedTarget.YOURSELF, *_YOURSELF, instead=None)
        return Allowed(target, "本平台座席 / a seat of ours")

    def _never(self, target: TransferTarget, kind: TransferKind, ways: list[Transfer]) -> Refused | None:
        """Why not at any hour."""
        if self._call.mode is Mode.EMERGENCY:
            return self._refused(target, RefusedTarget.EMERGENCY, *_EMERGENCY_CALL, instead=None)
        if target.role is LegRole.PLATFORM and (wrong := self._wrong_platform(target)):
            return wrong
        if not target.kinds:
            return self._no_live_way(target, ways)
        if kind not in target.kinds:
            return self._refused(target, RefusedTarget.OTHER_KIND, *_OTHER_KIND[kind], instead=None)
        return None

    def _now(self, target: TransferTarget, ways: list[Transfer]) -> Allowed | Refused:
        live = next((way for way in ways if way.means in LIVE), None)
        if live is None:
            return self._refused(target, RefusedTarget.NOT_YET, *_NOT_YET)
        if live.open:
            return Allowed(target, live.reason)
        return Refused(live.refused or RefusedTarget.CLOSED, *self._said(live, target, ways), live.place)

    def _wrong_platform(self, target: TransferTarget) -> Refused | None:
        if target.id == self._here.id:
            return self._refused(target, RefusedTarget.HERE, *_HERE, instead=None)
        source = self._call.source or ""
        if target.id in self._call.path or source == f"{OF_A_PLATFORM}{target.id}":
            return self._refused(target, RefusedTarget.LOOP, *_LOOP)
        return None

    def _no_live_way(self, target: TransferTarget, ways: list[Transfer]) -> Refused:
        if any(way.means is Means.GUIDE for way in ways):
            return self._refused(target, RefusedTarget.GUIDE_ONLY, *_GUIDE_ONLY, instead=Means.GUIDE)
        return self._refused(target, RefusedTarget.TICKET_ONLY, *_TICKET_ONLY)

    def _said(self, live: Transfer, target: TransferTarget, ways: list[Transfer]) -> tuple[str, Means, str]:
        """Why not, what instead, and whom it is about."""
        guided = any(way.means is Means.GUIDE for way in ways)
        ticket = any(way.means is Means.TICKET for way in ways)
        instead = Means.GUIDE if guided and not ticket else Means.TICKET
        zh, _, en = live.reason.partition(" / ")
        zh_instead, en_instead = _INSTEAD[instead]
        return f"{zh}，{zh_instead} / {en}: {en_instead}", instead, target.id

    @staticmethod
    def _refused(
        target: TransferTarget,
        why: RefusedTarget,
        zh: str,
        en: str,
        *,
        instead: Means | None = Means.TICKET,
    ) -> Refused:
        return Refused(why, f"{zh} / {en}", instead, target.id, target.place)


_INSTEAD: Final = {
    Means.TICKET: ("请派发工单", "write a ticket"),
    Means.GUIDE: ("请引导来电人自行拨打", "tell the caller whom to call"),
}
_UNKNOWN: Final = ("没有这个转接对象", "there is no such target")
_YOURSELF: Final = ("不能转给自己", "that is yourself")
_HERE: Final = ("由本平台受理", "this platform answers for it")
_LOOP: Final = ("来电经过该平台，请派发工单", "the call has come through that platform: write a ticket")
_NOT_YET: Final = ("尚未设立，请派发工单", "it has not begun: write a ticket")
_TICKET_ONLY: Final = ("只能派发工单", "tickets only: write one")
_GUIDE_ONLY: Final = ("请引导来电人自行拨打", "it answers for itself: tell the caller whom to call")
_NOT_TAKEN: Final = ("不受理，请引导来电人", "not accepted here: tell the caller where to turn")
_EMERGENCY_CALL: Final = (
    "紧急来电只转本平台座席或班长",
    "an emergency call goes to a colleague or supervisor alone",
)
_EMERGENCY_SERVICE: Final = (
    "紧急服务须用紧急转接",
    "emergency services are reached in the kind emergency alone",
)
_OTHER_KIND: Final = {
    TransferKind.PLAIN: ("按文件须用三方转接", "the document has three-way transfers for it alone"),
    TransferKind.THREE_WAY: ("按文件用转接，不用三方", "the document has plain transfers for it alone"),
}
"""By the kind that was asked for."""
