"""Compare a plan with its document: here the lines and classes, and everything together.

Rules:
- The plan is held against the document's data, which was read apart from it (`documents`).
- What the operator chose (illustrative) is not compared, with one exception: a phase that begins later than the
  document's deadline for it is a WARNING. A deadline that was missed is a fact; the plan that says so is right.
- What the document does not say is never compared.
- A line that the document does not print belongs in operator.yaml, or among `allow_new_lines`.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.document.beside import Against, same_text, yes_or_no
from callrouter.plans.document.data import DocumentData, Group, PrintedNumber
from callrouter.plans.document.rules import rules
from callrouter.plans.document.schedules import schedules
from callrouter.plans.findings import Fault, Finding
from callrouter.plans.load import Loaded
from callrouter.vocabulary.line import Line, LineClass
from callrouter.vocabulary.migration import Schedule


def against_document(loaded: Loaded, data: DocumentData) -> Iterator[Finding]:
    """Find where a plan differs from its document. A plan that did not load has nothing to compare."""
    if loaded.plan is None:
        return
    held = Against(loaded.plan, loaded.positions, data)
    classes = _groups_of_classes(held)
    yield from _lines(held)
    yield from _strangers(held)
    yield from _classes(held, classes)
    yield from schedules(held, _groups_of_schedules(held, classes))
    yield from rules(held)


def _lines(held: Against) -> Iterator[Finding]:
    for printed in held.data.numbers:
        line = held.plan.line(printed.number)
        if line is not None:
            yield from _line(held, line, printed)
            continue
        yield held.differs(
            held.lines_file,
            Fault(
                Code.LINE_DIFFERS,
                f"缺少文件列出的 {printed.number}",
                f"{printed.number} is missing",
                "在 lines.yaml 的 lines 中加上 / add it to the lines of lines.yaml",
            ),
            printed,
        )


def _line(held: Against, line: Line, printed: PrintedNumber) -> Iterator[Finding]:
    group = held.data.group_of(printed)
    experts = yes_or_no(line.expert_seats)
    compared = (
        ("name", "name", line.name, printed.name, printed),
        ("mode", "schedule", line.schedule.mode, group.mode, group),
        ("expert_seats", "expert_seats", experts, yes_or_no(printed.expert_seats), printed),
    )
    for what, key, is_now, should_be, fact in compared:
        if should_be is not None and not same_text(is_now or "", should_be):
            yield held.differs(
                held.spot(line.place, key),
                Fault(
                    Code.LINE_DIFFERS,
                    f"{line.number} 的 {what} 是 {is_now or '（未写）'}，文件是 {should_be}",
                    f"{what} of {line.number} is {is_now or 'left out'}, the document says {should_be}",
                    f"改为 {should_be} / make it {should_be}",
                ),
                fact,
            )
    if line.expert_seats is not None and printed.expert_seats is None:
        yield held.differs(
            held.spot(line.place, "expert_seats"),
            Fault(
                Code.LINE_DIFFERS,
                f"文件没有点名 {line.number} 有无专家座席",
                f"the document does not say whether {line.number} has expert seats",
                "删去 expert_seats / take expert_seats out",
            ),
        )


def _strangers(held: Against) -> Iterator[Finding]:
    """Lines and lists in the document's part of the plan that the document does not print."""
    known = {printed.number for printed in held.data.numbers} | set(held.plan.allow_new_lines)
    frozen = any(demand.new_lines is False for demand in held.plan.demands)
    of_classes = {one.schedule.id for one in held.plan.classes}
    for line in held.plan.lines.values():
        if frozen and line.schedule.id not in of_classes:
            continue  # a new hotline where there may be none (NEW_LINE): the lint tells it, with what to do
        if not line.illustrative and line.number not in known:
            yield _stranger(held, line.place, line.number)
    for listed in held.plan.lists.lists:
        if not listed.illustrative:
            yield _stranger(held, listed.place, listed.id)


def _stranger(held: Against, place: str, what: str) -> Finding:
    return held.differs(
        place,
        Fault(
            Code.LINE_DIFFERS,
            f"文件没有列出 {what} 的号码",
            f"the document does not print {what}",
            "移到 operator.yaml，或删除 / move it to operator.yaml, or take it out",
        ),
    )


def _groups_of_classes(held: Against) -> dict[str, Group]:
    """Which unnumbered group of the document each class of the plan is, by the class's id."""
    found: dict[str, Group] = {}
    for item in held.plan.classes:
        taken = {group.id for group in found.values()}
        ranked = [
            (rank, -position, group)
            for position, group in enumerate(held.data.groups)
            if group.unnumbered and (rank := _likeness(held.data, item, group, taken)) is not None
        ]
        if ranked:
            found[item.id] = max(ranked, key=lambda entry: entry[:2])[2]
    return found


def _likeness(data: DocumentData, item: LineClass, group: Group, taken: set[str]) -> int | None:
    """How much a class looks like a group; None if it can't be it: another mode, or neither mode nor line."""
    cited = data.cited(item.source, group)
    if group.mode is not item.schedule.mode and (group.mode is not None or not cited):
        return None
    same_seats = group.seat_fate in {None, item.schedule.seat_fate}
    return 4 * cited + 4 * (group.id not in taken) + 2 * (group.mode is not None) + same_seats


def _groups_of_schedules(held: Against, classes: dict[str, Group]) -> dict[str, tuple[Group, ...]]:
    """Which groups each schedule serves: those of its numbers and classes, else the first of its mode."""
    found: dict[str, dict[str, Group]] = {schedule: {} for schedule in held.plan.schedules}
    for printed in held.data.numbers:
        line = held.plan.line(printed.number)
        group = _allowed(held.data, held.data.group_of(printed), line.schedule) if line else None
        if line and group and group.mode in {None, line.schedule.mode}:
            found[line.schedule.id][group.id] = group
    for item in held.plan.classes:
        if item.id in classes:
            found[item.schedule.id][classes[item.id].id] = classes[item.id]
    for schedule in held.plan.schedules.values():
        if not found[schedule.id]:
            same_mode = [group for group in held.data.groups if group.mode is schedule.mode]
            found[schedule.id] = {group.id: group for group in same_mode[:1]}
    return {schedule: tuple(groups.values()) for schedule, groups in found.items()}


def _allowed(data: DocumentData, group: Group, schedule: Schedule) -> Group:
    """The group, or what the document allows instead (可保留话务座席, 003:L31), if the schedule does just that."""
    for other in data.groups:
        instead = other.allowed_only and other.mode is group.mode is schedule.mode
        if instead and other.seat_fate is schedule.seat_fate is not group.seat_fate:
            return other
    return group


def _classes(held: Against, classes: dict[str, Group]) -> Iterator[Finding]:
    for item in held.plan.classes:
        if item.id not in classes and not held.is_operators(item.place):
            yield held.differs(
                held.spot(item.place, "schedule"),
                Fault(
                    Code.LINE_DIFFERS,
                    f"文件没有说有一类热线按 {item.schedule.mode} 归并（{item.id}）",
                    f"the document names no class of lines that becomes {item.schedule.mode}",
                    "核对 schedule 和 source / look at schedule and source",
                ),
            )
    stated = {group.id for group in classes.values()}
    for group in held.data.groups:
        if group.unnumbered and not group.allowed_only and group.id not in stated:
            yield held.differs(
                held.lines_file,
                Fault(
                    Code.LINE_DIFFERS,
                    "缺少文件所说的一类热线",
                    f"a class of lines is missing ({group.id})",
                    "在 lines.yaml 的 classes 中加上 / add it to the classes of lines.yaml",
                ),
                group,
            )
