"""The shape of `operator.yaml`: what the operator chose where the document is silent, and what is only theirs.

Rules:
- An item that names something of plan.yaml or lines.yaml by its id fills in what is left unsaid there.
- An item with a name of its own adds something new. Every item says why, and counts as illustrative.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from callrouter.plans.schema.lines_file import (
    CenterBody,
    CenterPart,
    LineBody,
    ListBody,
    OperatorPhase,
    PhaseWord,
    ScheduleBody,
)
from callrouter.plans.schema.menu_parts import MenuPart
from callrouter.plans.schema.parts import Chosen, Fill, OperatorHours, Part
from callrouter.plans.schema.plan_file import (
    EmergencyPart,
    MeansWord,
    NotAcceptedPart,
    OutWord,
    PlatformBody,
    PlatformPart,
    RegisterBody,
    SurveyBody,
    UtilityPart,
)
from callrouter.plans.schema.queue_parts import QueueBody, QueuePart, QueueWays
from callrouter.plans.schema.times import Day, Instant
from callrouter.plans.schema.values import (
    AreaCode,
    CallCount,
    Email,
    Id,
    LineNumber,
    QueueId,
    Seat,
    ShortCode,
    SipUri,
    Text,
    TrunkSource,
    YesNo,
    one_of,
    words_schema,
)
from callrouter.vocabulary.calendar import DayKind
from callrouter.vocabulary.call import ALL_FINDERS, FoundBy

KindOfDayWord = Annotated[DayKind, one_of(*DayKind), words_schema(*DayKind)]
FinderWord = Annotated[FoundBy, one_of(*ALL_FINDERS), words_schema(*ALL_FINDERS)]

_HOURS = "服务时间的代号 / id of its hours"
_PEER = "SIP 对端的代号 / id of the SIP peer that reaches it"
_SEATS = "座席的 SIP 账号 / SIP accounts of the seats"
_SERVES = "来电是否由本机构接听 / whether its calls are answered by this instance"


class InstantPart(Chosen):
    """The instant of a phase for which the document gives none."""

    schedule: Id = Field(description="lines.yaml 中的 schedule / a schedule of lines.yaml")
    phase: PhaseWord = Field(description="starts 为 unstated 的阶段 / its phase whose starts is unstated")
    starts: Instant = Field(description="始于 / from when")


class PlatformFill(Fill):
    """What plan.yaml leaves unsaid of a platform."""

    fixed = frozenset(PlatformPart.model_fields)
    id: Id = Field(description="plan.yaml 中的平台 / a platform of plan.yaml")
    serves: YesNo | None = Field(None, description=_SERVES)
    hours: Id | None = Field(None, description=_HOURS)
    peer: Id | None = Field(None, description=_PEER)
    email: Email | None = Field(None, description="非工作时间告知的邮箱 / told to callers outside its hours")


class NewPlatform(Chosen, PlatformBody):
    """A platform of another jurisdiction."""

    serves: YesNo | None = Field(None, description=_SERVES)
    peer: Id | None = Field(None, description=_PEER)


class QueueFill(Fill, QueueWays):
    """The seats of a queue of plan.yaml, and what the document leaves unsaid of their calls."""

    fixed = frozenset(QueuePart.model_fields)
    id: QueueId = Field(description="plan.yaml 中的队列 / a queue of plan.yaml")
    seats: list[Seat] | None = Field(None, description=_SEATS)
    hours: Id | None = Field(None, description=_HOURS)


class NewQueue(Chosen, QueueBody):
    """A queue that the document doesn't name."""

    seats: list[Seat] = Field(default_factory=list, description=_SEATS)


class CenterFill(Fill):
    """What lines.yaml leaves unsaid of a center."""

    fixed = frozenset(CenterPart.model_fields)
    id: Id = Field(description="lines.yaml 中的 center / a center of lines.yaml")
    hours: Id | None = Field(None, description=_HOURS)
    opens: Instant | None = Field(None, description="何时起可转接 / from when it can be reached")
    peer: Id | None = Field(None, description=_PEER)


class NewCenter(Chosen, CenterBody):
    """A center that the document doesn't name."""

    peer: Id | None = Field(None, description=_PEER)


class OperatorSchedule(Chosen, ScheduleBody):
    """A schedule that the operator chose."""

    phases: list[OperatorPhase] = Field(min_length=1, description="先后各阶段 / the phases, in order")


class OperatorLine(Chosen, LineBody):
    """A line of a class that the document does not number."""


class OperatorList(Chosen, ListBody):
    """A list of such lines."""


class TargetPart(Part):
    """An emergency desk that answers for some areas."""

    areas: list[AreaCode] = Field(default_factory=list, description="区号；[] 为全部 / area codes; []: all")
    peer: Id = Field(description=_PEER)
    alternates: list[Id] = Field(
        default_factory=list,
        description="主用中继不通时依次改用（peers）/ peers to call by where the first one fails, in order",
    )


class EmergencyFill(Fill):
    """How an emergency service is reached."""

    fixed = frozenset(EmergencyPart.model_fields)
    number: ShortCode = Field(description="plan.yaml 中的紧急号码 / an emergency number of plan.yaml")
    out: OutWord | None = Field(
        None, description="plan.yaml 为 unstated 时的选择 / where plan.yaml has unstated"
    )
    targets: list[TargetPart] = Field(default_factory=list, description="接警台 / the desks that answer")


