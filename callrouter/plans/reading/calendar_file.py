"""The calendar that a plan names: a file in `calendars/` beside the plan's folder, or a shipped one."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import TypeAdapter

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, Finding
from callrouter.plans.meaning.calendar import judge_calendar
from callrouter.plans.meaning.drafts import PlanDraft
from callrouter.plans.meaning.spelling import judge_spelling
from callrouter.plans.reading.written import Written
from callrouter.plans.reading.yaml_reader import read
from callrouter.plans.schema.calendar_file import CalendarFile, YearPart
from callrouter.plans.schema.suggestion import did_you_mean
from callrouter.plans.schema.validation import Item, items_of, judge_keys, value_of
from callrouter.plans.schema.values import Id
from callrouter.settings import PROJECT_ROOT

FOLDER: Final = "calendars"
SHIPPED: Final = PROJECT_ROOT / "dialplans" / FOLDER
"""The calendars of the shipped plans."""
_ID: TypeAdapter[str] = TypeAdapter(Id)


def read_calendar(
    folder: Path, shown: str, plan: PlanDraft
) -> tuple[list[Item[YearPart]] | None, list[Finding]]:
    """The years of the calendar that `plan.yaml` names, and what is wrong with its file.

    None where the plan names none, or where there is no such file, which is reported at the name. `folder` is the
    plan's, `shown` how findings call it.
    """
    name = plan.calendar
    if name is None:
        return None, []
    beside, ours = folder.parent / FOLDER, PurePosixPath(shown).parent / FOLDER
    for calendars, called in ((beside, ours), (SHIPPED, PurePosixPath("dialplans", FOLDER))):
        if (calendars / f"{name}.yaml").is_file():
            return _years(read(calendars / f"{name}.yaml", str(called / f"{name}.yaml")), name)
    here = {path.stem for calendars in (beside, SHIPPED) for path in calendars.glob("*.yaml")}
    plan.written.report(plan.written.value_at(("calendar",)), _no_file(name, here))
    return None, []


def _years(written: Written, name: str) -> tuple[list[Item[YearPart]], list[Finding]]:
    judge_spelling(written)
    written.refuse_what_was_told()
    if written.whole:
        judge_keys(CalendarFile, written)
    calls_itself = value_of(_ID, written, "calendar")
    if calls_itself is not None and calls_itself != name:
        written.report(written.value_at(("calendar",)), _misnamed(name))
    years = items_of(YearPart, written, "years")
    judge_calendar(years)
    return years, written.findings


def _no_file(name: str, here: set[str]) -> Fault:
    return Fault(
        Code.FILE_UNREADABLE,
        f"没有 {FOLDER}/{name}.yaml 这个日历",
        f"there is no calendar {FOLDER}/{name}.yaml",
        did_you_mean(name, sorted(here)),
    )


def _misnamed(name: str) -> Fault:
    return Fault(
        Code.WRONG_VALUE,
        f"与文件名 {name}.yaml 不一致",
        f"this is not the file's name {name}.yaml",
        "两处改成一样 / make the two the same",
    )
