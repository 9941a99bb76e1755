"""The CSV files that `lists` name: each is beside the YAML, is read once, and holds no number of the YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from callrouter.plans.assembly.lines import list_of
from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, Finding
from callrouter.plans.meaning import names
from callrouter.plans.meaning.drafts import Drafts
from callrouter.plans.reading.csv_lists import ListedNumbers
from callrouter.plans.schema.lines_file import ListPart
from callrouter.plans.schema.operator_file import OperatorList
from callrouter.plans.schema.suggestion import did_you_mean
from callrouter.plans.schema.validation import Item, names_in
from callrouter.vocabulary.migration import Mode, NumberFate, Schedule, SeatFate
from callrouter.vocabulary.number_table import LineLists

AnyList = Item[ListPart] | Item[OperatorList]

NO_SCHEDULE = Schedule("", Mode.UNKNOWN, NumberFate.UNSTATED, SeatFate.UNSTATED, (), (), (), "")
"""Of a list whose schedule has an error: its rows are judged all the same, and no plan is made."""


def _with_files(folder: Path, drafts: Drafts) -> list[AnyList]:
    """Report every list whose file is not there, or is another's; return the others."""
    here = [name for name in names_of_files(folder) if name.lower().endswith(".csv")]
    first: dict[str, AnyList] = {}
    for item in _all(drafts):
        if item.part.file not in here:
            item.report(_no_file(item.part.file, here), "file")
        elif item.part.file in first:
            item.report(names.duplicate(item.part.file, first[item.part.file].place), "file")
        else:
            first[item.part.file] = item
    return list(first.values())


def read_lists(
    folder: Path, shown: str, drafts: Drafts, schedules: Mapping[str, Schedule]
) -> tuple[LineLists, list[Finding]]:
    """Read the lists' numbers, also for a plan that has errors elsewhere."""
    lists = _with_files(folder, drafts)
    hub = drafts.plan.hub
    listed = ListedNumbers(_numbers_in(drafts) if lists else {}, hub.part.number if hub else "12345")
    findings: list[Finding] = []
    for item in lists:
        made = list_of(item, schedules.get(item.part.schedule, NO_SCHEDULE))
        findings += listed.add_file(made, folder / item.part.file, f"{shown}/{item.part.file}")
    made_lists = listed.finish()
    _judge_listed(drafts, made_lists)
    return made_lists, findings


def names_of_files(folder: Path) -> list[str]:
    """What is in the folder; nothing if it can't be read, which is told of the files that are needed."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []


def _numbers_in(drafts: Drafts) -> dict[str, str]:
    """Every number that stands in YAML, with its place."""
    taken = {line.part.number: line.place for line in (*drafts.lines.lines, *drafts.operator.lines)}
    for utility in drafts.operator.utilities:
        for number in utility.part.numbers:
            taken.setdefault(number, utility.place)
    return taken


def _judge_listed(drafts: Drafts, lists: LineLists) -> None:
    """Report every number that is named as a line and is one neither in YAML nor in a list."""
    plan, lines, operator = drafts
    hub = plan.hub.part.number if plan.hub else ""
    listed = names_in(lines.written, "lines", "number")
    added = names_in(operator.written, "lines", "number")
    if listed is None or added is None:
        return
    document = {*listed}
    everything = document.union(added)
    for known, items in (
        (document, names.lines_named(plan, lines)),
        (everything, names.lines_named_by_operator(operator)),
    ):
        for item, steps, number, _ in items:
            if item.written.is_full or number is None or number in known or lists.line(number) is not None:
                continue
            if not (number == hub and steps[0] == "dids"):
                item.report(names.unknown(number, names.LINE, known), *steps)


def _all(drafts: Drafts) -> Iterator[AnyList]:
    yield from drafts.lines.lists
    yield from drafts.operator.lists


def _no_file(file: str, here: list[str]) -> Fault:
    return Fault(
        Code.FILE_UNREADABLE,
        f"文件夹里没有 {file}",
        f"there is no {file} in the folder",
        did_you_mean(file.lower(), here)
        if here
        else f"放入 {file},表头为 number,name / put it there, headed number,name",
    )
