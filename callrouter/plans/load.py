"""From a folder of YAML and CSV to a `Plan`: reading, shape, meaning, overlay, assembly.

Rules:
- All errors of all files are reported in one go; a plan with any error is no plan at all.
- A part with an error is left out of what follows, so that one mistake is not reported thrice.
- A file in the folder that nobody would read is an error: a misnamed file must not vanish silently.
- The document's files make a whole plan by themselves; `operator.yaml` only adds what they leave unsaid.
- A calendar of public holidays is a country's, not a plan's: its file lies beside the plans and is read with each.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from callrouter.plans.assembly.lines import schedules_of
from callrouter.plans.assembly.plan import assemble
from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, Finding, PlanErrors, clipped
from callrouter.plans.meaning import calendar, lines_file, names, operator_file, plan_file
from callrouter.plans.meaning.drafts import (
    Drafts,
    lines_draft,
    operator_draft,
    plan_draft,
)
from callrouter.plans.meaning.lines_file import Instants
from callrouter.plans.meaning.menus import judge_menus
from callrouter.plans.meaning.overlay import Choice, choices_in, filled_in, judge_fills
from callrouter.plans.meaning.spelling import judge_sources, judge_spelling
from callrouter.plans.positions import Positions
from callrouter.plans.reading.calendar_file import read_calendar
from callrouter.plans.reading.list_files import names_of_files, read_lists
from callrouter.plans.reading.written import MappingMarks, Written, packed
from callrouter.plans.reading.yaml_reader import read
from callrouter.plans.schema.suggestion import did_you_mean, nearest
from callrouter.plans.schema.validation import names_in
from callrouter.vocabulary.plan import Plan

__all__ = ["Choice", "Loaded", "Positions", "load", "load_plan"]

PLAN_FILE = "plan.yaml"
LINES_FILE = "lines.yaml"
OPERATOR_FILE = "operator.yaml"
CASES_ENDING = ".cases.yaml"
"""The plan's own tests (`plans.cases`): no part of the plan."""
_READ_SUFFIXES = frozenset({".yaml", ".yml", ".csv"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder was found to hold."""

    plan: Plan | None
    """None if any finding is an error."""
    findings: tuple[Finding, ...]
    """What loading found, in the order in which it is written."""
    positions: Positions
    folder: Path
    overlay: bool
    """Whether `operator.yaml` was asked for."""
    choices: tuple[Choice, ...] = ()
    """Every item of `operator.yaml`, with its reason."""


def load(folder: Path, *, overlay: bool = True, shown: str | None = None) -> Loaded:
    """Load the plan in `folder`, such as `dialplans/sichuan`. Never raises for what is in the files.

    `shown` is the folder's name in findings and places; the folder with its parent if left out.
    """
    folder = folder.resolve()
    shown = shown if shown is not None else f"{folder.parent.name}/{folder.name}"
    plan = plan_draft(_read(folder, shown, PLAN_FILE))
    lines = lines_draft(_read(folder, shown, LINES_FILE))
    operator = operator_draft(_operator(folder, shown, overlay=overlay), plan, lines)
    drafts = Drafts(plan, lines, operator)
    instants = _judge(drafts, folder.name)
    years, about_calendar = read_calendar(folder, shown, plan)
    sound = not any(written.findings for written in drafts.files)
    schedules = schedules_of(lines, operator, instants) if sound else {}
    lists, findings = read_lists(folder, shown, drafts, schedules)
    findings += _strays(folder, shown, drafts, overlay=overlay)
    findings += about_calendar
    findings += [finding for written in drafts.files for finding in written.findings]
    return Loaded(
        plan=None if findings else assemble(drafts, schedules, lists, years),
        findings=tuple(sorted(findings)),
        positions=Positions(drafts.files, filled_in(drafts, instants)),
        folder=folder,
        overlay=overlay,
        choices=choices_in(operator),
    )


def load_plan(folder: Path, *, overlay: bool = True, shown: str | None = None) -> Plan:
    """Load the plan in `folder`, such as `dialplans/sichuan`.

    Raises PlanErrors with everything that is wrong.
    """
    loaded = load(folder, overlay=overlay, shown=shown)
    if loaded.plan is None:
        raise PlanErrors(loaded.findings)
    return loaded.plan


def _read(folder: Path, shown: str, name: str) -> Written:
    """A file as it is written; what any YAML tool would damage is told, and not judged again."""
    written = read(folder / name, f"{shown}/{name}")
    judge_spelling(written)
    written.refuse_what_was_told()
    return written


def _operator(folder: Path, shown: str, *, overlay: bool) -> Written:
    """The overlay, or an empty one if there is none or nobody asked for it."""
    if overlay and os.path.lexists(folder / OPERATOR_FILE):
        return _read(folder, shown, OPERATOR_FILE)
    return Written(f"{shown}/{OPERATOR_FILE}", data={}, marks=MappingMarks(packed(0, 0), {}, {}), whole=True)


def _judge(drafts: Drafts, folder: str) -> Instants:
    """Report everything that is wrong with well-formed parts; return where the overlay's instants go."""
    plan, lines, operator = drafts
    if plan.document is not None:
        for written in (plan.written, lines.written):
            judge_sources(written, plan.document.part.ref)
    known = names.names_of(drafts)
    names.judge_home(plan, known)
    names.judge_references(names.plan_references(plan), known.document)
    names.judge_references(names.lines_references(lines), known.document)
    names.judge_references(names.fill_references(operator), known.document)
    names.judge_references(names.operator_references(operator), known.everything)
    plan_file.judge_plan(plan, folder)
    plan_file.judge_territory(plan, operator)
    judge_menus(plan, operator)
    calendar.judge_holidays(plan, operator)
    operator_file.judge_operator_rows(operator)
    lines_file.judge_lines(drafts)
    judge_fills(drafts)
    return lines_file.judge_schedules(lines, operator)


def _strays(folder: Path, shown: str, drafts: Drafts, *, overlay: bool) -> list[Finding]:
    """Files that look like a plan's and that nobody reads."""
    _, lines, operator = drafts
    listed = [names_in(file.written, "lists", "file") for file in (lines, operator)]
    tables_are_known = overlay and None not in listed
    tables = {name for names in listed for name in names or ()}
    known = {PLAN_FILE, LINES_FILE, OPERATOR_FILE, *tables}
    here = names_of_files(folder)
    lost = tables.difference(here)
    found: list[Finding] = []
    for name in here:
        suffix = Path(name).suffix.lower()
        if name in known or suffix not in _READ_SUFFIXES or name.endswith(CASES_ENDING):
            continue
        if suffix == ".csv" and (not tables_are_known or nearest(name.lower(), lost)):
            continue  # the list that wants it, or is wrong, is told instead
        fault = Fault(
            Code.FILE_UNUSED,
            "没有规则会读这个文件",
            "nothing reads this file",
            f"{did_you_mean(name, sorted(known))}；不需要就删去 / delete it if it is not needed",
        )
        found.append(Finding(f"{shown}/{clipped(name)}", 0, 0, fault))
    return found
