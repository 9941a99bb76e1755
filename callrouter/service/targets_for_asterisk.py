"""To whom agents can pass callers, as the static dialplan needs it: see `decide.transfer_codes`.

Rules:
- Rendered is who can be called: a branch center, utility or other platform by its peer, seats by their queue, a
  colleague at the seat's phone, the supervisors all at once.
- While nobody can be asked, hours hold only where the dialplan has them: for whoever keeps those of the general path.
  Others are tried; whoever is not there is a transfer that failed, and the caller is back with the agent.
- Of those who share a code the one for the home platform's area is called then, else the first.
- What names a target is played only where it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from callrouter.asterisk_link.of_the_plan import ToldLine, WayOut
from callrouter.asterisk_link.targets_of_the_plan import DialledTarget
from callrouter.decide.center import center_for, sole_area
from callrouter.decide.transfer_codes import targets_of
from callrouter.decide.transfer_sounds import sounds_of
from callrouter.plans.wanted_targets import line_key
from callrouter.prompts.renderings import line_sound_path
from callrouter.service.hours_for_asterisk import whose_hours
from callrouter.service.overflow_for_asterisk import dialled_at, endpoint_of
from callrouter.settings import Settings
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.line import Center
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Queue, Utility
from callrouter.vocabulary.record_words import LegRole
from callrouter.vocabulary.territory import Peer, Platform
from callrouter.vocabulary.transfer import Staff, TransferTarget

_DIAL: Final = "dial"
_QUEUE: Final = "queue"

_Party = Center | Queue | Utility | Platform


def staff_of(settings: Settings) -> Staff:
    """The accounts of this installation that a call may be passed to."""
    return Staff(settings.sip.seats, settings.sip.supervisors)


def unclear_targets(settings: Settings, plan: Plan) -> list[str]:
    """Ids of those who have no code of their own, or who can't be chosen at all."""
    targets = targets_of(plan, staff_of(settings))
    return sorted({target.id for target in (*targets.without_code, *targets.unnamed)})


def dialled_targets(settings: Settings, plan: Plan, sounds: Path) -> tuple[DialledTarget, ...]:
    """Everybody who can be called; `sounds` is the folder of what Asterisk plays."""
    callable_ = tuple(_callable(settings, plan, sounds))
    first = _first_by_code(callable_, plan)
    return tuple(replace(one, is_first=first.get(one.code) == one.id) for one in callable_)


def told_lines(plan: Plan, sounds: Path) -> tuple[ToldLine, ...]:
    """The hotlines of which whoever is called can be told, each once; of others he hears that a call comes."""
    keys = {line.number: line_key(line) for line in plan.lines.values()}
    return tuple(
        ToldLine(number, key) for number, key in keys.items() if line_sound_path(sounds, key).exists()
    )


def ways_to_targets(settings: Settings, plan: Plan) -> Iterator[WayOut]:
    """The endpoints by which callers are passed on to others, one for each peer."""
    parties = _parties(plan)
    found: dict[str, WayOut] = {}
    for target in targets_of(plan, staff_of(settings)).by_id.values():
        peer = _peer_of(parties.get((target.id, target.place)), plan) if target.kinds else None
        if peer is not None:
            found.setdefault(peer.id, WayOut(endpoint_of(peer), peer.uri, f"transfer to {target.id}"))
    yield from found.values()


def _parties(plan: Plan) -> dict[tuple[str, str], _Party]:
    """Whom the plan names, by id and by where it does so: two of different sorts may have the same id."""
    centers = (center for centers in plan.centers.values() for center in centers)
    named: Iterable[_Party] = (
        *centers,
        *plan.queues.values(),
        *plan.utilities,
        *plan.platforms.values(),
    )
    return {(party.id, party.place): party for party in named}


