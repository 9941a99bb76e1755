"""`lines.yaml` of a dumped plan: what the document says becomes of the lines."""

from __future__ import annotations

from callrouter.plans.dump.parts import (
    UNSTATED,
    instant,
    is_chosen,
    is_operators_schedule,
    named,
    schedule_value,
    some,
    words,
    yes_no,
)
from callrouter.plans.dump.yaml_text import Value
from callrouter.plans.schema.parts import OPERATOR_SOURCE
from callrouter.vocabulary.line import Center, Line
from callrouter.vocabulary.number_table import LineList
from callrouter.vocabulary.plan import Plan


def lines_value(plan: Plan) -> dict[str, Value]:
    """The file's mapping."""
    schedules = [one for one in plan.schedules.values() if not is_operators_schedule(one)]
    centers = [one for of_line in plan.centers.values() for one in of_line if one.source != OPERATOR_SOURCE]
    return {
        "schedules": {one.id: schedule_value(one, cited=True) for one in schedules},
        "lines": some(
            [line_value(one) | {"source": one.source} for one in plan.lines.values() if not one.illustrative]
        ),
        "lists": some(
            [list_value(one) | {"source": one.source} for one in plan.lists.lists if not one.illustrative]
        ),
        "classes": some(
            [
                {"id": one.id, "name": one.name, "schedule": one.schedule.id, "source": one.source}
                for one in plan.classes
            ]
        ),
        "centers": some([center_value(one) | {"source": one.source} for one in centers]),
    }


def line_value(line: Line) -> dict[str, Value]:
    """A line, without the line that says whose it is."""
    return {
        "number": line.number,
        "name": line.name,
        "spoken_number": line.spoken_number,
        "spoken_name": line.spoken_name,
        "schedule": line.schedule.id,
        "level": line.level,
        "expert_seats": yes_no(line.expert_seats),
        "tag": line.tag,
    }


def list_value(list_: LineList) -> dict[str, Value]:
    """A list, without the line that says whose it is."""
    return {
        "id": list_.id,
        "name": list_.name,
        "spoken_name": list_.spoken_name,
        "file": list_.file,
        "schedule": list_.schedule.id,
    }


def center_value(center: Center) -> dict[str, Value]:
    """What lines.yaml may say of a center, without the line that says whose it is.

    Of the document's centers, what the operator chose is left for `center_fill`.
    """
    added = center.source == OPERATOR_SOURCE
    opens = instant(center.opens) if added or not center.illustrative else None
    return {
        "id": center.id,
        "line": center.line,
        "name": center.name,
        "spoken_name": center.spoken_name,
        "means": words(center.means),
        "areas": words(center.areas),
        "hours": named(center.hours) if added or not is_chosen(center.hours) else None,
        "opens": opens if center.opens_stated else UNSTATED,
    }
