"""What a policy document says, as data made apart from the plans: `dialplans/documents/<ref>.yaml`.

Rules:
- It is a second reading of the document, so that a plan can be held against it; nothing is routed by it.
- Every fact names its line and quotes it (verbatim, spaces ignored). What the document does not say is absent:
  an absent value is never compared.
- An instant is what the document prints (「10月1日起」 is that day at 00:00, in the plan's time zone) or the
  document's own date, from which on a rule holds that moves nothing. A deadline (「…前」) is a due, never an instant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, PlanErrors, at_place, clipped
from callrouter.plans.reading.written import Written
from callrouter.plans.reading.yaml_reader import read
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.migration import LINE_MODES, Mode, NumberFate, PhaseName, SeatFate
from callrouter.vocabulary.policy import EmergencyOut

FOLDER = PROJECT_ROOT / "dialplans" / "documents"
"""The documents of the shipped plans."""

_REF = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,31}")
_SOURCE = re.compile(r"(?P<ref>[0-9A-Za-z-]+):L(?P<first>[0-9]+)(-L(?P<last>[0-9]+))?", re.ASCII)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fact(_Part):
    """Something that the document says."""

    line: Annotated[str, Field(pattern=r"^L[1-9][0-9]{0,4}$")]
    """Such as `L82`."""
    quote: Annotated[str, Field(min_length=2)]
    also: tuple[str, ...] = ()
    """Further lines over which it runs."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line of it."""
        return (self.line, *self.also)


class IssueDay(Fact):
    """The date on the document."""

    day: date


class PrintedName(Fact):
    """A platform's former name, or a system that is left out."""

    name: str


class PrintedBrand(PrintedName):
    """What 12345 is to be called, and from when, if the document says so."""

    starts: AwareDatetime | None = None


class PrintedHours(Fact):
    """How long people answer. `7x12` is twelve hours a day, and which twelve is not said."""

    staffing: Literal["7x24", "7x12"]
    by: date | None = None
    """The last day by which it must be so, where that is all the document says."""


class PrintedPhase(Fact):
    """A phase whose instant the document gives."""

    phase: PhaseName
    starts: AwareDatetime
    ends: AwareDatetime | None = None
    """The first instant outside."""


class PrintedDue(Fact):
    """A deadline."""

    what: str
    by: date
    """The last day that is in time."""
    narrowly: date | None = None
    """The last day in the other reading, where there are two (「10月前」)."""
    begins: Literal["first", "all"] | None = None
    """Which phases must have begun by then: the first after `before`, or all of them."""
    calls: bool = False
    """Whether it is about calls, so that a plan must hold it."""


class Units(Fact):
    """The bodies that are responsible."""

    names: tuple[str, ...]


class Group(Fact):
    """Numbers, or a class without numbers, that the document treats alike."""

    id: str
    mode: Mode | None = None
    number_fate: NumberFate | None = None
    seat_fate: SeatFate | None = None
    unnumbered: bool = False
    """Whether the document prints no number of it."""
    allowed_only: bool = False
    """Whether the document allows it (「可」) and does not demand it."""
    means: tuple[Means, ...] | None = None
    """How 12345 reaches its seats."""
    phases: tuple[PrintedPhase, ...] = ()
    dues: tuple[PrintedDue, ...] = ()
    units: Units | None = None

    def phase(self, name: PhaseName) -> PrintedPhase | None:
        """The phase of that name, if the document gives its instant."""
        return next((phase for phase in self.phases if phase.phase is name), None)


class PrintedNumber(Fact):
    """A hotline number that the document prints."""

    number: Annotated[str, Field(pattern=r"^[0-9]{3,12}$")]
    name: str | None = None
    group: str
    expert_seats: bool | None = None
    """None: the document names no line that has them."""
    units: tuple[str, ...] = ()
    """Its own, where the document does not list them jointly."""


class DoneBefore(Fact):
    """A number that merged before this document, which does not say how."""

    number: str
    name: str


class PrintedEmergency(Fact):
    """What is said of emergency numbers: outwards, inwards, or both."""

    numbers: tuple[str, ...]
    out: EmergencyOut | None = None
    handed_in: bool | None = None


class PrintedUtility(Fact):
    """A public utility whose hotline is linked."""

    id: str
    name: str
    means: tuple[Means, ...] | None = None
    """Empty: it is linked, and the document does not say by which means."""
    parallel: bool = False


class NotTaken(Fact):
    """A matter that 12345 does not take; `what` is a word by which a plan's item can be told."""

    what: str


