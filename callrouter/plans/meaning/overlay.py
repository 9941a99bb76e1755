"""What `operator.yaml` fills in: only what the document leaves unsaid, and everything with its reason.

Rules:
- A key that the document's files state can't be given again, whatever its value: it would look like a choice.
- `unstated` and an empty list state nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from callrouter.plans.meaning.drafts import Drafts, OperatorDraft
from callrouter.plans.meaning.lines_file import Instants
from callrouter.plans.schema.key_faults import contradicts
from callrouter.plans.schema.parts import Chosen, Fill, Part
from callrouter.plans.schema.times import UNSTATED
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.policy import EmergencyOut


@dataclass(frozen=True, slots=True)
class Choice:
    """One item of `operator.yaml`."""

    place: str
    section: str
    """`instants`, `platforms` …"""
    name: str
    """The id, number or schedule that it is about; empty where the section is one choice."""
    why: str


def judge_fills(drafts: Drafts) -> None:
    """Report what the overlay says although the document's files say it."""
    plan, lines, operator = drafts
    _judge(operator.platform_fills, {one.part.id: one.part for one in plan.platforms})
    _judge(operator.queue_fills, {one.part.id: one.part for one in plan.queues})
    _judge(operator.center_fills, {one.part.id: one.part for one in lines.centers})
    _judge(operator.emergency, {one.part.number: one.part for one in plan.emergency})
    _judge(operator.utilities, {one.part.id: one.part for one in plan.utilities})
    matters = plan.scope.part.not_accepted if plan.scope else []
    _judge(operator.not_accepted, {one.id: one for one in matters})
    if plan.survey is not None and operator.survey is not None:
        _judge([operator.survey], {"": plan.survey.part})
    if plan.register_by is not None and operator.register_by is not None:
        _judge([operator.register_by], {"": plan.register_by.part})


def _judge(fills: Iterable[Item[Fill]], document: Mapping[str, Part]) -> None:
    for fill in fills:
        name = getattr(fill.part, "id", None) or getattr(fill.part, "number", "")
        part = document.get(str(name))
        for key in sorted(fill.part.model_fields_set - {"id", "number", "why"}):
            if part is not None and _is_stated(part, key):
                fill.report(contradicts(key), key)


def _is_stated(part: Part, key: str) -> bool:
    value = getattr(part, key, None)
    if key not in part.model_fields_set or value is None:
        return False
    return value not in (UNSTATED, EmergencyOut.UNSTATED, [])


def choices_in(operator: OperatorDraft) -> tuple[Choice, ...]:
    """Every choice of the overlay, in the order in which it is written."""
    items: list[Item[Chosen]] = list(_all(operator))
    items.sort(key=lambda item: item.written.key_at(item.where))
    return tuple(
        Choice(item.place, str(item.where[0]), _name(item.part, *item.where[1:]), item.part.why)
        for item in items
    )


def filled_in(drafts: Drafts, instants: Instants) -> dict[str, list[str]]:
    """For the place of what is filled in, the places of the overlay's items that do."""
    plan, lines, operator = drafts
    found: dict[str, list[str]] = {}
    pairs: Sequence[tuple[Sequence[Item[Part]], Sequence[Item[Fill]]]] = (
        (plan.platforms, operator.platform_fills),
        (plan.queues, operator.queue_fills),
        (lines.centers, operator.center_fills),
        (plan.emergency, operator.emergency),
        (plan.utilities, operator.utilities),
    )
    for items, fills in pairs:
        places = {_name(fill.part, ""): fill.place for fill in fills}
        for item in items:
            if (place := places.get(_name(item.part, ""))) is not None:
                found.setdefault(item.place, []).append(place)
    matters = plan.scope.part.not_accepted if plan.scope else []
    guides = {fill.part.id: fill.place for fill in operator.not_accepted}
    for index, matter in enumerate(matters):
        if matter.id in guides:
            found[plan.written.place(("scope", "not_accepted", index))] = [guides[matter.id]]
    if plan.survey is not None and operator.survey is not None:
        found[plan.survey.place] = [operator.survey.place]
    for (schedule, index), instant in instants.items():
        found[lines.written.place(("schedules", schedule, "phases", index))] = [instant.place]
    return found


def _name(part: Part, step: str | int = "") -> str:
    for key in ("id", "number", "schedule", "first"):
        if (name := getattr(part, key, None)) is not None:
            return str(name)
    return str(step)


def _all(operator: OperatorDraft) -> Iterator[Item[Chosen]]:
    sections: Sequence[Iterable[Item[Chosen]]] = (
        operator.instants,
        operator.calendar,
        operator.hours,
        operator.platforms,
        operator.platform_fills,
        operator.queues,
        operator.queue_fills,
        operator.schedules,
        operator.lines,
        operator.lists,
        operator.centers,
        operator.center_fills,
        operator.emergency,
        operator.utilities,
        operator.not_accepted,
        operator.peers,
        operator.trunks,
        operator.allow_new_lines,
        operator.menus,
        [operator.survey] if operator.survey is not None else [],
        [operator.register_by] if operator.register_by is not None else [],
    )
    for section in sections:
        yield from section
