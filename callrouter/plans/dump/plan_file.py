"""`plan.yaml` of a dumped plan: what the document says of everything but lines."""

from __future__ import annotations

from collections.abc import Mapping

from callrouter.plans.dump.parts import (
    hours_value,
    instant,
    is_chosen,
    is_operators,
    named,
    some,
    time_of_day,
    words,
    yes_no,
)
from callrouter.plans.dump.yaml_text import Value
from callrouter.plans.schema.parts import OPERATOR_SOURCE
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import (
    Demand,
    Desk,
    Emergency,
    NotAccepted,
    Queue,
    RegisterRule,
    SurveyRule,
    Utility,
)
from callrouter.vocabulary.territory import Platform


def plan_value(plan: Plan, hours: Mapping[str, Hours]) -> dict[str, Value]:
    """The file's mapping; `hours` are all that somebody keeps."""
    document = plan.document
    anywhere = f"{document.ref}:L1"
    platforms = [one for one in plan.platforms.values() if not one.illustrative]
    queues = [one for one in plan.queues.values() if not one.illustrative]
    return {
        "jurisdiction": plan.jurisdiction,
        "title": plan.title,
        "version": plan.version,
        "document": {
            "ref": document.ref,
            "title": document.title,
            "number": document.number,
            "issued": document.issued.isoformat(),
        },
        "timezone": plan.timezone,
        "calendar": plan.calendar.id if plan.calendar is not None else None,
        "hub": {"number": plan.hub.number, "spoken_number": plan.hub.spoken_number, "name": plan.hub.name},
        "brands": [
            {"name": brand.name, "starts": instant(brand.starts), "source": anywhere} for brand in plan.brands
        ],
        "home": plan.home,
        "hours": some([_hours(one, anywhere) for one in hours.values() if not is_operators(one)]),
        "platforms": [platform_value(one) | {"source": one.source} for one in platforms],
        "queues": [queue_value(one) | {"source": one.source} for one in queues],
        "desks": {
            "hub": _desk(plan.desks.hub),
            "emergency": _desk(plan.desks.emergency),
            "unknown": _desk(plan.desks.unknown),
            "handed_over": _desk(plan.desks.handed_over),
            "closed": _desk(plan.desks.closed),
        },
        "emergency": some([_emergency(one) for one in plan.emergencies.values()]),
        "utilities": some([_utility(one) for one in plan.utilities]),
        "scope": {
            "excluded_systems": [{"name": name, "source": anywhere} for name in plan.excluded_systems],
            "not_accepted": [_not_accepted(one) for one in plan.not_accepted],
        },
        "dues": some(
            [{"what": due.what, "by": due.by.isoformat(), "source": due.source} for due in plan.dues]
        ),
        "demands": some([_demand(one) for one in plan.demands]),
        "survey": _survey(plan.survey),
        "register_by": _register_by(plan.register_by),
    }


def platform_value(platform: Platform) -> dict[str, Value]:
    """What plan.yaml may say of a platform, without the line that says whose it is."""
    hours = platform.hours if platform.illustrative or not is_chosen(platform.hours) else None
    return {
        "id": platform.id,
        "name": platform.name,
        "spoken_name": platform.spoken_name,
        "level": platform.level,
        "parent": platform.parent,
        "areas": words(platform.areas),
        "hours": named(hours),
        "dialled_directly": yes_no(platform.dialled_directly),
        "starts": instant(platform.starts),
        "email": platform.email,
    }


def queue_value(queue: Queue) -> dict[str, Value]:
    """What plan.yaml may say of a queue, without the line that says whose it is."""
    hours = queue.hours if queue.illustrative or not is_chosen(queue.hours) else None
    return {
        "id": queue.id,
        "name": queue.name,
        "spoken_name": queue.spoken_name,
        "kind": queue.kind,
        "platform": queue.platform,
        "line": queue.line,
        "hours": named(hours),
        "starts": instant(queue.starts),
        **(ways_value(queue) if queue.given_place is None else {}),
    }


def ways_value(queue: Queue) -> dict[str, Value]:
    """What is said of a queue's calls; that of a queue of the document may be the operator's."""
    return {
        "overflow": queue.overflow,
        "overflow_to": queue.overflow_to,
        "answers": queue.answers,
        "lines": some(words(queue.answered_lines or ())),
        "announcement": queue.own_announcement,
        "priority": None if queue.own_priority is None else str(queue.own_priority),
    }


def _hours(hours: Hours, anywhere: str) -> dict[str, Value]:
    return hours_value(hours) | {"source": hours.stretches[0].source or anywhere}


def _desk(desk: Desk) -> dict[str, Value]:
    return {"announcement": desk.announcement, "priority": str(desk.priority)}


def _emergency(emergency: Emergency) -> dict[str, Value]:
    return {
        "number": emergency.number,
        "name": emergency.name,
        "spoken_number": emergency.spoken_number,
        "out": "unstated" if emergency.illustrative else emergency.out,
        "handed_in": yes_no(emergency.handed_in),
        "source": emergency.source,
    }


def _utility(utility: Utility) -> dict[str, Value]:
    return {
        "id": utility.id,
        "name": utility.name,
        "means": words(utility.means),
        "parallel": yes_no(utility.parallel),
        "source": utility.source,
    }


def _not_accepted(matter: NotAccepted) -> dict[str, Value]:
    return {
        "id": matter.id,
        "what": matter.what,
        "guide": None if matter.illustrative else matter.guide,
        "source": matter.source,
    }


def _demand(demand: Demand) -> dict[str, Value]:
    return {
        "mode": demand.mode,
        "transition": yes_no(demand.transition),
        "announcement": yes_no(demand.announcement),
        "round_the_clock": yes_no(demand.round_the_clock),
        "new_lines": yes_no(demand.new_lines),
        "source": demand.source,
    }


def survey_exceptions(survey: SurveyRule) -> dict[str, Value]:
    """Who is not asked for a rating."""
    return {"except_lines": words(survey.except_lines), "except_queues": words(survey.except_queues)}


def _survey(survey: SurveyRule | None) -> Value:
    """What the document says of ratings; its exceptions are left to operator.yaml if that says anything of them."""
    if survey is None or survey.source == OPERATOR_SOURCE:
        return None
    exceptions = {} if survey.illustrative else survey_exceptions(survey)
    return {"offered": yes_no(survey.offered), **exceptions, "source": survey.source}


def register_value(rule: RegisterRule) -> dict[str, Value]:
    """By when what was accepted is passed on."""
    return {"until": time_of_day(rule.until), "next_day": time_of_day(rule.next_day)}


def _register_by(rule: RegisterRule | None) -> Value:
    return None if rule is None or rule.illustrative else register_value(rule) | {"source": rule.source}
