"""Puts the judged parts together as a frozen `Plan`, each with the place where it is written."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from callrouter.plans.assembly.calendar import calendar_of
from callrouter.plans.assembly.canonical import fingerprint
from callrouter.plans.assembly.hours import hours_of
from callrouter.plans.assembly.lines import centers_of, classes_of, dues_of, lines_of
from callrouter.plans.assembly.menus import menus_of
from callrouter.plans.assembly.policy import (
    demands_of,
    desks_of,
    emergencies_of,
    not_accepted_of,
    register_by_of,
    survey_of,
    utilities_of,
)
from callrouter.plans.assembly.territory import peers_of, platforms_of, queues_of, trunks_of
from callrouter.plans.meaning.drafts import Drafts
from callrouter.plans.schema.calendar_file import YearPart
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.migration import Schedule
from callrouter.vocabulary.number_table import LineLists
from callrouter.vocabulary.plan import Brand, Document, Hub, Plan


def assemble(
    drafts: Drafts,
    schedules: dict[str, Schedule],
    lists: LineLists,
    years: list[Item[YearPart]] | None,
) -> Plan:
    """Make the plan. Only for parts without an error."""
    plan, lines, operator = drafts
    document, hub, desks = plan.document, plan.hub, plan.desks
    home, title = plan.home, plan.title
    if document is None or hub is None or desks is None or home is None or title is None:
        raise AssertionError("a plan without an error has all its parts")
    hours = hours_of(plan, operator)
    part = document.part
    made = Plan(
        jurisdiction=plan.jurisdiction or "",
        title=title,
        version=plan.version or "",
        hash="",
        document=Document(part.ref, part.title, part.number, part.issued),
        timezone=plan.timezone or "",
        hub=Hub(
            hub.part.number, hub.part.spoken_number, hub.part.name or plan.brands[0].part.name, hub.place
        ),
        brands=tuple(Brand(brand.part.name, brand.part.starts, brand.place) for brand in plan.brands),
        platforms=MappingProxyType(platforms_of(plan, operator, hours)),
        home=home,
        trunks=MappingProxyType(trunks_of(operator)),
        peers=MappingProxyType(peers_of(operator)),
        queues=MappingProxyType(queues_of(plan, operator, hours)),
        desks=desks_of(desks),
        schedules=MappingProxyType(schedules),
        lines=MappingProxyType(lines_of(lines, operator, schedules)),
        lists=lists,
        classes=classes_of(lines, schedules),
        centers=MappingProxyType(centers_of(lines, operator, hours)),
        emergencies=MappingProxyType(emergencies_of(plan, operator)),
        utilities=utilities_of(plan, operator, hours),
        not_accepted=not_accepted_of(plan, operator),
        excluded_systems=tuple(one.name for one in plan.scope.part.excluded_systems) if plan.scope else (),
        allow_new_lines=tuple(item.part.number for item in operator.allow_new_lines),
        dues=dues_of(plan.written, ("dues",), [item.part for item in plan.dues]),
        place=plan.written.place(("jurisdiction",)),
        demands=demands_of(plan),
        calendar=calendar_of(plan, operator, years),
        survey=survey_of(plan, operator),
        menus=menus_of(operator),
        register_by=register_by_of(plan, operator),
    )
    return replace(made, hash=fingerprint(made))
