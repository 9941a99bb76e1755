"""The three files of a plan as parts, each with its place: what is well formed of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pydantic import TypeAdapter

from callrouter.plans.reading.written import Written
from callrouter.plans.schema.lines_file import (
    CenterPart,
    ClassPart,
    LinePart,
    LinesFile,
    ListPart,
    SchedulePart,
)
from callrouter.plans.schema.menu_parts import MenuPart
from callrouter.plans.schema.operator_file import (
    CalendarChange,
    CenterFill,
    EmergencyFill,
    InstantPart,
    NewCenter,
    NewLinePart,
    NewPlatform,
    NewQueue,
    NotAcceptedFill,
    OperatorFile,
    OperatorLine,
    OperatorList,
    OperatorSchedule,
    PeerPart,
    PlatformFill,
    QueueFill,
    RegisterFill,
    SurveyFill,
    TrunkPart,
    UtilityFill,
)
from callrouter.plans.schema.parts import HoursPart, OperatorHours
from callrouter.plans.schema.plan_file import (
    BrandPart,
    DemandPart,
    DesksPart,
    DocumentPart,
    DuePart,
    EmergencyPart,
    HubPart,
    PlanFile,
    PlatformPart,
    RegisterPart,
    ScopePart,
    SurveyPart,
    UtilityPart,
)
from callrouter.plans.schema.queue_parts import QueuePart
from callrouter.plans.schema.validation import (
    FillType,
    Item,
    NewType,
    entries_of,
    fills_of,
    items_of,
    judge_keys,
    names_in,
    part_of,
    value_of,
)
from callrouter.plans.schema.values import Id, KeyId, Text, Version

_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_ID: TypeAdapter[str] = TypeAdapter(Id)
_KEY_ID: TypeAdapter[str] = TypeAdapter(KeyId)
_VERSION: TypeAdapter[str] = TypeAdapter(Version)


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """`plan.yaml`. A value is None where it is missing or ill formed."""

    written: Written
    jurisdiction: str | None
    title: str | None
    version: str | None
    timezone: str | None
    calendar: str | None
    home: str | None
    document: Item[DocumentPart] | None
    hub: Item[HubPart] | None
    desks: Item[DesksPart] | None
    scope: Item[ScopePart] | None
    brands: list[Item[BrandPart]]
    hours: list[Item[HoursPart]]
    platforms: list[Item[PlatformPart]]
    queues: list[Item[QueuePart]]
    emergency: list[Item[EmergencyPart]]
    utilities: list[Item[UtilityPart]]
    dues: list[Item[DuePart]]
    demands: list[Item[DemandPart]]
    survey: Item[SurveyPart] | None
    register_by: Item[RegisterPart] | None


@dataclass(frozen=True, slots=True)
class LinesDraft:
    """`lines.yaml`."""

    written: Written
    schedules: list[Item[SchedulePart]]
    lines: list[Item[LinePart]]
    lists: list[Item[ListPart]]
    classes: list[Item[ClassPart]]
    centers: list[Item[CenterPart]]


@dataclass(frozen=True, slots=True)
class OperatorDraft:
    """`operator.yaml`; every list is empty if there is none."""

    written: Written
    instants: list[Item[InstantPart]]
    calendar: list[Item[CalendarChange]]
    hours: list[Item[OperatorHours]]
    platforms: list[Item[NewPlatform]]
    platform_fills: list[Item[PlatformFill]]
    queues: list[Item[NewQueue]]
    queue_fills: list[Item[QueueFill]]
    schedules: list[Item[OperatorSchedule]]
    lines: list[Item[OperatorLine]]
    lists: list[Item[OperatorList]]
    centers: list[Item[NewCenter]]
    center_fills: list[Item[CenterFill]]
    emergency: list[Item[EmergencyFill]]
    utilities: list[Item[UtilityFill]]
    not_accepted: list[Item[NotAcceptedFill]]
    peers: list[Item[PeerPart]]
    trunks: list[Item[TrunkPart]]
    allow_new_lines: list[Item[NewLinePart]]
    survey: Item[SurveyFill] | None
    menus: list[Item[MenuPart]]
    register_by: Item[RegisterFill] | None


class Drafts(NamedTuple):
    """The three files."""

    plan: PlanDraft
    lines: LinesDraft
    operator: OperatorDraft

    @property
    def files(self) -> tuple[Written, Written, Written]:
        """As they were written."""
        return self.plan.written, self.lines.written, self.operator.written


def plan_draft(written: Written) -> PlanDraft:
    """Hold `plan.yaml` against its schema."""
    if written.whole:
        judge_keys(PlanFile, written)
    return PlanDraft(
        written=written,
        jurisdiction=value_of(_KEY_ID, written, "jurisdiction"),
        title=value_of(_TEXT, written, "title"),
        version=value_of(_VERSION, written, "version"),
        timezone=value_of(_TEXT, written, "timezone"),
        calendar=value_of(_ID, written, "calendar"),
        home=value_of(_ID, written, "home"),
        document=part_of(DocumentPart, written, "document"),
        hub=part_of(HubPart, written, "hub"),
        desks=part_of(DesksPart, written, "desks"),
        scope=part_of(ScopePart, written, "scope"),
        brands=items_of(BrandPart, written, "brands"),
        hours=items_of(HoursPart, written, "hours"),
        platforms=items_of(PlatformPart, written, "platforms"),
        queues=items_of(QueuePart, written, "queues"),
        emergency=items_of(EmergencyPart, written, "emergency"),
        utilities=items_of(UtilityPart, written, "utilities"),
        dues=items_of(DuePart, written, "dues"),
        demands=items_of(DemandPart, written, "demands"),
        survey=part_of(SurveyPart, written, "survey"),
        register_by=part_of(RegisterPart, written, "register_by"),
    )


def lines_draft(written: Written) -> LinesDraft:
    """Hold `lines.yaml` against its schema."""
    if written.whole:
        judge_keys(LinesFile, written)
    return LinesDraft(
        written=written,
        schedules=entries_of(SchedulePart, written, "schedules"),
        lines=items_of(LinePart, written, "lines"),
        lists=items_of(ListPart, written, "lists"),
        classes=items_of(ClassPart, written, "classes"),
        centers=items_of(CenterPart, written, "centers"),
    )


def operator_draft(written: Written, plan: PlanDraft, lines: LinesDraft) -> OperatorDraft:
    """Hold `operator.yaml` against its schema; an item that names something of the document fills it in."""
    if written.whole:
        judge_keys(OperatorFile, written)
    platform_fills, platforms = _split(PlatformFill, NewPlatform, written, "platforms", plan.written)
    queue_fills, queues = _split(QueueFill, NewQueue, written, "queues", plan.written)
    center_fills, centers = _split(CenterFill, NewCenter, written, "centers", lines.written)
    return OperatorDraft(
        written=written,
        instants=items_of(InstantPart, written, "instants"),
        calendar=items_of(CalendarChange, written, "calendar"),
        hours=items_of(OperatorHours, written, "hours"),
        platforms=platforms,
        platform_fills=platform_fills,
        queues=queues,
        queue_fills=queue_fills,
        schedules=entries_of(OperatorSchedule, written, "schedules"),
        lines=items_of(OperatorLine, written, "lines"),
        lists=items_of(OperatorList, written, "lists"),
        centers=centers,
        center_fills=center_fills,
        emergency=items_of(EmergencyFill, written, "emergency"),
        utilities=items_of(UtilityFill, written, "utilities"),
        not_accepted=items_of(NotAcceptedFill, written, "not_accepted"),
        peers=items_of(PeerPart, written, "peers"),
        trunks=items_of(TrunkPart, written, "trunks"),
        allow_new_lines=items_of(NewLinePart, written, "allow_new_lines"),
        survey=part_of(SurveyFill, written, "survey"),
        menus=items_of(MenuPart, written, "menus"),
        register_by=part_of(RegisterFill, written, "register_by"),
    )


def _split(
    fill: type[FillType], new: type[NewType], written: Written, key: str, document: Written
) -> tuple[list[Item[FillType]], list[Item[NewType]]]:
    """Tell what fills in an item of the document's file from what is new: a new one has a name of its own."""
    return fills_of(fill, new, written, key, names_in(document, key))
