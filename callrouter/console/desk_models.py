"""What a desk is asked and what it answers, as models: requests are checked by them, and OpenAPI is made of them.

Rules:
- A request says nothing that its model does not have.
- An answer has every field of its model, null where nothing is known.
- These are a promise to programs: what the desk has within (calls/desk_protocol.py) may change without them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from callrouter.calls.desk_protocol import DeskAct, DeskNews, Recorded
from callrouter.decide.guidance import GuidanceSort
from callrouter.decide.transfer_target import Offer
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.record_words import LegRole, TransferKind
from callrouter.vocabulary.transfer import IgnoredReason, Refused, RefusedTarget, TransferState


class _Asked(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class _Answered(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True, use_attribute_docstrings=True)


Attempt = Annotated[int, Field(ge=0, le=1_000_000)]


class Nothing(_Asked):
    """没有请求体，或 {} / no body, or {}."""


class AsSeen(_Asked):
    """可以没有请求体 / the body may be left out."""

    attempt: Attempt | None = None
    """GET /desk/call 中看到的 attempt；已有变化时拒绝 / as seen in GET /desk/call; refused if it has changed."""


class ConsultAsked(AsSeen):
    """转给谁，怎样转 / to whom, and how."""

    target: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    """预案中的标识或转接号码，见 GET /desk/targets / the target's id in the plan, or its code."""
    kind: TransferKind = TransferKind.THREE_WAY
    """three_way 三方转接，先与对方商量；plain 转接；emergency 紧急转接 / first talk with it alone; pass
    the caller on; call an emergency service and talk on meanwhile."""


class GuideAsked(AsSeen):
    """引导来电人向何处反映 / where the caller is told to turn."""

    about: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    """标识或号码，见 GET /desk/guidances / the guidance's id, or its code."""


class NoteAsked(_Asked):
    """备注 / a note."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    """记入话单 / written into the call's record."""


class TicketAsked(_Asked):
    """工单 / a ticket."""

    number: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,40}$")]
    """工单号；对方在接听前听到末四位 / its number; a target hears the last four digits before it accepts."""


class WrapUpAsked(_Asked):
    """整理工单 / finishing a ticket."""

    on: bool
    """true：暂不接听；false：恢复 / take no calls, or take them again."""


class CallShown(_Answered):
    """一通电话 / a call."""

    call_id: str
    seat: str | None
    """null：座席已离开 / the agent has left it."""
    state: TransferState
    attempt: int
    """第几次转接 / how many transfers were tried, this one included."""
    kind: TransferKind | None
    target: str | None
    """最近一次转接的对象 / whom the latest attempt was for: the id in the plan."""
    outcome: str | None
    """最近一次转接的结果；进行中为 null / how the latest attempt ended; null while it goes on."""
    since: datetime | None
    """状态从何时起；控制器启动前为 null / when the state began; null: before the controller looked."""
    talking_since: datetime | None
    caller: str
    """来电号码，按角色掩码；空：未显示 / masked by role; empty: withheld."""
    line: str | None
    """所拨热线 / the dialled hotline."""
    mode: str | None
    phase: str | None
    platform: str | None
    entry: str | None
    """从哪个平台进入 / where the call came in."""
    source: str | None
    """由谁转来 / who handed it over."""
    tag: str | None
    area: str | None
    case: str | None
    path: tuple[str, ...]
    """之前经过的平台 / the platforms that passed it on before us."""
    queue: str | None
    flags: tuple[str, ...]
    """repeat 重复来电，abusive 骚扰；只作提示，从不拦截 / a flag, never a block."""
    recorded: Recorded
    ticket: str | None
    is_enforcement: bool
    """执法举报：先转办，不请求评价 / forwarded first, no survey."""
    may: tuple[DeskAct, ...]
    """此刻可以做什么 / what may be asked for now; whether a target may be had, GET /desk/targets says."""


class CallAnswer(_Answered):
    """本座席的通话 / the seat's call."""

    call: CallShown | None
    """null：没有通话 / it has none."""


