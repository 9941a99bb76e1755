"""Which files of a plan can be laid out, and which language each is in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from callrouter.plans.cases.cases_file import CasesFile
from callrouter.plans.load import CASES_ENDING
from callrouter.plans.reading.calendar_file import FOLDER as CALENDARS
from callrouter.plans.reading.written import Plain
from callrouter.plans.schema.calendar_file import CalendarFile
from callrouter.plans.schema.lines_file import LinesFile
from callrouter.plans.schema.operator_file import OperatorFile
from callrouter.plans.schema.parts import Part
from callrouter.plans.schema.plan_file import PlanFile

_NAMED: Final[dict[str, type[Part]]] = {
    "plan.yaml": PlanFile,
    "lines.yaml": LinesFile,
    "operator.yaml": OperatorFile,
}
_KINDS: Final[tuple[type[Part], ...]] = (PlanFile, LinesFile, OperatorFile, CasesFile, CalendarFile)


def kind_of(path: Path) -> type[Part] | None:
    """The language of a file, by its name or its folder's; None if it is none of a plan's YAML files."""
    if path.name.endswith(CASES_ENDING):
        return CasesFile
    if path.parent.name == CALENDARS and path.suffix == ".yaml":
        return CalendarFile
    return _NAMED.get(path.name)


def kind_by_keys(data: Plain) -> type[Part]:
    """The language that knows most of the keys of a text without a name."""
    keys = set(data) if isinstance(data, dict) else set()
    return max(_KINDS, key=lambda kind: len(kind.model_fields.keys() & keys))


def files_in(folder: Path) -> tuple[Path, ...]:
    """A folder's files that can be laid out, by name. Raises OSError."""
    return tuple(path for path in sorted(folder.glob("*.yaml")) if kind_of(path) is not None)
