"""An agent who passes a caller on by his phone's keys: from the dialplan's question to its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from callrouter.asterisk_link.agi_dip import AgiRequest, Answer, RefusedFactsError
from callrouter.asterisk_link.transfer_question import (
    TARGET_VARIABLE,
    QuestionRefused,
    TransferQuestion,
    answer_of,
    transfer_question,
)
from callrouter.decide.transfer_target import Asking, target_for
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.transfer import Allowed, Refused, RefusedTarget, Staff

ALLOWED = "allowed"
"""What is counted of an answer that lets the agent go on; else the `RefusedTarget`."""

STOPPING: Final = Refused(RefusedTarget.STOPPING, "系统正在停止，请稍后再试 / about to stop; try again soon")

_log = structlog.get_logger(__name__)


class QuestionRefusedError(RefusedFactsError):
    """The facts of a transfer are not those that our dialplan writes; the text names which."""


@dataclass(frozen=True, slots=True)
class TransferAnswerer:
    """Says to whom a caller may be passed. Any replica can: what it needs travels on the channel."""

    plan: Plan
    staff: Staff
    on_answer: Callable[[str], None]
    """Told `allowed`, or why not."""
    is_draining: Callable[[], bool] = lambda: False
    """Whether no transfer is begun any more: the controller is about to stop."""

    def answer(self, request: AgiRequest) -> Answer:
        """Answer an agent. Raises QuestionRefusedError; the dialplan then goes by its own table."""
        question = transfer_question(request.arguments, self.plan)
        if isinstance(question, QuestionRefused):
            raise QuestionRefusedError("; ".join(question.reasons))
        asking = Asking(question.call, self.plan, question.asked_at, question.seat, self.staff)
        found = STOPPING if self.is_draining() else target_for(question.code, question.kind, asking)
        self._tell(question, found)
        return Answer(TARGET_VARIABLE, answer_of(found, question.kind))

    def _tell(self, question: TransferQuestion, found: Allowed | Refused) -> None:
        # What an agent has pressed may be anybody's number: it is named only if it is a target of the plan.
        target = found.target.id if isinstance(found, Allowed) else found.target
        why = ALLOWED if isinstance(found, Allowed) else found.why.value
        _log.info(
            "transfer_asked",
            call_id=question.call_id,
            seat=question.seat,
            kind=question.kind.value,
            target=target,
            answer=why,
        )
        self.on_answer(why)
