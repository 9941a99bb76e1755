"""From a folder of YAML to a `Plan`: reading, shape, meaning, assembly.

Rules:
- All errors of all files are reported in one go; a plan with any error is no plan at all.
- A part with an error is left out of what follows, so that one mistake is not reported thrice.
- A YAML file in the folder that nobody would read is an error: a misnamed file must not vanish silently.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from callrouter.plans import meaning, schema
from callrouter.plans.assembly import LinesParts, assemble
from callrouter.plans.canonical import fingerprint
from callrouter.plans.errors import Fault, PlanError, PlanErrors, clipped
from callrouter.plans.reading import Plain, Where, Written, read
from callrouter.plans.schema import ClassPart, HotlinePart, LinePart, LinesFile, PlanFile, SchedulePart
from callrouter.plans.validation import did_you_mean, validated, well_formed
from callrouter.vocabulary.plan import Plan

PLAN_FILE = "plan.yaml"
LINES_FILE = "lines.yaml"


def load_plan(folder: Path) -> Plan:
    """Load the plan in `folder`, such as `dialplans/sichuan`.

    Raises PlanErrors with everything that is wrong; places are given from the folder's parent on.
    """
    folder = folder.resolve()
    root = f"{folder.parent.name}/{folder.name}"
    jurisdiction = read(folder / PLAN_FILE, f"{root}/{PLAN_FILE}")
    lines = read(folder / LINES_FILE, f"{root}/{LINES_FILE}")
    plan_part = _plan_part(jurisdiction, folder.name)
    lines_parts = _lines_parts(lines, jurisdiction)
    errors = [*_strays(folder, root), *jurisdiction.errors, *lines.errors]
    if errors or plan_part is None or lines_parts is None:
        raise PlanErrors(errors)
    plan = assemble(plan_part, jurisdiction, lines_parts, lines)
    return replace(plan, hash=fingerprint(plan))


def _strays(folder: Path, root: str) -> list[PlanError]:
    known = [LINES_FILE, PLAN_FILE]
    strays = sorted(
        path.name
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.suffix.lower() in {".yaml", ".yml"} and path.name not in known
    )
    return [
        PlanError(
            f"{root}/{clipped(name)}",
            0,
            0,
            Fault("没有规则会读这个文件", "nothing reads this file", did_you_mean(name, known)),
        )
        for name in strays
    ]


def _plan_part(written: Written, folder: str) -> PlanFile | None:
    if not written.whole:
        return None
    part = validated(PlanFile, written, ())
    if (jurisdiction := well_formed(schema.NAME, written, "jurisdiction")) is not None:
        meaning.judge_jurisdiction(jurisdiction, folder, written)
    if (timezone := well_formed(schema.NAME, written, "timezone")) is not None:
        meaning.judge_timezone(timezone, written)
    if (codes := well_formed(schema.AREA_CODES, written, "area_codes")) is not None:
        meaning.judge_area_codes(codes, written)
    if (brands := well_formed(schema.BRANDS, written, "brands")) is not None:
        meaning.judge_brands(brands, written)
    if (hotline := well_formed(schema.HOTLINE, written, "hotline")) is not None:
        meaning.judge_hotline(hotline, written)
    return part


def _lines_parts(written: Written, jurisdiction: Written) -> LinesParts | None:
    """Every part that is well formed; None if the file has no such parts at all."""
    if not written.whole:
        return None
    validated(LinesFile, written, ())
    if not isinstance(written.data, dict):
        return None
    hotline = well_formed(schema.HOTLINE, jurisdiction, "hotline")
    document = well_formed(schema.DOCUMENT, jurisdiction, "document")
    parts = LinesParts({}, {}, {})
    schedules = _take_schedules(written.data.get("schedules"), parts, written)
    _take_lines(written.data.get("lines"), schedules, hotline, parts, written)
    _take_classes(written.data.get("classes"), schedules, parts, written)
    if document is not None:
        for where, part in parts.all():
            meaning.judge_sources(part, document.ref, where, written)
    return parts


def _take_schedules(data: Plain | None, parts: LinesParts, written: Written) -> list[str]:
    """Take the schedules that are well formed; return the names of all of them, to be referred to."""
    if not isinstance(data, dict):
        return []
    for name in data:
        where: Where = ("schedules", name)
        part = validated(SchedulePart, written, where)
        if part is not None:
            meaning.judge_schedule(part, where, written)
            parts.schedules[name] = part
    return list(data)


def _take_lines(
    data: Plain | None,
    schedules: list[str],
    hotline: HotlinePart | None,
    parts: LinesParts,
    written: Written,
) -> None:
    first: dict[str, Where] = {}
    for index in range(len(data) if isinstance(data, list) else 0):
        where: Where = ("lines", index)
        part = validated(LinePart, written, where)
        if part is not None:
            meaning.judge_line(part, where, hotline.number if hotline else None, first, written)
            meaning.judge_reference(part.schedule, schedules, where, written)
            first.setdefault(part.number, where)
            parts.lines[index] = part


def _take_classes(data: Plain | None, schedules: list[str], parts: LinesParts, written: Written) -> None:
    first: dict[str, Where] = {}
    for index in range(len(data) if isinstance(data, list) else 0):
        where: Where = ("classes", index)
        part = validated(ClassPart, written, where)
        if part is not None:
            meaning.judge_class_id(part, where, first, written)
            meaning.judge_reference(part.schedule, schedules, where, written)
            first.setdefault(part.id, where)
            parts.classes[index] = part
