"""What all mappings of the plan language have in common, and those that stand in more than one file.

Rules:
- A key that is not listed is an error; so is one that is missing and has no default.
- What is in plan.yaml or lines.yaml cites the document (`source`); what is in operator.yaml says `why`.
- Each key is described in Chinese, then in English: editors show it, and the reference is made from it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from callrouter.plans.schema.times import Days, Instant, TimeOfDay
from callrouter.plans.schema.values import Id, Source, Text, one_of, words_schema
from callrouter.vocabulary.hours import Staffing

OPERATOR_SOURCE = "operator"
"""The source of what the operator chose."""


class DayRule(StrEnum):
    """What may hold on a public holiday or a make-up workday: nobody, the hours of a weekday, or nothing special."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"
    CLOSED = "closed"
    ORDINARY = "ordinary"

    @property
    def weekday(self) -> int | None:
        """The weekday that it is, 0 for Monday; None for the other words."""
        return list(DayRule).index(self) if self not in {DayRule.CLOSED, DayRule.ORDINARY} else None


_WEEKDAYS = tuple(rule for rule in DayRule if rule.weekday is not None)
HolidayWord = Annotated[DayRule, one_of(DayRule.CLOSED, *_WEEKDAYS), words_schema(DayRule.CLOSED, *_WEEKDAYS)]
WorkdayWord = Annotated[
    DayRule, one_of(*_WEEKDAYS, DayRule.ORDINARY), words_schema(*_WEEKDAYS, DayRule.ORDINARY)
]
StaffingWord = Annotated[Staffing, one_of(*Staffing), words_schema(*Staffing)]


class Part(BaseModel):
    """A mapping of the language: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cited(Part):
    """What the document says."""

    illustrative: ClassVar[bool] = False
    source: Source = Field(description='文件出处，例如 "000:L82" 或 "000:L82-L85" / the line of the document')

    @property
    def cited(self) -> str:
        """The line of the document."""
        return self.source


class Chosen(Part):
    """What the operator chose where the document is silent."""

    illustrative: ClassVar[bool] = True
    why: Text = Field(description="为什么这样选 / why: Chinese, then English")

    @property
    def cited(self) -> str:
        """That it is the operator's."""
        return OPERATOR_SOURCE


class Fill(Chosen):
    """What the operator adds to something that the document says: only what the document leaves unsaid."""

    fixed: ClassVar[frozenset[str]] = frozenset()
    """Keys that the document's files always say."""


class WeeklyPart(Part):
    """Hours of some days of the week; midnight is never crossed."""

    days: Days = Field(description="星期，例如 mon-fri 或 mon-wed,fri / days of the week")
    opens: TimeOfDay = Field(description='开始时间，例如 "09:00" / opens at')
    closes: TimeOfDay = Field(description='结束时间，"24:00" 为午夜 / closes at; "24:00" is midnight')


class HolidayTimesPart(Part):
    """A part of a public holiday; midnight is never crossed."""

    opens: TimeOfDay = Field(description='开始时间，例如 "10:00" / opens at')
    closes: TimeOfDay = Field(description='结束时间，"24:00" 为午夜 / closes at; "24:00" is midnight')


class StretchPart(Part):
    """What holds during a stretch of time, `[starts, ends)`."""

    starts: Instant | None = Field(
        None, description="从何时起；第一段不写 / from when; left out in the first only"
    )
    ends: Instant | None = Field(
        None,
        description="首个不再适用的时刻；不写则到下一段 / the first instant outside; left out: the next one's start",
    )
    staffing: StaffingWord = Field(
        description="7x24 全天候 · weekly 按星期 · unstated 未写明 / round the clock, weekly, not stated"
    )
    weekly: list[WeeklyPart] = Field(default_factory=list, description="weekly 的时间 / the hours, of weekly")
    holidays: HolidayWord | None = Field(
        None,
        description="法定节假日：closed 不上班 · mon…sun 照这一天；不写则与平日一样 / on public holidays: closed, or "
        "as on that weekday; left out: like any day",
    )
    holiday_hours: list[HolidayTimesPart] = Field(
        default_factory=list,
        description="法定节假日自己的时间，代替 holidays / times of their own on public holidays, instead of "
        "`holidays`",
    )
    workdays: WorkdayWord | None = Field(
        None,
        description="调休上班日照星期几，ordinary 为照其本来的星期；写了节假日而不写此项，照 mon / make-up workdays: "
        "as on which weekday; ordinary: as the day that it is; left out beside holidays: mon",
    )
    source: Source | None = Field(
        None, description="出处；不写则同上 / the document's line; left out: as above"
    )


class HoursBody(Part):
    """Named hours."""

    id: Id = Field(description="代号，自取 / a name of your own")
    stretches: list[StretchPart] = Field(min_length=1, description="先后各段 / stretches of time, in order")


class HoursPart(Cited, HoursBody):
    """Named hours of the document."""


class OperatorHours(Chosen, HoursBody):
    """Named hours that the operator chose."""
