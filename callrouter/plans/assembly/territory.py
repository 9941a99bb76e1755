"""Platforms, queues, trunks and peers as values: what the document says with what the operator adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from callrouter.plans.assembly.hours import choose, unstated
from callrouter.plans.meaning.drafts import OperatorDraft, PlanDraft
from callrouter.plans.meaning.queues import ways_of
from callrouter.plans.schema.operator_file import NewPlatform, NewQueue, PlatformFill, QueueFill, TrunkPart
from callrouter.plans.schema.plan_file import PlatformPart
from callrouter.plans.schema.queue_parts import QueuePart, QueueWays
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.policy import Overflow, Queue, QueueKind
from callrouter.vocabulary.territory import Peer, Platform, Trunk


def platforms_of(plan: PlanDraft, operator: OperatorDraft, hours: dict[str, Hours]) -> dict[str, Platform]:
    """All platforms by id, each with the queue where its calls end."""
    fills = {fill.part.id: fill.part for fill in operator.platform_fills}
    queues: dict[str, str] = {
        queue.part.platform: queue.part.id
        for queue in (*plan.queues, *operator.queues)
        if queue.part.kind is QueueKind.GENERAL
    }
    items: list[Item[PlatformPart] | Item[NewPlatform]] = [*plan.platforms, *operator.platforms]
    parents = {item.part.id: item.part.parent for item in items}
    home = plan.home or ""
    made: dict[str, Platform] = {}
    for item in items:
        name = item.part.id
        queue = next(queues[one] for one in (*_upwards(name, parents), home) if one in queues)
        made[name] = _platform(item, fills.get(name), hours, queue, home)
    return made


def _upwards(platform: str, parents: dict[str, str | None]) -> Iterator[str]:
    """The platform and those above it; levels only rise, so it ends."""
    above: str | None = platform
    while above is not None:
        yield above
        above = parents.get(above)


def _platform(
    item: Item[PlatformPart] | Item[NewPlatform],
    fill: PlatformFill | None,
    hours: dict[str, Hours],
    queue: str,
    home: str,
) -> Platform:
    part = item.part
    operated = part if isinstance(part, NewPlatform) else fill
    held = choose(hours, part.hours, fill.hours if fill else None, illustrative=part.illustrative)
    return Platform(
        id=part.id,
        name=part.name,
        spoken_name=part.spoken_name,
        level=part.level,
        parent=part.parent,
        areas=tuple(part.areas),
        hours=held or unstated(item.place),
        queue=queue,
        peer=operated.peer if operated else None,
        served=part.id == home or bool(operated and operated.serves),
        dialled_directly=part.dialled_directly,
        email=part.email or (fill.email if fill else None),
        starts=part.starts,
        source=part.cited,
        place=item.place,
        illustrative=part.illustrative,
    )


def queues_of(plan: PlanDraft, operator: OperatorDraft, hours: dict[str, Hours]) -> dict[str, Queue]:
    """All queues by id."""
    fills = {fill.part.id: fill for fill in operator.queue_fills}
    items: Iterable[Item[QueuePart] | Item[NewQueue]] = (*plan.queues, *operator.queues)
    return {item.part.id: _queue(item, fills.get(item.part.id), hours) for item in items}


def _queue(
    item: Item[QueuePart] | Item[NewQueue], filling: Item[QueueFill] | None, hours: dict[str, Hours]
) -> Queue:
    part, fill = item.part, filling.part if filling else None
    seats = part.seats if isinstance(part, NewQueue) else (fill.seats if fill else None)
    otherwise = Overflow.LAST_RESORT if part.kind is QueueKind.GENERAL else Overflow.GENERAL
    ways = ways_of(part, fill)
    given = filling is not None and not filling.part.model_fields_set.isdisjoint(QueueWays.model_fields)
    return Queue(
        id=part.id,
        name=part.name,
        spoken_name=part.spoken_name,
        kind=part.kind,
        platform=part.platform,
        line=part.line,
        seats=tuple(seats or ()),
        hours=choose(hours, part.hours, fill.hours if fill else None, illustrative=part.illustrative),
        overflow=ways.overflow or otherwise,
        starts=part.starts,
        source=part.cited,
        place=item.place,
        illustrative=part.illustrative,
        answers=ways.answers,
        answered_lines=tuple(ways.lines) or None,
        own_announcement=ways.announcement,
        own_priority=ways.priority,
        overflow_to=ways.overflow_to,
        given_place=filling.place if filling is not None and given else None,
    )


def peers_of(operator: OperatorDraft) -> dict[str, Peer]:
    """All peers by id."""
    return {
        item.part.id: Peer(
            item.part.id,
            item.part.uri,
            item.part.purpose,
            item.place,
            illustrative=True,
            others_at_most=item.part.others_at_most,
        )
        for item in operator.peers
    }


def trunks_of(operator: OperatorDraft) -> dict[str, Trunk]:
    """All trunks by id."""
    return {item.part.id: _trunk(item) for item in operator.trunks}


def _trunk(item: Item[TrunkPart]) -> Trunk:
    part = item.part
    return Trunk(
        id=part.id,
        platform=part.platform,
        default_platform=part.default_platform,
        source=part.source,
        finders=tuple(part.finders),
        dids=tuple((did.number, did.line) for did in part.dids),
        pilots=frozenset(part.pilots),
        place=item.place,
        illustrative=True,
    )