class CallsAnswer(_Answered):
    """全部通话 / all calls."""

    calls: tuple[CallShown, ...]


class RefusedShown(_Answered):
    """为何不能转 / why not."""

    why: RefusedTarget
    reason: str
    """中文 / English."""
    instead: Means | None
    """改用什么 / what to do instead."""
    place: str
    """预案中的出处 / where the plan says so."""


class TargetShown(_Answered):
    """一个转接对象 / a target."""

    id: str
    role: LegRole
    name: str
    code: str
    """话机上按的号码；空：没有 / what is pressed on the phone; empty: none of its own."""
    kinds: tuple[TransferKind, ...]
    """此刻可用的方式，首选在前；空：都不行 / how it may be asked for now, the preferred one first; empty: in none."""
    refused: RefusedShown | None
    """为何都不行 / why in none."""


class TargetsAnswer(_Answered):
    """转接对象，本热线的在前 / targets, the line's own first."""

    targets: tuple[TargetShown, ...]


class GuidanceShown(_Answered):
    """可以告知来电人的去处 / where a caller can be told to turn."""

    id: str
    sort: GuidanceSort
    """matter 不受理的事项；line 并行接听的热线；utility 自行接听的公用事业 / a matter that is not accepted; a line
    or a utility that answers for itself."""
    name: str
    says: str
    """告知的去处：引导语或号码；空：计划没有写，由座席说明 / words or a number; empty: the agent says it."""
    code: str
    """话机上按的号码；空：没有 / what is pressed on the phone; empty: none of its own."""
    place: str
    """预案中的出处 / where the plan says so."""


class GuidancesAnswer(_Answered):
    """可以告知来电人的去处 / all of them."""

    guidances: tuple[GuidanceShown, ...]


class DoneAnswer(_Answered):
    """Asterisk 已做到什么 / what Asterisk was seen to have made of it."""

    state: TransferState
    attempt: int


class RecordedAnswer(_Answered):
    """录音状态 / whether it is recorded."""

    recorded: Recorded


class WrittenAnswer(_Answered):
    """已记下 / written down."""

    written: Literal["note", "ticket", "enforcement"]


class WrapUpAnswer(_Answered):
    """示忙状态 / the pause that holds now."""

    pause: str | None
    """null：可以接听 / the seat takes calls."""


class ChangeShown(_Answered):
    """通话的一步 / a step of a call: the data of an event."""

    what: DeskNews
    """began 接到；changed 变化；ended 不再有；resync 有遗漏，请重新查看 / resync: some are missing, look again."""
    at: datetime
    call_id: str | None
    seat: str | None
    state: TransferState | None
    attempt: int
    target: str | None
    stimulus: str | None
    """由什么引起，见 docs/transfers.zh-CN.md / what caused it: see docs/transfers.md."""
    outcome: str | None
    """接听、忙、拒绝等 / joined, busy, declined …, as in the record's transfers."""


class FaultAnswer(BaseModel):
    """为何没有做 / what went wrong."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    error: str
    """给程序的词 / a word for programs."""
    text: str
    """中文 / English."""
    state: TransferState | None = None
    """not_in_state、asterisk_silent：通话现在的状态 / the call's state."""
    attempt: int | None = None
    reason: IgnoredReason | None = None
    """not_in_state：为何；null：通话已有变化 / why; null: the call has moved on."""
    why: RefusedTarget | None = None
    """target_refused."""
    instead: Means | None = None
    target: str | None = None
    holder: str | None = None
    """not_in_control：负责的控制器 / who is in control."""
    what: str | None = None
    """bad_word: note, ticket, word_id."""


def target_shown(offer: Offer) -> TargetShown:
    """An offer as the desk's API shows it."""
    target = offer.target
    return TargetShown(
        id=target.id,
        role=target.role,
        name=target.name,
        code=target.code,
        kinds=offer.kinds,
        refused=_refused_shown(offer.refused) if offer.refused else None,
    )


def _refused_shown(refused: Refused) -> RefusedShown:
    return RefusedShown(why=refused.why, reason=refused.reason, instead=refused.instead, place=refused.place)
