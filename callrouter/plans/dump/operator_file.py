"""`operator.yaml` of a dumped plan: all that is the operator's choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from callrouter.plans.dump.lines_file import center_value, line_value, list_value
from callrouter.plans.dump.parts import (
    WHY,
    calendar_change,
    hours_value,
    instant,
    is_chosen,
    is_operators,
    is_operators_schedule,
    named,
    schedule_value,
    some,
    words,
    yes_no,
)
from callrouter.plans.dump.plan_file import (
    platform_value,
    queue_value,
    register_value,
    survey_exceptions,
    ways_value,
)
from callrouter.plans.dump.yaml_text import Value
from callrouter.plans.schema.parts import OPERATOR_SOURCE
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.line import Center
from callrouter.vocabulary.menu import Menu
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Emergency, Queue, RegisterRule, SurveyRule, Utility
from callrouter.vocabulary.territory import Platform, Trunk


def operator_value(plan: Plan, hours: Mapping[str, Hours]) -> dict[str, Value]:
    """The file's mapping; empty if nothing is the operator's."""
    centers = [one for of_line in plan.centers.values() for one in of_line]
    schedules = [one for one in plan.schedules.values() if is_operators_schedule(one)]
    sections: dict[str, Value] = {
        "instants": _chosen(_instants(plan)),
        "calendar": _chosen(map(calendar_change, plan.calendar.changes if plan.calendar else ())),
        "hours": _chosen(hours_value(one) for one in hours.values() if is_operators(one)),
        "platforms": _chosen(_platform(one, plan.home) for one in plan.platforms.values()),
        "queues": _chosen(_queue(one) for one in plan.queues.values()),
        "schedules": {one.id: schedule_value(one, cited=False) | {"why": WHY} for one in schedules},
        "lines": _chosen(line_value(one) for one in plan.lines.values() if one.illustrative),
        "lists": _chosen(list_value(one) for one in plan.lists.lists if one.illustrative),
        "allow_new_lines": [{"number": number, "why": WHY} for number in plan.allow_new_lines],
        "centers": _chosen(_center(one) for one in centers),
        "emergency": _chosen(_emergency(one) for one in plan.emergencies.values()),
        "utilities": _chosen(_utility(one) for one in plan.utilities),
        "not_accepted": _chosen(
            {"id": one.id, "guide": one.guide} for one in plan.not_accepted if one.illustrative
        ),
        "peers": _chosen(
            {
                "id": one.id,
                "uri": one.uri,
                "purpose": one.purpose,
                "others_at_most": None if one.others_at_most is None else str(one.others_at_most),
            }
            for one in plan.peers.values()
        ),
        "trunks": _chosen(_trunk(one) for one in plan.trunks.values()),
        "survey": _survey(plan.survey),
        "menus": _chosen(_menu(one) for one in plan.menus or ()),
        "register_by": _register_by(plan.register_by),
    }
    return {name: section for name, section in sections.items() if section}


def _chosen(items: Iterable[dict[str, Value]]) -> list[Value]:
    """The items that say something beside the name of what they are about, each with a reason."""
    return [item | {"why": WHY} for item in items if sum(value is not None for value in item.values()) > 1]


def _instants(plan: Plan) -> Iterator[dict[str, Value]]:
    for schedule in plan.schedules.values():
        if not is_operators_schedule(schedule):
            for phase in schedule.phases:
                if phase.illustrative:
                    yield {"schedule": schedule.id, "phase": phase.name, "starts": instant(phase.starts)}


def _platform(platform: Platform, home: str) -> dict[str, Value]:
    served = yes_no(True) if platform.served and platform.id != home else None
    if platform.illustrative:
        return platform_value(platform) | {"serves": served, "peer": platform.peer}
    chosen = named(platform.hours) if is_chosen(platform.hours) else None
    return {"id": platform.id, "serves": served, "hours": chosen, "peer": platform.peer}


def _queue(queue: Queue) -> dict[str, Value]:
    seats = some(words(queue.seats))
    if queue.illustrative:
        return queue_value(queue) | {"seats": seats}
    chosen = named(queue.hours) if is_chosen(queue.hours) else None
    ways = ways_value(queue) if queue.given_place is not None else {}
    return {"id": queue.id, "seats": seats, "hours": chosen} | ways


def _center(center: Center) -> dict[str, Value]:
    if center.source == OPERATOR_SOURCE:
        return center_value(center) | {"peer": center.peer}
    return {
        "id": center.id,
        "hours": named(center.hours) if is_chosen(center.hours) else None,
        "opens": instant(center.opens) if center.illustrative else None,
        "peer": center.peer,
    }


def _emergency(emergency: Emergency) -> dict[str, Value]:
    targets: list[Value] = [
        {"areas": words(one.areas), "peer": one.peer, "alternates": some(words(one.alternates))}
        for one in emergency.targets
    ]
    return {
        "number": emergency.number,
        "out": emergency.out if emergency.illustrative else None,
        "targets": some(targets),
    }


def _utility(utility: Utility) -> dict[str, Value]:
    if not utility.illustrative:
        return {"id": utility.id}
    return {
        "id": utility.id,
        "numbers": words(utility.numbers),
        "peer": utility.peer,
        "hours": named(utility.hours),
    }


def _trunk(trunk: Trunk) -> dict[str, Value]:
    return {
        "id": trunk.id,
        "platform": trunk.platform,
        "default_platform": trunk.default_platform,
        "source": trunk.source,
        "finders": words(trunk.finders),
        "dids": some([{"number": number, "line": line} for number, line in trunk.dids]),
        "pilots": some(words(sorted(trunk.pilots))),
    }


def _menu(menu: Menu) -> dict[str, Value]:
    return {
        "id": menu.id,
        "announcement": menu.announcement,
        "desk": menu.desk,
        "lines": some(words(menu.lines)),
        "choices": [{"key": choice.key, "queue": choice.queue} for choice in menu.choices],
        "otherwise": menu.otherwise,
        "tries": str(menu.tries),
        "timeout_s": str(menu.timeout_s),
    }


def _survey(survey: SurveyRule | None) -> Value:
    if survey is None or not survey.illustrative:
        return None
    offered = yes_no(survey.offered) if survey.source == OPERATOR_SOURCE else None
    return {"offered": offered, **survey_exceptions(survey), "why": WHY}


def _register_by(rule: RegisterRule | None) -> Value:
    return None if rule is None or not rule.illustrative else register_value(rule) | {"why": WHY}
