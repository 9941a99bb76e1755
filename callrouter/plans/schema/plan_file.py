"""The shape of `plan.yaml`: the document, the platforms and their queues, emergencies, utilities, scope, demands."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from callrouter.plans.schema.parts import Cited, HoursPart, Part
from callrouter.plans.schema.queue_parts import QueuePart
from callrouter.plans.schema.times import ClockTime, Day, Instant
from callrouter.plans.schema.values import (
    Announcement,
    AreaCode,
    DocumentRef,
    Email,
    Id,
    KeyId,
    LineNumber,
    Priority,
    QueueId,
    ShortCode,
    SpokenNumber,
    Text,
    Version,
    YesNo,
    one_of,
    words_schema,
)
from callrouter.vocabulary.line import Level, Means
from callrouter.vocabulary.migration import LINE_MODES, Mode
from callrouter.vocabulary.policy import EmergencyOut

_MODES = tuple(mode for mode in Mode if mode in LINE_MODES)

LevelWord = Annotated[Level, one_of(*Level), words_schema(*Level)]
MeansWord = Annotated[Means, one_of(*Means), words_schema(*Means)]
ModeWord = Annotated[Mode, one_of(*_MODES), words_schema(*_MODES)]
OutWord = Annotated[EmergencyOut, one_of(*EmergencyOut), words_schema(*EmergencyOut)]

_MEANS = (
    "three_way 三方转接 · plain 转接 · ticket 派发工单 · guide 引导；[] 为未写明 / "
    "three-way, plain transfer, ticket, guide; [] is not stated"
)


class DocumentPart(Part):
    """The policy document."""

    ref: DocumentRef = Field(description='出处中的文件编号，例如 "000" / the number by which sources cite it')
    title: Text = Field(description="文件标题 / its title")
    number: Text = Field(description="发文字号，例如 川办发〔2021〕15号 / its number")
    issued: Day = Field(description="印发日期 / the day of issue")


class HubPart(Part):
    """12345 itself."""

    number: ShortCode = Field(description='12345 自己的号码 / its own number, "12345"')
    spoken_number: SpokenNumber = Field(description="号码读法 / the number as it is spoken")
    name: Text | None = Field(None, description="名称；不写则用首个品牌名 / left out: the first brand")


class BrandPart(Cited):
    """A name of the platform, from an instant on."""

    name: Text = Field(description="平台名称 / what the platform calls itself")
    starts: Instant | None = Field(
        None, description="启用时刻；第一个不写 / from when; left out in the first only"
    )


class PlatformBody(Part):
    """A 12345 platform."""

    id: Id = Field(description="代号 / its id")
    name: Text = Field(description="平台名称 / its name")
    spoken_name: Text = Field(description="提示中的读法，宜短 / short, for announcements")
    level: LevelWord = Field(
        description="province 省 · city 市 · county 县(只接工单) / a county gets tickets only"
    )
    parent: Id | None = Field(None, description="上级平台 / the platform above it")
    areas: list[AreaCode] = Field(description="带 0 的区号，可为 [] / area codes with their 0; may be []")
    hours: Id | None = Field(
        None, description="服务时间的代号；未写明则不写 / id of its hours; left out: not stated"
    )
    dialled_directly: YesNo = Field(
        True, description='公众能否直接拨打 / whether the public may dial it; left out: "yes"'
    )
    starts: Instant | None = Field(
        None, description="何时起可达；不写为一直 / from when; left out: since ever"
    )
    email: Email | None = Field(None, description="非工作时间告知的邮箱 / told to callers outside its hours")


class PlatformPart(Cited, PlatformBody):
    """A platform of the document."""


class DeskPart(Part):
    """How calls of one kind are received."""

    announcement: Announcement | None = Field(
        None, description="语音提示编号；不写则不放 / left out: nothing is played"
    )
    priority: Priority = Field(description="0 到 999，大者优先 / 0 to 999: the higher, the sooner")


class DesksPart(Part):
    """The five kinds of calls."""

    hub: DeskPart = Field(description="拨打 12345 / 12345 was dialled")
    emergency: DeskPart = Field(description="紧急号码误到本平台 / an emergency number reached us")
    unknown: DeskPart = Field(description="计划之外的号码 / a number in no plan")
    handed_over: DeskPart = Field(description="110 等移交的来电 / handed over by an emergency service")
    closed: DeskPart = Field(description="非工作时间 / outside the hours")


class EmergencyPart(Cited):
    """An emergency number: never a line."""

    number: ShortCode = Field(description='紧急号码 / the emergency number, such as "110"')
    name: Text = Field(description="名称 / its name")
    spoken_number: SpokenNumber = Field(description="号码读法，例如 幺幺零 / as it is spoken")
    out: OutWord = Field(
        description="12345 遇紧急事项：transfer 转接 · guide 引导 · transfer_else_guide 先转后引导 · unstated 未写明 "
        "/ what is done with an emergency that reached 12345"
    )
    handed_in: YesNo | None = Field(
        None, description="非紧急事项是否移交 12345;未写明则不写 / whether its other matters come to 12345"
    )


class UtilityPart(Cited):
    """A public utility's own hotline."""

    id: Id = Field(description="代号 / its id")
    name: Text = Field(description="名称，例如 供水 / its name")
    means: list[MeansWord] = Field(description=f"12345 怎样转交：{_MEANS}")
    parallel: YesNo = Field(False, description='并行接听 / it answers its own calls; left out: "no"')


