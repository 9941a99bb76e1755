"""An arriving call: from the dialplan's question to its answer, and to the same answer after the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from callrouter.asterisk_link.agi_dip import AgiRequest, Answer, RefusedFactsError
from callrouter.asterisk_link.arrival import ArrivalRefused, arrival
from callrouter.asterisk_link.verdict import VERDICT_VARIABLE, decision_facts, verdict_of
from callrouter.decide.after_call import is_surveyed
from callrouter.decide.route import decide
from callrouter.log import CallLine
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import Decision, Ruling
from callrouter.vocabulary.journal import DecisionFact
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.reasons_told import RecordedReason, read
from callrouter.vocabulary.record import CallRecord, RecordedDecision

_MOST_PREPARED: Final = 4096

_log = structlog.get_logger(__name__)


class ArrivalRefusedError(RefusedFactsError):
    """The facts of an arrival are not those that our dialplan writes; the text names which."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    found_by: FoundBy
    line: CallLine
    answer: Answer


@dataclass(frozen=True, slots=True)
class Decider:
    """Answers the question that the dialplan asks, and the same question after a call that got no answer."""

    plan: Plan
    on_decision: Callable[[Decision], None]
    """Told each decision that a caller got; not those made up afterwards."""
    asks_for_ratings: bool = True
    """Whether this installation asks callers for a rating where the plan says so."""
    _prepared: dict[Ruling, _Prepared] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What is the same for every call under a ruling, made at its first."""

    def answer(self, request: AgiRequest) -> Answer:
        """Decide an arriving call. Raises ArrivalRefusedError; the dialplan then takes its safe default."""
        call = arrival(request.arguments, self.plan)
        if isinstance(call, ArrivalRefused):
            raise ArrivalRefusedError("; ".join(call.reasons))
        decision = decide(call, self.plan, call.arrived_at)
        # What a platform told of a call is that call's alone.
        prepared = self._prepared.get(decision.ruling) if call.passed_on is None else None
        if prepared is None or prepared.found_by is not call.found_by:
            prepared = self._prepare(call, decision)
        prepared.line.write(call.call_id)
        self.on_decision(decision)
        return prepared.answer

    def _prepare(self, call: Call, decision: Decision) -> _Prepared:
        ruling, reason = decision.ruling, decision.reasons[0]
        line = CallLine(
            __name__,
            "call_decided",
            line=ruling.line,
            mode=ruling.mode,
            phase=ruling.phase,
            reason=reason.code,
            rule=reason.rule,
            **({"stray": True} if ruling.stray else {}),
        )
        if ruling.stray and ruling not in self._prepared:
            _warn_of_stray(call, ruling)
        prepared = _Prepared(call.found_by, line, self._verdict(call, decision))
        if call.passed_on is None and len(self._prepared) < _MOST_PREPARED:
            self._prepared[ruling] = prepared
        return prepared

    def _verdict(self, call: Call, decision: Decision) -> Answer:
        survey = self.asks_for_ratings and is_surveyed(decision.ruling, self.plan)
        return Answer(VERDICT_VARIABLE, verdict_of(call, decision, survey=survey))

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
                "to": record.to_raw or "",
                "diversion": record.diversion_raw or "",
                "history_info": record.history_info_raw or "",
                "context": record.context_raw or "",
            },
            self.plan,
        )
        if isinstance(call, ArrivalRefused):
            return None
        return _recorded(call, decide(call, self.plan, call.arrived_at))


def _warn_of_stray(call: Call, ruling: Ruling) -> None:
    """Say that a carrier sent what by plan should not come; the line's number is a hotline's, no person's.

    Said at the first call under a ruling: an ended number may be dialled for years. Each further one is marked in its
    own line, and counted.
    """
    _log.warning(
        "stray_call",
        call_id=call.call_id,
        line=ruling.line,
        phase=ruling.phase,
        landing=ruling.landing,
        trunk=call.trunk,
        rule=ruling.reasons[0].rule,
        remedy="ask the carrier why it delivers this number here, or change the plan",
    )


def _recorded(call: Call, decision: Decision) -> RecordedDecision:
    return _with_instant(decision_facts(call, decision), decision.decided_at)


def _with_instant(facts: Mapping[str, str], decided_at: datetime) -> RecordedDecision:
    text = {
        fact.value: facts.get(fact) or None for fact in DecisionFact if fact is not DecisionFact.DECIDED_AT
    }
    priority, stray = text.pop(DecisionFact.PRIORITY), text.pop(DecisionFact.STRAY)
    because = text.pop(DecisionFact.BECAUSE)
    return RecordedDecision(
        **text,
        priority=int(priority) if priority else None,
        stray=None if stray is None else stray == "1",
        decided_at=decided_at,
        reasons=read(RecordedReason(text[DecisionFact.REASON] or "", text[DecisionFact.RULE]), because),
    )