class UtilityFill(Fill):
    """How a utility is reached."""

    fixed = frozenset(UtilityPart.model_fields)
    id: Id = Field(description="plan.yaml 中的公用事业 / a utility of plan.yaml")
    numbers: list[LineNumber] = Field(default_factory=list, description="其自有热线 / its own numbers")
    means: list[MeansWord] | None = Field(
        None, description="plan.yaml 为 [] 时的选择 / where plan.yaml has []"
    )
    peer: Id | None = Field(None, description=_PEER)
    hours: Id | None = Field(None, description=_HOURS)


class NotAcceptedFill(Fill):
    """Where callers are guided."""

    fixed = frozenset(NotAcceptedPart.model_fields)
    id: Id = Field(description="plan.yaml 的 not_accepted / an item of not_accepted")
    guide: Text = Field(description="引导到哪里 / where callers are guided")


class PeerPart(Chosen):
    """A SIP address to which calls go out."""

    id: Id = Field(description="代号 / its id")
    uri: SipUri = Field(description='例如 "sip:192.0.2.10:5060" / such as this')
    purpose: Text = Field(description="用途 / what it is for")
    others_at_most: CallCount | None = Field(
        None,
        description="紧急转接以外最多同时呼出几路，其余容量留给紧急转接；不写则不限 / calls that go out by it"
        " at once, emergencies not counted: the rest of the trunk is kept for them; left out: no limit",
    )


class DidPart(Part):
    """A dialled-in number that stands for a line."""

    number: LineNumber = Field(description="呼入的号码 / the number that is dialled in")
    line: LineNumber = Field(description="代表的热线 / the line that it stands for")


class TrunkPart(Chosen):
    """A SIP endpoint that brings calls in."""

    id: Id = Field(description="Asterisk 中的端点名 / the endpoint's name in Asterisk")
    platform: Id | None = Field(
        None, description="来电都属于哪个平台；不写则看区号 / left out: the area code tells"
    )
    default_platform: Id = Field(description="区号说明不了时的平台 / where the area code says nothing")
    source: TrunkSource | None = Field(
        None, description='移交来电的一方，例如 "emergency:110" / who hands calls over'
    )
    finders: list[FinderWord] = Field(
        default_factory=lambda: [FoundBy.DID, FoundBy.REQUEST_URI],
        min_length=1,
        description="在哪里找被叫热线，依次；信头只用于可信的中继 / where the dialled line is looked for, "
        "in order; headers only on trusted trunks",
    )
    dids: list[DidPart] = Field(
        default_factory=list, description="呼入号码与热线 / dialled-in numbers and their lines"
    )
    pilots: list[LineNumber] = Field(
        default_factory=list, description="平台自身的号码 / numbers of the platform itself"
    )


class NewLinePart(Chosen):
    """A new line that the operator admits."""

    number: LineNumber = Field(description="新设的热线 / the new hotline")


class CalendarChange(Chosen):
    """Days that are otherwise here than the country's calendar says."""

    first: Day = Field(description="第一天 / the first day")
    last: Day | None = Field(None, description="最后一天，含；不写为一天 / the last day, itself included")
    becomes: KindOfDayWord = Field(
        description="holiday 放假 · workday 调休上班 · ordinary 按星期 / off, worked, or as its weekday says"
    )
    name: Text = Field(description="节日名称，例如 三月三 / the holiday's name")


class SurveyFill(Fill, SurveyBody):
    """What the document leaves unsaid of ratings."""


class RegisterFill(Fill, RegisterBody):
    """The same, where the document is silent."""


class OperatorFile(Part):
    """`operator.yaml`: the operator's choices."""

    instants: list[InstantPart] = Field(
        default_factory=list, description="文件没有给出的时刻 / instants not given"
    )
    calendar: list[CalendarChange] = Field(
        default_factory=list,
        description="本地与日历不同的日子 / days that differ here from the plan's calendar",
    )
    hours: list[OperatorHours] = Field(default_factory=list, description="服务时间 / named hours")
    platforms: list[PlatformFill | NewPlatform] = Field(default_factory=list, description="平台 / platforms")
    queues: list[QueueFill | NewQueue] = Field(
        default_factory=list, description="队列与座席 / queues and seats"
    )
    schedules: dict[Id, OperatorSchedule] = Field(
        default_factory=dict, description="另加的归并方式 / schedules"
    )
    lines: list[OperatorLine] = Field(default_factory=list, description="另加的热线 / lines")
    lists: list[OperatorList] = Field(default_factory=list, description="另加的 CSV / lists")
    allow_new_lines: list[NewLinePart] = Field(
        default_factory=list, description="允许新设的热线 / new lines admitted"
    )
    centers: list[CenterFill | NewCenter] = Field(default_factory=list, description="分中心 / centers")
    emergency: list[EmergencyFill] = Field(default_factory=list, description="紧急号码 / emergency numbers")
    utilities: list[UtilityFill] = Field(default_factory=list, description="公用事业 / utilities")
    not_accepted: list[NotAcceptedFill] = Field(
        default_factory=list, description="引导 / where callers are guided"
    )
    peers: list[PeerPart] = Field(default_factory=list, description="SIP 对端 / SIP peers")
    trunks: list[TrunkPart] = Field(default_factory=list, description="中继 / trunks")
    survey: SurveyFill | None = Field(None, description="话后评价 / the rating after a talk")
    menus: list[MenuPart] = Field(
        default_factory=list, description="语音菜单；默认没有 / menus; none by default, and better so"
    )
    register_by: RegisterFill | None = Field(
        None, description="留言与回拨要求何时前分转 / by when messages and call-backs are passed on"
    )