class SystemPart(Cited):
    """A system whose telephones never migrate."""

    name: Text = Field(description="例如 人大、纪检监察 / such as 人大")


class NotAcceptedPart(Cited):
    """A kind of matter that 12345 does not take."""

    id: Id = Field(description="代号 / its id")
    what: Text = Field(description="不受理的事项 / what is not accepted")
    guide: Text | None = Field(None, description="引导到哪里；未写明则不写 / where callers are guided")


class ScopePart(Part):
    """What does not migrate, and what is not accepted."""

    excluded_systems: list[SystemPart] = Field(
        default_factory=list, description="不归并的系统 / never merged"
    )
    not_accepted: list[NotAcceptedPart] = Field(
        default_factory=list, description="不受理的事项 / not accepted"
    )


class DuePart(Cited):
    """A deadline of the document: reported, never acted on."""

    what: Text = Field(description="要完成的事 / what is due")
    by: Day = Field(description="期限，当天仍在期限内 / the last day, itself in time")


class DemandPart(Cited):
    """What the document demands of every line of a mode, or of the plan as a whole."""

    mode: ModeWord | None = Field(
        None, description="归并方式；不写指整个计划 / left out: the plan as a whole"
    )
    transition: YesNo = Field(False, description="须有过渡期 / a transition")
    announcement: YesNo = Field(False, description="须有语音提示 / an announcement")
    round_the_clock: YesNo = Field(False, description="须 7×24 小时 / round the clock")
    new_lines: YesNo | None = Field(None, description='"no"：原则上不再新设热线 / "no": no new hotlines')


class SurveyBody(Part):
    """Who is asked for a rating after a talk (好差评)."""

    offered: YesNo | None = Field(
        None,
        description="座席挂机后是否请来电人评价；两处都不写则不请 / whether callers are asked once the agent has "
        "left; left out everywhere: nobody is",
    )
    except_lines: list[LineNumber] = Field(
        default_factory=list,
        description="不请评价的热线，如投诉举报、执法办案 / lines whose callers are not asked",
    )
    except_queues: list[QueueId] = Field(
        default_factory=list, description="不请评价的队列 / queues after which nobody is asked"
    )


class SurveyPart(Cited, SurveyBody):
    """What the document says of ratings."""


class RegisterBody(Part):
    """By when the platforms pass on what they have accepted, such as a message (分转)."""

    until: ClockTime = Field(
        description='此前受理的当日此时前分转，例如 "18:00" / accepted before: passed on by then, the same day'
    )
    next_day: ClockTime = Field(
        description='此后受理的次日此时前分转，例如 "10:00" / accepted later: passed on by then, the next day'
    )


class RegisterPart(Cited, RegisterBody):
    """What the document says of it."""


class PlanFile(Part):
    """`plan.yaml`: the jurisdiction."""

    jurisdiction: KeyId = Field(description="地区代号，与文件夹同名 / the folder's name")
    title: Text = Field(description="平台全称 / what the plan is of")
    version: Version = Field(description='计划自身的版本，例如 "1.0" / the plan\'s own version')
    document: DocumentPart = Field(description="依据的文件 / the document that it implements")
    timezone: Text = Field(description="时区，例如 Asia/Shanghai / the time zone")
    calendar: Id | None = Field(
        None,
        description="节假日日历：calendars/ 中的文件名，例如 china；服务时间不问节假日则不写 / the calendar of "
        "public holidays: a file's name in calendars/; left out: no hours ask for one",
    )
    hub: HubPart = Field(description="12345 本身 / 12345 itself")
    brands: list[BrandPart] = Field(
        min_length=1, description="平台名称，按时间先后 / its names, in order of time"
    )
    home: Id = Field(
        description="中继不在计划中时由哪个平台接听 / the platform of calls whose trunk is unknown"
    )
    hours: list[HoursPart] = Field(default_factory=list, description="服务时间 / named hours")
    platforms: list[PlatformPart] = Field(min_length=1, description="各级平台 / platforms")
    queues: list[QueuePart] = Field(min_length=1, description="队列 / queues")
    desks: DesksPart = Field(description="五类来电怎样接 / how each kind of call is received")
    emergency: list[EmergencyPart] = Field(default_factory=list, description="紧急号码 / emergency numbers")
    utilities: list[UtilityPart] = Field(default_factory=list, description="水电气暖等 / public utilities")
    scope: ScopePart = Field(default_factory=ScopePart, description="范围 / what is outside")
    dues: list[DuePart] = Field(
        default_factory=list, description="不属于某条热线的期限 / deadlines of no line"
    )
    demands: list[DemandPart] = Field(
        default_factory=list, description="文件的要求 / what the document demands"
    )
    survey: SurveyPart | None = Field(
        None, description="话后评价；未写明则不写 / the rating after a talk; left out: not stated"
    )
    register_by: RegisterPart | None = Field(
        None,
        description="留言与回拨要求何时前分转；未写明则不写 / by when messages and call-backs are passed on; "
        "left out: not stated",
    )