class PrintedDemand(Fact):
    """What is demanded of all lines of a mode, or of new lines."""

    mode: Mode | None = None
    transition: bool | None = None
    announcement: bool | None = None
    round_the_clock: bool | None = None
    new_lines: bool | None = None


class DocumentData(_Part):
    """One document."""

    ref: str
    text: str
    """The file beside it that holds the document's text."""
    jurisdiction: str
    title: str
    number: str | None = None
    issued: IssueDay
    brands: tuple[PrintedBrand, ...]
    former_brands: tuple[PrintedName, ...] = ()
    hours: PrintedHours | None = None
    branch_hours: PrintedHours | None = None
    groups: tuple[Group, ...]
    numbers: tuple[PrintedNumber, ...]
    done_before: tuple[DoneBefore, ...] = ()
    dues: tuple[PrintedDue, ...]
    """Those that belong to no group."""
    emergencies: tuple[PrintedEmergency, ...]
    utilities: tuple[PrintedUtility, ...]
    excluded_systems: tuple[PrintedName, ...]
    not_accepted: tuple[NotTaken, ...]
    demands: tuple[PrintedDemand, ...]

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        known = {group.id for group in self.groups}
        strange = [item.number for item in self.numbers if item.group not in known]
        if strange or len(known) != len(self.groups):
            raise ValueError(f"groups must be unique and known: {', '.join(strange)}")
        if len({item.number for item in self.numbers}) != len(self.numbers):
            raise ValueError("a number stands twice")
        if any(group.mode not in {None, *LINE_MODES} for group in self.groups):
            raise ValueError("a group's mode must be one of a line's")
        return self

    def cite(self, fact: Fact) -> str:
        """Such as `000:L82`."""
        return f"{self.ref}:{fact.line}"

    def cited(self, source: str, fact: Fact) -> bool:
        """Whether a plan's source (`001:L38`, `001:L38-L40`) names a line of the fact."""
        span = _SOURCE.fullmatch(source)
        if span is None or span["ref"] != self.ref:
            return False
        first = int(span["first"])
        lines = range(first, int(span["last"] or first) + 1)
        return any(int(line[1:]) in lines for line in fact.lines)

    def group_of(self, number: PrintedNumber) -> Group:
        """The group of a number."""
        return next(group for group in self.groups if group.id == number.group)

    def printed(self, number: str) -> PrintedNumber | None:
        """What the document prints of a number; None if it is not among its lines."""
        return next((item for item in self.numbers if item.number == number), None)

    def facts(self) -> Iterator[Fact]:
        """Every fact, those within groups included."""
        yield from (fact for fact in (self.issued, self.hours, self.branch_hours) if fact)
        for group in self.groups:
            yield group
            yield from (*group.phases, *group.dues)
            yield from [group.units] if group.units else []
        for facts in (self.brands, self.former_brands, self.numbers, self.done_before, self.dues):
            yield from facts
        for more in (
            self.emergencies,
            self.utilities,
            self.excluded_systems,
            self.not_accepted,
            self.demands,
        ):
            yield from more


def load_document(ref: str, beside: Path) -> DocumentData | None:
    """What the document `ref` says, for a plan in the folder `beside`; None if there is no data of it.

    Looked for in `documents/` beside the plan's folder, then among the shipped ones. Raises PlanErrors if the file is
    there and is not right.
    """
    for folder in (beside.parent / "documents", FOLDER):
        path = folder / f"{ref}.yaml"
        if _REF.fullmatch(ref) and path.is_file():
            return _parsed(read(path, f"documents/{path.name}"), ref)
    return None


def _parsed(written: Written, ref: str) -> DocumentData:
    if written.findings or not written.whole:
        raise PlanErrors(written.findings)
    try:
        data = DocumentData.model_validate(written.data)
    except ValidationError as error:
        faults = [at_place(_place(written, item["loc"]), _fault(item["msg"])) for item in error.errors()]
        raise PlanErrors(faults) from None
    if data.ref != ref:
        raise PlanErrors([at_place(written.place(("ref",)), _fault(f"ref must be {ref}"))])
    return data


def _place(written: Written, where: tuple[int | str, ...]) -> str:
    return written.place(where) if written.marks_at(where[:1]) is not None else f"{written.name}:1:1"


def _fault(problem: str) -> Fault:
    return Fault(
        Code.WRONG_VALUE,
        "文件数据的写法不对",
        f"the document's data is not right: {clipped(problem, 120)}",
        "写法见 dialplans/documents/README.md / see dialplans/documents/README.md",
    )
