"""The operator's list of callers' flags, `flags.yaml` in the run directory.

Rules:
- The file is its owner's alone (0600): it says of people what is nobody else's business. Without one there are none.
- It is read as a plan is, by our own reader, and refused as a whole if anything in it is wrong: what held before
  holds on, and the log says where and what. Nothing that stands in the file is in what is logged: a place is enough.
- It is looked at every few seconds, beside the calls: who asks for a caller's flags never waits for a disk.
- A flag with a last day ends with that day, by the clock of the plan's timezone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final, NoReturn
from zoneinfo import ZoneInfo

import structlog
from pydantic import BeforeValidator, Field

from callrouter.calls.caller_flags import CallerFlag, Numbers, one_spelling
from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, Finding
from callrouter.plans.reading.written import Written
from callrouter.plans.reading.yaml_reader import read
from callrouter.plans.schema.fault import as_text, fault
from callrouter.plans.schema.parts import Part
from callrouter.plans.schema.times import Day
from callrouter.plans.schema.validation import items_of, judge_keys
from callrouter.plans.schema.values import one_of
from callrouter.vocabulary.numbers import LONGEST_NUMBER, parse_number
from callrouter.vocabulary.plan import Plan

MOST_LISTED: Final = 10_000
_LOOKED_EVERY_S: Final = 2.0
_MOST_TOLD: Final = 20
_QUOTED: Final = re.compile(r"“[^”]*”|\+?[0-9][0-9 ()-]{4,}[0-9]")
"""What a finding may quote of the file."""
_KEYS: Final = {
    Code.UNKNOWN_KEY: "不认识的键，可用的是 / unknown key; there are flags, number, flag, until",
    Code.DUPLICATE_KEY: "键重复，删去一个 / the key stands twice; delete one",
}
"""Told without the key: it may be anything."""
_log = structlog.get_logger(__name__)

_TOO_MANY: Final = Fault(
    Code.FILE_TOO_LARGE,
    f"超过 {MOST_LISTED} 项",
    f"more than {MOST_LISTED} items",
    "删除不再需要的 / delete those that are no longer needed",
)
_TWICE: Final = Fault(
    Code.DUPLICATE_NAME,
    "同一号码的同一标记写了两次",
    "the same flag of the same number stands twice",
    "只留一项 / keep one of them",
)
_NOT_PRIVATE: Final = Fault(
    Code.FILE_UNREADABLE,
    "别人可以读这个文件",
    "others may read this file",
    "改为仅属主可读写 / make it its owner's alone: chmod 600",
)


class FlagsFileError(Exception):
    """The file cannot be used; the text says where and why, without any number that stands in it."""

    def __init__(self, findings: list[Finding]) -> None:
        head = f"来电人标记文件有 {len(findings)} 处错误 / {len(findings)} error(s) in the file of callers' flags:"
        super().__init__("\n  ".join([head, *map(_told, sorted(findings)[:_MOST_TOLD])]))


def _told(finding: Finding) -> str:
    found = finding.fault
    text = _KEYS.get(found.code) or f"{found.zh} / {found.en}; {found.fix}"
    return f"{finding.place}: {found.code}: {_QUOTED.sub('****', text)}"


def _callers_number(value: object) -> str:
    text = as_text(value)
    # A landline without its area could be anybody's: nobody says here whose.
    spelled = one_spelling(parse_number(text, frozenset())) if len(text) <= LONGEST_NUMBER else None
    if spelled is None:
        raise fault(
            Code.WRONG_VALUE,
            "应为手机号或带区号的固定电话",
            "a mobile, or a landline with its area code, is wanted here",
            "11 位手机号，或以 0 开头的区号加号码 / eleven digits, or the area code with its 0 and the number",
        )
    return spelled


class ListedFlag(Part):
    """One flag of one number."""

    number: Annotated[str, BeforeValidator(_callers_number)] = Field(repr=False)
    flag: Annotated[CallerFlag, one_of(*CallerFlag)]
    until: Day | None = None
    """Its last day; None: it holds until it is taken out."""


class FlagsFile(Part):
    """The whole file."""

    flags: list[ListedFlag]


Listed = dict[str, dict[CallerFlag, date | None]]
"""By a number's one spelling, each flag of it and its last day."""


def read_flags(file: Path) -> Listed:
    """Read the file; without one there are no flags. Raises FlagsFileError."""
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        return {}
    except OSError:
        mode = 0  # the reader says what is wrong
    if mode & 0o077:
        raise FlagsFileError([Finding(file.name, 0, 0, _NOT_PRIVATE)])
    written = read(file, file.name)
    listed = _listed(written)
    if written.findings:
        raise FlagsFileError(written.findings)
    return listed


def _listed(written: Written) -> Listed:
    if not written.whole:
        return {}
    judge_keys(FlagsFile, written)
    items = written.data.get("flags") if isinstance(written.data, dict) else None
    if isinstance(items, list) and len(items) > MOST_LISTED:
        written.report(written.key_at(("flags",)), _TOO_MANY)
        return {}
    listed: Listed = {}
    for item in items_of(ListedFlag, written, "flags"):
        flags = listed.setdefault(item.part.number, {})
        if item.part.flag in flags:
            item.report(_TWICE)
        flags[item.part.flag] = item.part.until
    return listed


class ListedFlags:
    """The flags of the file as it stands now. `now`: the present instant, zone-aware."""

    def __init__(self, file: Path, plan: Plan, numbers: Numbers, now: Callable[[], datetime]) -> None:
        self.is_usable = True
        """Whether the file, as it is now, could be read."""
        self._file = file
        self._zone = ZoneInfo(plan.timezone)
        self._numbers = numbers
        self._now = now
        self._seen: tuple[int, ...] | None = None
        self._listed: Listed = {}

    def of(self, number: str) -> frozenset[str]:
        """Give a number's flags that hold today."""
        flags = self._listed.get(self._numbers.on_channel(number) or "")
        if not flags:
            return frozenset()
        today = self._now().astimezone(self._zone).date()
        return frozenset(flag.value for flag, until in flags.items() if until is None or today <= until)

    def look(self) -> None:
        """Read the file, if it has changed. Never raises for what is in it."""
        self._take(self._read())

    async def run(self) -> NoReturn:
        """Look at the file every few seconds, until cancelled."""
        while True:
            self._take(await asyncio.to_thread(self._read))
            await asyncio.sleep(_LOOKED_EVERY_S)

    def _read(self) -> Listed | FlagsFileError | None:
        """What the file says now; None: what it said before."""
        seen = _stamp(self._file)
        if seen == self._seen:
            return None
        self._seen = seen
        try:
            return read_flags(self._file)
        except FlagsFileError as error:
            return error

    def _take(self, found: Listed | FlagsFileError | None) -> None:
        if found is None:
            return
        self.is_usable = not isinstance(found, FlagsFileError)
        if isinstance(found, FlagsFileError):
            _log.error("caller_flags_unusable", why=str(found))
            return
        if found or self._listed:
            _log.info("caller_flags_read", numbers=len(found))
        self._listed = found


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes whenever the file does."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_mode
