"""The shape of a plan's files: which keys there are, and what their values may look like.

Rules:
- Every value arrives as text and gets its type here and nowhere else.
- A key that is not listed is an error; so is one that is missing and has no default.
- An instant carries its full offset, `2021-10-01T00:00:00+08:00`; a day is `2021-10-01`.
- What needs a second value to be judged (phases that must meet, a schedule's name) is not judged here, but in
  `meaning`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from callrouter.vocabulary.plan import Landing, Mode, NumberFate, OnArrival, PhaseName, SeatFate

ID = r"^[a-z][a-z0-9-]{0,39}$"
TEXT = r"^\S(.{0,198}\S)?$"
VERSION = r"^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$"
HOTLINE_NUMBER = r"^(1[0-9]{2}|1[0-9]{4}|9[0-9]{4,5})$"
AREA_CODE = r"^0(10|2[0-57-9]|[3-9][0-9]{2})$"
SPOKEN_NUMBER = r"^[零〇幺一二三四五六七八九]{2,12}$"
NOTICE = r"^[A-Z][0-9]{2}$"
SOURCE = r"^[0-9]{3}:L[0-9]{1,4}(-L[0-9]{1,4})?$"
DOCUMENT_REF = r"^[0-9]{3}$"

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
_NAIVE = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)([T ](?P<time>\d\d:\d\d(:\d\d)?))?Z?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PRIORITY = re.compile(r"[0-9]{1,3}", re.ASCII)


def fault(zh: str, en: str, remedy: str) -> PydanticCustomError:
    """A fault of ours, on its way through the validation."""
    return PydanticCustomError("plan", "{zh}", {"zh": zh, "en": en, "remedy": remedy})


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise fault("此处应为一个值", "a single value is wanted here", "写成“键： 值” / write it as `key: value`")


def _instant(value: object) -> datetime:
    text = _as_text(value)
    if _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise fault(
                "没有这样的时刻", "there is no such instant", "检查年月日和时分秒 / check the date and time"
            ) from None
    naive = _NAIVE.fullmatch(text)
    if naive:
        time = naive["time"] or "00:00:00"
        whole = f"{naive['day']}T{time if len(time) == 8 else f'{time}:00'}+08:00"
        raise fault("时刻没有写时区", "the instant has no offset", f"写成 {whole} / write {whole}")
    raise fault(
        "时刻的写法不对",
        "this is not an instant",
        "写成 2021-10-01T00:00:00+08:00 这样 / write it like 2021-10-01T00:00:00+08:00",
    )


def _day(value: object) -> date:
    text = _as_text(value)
    if not _DAY.fullmatch(text):
        raise fault("日期的写法不对", "this is not a day", "写成 2021-09-30 这样 / write it like 2021-09-30")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise fault("没有这一天", "there is no such day", "检查年月日 / check year, month and day") from None


def _priority(value: object) -> int:
    text = _as_text(value)
    if not _PRIORITY.fullmatch(text):
        raise fault("优先级应为 0 到 999 的整数", "a priority is 0 to 999", "例如 20 / for example 20")
    return int(text)


def _pattern(pattern: str) -> StringConstraints:
    return StringConstraints(pattern=pattern)


Id = Annotated[str, _pattern(ID)]


def _not_reserved(queue: str) -> str:
    if queue == "general":
        raise fault(
            "是 Asterisk 的保留字",
            "a reserved word of Asterisk's queues.conf",
            "换一个名称，例如 hotline / take another name, such as hotline",
        )
    return queue


QueueId = Annotated[str, _pattern(ID), AfterValidator(_not_reserved)]
Text = Annotated[str, _pattern(TEXT)]
HotlineNumber = Annotated[str, _pattern(HOTLINE_NUMBER)]
SpokenNumber = Annotated[str, _pattern(SPOKEN_NUMBER)]
Notice = Annotated[str, _pattern(NOTICE)]
Source = Annotated[str, _pattern(SOURCE)]
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Priority = Annotated[int, BeforeValidator(_priority)]


class Part(BaseModel):
    """A mapping of the language: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentPart(Part):
    """The policy document."""

    ref: Annotated[str, _pattern(DOCUMENT_REF)] = Field(description="the number by which sources cite it")
    title: Text
    number: Text = Field(description="川办发〔2021〕15号")
    issued: Day


class BrandPart(Part):
    """A name of the platform, from an instant on."""

    name: Text
    starts: Instant | None = Field(None, description="left out: since ever")


class HotlinePart(Part):
    """12345 itself."""

    number: HotlineNumber
    spoken_number: SpokenNumber


AreaCodes = Annotated[list[Annotated[str, _pattern(AREA_CODE)]], Field(min_length=1)]
Brands = Annotated[list[BrandPart], Field(min_length=1)]


class DeskPart(Part):
    """Where calls of one kind go."""

    queue: QueueId
    priority: Priority = Field(description="the higher, the sooner")
    notice: Notice | None = Field(None, description="catalogue id; left out: nothing is played")


class DesksPart(Part):
    """The three desks."""

    hotline: DeskPart
    emergency: DeskPart
    unknown_number: DeskPart


class PlanFile(Part):
    """`plan.yaml`: the jurisdiction."""

    jurisdiction: Id = Field(description="the folder's name")
    title: Text
    version: Annotated[str, _pattern(VERSION)]
    document: DocumentPart
    timezone: Text
    area_codes: AreaCodes
    brands: Brands
    hotline: HotlinePart
    desks: DesksPart


NAME: TypeAdapter[str] = TypeAdapter(Text)
AREA_CODES: TypeAdapter[list[str]] = TypeAdapter(AreaCodes)
BRANDS: TypeAdapter[list[BrandPart]] = TypeAdapter(Brands)
HOTLINE: TypeAdapter[HotlinePart] = TypeAdapter(HotlinePart)
DOCUMENT: TypeAdapter[DocumentPart] = TypeAdapter(DocumentPart)
# These judge one value of plan.yaml by itself, so that a fault elsewhere in the file does not hide it.


class DuePart(Part):
    """A deadline of the document: reported, never acted on."""

    what: Text
    by: Day
    source: Source


class PhasePart(Part):
    """A stretch of a migration, `[starts, ends)`."""

    name: PhaseName
    starts: Instant | None = Field(None, description="left out in the first phase only: since ever")
    ends: Instant | None = Field(None, description="left out in the last phase only: until further notice")
    landing: Landing
    on_arrival: OnArrival
    notice: Notice | None = Field(None, description="catalogue id; left out: nothing is played")
    source: Source


class SchedulePart(Part):
    """What becomes of the lines that follow it, and when."""

    mode: Mode
    number_fate: NumberFate
    seat_fate: SeatFate
    phases: list[PhasePart] = Field(min_length=1)
    dues: list[DuePart] = Field(default_factory=list)


class LinePart(Part):
    """A hotline number."""

    number: HotlineNumber
    name: Text = Field(description="the document's name for it")
    spoken_number: SpokenNumber
    spoken_name: Text = Field(description="short enough for an announcement")
    schedule: Id
    source: Source


class ClassPart(Part):
    """A rule for lines that the document does not name."""

    id: Id
    name: Text
    schedule: Id
    source: Source


class LinesFile(Part):
    """`lines.yaml`: schedules, lines, classes. The parts are judged one by one, so that all errors show."""

    schedules: dict[Id, Any] = Field(min_length=1)
    lines: list[Any] = Field(min_length=1)
    classes: list[Any] = Field(default_factory=list)
