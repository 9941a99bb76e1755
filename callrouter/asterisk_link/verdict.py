"""The verdict: a decision as the one variable that the dialplan reads.

Rules:
- `v1|connect|<notice>|<queue>|<priority>|<facts>|<flags>||<tells>`: the notice, then the queue's agents.
- `v1|message|<notice>|<queue>|<priority>|<facts>|<flags>||<tells>`: nobody is on duty, the notice asks for a message.
- `v1|menu|<notice>|<queue>|<priority>|<facts>|<flags>|<menu>|<tells>`: a menu, then the notice and the queue that a
  key leads to; this queue, where none does.
- `v1|dial|<notice>|<queue>|<priority>|<facts>|<flags>|<peer>/<number>|<tells>`: the notice, then another house is
  called by its peer, with what the caller dialled; the queue's agents where that fails.
- `v1|release|<notice>|<cause>||<facts>`.
- What else was decided (guidance) is spelled as a connection to the queue in which it ends, a person; the
  fact `treatment` says what was decided.
- The flags are words joined by `+`, and may be none: `survey` (a rating is asked for after the talk), `urgent` (an
  emergency: nothing is played before an agent answers).
- What another platform is told, if the call is passed on, is `tells` (vocabulary/context.py).
- Names are lower-case letters, digits and hyphens; facts are a URI query string. No value can hold a `|`.
- It says nothing that differs between two calls under the same rule, so whoever asks may keep it; but of a call that
  a platform passed on to us it tells the case and the path. When the plan was asked is known without it: the call's
  arrival, in the rehearsal clock if there is one.
- The facts go back into the journal as they are: the record is made from there, not from our memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import assert_never
from urllib.parse import quote

from callrouter.asterisk_link.agi_command import MAX_COMMAND_BYTES
from callrouter.decide.after_call import is_urgent
from callrouter.decide.passed_on import before_entry, carried
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.decision import Decision, Ruling
from callrouter.vocabulary.journal import DecisionFact
from callrouter.vocabulary.reasons_told import RecordedReason, spell
from callrouter.vocabulary.treatment import (
    Ask,
    Connect,
    Dial,
    Guide,
    Release,
    TakeMessage,
    Treatment,
    treatment_word,
)

VERDICT_VARIABLE = "CR_VERDICT"
"""The channel variable; set once, as the last act of a dip."""
SURVEY_FLAG = "survey"
URGENT_FLAG = "urgent"

_MOST_OCTETS = MAX_COMMAND_BYTES * 9 // 10
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")
_NAME = re.compile(r"[a-z0-9-]{0,60}")


def verdict_of(call: Call, decision: Decision, *, survey: bool = False) -> str:
    """Spell a decision for the dialplan. `survey`: whether the caller is asked for a rating after a talk.

    Raises ValueError when the plan holds a name that the dialplan could not carry: a plan that was checked
    has none.
    """
    facts = decision_facts(call, decision)
    verdict = _spelled(call, decision, facts, survey=survey)
    if len(verdict) > _MOST_OCTETS:
        # The argument's further steps are what a call can do without.
        verdict = _spelled(call, decision, {**facts, DecisionFact.BECAUSE: ""}, survey=survey)
    return verdict


def _spelled(call: Call, decision: Decision, told: Mapping[str, str], *, survey: bool) -> str:
    facts = "&".join(f"{key}={_encoded(value)}" for key, value in told.items())
    flags = _flags(decision.ruling, survey=survey)
    tells = carried(decision.ruling, call)
    match decision.treatment:
        case (
            Connect(queue=queue, notice=notice, priority=priority)
            | Guide(queue=queue, notice=notice, priority=priority)
        ):
            return f"v1|connect|{_name(notice or '')}|{_name(queue)}|{priority}|{facts}|{flags}||{tells}"
        case Dial(peer=peer, notice=notice, queue=queue, priority=priority):
            where = f"{_name(peer)}/{_name(decision.ruling.line or '')}"
            return f"v1|dial|{_name(notice or '')}|{_name(queue)}|{priority}|{facts}|{flags}|{where}|{tells}"
        case TakeMessage(queue=queue, notice=notice, priority=priority):
            return f"v1|message|{_name(notice or '')}|{_name(queue)}|{priority}|{facts}|{flags}||{tells}"
        case Ask(menu=menu, notice=notice, queue=queue, priority=priority):
            return f"v1|menu|{_name(notice or '')}|{_name(queue)}|{priority}|{facts}|{flags}|{_name(menu)}|{tells}"
        case Release(notice=notice, cause=cause):
            return f"v1|release|{_name(notice)}|{cause}||{facts}"
        case _:
            assert_never(decision.treatment)


def _flags(ruling: Ruling, *, survey: bool) -> str:
    words = (SURVEY_FLAG if survey else "", URGENT_FLAG if is_urgent(ruling) else "")
    return "+".join(filter(None, words))


def decision_facts(call: Call, decision: Decision) -> dict[str, str]:
    """Return what the record must know of a decision; a fallback call gets its facts the same way, later."""
    ruling, reason = decision.ruling, decision.reasons[0]
    facts = {
        DecisionFact.LINE: ruling.line or "",
        DecisionFact.MODE: ruling.mode,
        DecisionFact.PHASE: ruling.phase or "",
        DecisionFact.RULE: reason.rule,
        DecisionFact.REASON: reason.code,
        DecisionFact.PLAN: ruling.plan,
        DecisionFact.PLAN_VERSION: ruling.plan_version,
        DecisionFact.PLAN_HASH: ruling.plan_hash,
        DecisionFact.FOUND_BY: call.found_by,
        DecisionFact.LANDING: ruling.landing,
        DecisionFact.STRAY: "1" if ruling.stray else "0",
        DecisionFact.SOURCE: ruling.source or "",
        DecisionFact.PLATFORM: ruling.platform,
        DecisionFact.ANNOUNCEMENT: ruling.announcement or "",
        DecisionFact.TAG: ruling.tag or "",
        DecisionFact.ENTRY: ruling.entry,
        DecisionFact.AREA: ruling.area or "",
        DecisionFact.TREATMENT: treatment_word(ruling.treatment),
        DecisionFact.BECAUSE: spell([RecordedReason(each.code, each.rule) for each in decision.reasons]),
    }
    if before := before_entry(ruling, call):
        facts[DecisionFact.PATH] = "+".join(before)
    if call.passed_on is not None:
        facts[DecisionFact.CASE] = call.passed_on.case
    if ruling.register_rule is not None:
        facts[DecisionFact.REGISTER_RULE] = ruling.register_rule
    return {str(key): str(value) for key, value in (facts | _treatment_facts(ruling.treatment)).items()}


def _treatment_facts(treatment: Treatment) -> dict[DecisionFact, str]:
    match treatment:
        case Release(notice=notice):
            return {DecisionFact.NOTICE: notice}
        case Connect() | Dial() | TakeMessage() | Guide() | Ask():
            return {
                DecisionFact.NOTICE: treatment.notice or "",
                DecisionFact.QUEUE: treatment.queue,
                DecisionFact.PRIORITY: str(treatment.priority),
            }
        case _:
            assert_never(treatment)


def _encoded(value: str) -> str:
    # Most values need no encoding, and the look is ten times cheaper than encoding them.
    return value if _PLAIN.fullmatch(value) else quote(value, safe="")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a plan's queue or notice is not of lower-case letters, digits and hyphens")
    return value
