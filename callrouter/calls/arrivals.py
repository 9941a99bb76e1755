"""An arriving call: from the dialplan's question to its answer, and to the same answer after the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from callrouter.asterisk_link.agi_dip import AgiRequest, Answer
from callrouter.asterisk_link.arrival import ArrivalRefused, arrival
from callrouter.asterisk_link.verdict import VERDICT_VARIABLE, decision_facts, verdict_of
from callrouter.decide.route import decide
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.journal import DecisionFact
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record import CallRecord, RecordedDecision

_log = structlog.get_logger(__name__)


class ArrivalRefusedError(Exception):
    """The facts of an arrival are not those that our dialplan writes; the text names which."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Answers the question that the dialplan asks, and the same question after a call that got no answer."""

    plan: Plan
    short_codes: frozenset[str]
    """The plan's codes, gathered once: a plan gathers them anew each time it is asked."""
    on_decision: Callable[[Decision], None]
    """Told each decision that a caller got; not those made up afterwards."""

    def answer(self, request: AgiRequest) -> Answer:
        """Decide an arriving call. Raises ArrivalRefusedError; the dialplan then takes its safe default."""
        call = arrival(request.arguments, self.short_codes)
        if isinstance(call, ArrivalRefused):
            _log.error("arrival_refused", reasons=call.reasons)
            raise ArrivalRefusedError("; ".join(call.reasons))
        decision = decide(call, self.plan, call.arrived_at)
        self._tell(call, decision)
        return Answer(VERDICT_VARIABLE, verdict_of(call, decision))

    def explain(self, record: CallRecord) -> RecordedDecision | None:
        """Say what would have been decided about a call that took the safe default."""
        offset = (record.arrived_at_rehearsal or record.arrived_at) - record.arrived_at
        call = arrival(
            {
                "call_id": record.call_id,
                "called": record.called_raw,
                "caller": record.caller_raw,
                "presentation": record.presentation or "",
                "trunk": record.trunk or "",
                "sip_call_id": record.sip_call_id or "",
                "arrived_at": f"{record.arrived_at.timestamp():.6f}",
                "clock_offset": str(round(offset / timedelta(seconds=1))),
            },
            self.short_codes,
        )
        if isinstance(call, ArrivalRefused):
            return None
        return _recorded(decision_facts(call, decide(call, self.plan, call.arrived_at)))

    def _tell(self, call: Call, decision: Decision) -> None:
        reason = decision.reasons[0]
        _log.info(
            "call_decided",
            call_id=call.call_id,
            line=decision.line,
            mode=decision.mode,
            phase=decision.phase,
            reason=reason.code,
            rule=reason.rule,
        )
        self.on_decision(decision)


def _recorded(facts: Mapping[str, str]) -> RecordedDecision:
    text = {fact.value: facts.get(fact) or None for fact in DecisionFact}
    priority, decided_at = text.pop(DecisionFact.PRIORITY), text.pop(DecisionFact.DECIDED_AT)
    return RecordedDecision(
        **text,
        priority=int(priority) if priority else None,
        decided_at=datetime.fromisoformat(decided_at) if decided_at else None,
    )
