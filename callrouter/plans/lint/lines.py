"""Lines that may not be: of excluded systems, new hotlines, cancelled ones.

Rules:
- A telephone of a system that the document leaves out never migrates (C37); its own seats answering in parallel is
  no migration. (That an emergency number is no line, the loader sees to.)
- Where the document freezes new lines (C6), a line is one that the document prints, a member of a class without
  numbers (it follows the class's schedule), or one that `allow_new_lines` names.
- A number that the document cancels is not kept, not a utility's, and not allowed again by `allow_new_lines`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from callrouter.plans.codes import Code
from callrouter.plans.document.data import DocumentData
from callrouter.plans.findings import Finding, clipped
from callrouter.plans.lint.subject import Subject, error
from callrouter.vocabulary.line import Line, LineClass
from callrouter.vocabulary.migration import Mode, NumberFate
from callrouter.vocabulary.number_table import LineList
from callrouter.vocabulary.policy import Demand

_SAME_SYSTEM = {
    "人大": ("人大", "人民代表大会"),
    "政协": ("政协", "政治协商会议"),
    "纪检监察": ("纪检", "纪委", "监委", "监察委"),
    "检察院": ("检察院", "人民检察"),
    "国家安全": ("国家安全", "国安"),
    "党群": ("党群", "党委"),
}
"""Under which words else a system answers the telephone; a system that is not here has its own name only."""

_OTHER_WORDS = re.compile(
    r"人大(?=学|会|院|厅)|国家安全(?=生产|监管)|(?:人大|政协|法院|检察院|纪委|党委)(?=路|街|巷|社区|广场)"
)
"""A system's name within another word: 老年人大学, 国家安全生产, 法院路."""


def lines(subject: Subject) -> Iterator[Finding]:
    """Find lines that may not be."""
    yield from _excluded(subject)
    yield from _new(subject)
    if subject.document is not None:
        yield from _cancelled(subject, subject.document)


def _excluded(subject: Subject) -> Iterator[Finding]:
    systems = {
        word: system
        for system in subject.plan.excluded_systems
        for word in _SAME_SYSTEM.get(system, (system,))
    }
    named: Iterator[Line | LineList | LineClass] = chain(
        subject.plan.lines.values(), subject.plan.lists.lists, subject.plan.classes
    )
    for one in named if systems else ():
        system = _system_of(one.name, systems)
        if system is not None and one.schedule.mode is not Mode.PARALLEL:
            yield _excluded_one(subject, subject.spot(one.place, "name"), one.name, system)
    rows = {
        place: (listed, name) for word in systems for listed, name, place in subject.plan.lists.named(word)
    }
    for place, (listed, name) in rows.items():
        system = _system_of(name, systems)
        if system is not None and listed.schedule.mode is not Mode.PARALLEL:
            yield _excluded_one(subject, place, name, system)


def _system_of(name: str, systems: Mapping[str, str]) -> str | None:
    """The excluded system whose words the name holds."""
    name = _OTHER_WORDS.sub("", name)
    return next((system for word, system in systems.items() if word in name), None)


def _excluded_one(subject: Subject, place: str, name: str, system: str) -> Finding:
    return error(
        place,
        Code.EXCLUDED_MIGRATES,
        f"{clipped(name)} 属于文件排除的系统（{system}），不得归并",
        f"this is of a system that the document leaves out ({system}): it can never merge",
        "删去这一项，或者改为 parallel / remove it, or let its mode be `parallel`",
        source=_source_of(subject, system),
    )


def _source_of(subject: Subject, system: str) -> str | None:
    document = subject.document
    if document is None:
        return None
    return next((document.cite(one) for one in document.excluded_systems if one.name == system), None)


def _new(subject: Subject) -> Iterator[Finding]:
    freeze = subject.freeze
    if freeze is None:
        return
    of_classes = {one.schedule.id for one in subject.plan.classes}
    printed = {one.number for one in subject.document.numbers} if subject.document else None
    for line in subject.plan.lines.values():
        if line.schedule.id in of_classes or line.number in subject.plan.allow_new_lines:
            continue
        if line.illustrative if printed is None else line.number not in printed:
            yield _new_line(subject.spot(line.place, "number"), line.number, line.name, freeze)
    for group in subject.plan.lists.lists:
        if group.illustrative and group.schedule.id not in of_classes:
            yield _new_line(group.place, group.id, group.name, freeze)


def _new_line(place: str, number: str, name: str, freeze: Demand) -> Finding:
    return error(
        place,
        Code.NEW_LINE,
        f"文件原则上不再新设热线，{number}（{name}）不在文件之列，也不属于哪一类",
        f"the document sets up no new hotlines, and {number} is neither in it nor of one of its classes",
        "删去；确需新设时写入 operator.yaml 的 allow_new_lines / remove it, or name it under `allow_new_lines`",
        source=freeze.source,
    )


def _cancelled(subject: Subject, document: DocumentData) -> Iterator[Finding]:
    plan = subject.plan
    groups = {group.id: group for group in document.groups}
    for printed in document.numbers:
        if groups[printed.group].number_fate is not NumberFate.CANCELLED:
            continue
        line = plan.line(printed.number)
        places = []
        if line is not None and line.schedule.number_fate is not NumberFate.CANCELLED:
            places.append(subject.spot(line.place, "schedule"))
        places += [
            subject.spot(utility.place, "numbers")
            for utility in plan.utilities
            if printed.number in utility.numbers
        ]
        if printed.number in plan.allow_new_lines:
            places.append(subject.chosen("allow_new_lines", printed.number))
        for place in places:
            yield error(
                place,
                Code.CANCELLED_REVIVED,
                f"文件取消 {printed.number}，这里却保留或重新启用它；已取消的号码不得恢复",
                f"the document cancels {printed.number}, and this keeps it or brings it back",
                "改为号码取消的 schedule，或删去 / let it follow a schedule that cancels it, or remove it",
                source=document.cite(printed),
            )
