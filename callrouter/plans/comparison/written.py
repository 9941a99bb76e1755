"""What is written otherwise in two plans: every value by its place in the file, comments and order aside.

A row of a list is known by its id, number, name or mode, so that a row more or less is one difference and no other.
The numbers of CSV lists are compared by `numbers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from callrouter.plans.dump.lines_file import lines_value
from callrouter.plans.dump.operator_file import operator_value
from callrouter.plans.dump.parts import stated_hours
from callrouter.plans.dump.plan_file import plan_value
from callrouter.plans.dump.yaml_text import Value
from callrouter.vocabulary.plan import Plan

_KNOWN_BY: Final = ("id", "number", "schedule", "what", "name", "mode")
_IN_ORDER: Final = "brands"
"""Its rows are known by their place: the platform's names, one after the other."""


class Rewritten(NamedTuple):
    """One value that differs."""

    file: str
    path: str
    """`schedules.merged.phases[transition].starts`."""
    before: str | None
    """None: it was not there."""
    after: str | None


def rewritten(before: Plan, after: Plan) -> tuple[Rewritten, ...]:
    """Every difference, by file and in the order in which it is written."""
    old, new = _leaves(before), _leaves(after)
    places = [*old, *(place for place in new if place not in old)]
    return tuple(
        Rewritten(*place, old.get(place), new.get(place))
        for place in places
        if old.get(place) != new.get(place)
    )


def _leaves(plan: Plan) -> dict[tuple[str, str], str]:
    hours = stated_hours(plan)
    files: dict[str, Mapping[str, Value]] = {
        "plan.yaml": plan_value(plan, hours),
        "lines.yaml": lines_value(plan),
        "operator.yaml": operator_value(plan, hours),
    }
    leaves = {(file, path): leaf for file, value in files.items() for path, leaf in _walk(value, "")}
    if plan.hub.name == plan.brands[0].name:
        # It is called so because the platform is.
        del leaves["plan.yaml", "hub.name"]
    return leaves


def _walk(value: Value, path: str) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _walk(item, f"{path}.{key}" if path else key)
    elif all(isinstance(item, str) for item in value):
        yield path, "[" + ", ".join(str(item) for item in value) + "]"
    else:
        seen: dict[str, int] = {}
        for item in value:
            name = "" if path == _IN_ORDER else _name(item)
            seen[name] = 1 + seen.get(name, 0)
            nth = f"#{seen[name]}" if seen[name] > 1 else ""
            yield from _walk(item, f"{path}[{name}{nth}]")


def _name(item: Value) -> str:
    if not isinstance(item, Mapping):
        return ""
    known = next((str(item[key]) for key in _KNOWN_BY if isinstance(item.get(key), str)), "")
    phase = item.get("phase")
    return f"{known} {phase}" if isinstance(phase, str) else known
