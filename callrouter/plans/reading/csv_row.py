"""One row of a CSV list, looked at closely: what it says, or what is wrong with it and at which column."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category

from callrouter.plans.findings import Fault
from callrouter.plans.reading import csv_faults as faults
from callrouter.vocabulary.numbers import EMERGENCY_CODES, NumberKind, PhoneNumber, parse_number

LONGEST_NAME: Final = 100
"""Characters."""
_CANONICAL: Final = re.compile(r"0(?:10|2[0-57-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}|1[3-9][0-9]{9}")
_FIELD: Final = re.compile(r'"((?:[^"]|"")*)"(?=,|$)|([^,]*)')
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Of Unicode's categories: controls, formats, and the line ends that are none."""
_SHORT_CODE: Final = re.compile(r"[0-9]{3,8}")


class BadRow(Exception):
    """A row that is wrong."""

    def __init__(self, column: int, fault: Fault) -> None:
        super().__init__(fault.en)
        self.column = column
        """From 1."""
        self.fault = fault


def parsed(row: str, hub: str) -> tuple[str, str]:
    """The number and the name of a row, whose line end may have left a carriage return. Raises BadRow."""
    text = row.removesuffix("\r")
    for column, char in enumerate(text, start=1):
        if category(char) in _INVISIBLE and char not in "\t\r":
            raise BadRow(column, faults.invisible(char))
    if "\r" in text:
        raise BadRow(text.index("\r") + 1, faults.LONE_RETURN)
    if not text.strip():
        raise BadRow(1, faults.EMPTY_ROW)
    columns = _fields(text)
    if len(columns) != 2:
        raise BadRow(1, faults.fields(len(columns), text))
    (number_at, number), (name_at, name) = columns
    _judge_number(number, number_at, hub)
    _judge_name(name, name_at)
    return number, name


def _fields(text: str) -> list[tuple[int, str]]:
    """The fields, each with its column. Raises BadRow for a quote that is out of place."""
    found: list[tuple[int, str]] = []
    at = 0
    while True:
        match = _FIELD.match(text, at)
        assert match is not None  # the second way matches anything
        quoted, bare = match.groups()
        if quoted is None and '"' in bare:
            begins = bare.startswith('"')
            column = at + bare.index('"') + 1
            raise BadRow(
                column, faults.OPEN_QUOTE if begins and '"' not in text[at + 1 :] else faults.STRAY_QUOTE
            )
        found.append((at + 1, bare if quoted is None else quoted.replace('""', '"')))
        at = match.end() + 1
        if at > len(text):
            return found


def _judge_number(number: str, column: int, hub: str) -> None:
    if _CANONICAL.fullmatch(number):
        return
    if not number.strip():
        raise BadRow(column, faults.NO_NUMBER)
    known = parse_number(number, {hub} | EMERGENCY_CODES)
    if not isinstance(known, PhoneNumber):
        fault = (
            faults.short_code(number) if _SHORT_CODE.fullmatch(number) else faults.odd_number(number, None)
        )
        raise BadRow(column, fault)
    match known.kind:
        case NumberKind.EMERGENCY:
            raise BadRow(column, faults.EMERGENCY)
        case NumberKind.SHORT_CODE:
            raise BadRow(column, faults.HUB)
        case _:
            spelled = f"{known.area or ''}{known.digits}"
            canonical = spelled if _CANONICAL.fullmatch(spelled) else None
            raise BadRow(column, faults.odd_number(number, canonical))


def _judge_name(name: str, column: int) -> None:
    if not name.strip():
        raise BadRow(column, faults.NO_NAME)
    if name != name.strip() or any(char.isspace() and char != " " for char in name):
        raise BadRow(column, faults.EDGES)
    if len(name) > LONGEST_NAME:
        raise BadRow(column, faults.long_name(LONGEST_NAME))
