"""Which queue answers a line's call: its expert or dedicated seats, or the platform's general ones.

Rules:
- 12345 answers general questions first (000:L57): expert and dedicated seats get a line's calls only where the plan
  says so (`answers: line`); otherwise an agent passes them on.
- They answer where they are: at the platform whose seats answer the call (004:L51, experts at the province only).
- Before they begin, and outside their own hours, the platform's general seats answer, and a reason says so. Seats
  without hours of their own keep the platform's.
- Their callers may hear an announcement of their own in place of the line's, and be more urgent than others. Whom an
  emergency service has handed over hears its announcement all the same.
- That nobody sits there is not known here: the dialplan finds out, and goes on to the general seats.
"""

from __future__ import annotations

from typing import Final

from callrouter.decide.effective import has_begun
from callrouter.decide.hours import changes_by_the_week
from callrouter.decide.ruling import Case, Received, because, on_this_day
from callrouter.vocabulary.decision import Reason, ReasonCode, Ruling
from callrouter.vocabulary.plan import Plan, announcement_key
from callrouter.vocabulary.policy import Queue
from callrouter.vocabulary.treatment import Connect

SAME_EVERYWHERE: Final = frozenset({"Z01"})
"""Announcements that name no platform: one recording for all plans."""


def at_seats(case: Case, number: str, platform: str, received: Received) -> Case:
    """The case of a line with its own seats at the platform before the general ones; `case` if it has none there."""
    treatment, queue = case.ruling.treatment, seats_of(number, platform, received)
    if queue is None or not isinstance(treatment, Connect):
        return case
    if not has_begun(queue.starts, received.at):
        return because(case, _reason(queue, ReasonCode.SEATS_NOT_YET, *_NOT_YET))
    return _answered_first(case, treatment, queue, received)


def seats_of(number: str, platform: str, received: Received) -> Queue | None:
    """The seats that answer the line's calls at the platform; those that have begun before those that have not."""
    theirs = [
        queue
        for queue in received.plan.queues.values()
        if queue.platform == platform and number in queue.direct_lines
    ]
    begun = (queue for queue in theirs if has_begun(queue.starts, received.at))
    return next(begun, theirs[0] if theirs else None)


def seats_notice(announcement: str, plan: Plan, brand: int) -> str:
    """The file key of an announcement that seats have of their own."""
    if announcement in SAME_EVERYWHERE:
        return announcement.lower()
    return announcement_key(announcement, plan.jurisdiction, None, brand)


def _answered_first(case: Case, treatment: Connect, queue: Queue, received: Received) -> Case:
    reason = _reason(queue, ReasonCode.EXPERT_SEATS, *_FIRST)
    answered = _put_to(case.ruling, treatment, queue, received)
    answered = answered._replace(reasons=(*answered.reasons, reason))
    if queue.hours is None:
        # Theirs are the platform's hours, and what holds outside them is the platform's too.
        return Case(answered, case.hours, case.otherwise)
    if not changes_by_the_week(queue.hours, received.at):
        return Case(answered)
    closed = because(case, _reason(queue, ReasonCode.SEATS_CLOSED, *_CLOSED))
    return on_this_day(Case(answered, queue.hours, closed), queue.hours, received)


def _put_to(ruling: Ruling, treatment: Connect, queue: Queue, received: Received) -> Ruling:
    priority = max(treatment.priority, queue.own_priority or 0)
    own = queue.own_announcement
    if own is None or received.emergency:
        return ruling._replace(treatment=Connect(queue.id, treatment.notice, priority))
    notice = seats_notice(own, received.plan, received.brand)
    return ruling._replace(treatment=Connect(queue.id, notice, priority), announcement=own)


def _reason(queue: Queue, code: ReasonCode, zh: str, en: str) -> Reason:
    return Reason.at(code, queue.given_place or queue.place, f"{queue.name}{zh} / {queue.id} {en}")


_FIRST: Final = ("先接本热线来电", "answers this line first")
_CLOSED: Final = ("不在服务时间，由综合座席接听", "is outside its hours: general seats answer")
_NOT_YET: Final = ("尚未设立，由综合座席接听", "has not begun: general seats answer")
