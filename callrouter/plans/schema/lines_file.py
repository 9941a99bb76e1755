"""The shape of `lines.yaml`: what becomes of the lines and when, the lines themselves, and their centers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from callrouter.plans.schema.parts import Cited, Part
from callrouter.plans.schema.plan_file import DuePart, MeansWord, ModeWord
from callrouter.plans.schema.times import Instant, InstantOrUnstated
from callrouter.plans.schema.values import (
    Announcement,
    AreaCode,
    CsvName,
    Id,
    KeyId,
    LineNumber,
    SpokenNumber,
    Text,
    YesNo,
    one_of,
    words_schema,
)
from callrouter.vocabulary.line import Level
from callrouter.vocabulary.migration import Landing, NumberFate, PhaseName, SeatFate

_LANDINGS = tuple(landing for landing in Landing if landing is not Landing.EMERGENCY)
_LEVELS = (Level.PROVINCE, Level.CITY)

PhaseWord = Annotated[PhaseName, one_of(*PhaseName), words_schema(*PhaseName)]
LandingWord = Annotated[Landing, one_of(*_LANDINGS), words_schema(*_LANDINGS)]
NumberFateWord = Annotated[NumberFate, one_of(*NumberFate), words_schema(*NumberFate)]
SeatFateWord = Annotated[SeatFate, one_of(*SeatFate), words_schema(*SeatFate)]
LineLevelWord = Annotated[Level, one_of(*_LEVELS), words_schema(*_LEVELS)]

_NUMBER_FATE = "号码：kept 保留 · cancelled 取消 · unstated 未写明 / the number: kept, cancelled, not stated"
_SEAT_FATE = (
    "座席：merged 并入 · kept 保留 · none 无 · unstated 未写明 / the seats: merged, kept, none, not stated"
)


class PhaseBody(Part):
    """A stretch of a migration, `[starts, ends)`."""

    name: PhaseWord = Field(
        description="before 尚未归并 · transition 过渡期 · in_force 已生效 · ended 已停用 / where the line stands"
    )
    starts: InstantOrUnstated | None = Field(
        None,
        description="始于；第一个阶段不写；文件没有给出则写 unstated / from when; left out in the first only; "
        "unstated: the document gives no instant",
    )
    ends: Instant | None = Field(
        None,
        description="首个不再适用的时刻；不写则到下一阶段 / first instant outside; left out: the next start",
    )
    landing: LandingWord = Field(
        description="由谁接听：platform 12345 · department 部门座席 · branch 分中心 · external 原座席(不经本平台) · "
        "released 放提示后释放 / who answers"
    )
    announcement: Announcement | None = Field(
        None, description="语音提示编号；不写则不放 / left out: nothing is played"
    )
    number_fate: NumberFateWord | None = Field(None, description=_NUMBER_FATE)
    seat_fate: SeatFateWord | None = Field(None, description=_SEAT_FATE)


class PhasePart(Cited, PhaseBody):
    """A phase that the document gives."""


class OperatorPhase(PhaseBody):
    """A phase that the operator chose; the schedule says why."""

    why: Text | None = Field(None, description="为什么 / why, if it differs from the schedule's")


class ScheduleBody(Part):
    """What becomes of the lines that follow it."""

    mode: ModeWord = Field(
        description="merged 整体并入 · dual 双号并行 · branch 设分中心 · parallel 并行接听 · forwarded 来电转移 · "
        "absorbed 直接合并 · withdrawn 撤销 / the policy's word; a label only"
    )
    number_fate: NumberFateWord = Field(description=_NUMBER_FATE)
    seat_fate: SeatFateWord = Field(description=_SEAT_FATE)


class SchedulePart(ScheduleBody):
    """A schedule of the document."""

    phases: list[PhasePart] = Field(min_length=1, description="先后各阶段 / the phases, in order")
    dues: list[DuePart] = Field(
        default_factory=list, description="期限：只报告，不切换 / deadlines: only reported"
    )


class LineBody(Part):
    """A hotline number."""

    number: LineNumber = Field(
        description='短号、带区号的固定电话或手机 / a short code, "03552180012", or a mobile'
    )
    name: Text = Field(description="文件中的名称 / the document's name for it")
    spoken_number: SpokenNumber = Field(description="号码读法，例如 幺二三幺五 / as it is spoken")
    spoken_name: Text = Field(description="提示中的名称，宜短 / short, for announcements")
    schedule: Id = Field(description="归并方式与时间的代号 / the schedule that it follows")
    level: LineLevelWord | None = Field(
        None,
        description="province 省 · city 市；不写则随来电 / whose platform; left out: that of the call",
    )
    expert_seats: YesNo | None = Field(
        None, description="是否设专家座席；文件未提则不写 / left out: the document names none"
    )
    tag: Id | None = Field(None, description="标记，例如 mayor / such as mayor, beside the line in records")


class LinePart(Cited, LineBody):
    """A line of the document."""


class ListBody(Part):
    """A list of numbers that follow one schedule."""

    id: KeyId = Field(description="代号 / its id")
    name: Text = Field(description="名称 / its name")
    spoken_name: Text = Field(description="提示中的名称 / short, for announcements")
    file: CsvName = Field(description="同一文件夹中的 CSV，表头 number,name / the CSV beside this file")
    schedule: Id = Field(description="归并方式与时间的代号 / the schedule that they follow")


class ListPart(Cited, ListBody):
    """A list of the document."""


class ClassPart(Cited):
    """A rule for lines that the document does not number."""

    id: Id = Field(description="代号 / its id")
    name: Text = Field(description="文件中的说法 / the document's words")
    schedule: Id = Field(description="归并方式与时间的代号 / the schedule that they follow")


class CenterBody(Part):
    """Where the seats of a line are."""

    id: Id = Field(description="代号 / its id")
    line: LineNumber = Field(description="热线号码 / the line's number")
    name: Text = Field(description="名称 / its name")
    spoken_name: Text = Field(description="提示中的名称 / short, for announcements")
    means: list[MeansWord] = Field(
        description="怎样转交，按先后：three_way 三方 · plain 转接 · ticket 工单 · guide 引导 / what is allowed"
    )
    areas: list[AreaCode] = Field(
        default_factory=list, description="服务的区号；不写为全部 / area codes; left out: all"
    )
    hours: Id | None = Field(None, description="服务时间；未写明则不写 / left out: not stated")
    opens: InstantOrUnstated | None = Field(
        None,
        description="何时起可转接；未写明则写 unstated / from when it can be reached; unstated: not given",
    )


class CenterPart(Cited, CenterBody):
    """A center of the document."""


class LinesFile(Part):
    """`lines.yaml`: schedules, lines, lists, classes, centers."""

    schedules: dict[Id, SchedulePart] = Field(
        min_length=1, description="归并方式与时间 / what happens, and when"
    )
    lines: list[LinePart] = Field(default_factory=list, description="热线 / the hotlines")
    lists: list[ListPart] = Field(default_factory=list, description="CSV 中的大量号码 / numbers in CSV files")
    classes: list[ClassPart] = Field(
        default_factory=list, description="未列号码的类别 / rules without numbers"
    )
    centers: list[CenterPart] = Field(
        default_factory=list, description="分中心、部门座席 / where the seats are"
    )
