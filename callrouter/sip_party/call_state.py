"""Where a call is, and how it ended.

Rules:

- A call only moves forward, as `SUCCESSORS` says; a move that is not there is ignored (a 180 after early
  media changes nothing).
- EARLY means that audio was agreed before the answer (a 180 or 183 with SDP).
- A call ends once, by us or by them. A silent peer counts as them, with status 408 (RFC 3261 section
  8.1.3.1).
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from callrouter.sip_party.message import Message, Response


class CallState(Enum):
    """Where a call is."""

    CALLING = "calling"
    RINGING = "ringing"
    EARLY = "early"
    UP = "up"
    ENDED = "ended"


SUCCESSORS: Final = {
    CallState.CALLING: frozenset({CallState.RINGING, CallState.EARLY, CallState.UP, CallState.ENDED}),
    CallState.RINGING: frozenset({CallState.EARLY, CallState.UP, CallState.ENDED}),
    CallState.EARLY: frozenset({CallState.UP, CallState.ENDED}),
    CallState.UP: frozenset({CallState.ENDED}),
    CallState.ENDED: frozenset[CallState](),
}
"""Which states may follow each state, directly or later."""

Side = Literal["us", "them"]


@dataclass(frozen=True, slots=True)
class EndOfCall:
    """How a call ended.

    `status`: the final SIP status when it was never answered, None when it was up and a BYE ended it.
    `q850_cause`: the hangup cause of the Reason header (RFC 3326), None without one. `reason`: that header's
    text, else the reason phrase.
    """

    by: Side
    status: int | None
    q850_cause: int | None
    reason: str

    def __str__(self) -> str:
        status = "BYE" if self.status is None else str(self.status)
        # Without the reason: it is the other side's text and may hold anything.
        return f"{status} by {self.by}, cause {self.q850_cause}"


def end_by(side: Side, message: Message) -> EndOfCall:
    """Read how a call ended from the message that ended it: a final response, a CANCEL or a BYE."""
    cause, text = _q850(message.named("Reason"))
    if isinstance(message, Response):
        return EndOfCall(side, message.status, cause, text or message.reason)
    is_cancel = message.cseq[1] == "CANCEL"
    return EndOfCall(side, 487 if is_cancel else None, cause, text)


def _q850(values: tuple[str, ...]) -> tuple[int | None, str]:
    for value in values:
        if match := re.match(r"\s*Q\.850\s*;(.*)", value, re.IGNORECASE):
            cause = re.search(r"(?:^|;)\s*cause\s*=\s*([0-9]{1,3})\b", match[1], re.IGNORECASE)
            text = re.search(r'(?:^|;)\s*text\s*=\s*"?([^";]*)', match[1], re.IGNORECASE)
            return (int(cause[1]) if cause else None), (text[1] if text else "")
    return None, ""
