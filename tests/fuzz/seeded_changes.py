"""Every change of one line of a plan that may still be a plan: a date, a mode, an hour, a queue, a peer and more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from callrouter.vocabulary.migration import Landing, Mode, NumberFate, PhaseName, SeatFate
from callrouter.vocabulary.policy import Answers

FILES = ("plan.yaml", "lines.yaml", "operator.yaml")
_DAY = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]")
_TIME = re.compile(r'"([012][0-9]):([03])0"')
_KEY = re.compile(r'(?P<key>[a-z_]+): (?P<value>"[^"]*"|[A-Za-z0-9_:-]+)')
_AREA = re.compile(r'"(0[0-9]{2,3})"')
_DAYS = re.compile(r"mon-(fri|sun)")
_WORDS: dict[str, tuple[str, ...]] = {
    "mode": tuple(Mode)[:7],
    "name": tuple(PhaseName),
    "landing": tuple(Landing)[:5],
    "number_fate": tuple(NumberFate),
    "seat_fate": tuple(SeatFate),
    "announcement": ("T01", "T02", "X01", "X02", "G01", "H01"),
    "answers": tuple(Answers),
    "level": ("province", "city", "county"),
    "staffing": ("7x24", "unstated"),
    "holidays": ("closed", "sun"),
    "workdays": ("mon", "sat", "ordinary"),
    "out": ("transfer", "guide", "unstated"),
    "kind": ("expert", "dedicated"),
}
_YES_NO = {'"yes"': '"no"', '"no"': '"yes"'}
_NAMES = {"schedule": "schedules", "hours": "hours", "peer": "peers", "queue": "queues", "line": "line"}
_NAMES |= dict.fromkeys(("platform", "default_platform", "home", "parent", "overflow_to"), "platforms")


class Seeded(NamedTuple):
    """One line of one file, and what stands there instead."""

    file: str
    line: int
    text: str


def seeded_changes(folder: Path) -> Iterator[Seeded]:
    """All of them, in the order of the lines."""
    texts = {file: (folder / file).read_text("utf-8") for file in FILES}
    names = _names("\n".join(texts.values()))
    for file, text in texts.items():
        for place, line in enumerate(text.split("\n")):
            if not line.lstrip().startswith("#"):
                for new in dict.fromkeys(_changed(line, names)):
                    if new != line:
                        yield Seeded(file, place, new)


def put(folder: Path, seeded: Seeded) -> None:
    """Change the line."""
    path = folder / seeded.file
    lines = path.read_text("utf-8").split("\n")
    lines[seeded.line] = seeded.text
    path.write_text("\n".join(lines), "utf-8")


def _changed(line: str, names: dict[str, tuple[str, ...]]) -> Iterator[str]:
    for found in _DAY.finditer(line):
        for step in (-1, 1):
            day = date.fromisoformat(found[0]) + timedelta(days=step)
            yield _put(line, found, day.isoformat())
    for found in _TIME.finditer(line):
        yield _put(line, found, f'"{found[1]}:{"30" if found[2] == "0" else "00"}"')
    for found in _AREA.finditer(line):
        yield _put(line, found, '"0817"')
    for found in _DAYS.finditer(line):
        yield _put(line, found, "mon-sat")
    for found in _KEY.finditer(line):
        for new in _values(found["key"], found["value"], names):
            yield line[: found.start("value")] + new + line[found.end("value") :]


def _values(key: str, value: str, names: dict[str, tuple[str, ...]]) -> Iterator[str]:
    if value in _YES_NO:
        yield _YES_NO[value]
    if key == "priority":
        yield f'"{int(value.strip(chr(34))) + 1}"'
    if key == "tag":
        yield f"{value}-2"
    if key in _WORDS and value in _WORDS[key]:
        yield from _WORDS[key]
    if key in _NAMES:
        yield from [one for one in names[_NAMES[key]] if one != value][:3]


def _names(text: str) -> dict[str, tuple[str, ...]]:
    """What can be named where: ids of every section, the schedules' keys, the lines' numbers."""
    found: dict[str, list[str]] = {one: [] for one in _NAMES.values()}
    section = ""
    for line in text.split("\n"):
        if re.match(r"[a-z_]+:", line):
            section = line.partition(":")[0]
        key = re.match(r"  ([a-z-]+):$", line) if section == "schedules" else None
        named = re.match(r"  - id: ([a-z0-9-]+)", line)
        if key and section in found:
            found[section].append(key[1])
        if named and section in found:
            found[section].append(named[1])
        number = re.match(r'  - number: ("[0-9]+")', line) if section == "lines" else None
        if number:
            found["line"].append(number[1])
    return {section: tuple(dict.fromkeys(ids)) for section, ids in found.items()}


def _put(line: str, found: re.Match[str], new: str) -> str:
    return line[: found.start()] + new + line[found.end() :]
