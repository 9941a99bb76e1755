"""Queues: reached by somebody, answered by somebody, and there where the document demands expert seats.

Rules:
- A general queue is reached by its platform's calls, expert and dedicated seats by transfer: all only where the
  platform is served here. (That each queue has a platform, and each expert a line, the loader sees to.)
- Without operator.yaml nobody has given seats yet: a warning. With it, a platform served here whose general queue
  has no seats is an error: its callers would wait for nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, error, warning
from callrouter.vocabulary.policy import Overflow, Queue, QueueKind

_NOBODY = ("来电人会一直等", "callers would wait for nobody")
_GO_TO = {
    Overflow.GENERAL: ("来电转给综合队列", "its calls go to the general queue"),
    Overflow.VOICEMAIL: ("来电只能留言", "its callers can only leave a message"),
    Overflow.LAST_RESORT: ("来电转给值班电话", "its calls go to the duty phone"),
    Overflow.PLATFORM: ("来电转给另一平台", "its calls go to another platform"),
}


def queues(subject: Subject) -> Iterator[Finding]:
    """Find queues without callers or without seats, and expert seats that are missing."""
    for queue in subject.plan.queues.values():
        yield from _unreachable(subject, queue)
        yield from _empty(subject, queue)
    yield from _platforms_without_queue(subject)
    yield from _expert_seats(subject)


def _unreachable(subject: Subject, queue: Queue) -> Iterator[Finding]:
    platform = subject.plan.platforms[queue.platform]
    if subject.overlay and not platform.served and queue.seats:
        yield warning(
            queue.place,
            Code.QUEUE_UNREACHABLE,
            f"平台 {platform.id} 不由本机接听，{queue.id} 的座席不会有来电",
            f"platform {platform.id} is not served here: the seats of {queue.id} would get no calls",
            f'给 {platform.id} 写 serves: "yes"，或去掉座席 / write `serves` for it, or take the seats away',
            source=queue.source,
        )


def _empty(subject: Subject, queue: Queue) -> Iterator[Finding]:
    if queue.seats or not subject.plan.platforms[queue.platform].served:
        return
    general = queue.kind is QueueKind.GENERAL
    tell = error if general and subject.overlay else warning
    zh, en = _NOBODY if general else _GO_TO[queue.overflow]
    yield tell(
        subject.spot(queue.place, "seats"),
        Code.ROSTER_EMPTY,
        f"队列 {queue.id} 没有座席，{zh}",
        f"queue {queue.id} has no seats: {en}",
        "在 operator.yaml 的 queues 写 seats / give its `seats` under `queues` in operator.yaml",
        source=queue.source,
    )


def _platforms_without_queue(subject: Subject) -> Iterator[Finding]:
    for platform in subject.plan.platforms.values():
        queue = subject.plan.queues[platform.queue]
        if platform.served and queue.platform != platform.id:
            yield warning(
                subject.spot(platform.place, "serves"),
                Code.QUEUE_UNREACHABLE,
                f"平台 {platform.id} 由本机接听，却没有自己的综合队列，来电进入 {queue.platform} 的 {queue.id}",
                f"platform {platform.id} is served here and has no general queue: its calls go to {queue.id}",
                "加一个 kind: general 的队列，或删去 serves / add such a queue, or take `serves` out",
                source=platform.source,
            )


def _expert_seats(subject: Subject) -> Iterator[Finding]:
    staffed = {queue.line for queue in subject.plan.queues.values() if queue.line}
    for line in subject.plan.lines.values():
        if line.expert_seats and line.number not in staffed:
            yield error(
                line.place,
                Code.EXPERT_SEATS_MISSING,
                f"文件要求 {line.number} 设专家座席，没有 kind: expert、line: {line.number} 的队列",
                f"the document demands expert seats for {line.number}, and no queue of `kind: expert` has its line",
                f'在 queues 写 kind: expert、line: "{line.number}" / add such a queue',
                source=line.source,
            )
