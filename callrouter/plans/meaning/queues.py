"""Whether what is said of a queue's calls makes sense: whom its seats answer, and where its callers go on to.

Rules:
- Only expert and dedicated seats answer lines of their own; everyone else is the general seats' anyway.
- Expert seats are of one line; dedicated ones that answer lines name them.
- Only general seats overflow to another platform: what is special here is unknown there.
- What operator.yaml adds to a queue is judged together with what the document's files say of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault
from callrouter.plans.meaning.drafts import OperatorDraft, PlanDraft
from callrouter.plans.schema.operator_file import QueueFill
from callrouter.plans.schema.queue_parts import QueueBody, QueueWays
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.policy import Answers, Overflow, QueueKind

_SPECIAL_ONLY = ("answers", "lines", "announcement", "priority")


def judge_ways(plan: PlanDraft, operator: OperatorDraft) -> None:
    """Judge the calls of every queue, whoever wrote of them."""
    fills = {fill.part.id: fill for fill in operator.queue_fills}
    queues: list[Item[QueueBody]] = [*plan.queues, *operator.queues]
    for queue in queues:
        fill = fills.get(queue.part.id)
        ways = ways_of(queue.part, fill.part if fill else None)
        for fault, key in _faults(queue.part.kind, ways):
            by_operator = fill is not None and key in fill.part.model_fields_set
            said: Item[QueueWays] = fill if fill is not None and by_operator else queue
            said.report(fault, *((key,) if key in said.part.model_fields_set else ()))


def ways_of(part: QueueWays, fill: QueueFill | None) -> QueueWays:
    """What is said of a queue's calls, here or there: nobody may say both."""
    if fill is None:
        return part
    said = {key: getattr(fill, key) for key in fill.model_fields_set & QueueWays.model_fields.keys()}
    return part.model_copy(update=said)


def _faults(kind: QueueKind, ways: QueueWays) -> Iterator[tuple[Fault, str]]:
    if kind is QueueKind.GENERAL:
        yield from ((_NOT_SPECIAL, key) for key in _SPECIAL_ONLY if getattr(ways, key) not in (None, []))
        if ways.overflow is Overflow.GENERAL:
            yield _OVERFLOW_TO_ITSELF, "overflow"
    elif ways.overflow is Overflow.PLATFORM:
        yield _ONLY_GENERAL, "overflow"
    if (ways.overflow is Overflow.PLATFORM) is not (ways.overflow_to is not None):
        yield (_WHICH_PLATFORM, "overflow") if ways.overflow_to is None else (_NO_PLATFORM, "overflow_to")
    answers_line = ways.answers is Answers.LINE
    if kind is QueueKind.DEDICATED and answers_line and not ways.lines:
        yield _WHICH_LINES, "answers"
    if kind is QueueKind.EXPERT and ways.lines:
        yield _LINES_OF_EXPERTS, "lines"
    elif kind is QueueKind.DEDICATED and ways.lines and not answers_line:
        yield _IDLE_LINES, "lines"


_NOT_SPECIAL = Fault(
    Code.WRONG_VALUE,
    "综合座席接所有来电，不写这一项",
    "general seats answer every call: this is for expert and dedicated seats",
    "删除这一行，或改为 kind: expert、dedicated / delete this line, or make it expert or dedicated",
)
_ONLY_GENERAL = Fault(
    Code.WRONG_VALUE,
    "只有综合座席溢出到另一平台",
    "only general seats overflow to another platform",
    "写 general：先转综合座席 / write general: its callers go to the general seats first",
)
_WHICH_PLATFORM = Fault(
    Code.MISSING_KEY,
    "缺少 overflow_to",
    "overflow_to is missing",
    "写明溢出到哪个平台 / name the platform",
)
_NO_PLATFORM = Fault(
    Code.WRONG_VALUE,
    "overflow 不是 platform，这个平台不起作用",
    "overflow is not platform: this one would do nothing",
    "写 overflow: platform，或删除这一行 / write overflow: platform, or delete this line",
)
_WHICH_LINES = Fault(
    Code.MISSING_KEY,
    "缺少 lines",
    "lines is missing",
    "写明专席接哪些热线；只接转来的则写 answers: transfers / name the lines, or write answers: transfers",
)
_LINES_OF_EXPERTS = Fault(
    Code.WRONG_VALUE,
    "专家座席只接 line 写明的热线",
    "expert seats are of the one line in `line`",
    "删除 lines，或改为 kind: dedicated / delete `lines`, or make it dedicated",
)
_IDLE_LINES = Fault(
    Code.WRONG_VALUE,
    "answers 不是 line，这些热线不起作用",
    "answers is not line: these lines would do nothing",
    "写 answers: line，或删除这一行 / write answers: line, or delete this line",
)
_OVERFLOW_TO_ITSELF = Fault(
    Code.WRONG_VALUE,
    "综合队列不能再溢出到综合队列",
    "a general queue can't overflow into itself",
    "写 last_resort 或 voicemail / write last_resort or voicemail",
)
