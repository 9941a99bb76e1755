"""A plan as files again: loading them gives the same plan, with the same hash, but for places.

Rules:
- What the document says goes into plan.yaml and lines.yaml, what is marked illustrative into operator.yaml.
- Only what the plan holds can be written: comments, the operator's reasons, hours that nobody keeps and where the
  document gives a brand or an excluded system are not in it. Reasons and sources are filled in with a general one.
- A calendar is named, not written: it is a country's. The site's own changes of it are the plan's.
- What follows from something else (where a phase ends, which queue is a platform's) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from callrouter.plans.dump.lines_file import lines_value
from callrouter.plans.dump.operator_file import operator_value
from callrouter.plans.dump.parts import stated_hours
from callrouter.plans.dump.plan_file import plan_value
from callrouter.plans.dump.yaml_text import yaml_text
from callrouter.vocabulary.number_table import LineList
from callrouter.vocabulary.plan import Plan

_HEADER: Final = "number,name\n"


def dump(plan: Plan, folder: Path) -> None:
    """Write the plan's files into a folder, which must have the jurisdiction's name to be loaded from.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in dump_texts(plan).items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def dump_texts(plan: Plan) -> dict[str, str]:
    """The plan's files by name; without operator.yaml if nothing in it is the operator's."""
    hours = stated_hours(plan)
    texts = {"plan.yaml": yaml_text(plan_value(plan, hours)), "lines.yaml": yaml_text(lines_value(plan))}
    if operator := operator_value(plan, hours):
        texts["operator.yaml"] = yaml_text(operator)
    return texts | {list_.file: _csv(plan, list_) for list_ in plan.lists.lists}


def _csv(plan: Plan, list_: LineList) -> str:
    return _HEADER + "".join(_rows(plan.lists.rows_of(list_.id)))


def _rows(named: Iterable[tuple[str, str]]) -> Iterable[str]:
    for number, name in named:
        written = '"{}"'.format(name.replace('"', '""')) if '"' in name or "," in name else name
        yield f"{number},{written}\n"