def _callable(settings: Settings, plan: Plan, sounds: Path) -> Iterator[DialledTarget]:
    """Each by itself: whoever shares a code says so of himself still."""
    parties = _parties(plan)
    for target in targets_of(plan, staff_of(settings)).by_id.values():
        party = parties.get((target.id, target.place))
        called = _called(target, party, settings, plan) if target.kinds else None
        if called is None:
            continue
        kind, dial, ring_s = called
        connecting, passing, failed, joined = _recorded(target, plan, sounds)
        yield DialledTarget(
            id=target.id,
            role=target.role.value,
            kind=kind,
            dial=dial,
            code=target.code,
            is_first=target.is_first,
            kinds=tuple(one.value for one in target.kinds),
            ring_s=ring_s,
            connecting=connecting,
            passing=passing,
            failed=failed,
            joined=joined,
            always=not _keeps_rendered_hours(party, settings, plan),
            begins=_epoch(target.begins),
        )


def _called(
    target: TransferTarget, party: _Party | None, settings: Settings, plan: Plan
) -> tuple[str, tuple[str, ...], int] | None:
    """How it is called, what, and how long."""
    waits = settings.queue
    if target.role is LegRole.COLLEAGUE:
        return _DIAL, (f"PJSIP/{target.id}",), waits.ring_s
    if target.role is LegRole.SUPERVISOR:
        return _DIAL, tuple(f"PJSIP/{name}" for name in settings.sip.supervisors), waits.ring_s
    if isinstance(party, Queue):
        return (_QUEUE, (party.id,), waits.special_wait_s) if party.seats else None
    if isinstance(party, Platform) and party.served:
        return (_QUEUE, (party.queue,), waits.special_wait_s) if _is_one_of_several(plan) else None
    peer = _peer_of(party, plan)
    if party is None or peer is None:
        return None
    number = dialled_at(peer, _number_of(party, plan))
    return _DIAL, (f"PJSIP/{number}@{endpoint_of(peer)}",), waits.transfer_ring_s


def _is_one_of_several(plan: Plan) -> bool:
    """Whether a platform that is served here can be another one than the agent's."""
    return sum(platform.served for platform in plan.platforms.values()) > 1


def _peer_of(party: _Party | None, plan: Plan) -> Peer | None:
    match party:
        case Center(peer=peer) | Utility(peer=peer) | Platform(peer=peer, served=False):
            return None if peer is None else plan.peers[peer]
        case _:
            return None


def _number_of(party: _Party, plan: Plan) -> str:
    """What is dialled at a peer whose address names no number."""
    match party:
        case Center(line=line):
            return line
        case Utility(numbers=(first, *_)):
            return first
        case _:
            return plan.hub.number


def _keeps_rendered_hours(party: _Party | None, settings: Settings, plan: Plan) -> bool:
    """Whether the dialplan's table of hours is this one's too."""
    keepers = tuple(whose_hours(settings, plan))
    return len(keepers) == 1 and _hours_of(party, plan) == keepers[0].hours


def _hours_of(party: _Party | None, plan: Plan) -> Hours | None:
    if isinstance(party, Queue):
        return party.hours or plan.platforms[party.platform].hours
    return None if party is None else party.hours


def _first_by_code(called: Sequence[DialledTarget], plan: Plan) -> dict[str, str]:
    """Whom each code stands for while nobody can be asked."""
    first: dict[str, str] = {}
    for made in called:
        first.setdefault(made.code, made.id)
    ids = {made.id for made in called}
    area = sole_area(plan.platforms[plan.home])
    for line, centers in plan.centers.items():
        reachable = [center for center in centers if center.id in ids]
        if len(reachable) > 1:
            first[line] = center_for(reachable, (area,) if area else ()).id
    first.pop("", None)
    return first


def _recorded(target: TransferTarget, plan: Plan, sounds: Path) -> Iterator[str]:
    for key in sounds_of(target, plan):
        yield key if key is not None and line_sound_path(sounds, key).exists() else ""


def _epoch(begins: datetime | None) -> int:
    """Whole seconds, rounded up: never a moment too early."""
    return 0 if begins is None else -int(-begins.timestamp() // 1)
