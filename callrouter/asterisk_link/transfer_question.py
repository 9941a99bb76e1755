"""The other door: from the facts of a transfer dip to what an agent asks for.  PURE.

Rules:
- What people choose can't spoil it: whatever an agent has pressed is a code that means somebody or nobody, and a
  caller's hostile number is an unknown one.
- What our own side writes (call id, kind, seat, facts, instant, offset) must be exact, or the question is
  refused and the dialplan goes by its own table of targets.
- A refusal names the facts that were wrong, never their text.
- The answer is `v1|<target's id>`, or `v1|refused|<file key of what the agent hears>|<RefusedTarget>|<target's id>`;
  the id is empty where the digits are no target's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from callrouter.asterisk_link.arrival import CALL_ID, caller_of, instant_of
from callrouter.decide.transfer_sounds import refusal_key
from callrouter.decide.transfer_target import at_hand
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import Allowed, CallAtHand, Refused

TRANSFER_FACTS: Final = (
    "call_id",
    "code",
    "kind",
    "seat",
    "caller",
    "presentation",
    "facts",
    "asked_at",
    "clock_offset",
)
"""Every fact that a transfer dip must bring.

`code` is what the agent has pressed, or a target's id; `facts` those of CR_VERDICT, empty for a call that nobody
decided about; `asked_at` is now, in epoch seconds with six decimals.
"""
TARGET_VARIABLE: Final = "CR_TARGET"
"""The channel variable; set once, as the last act of a dip."""

_SEAT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_FACTS: Final = re.compile(
    r"(?:[a-z_]{1,40}=[A-Za-z0-9_.!~*'()%-]*(?:&[a-z_]{1,40}=[A-Za-z0-9_.!~*'()%-]*){0,59})?"
)
_KINDS: Final[Mapping[str, TransferKind]] = {kind.value: kind for kind in TransferKind}


@dataclass(frozen=True, slots=True)
class TransferQuestion:
    """Whom an agent asks for, in which call, and when."""

    call_id: str
    code: str
    kind: TransferKind
    seat: str
    call: CallAtHand
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class QuestionRefused:
    """A question that can't be answered; the dialplan goes on without us."""

    reasons: tuple[str, ...]
    """Constant words, such as `seat: malformed`."""


def transfer_question(facts: Mapping[str, str], plan: Plan) -> TransferQuestion | QuestionRefused:
    """The question that the facts put. Never raises; `facts` are decoded strings under the names above."""
    missing = tuple(f"{name}: missing" for name in TRANSFER_FACTS if name not in facts)
    if missing:
        return QuestionRefused(missing)
    kind = _KINDS.get(facts["kind"])
    asked_at = instant_of(facts["asked_at"], facts["clock_offset"])
    malformed = tuple(
        f"{name}: malformed"
        for name, is_right in {
            "call_id": CALL_ID.fullmatch(facts["call_id"]),
            "kind": kind,
            "seat": _SEAT.fullmatch(facts["seat"]),
            "facts": _FACTS.fullmatch(facts["facts"]),
            "asked_at or clock_offset": asked_at,
        }.items()
        if is_right is None
    )
    if malformed or kind is None or asked_at is None:
        return QuestionRefused(malformed)
    caller = caller_of(facts["caller"], facts["presentation"], plan)
    return TransferQuestion(
        facts["call_id"],
        facts["code"],
        kind,
        facts["seat"],
        at_hand(_of_the_verdict(facts["facts"]), caller, plan),
        asked_at,
    )


def answer_of(answer: Allowed | Refused, kind: TransferKind) -> str:
    """Spell the answer for the dialplan."""
    match answer:
        case Allowed(target=target):
            return f"v1|{target.id}"
        case Refused():
            return f"v1|refused|{refusal_key(answer, kind)}|{answer.why}|{answer.target or ''}"


def _of_the_verdict(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {name: unquote(value) for name, _, value in pairs}
