"""One look at a caller's channel: where its transfer stands, who is on it, and what travels with the call.

Rules:
- Who acts looks first, and looks again at what became of it: an event may be late, the channel is not.
- All of it is asked for at once, so that all of it is of one moment.
- The caller's number is in no value's `repr`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import unquote

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiRefused
from callrouter.asterisk_link.ami_messages import AmiResponse, Headers
from callrouter.asterisk_link.ami_snapshot import CALL_VARIABLES, status_headers, status_of
from callrouter.calls.desk_protocol import AsteriskAwayError, NoCallError, Recorded
from callrouter.calls.transfer_board import TransferAt, read_transfer

_ASKED: Final = (
    *CALL_VARIABLES,
    "CR_IN",
    "CR_QUEUE",
    "CR_VERDICT",
    "CR_CALLER",
    "CR_PRESENTATION",
    "CR_REC_ID",
    "CR_PAUSED",
    "CR_TICKET",
    "CR_ENFORCEMENT",
    "CR_GUIDANCES",
)
_FACTS_AT: Final = 5
"""Where the facts stand in CR_VERDICT, between bars (asterisk_link/verdict.py)."""


class TimedAmi(Protocol):
    """What is needed of the link to Asterisk, with a time limit for each action: `AmiClient` has it."""

    async def action(self, name: str, headers: Headers, *, timeout_s: float | None = None) -> AmiResponse:
        """Send an action and return its answer. Raises AmiError."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a caller's channel has said."""

    call_id: str
    channel: str
    at: TransferAt
    seat: str
    agent_channel: str
    """Empty: no agent is on the call."""
    target_channel: str
    application: str
    queue: str | None = None
    caller: str = field(default="", repr=False)
    presentation: str = ""
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the verdict (`vocabulary.journal.DecisionFact`); empty of a call that nobody decided about."""
    recorded: Recorded = Recorded.OFF
    ticket: str | None = None
    is_enforcement: bool = False
    is_out_of_queue: bool = False
    """Whether the talk, if there is one, goes on in a conference, no more in the queue's own bridge."""
    guidances: int = 0
    """How often the caller was told where to turn."""


async def look_at(ami: TimedAmi, channel: str, timeout_s: float) -> Look:
    """Ask Asterisk. Raises NoCallError: there is no such call, AsteriskAwayError: nothing was heard in time."""
    try:
        answer = await ami.action("Status", status_headers(_ASKED, channel), timeout_s=timeout_s)
    except AmiLost:
        raise AsteriskAwayError from None
    except AmiRefused:
        # Asterisk refuses a look for no other reason: the channel has gone.
        raise NoCallError from None
    except AmiError:
        raise AsteriskAwayError from None
    if (look := _read(answer)) is None:
        raise NoCallError
    return look


def _read(answer: AmiResponse) -> Look | None:
    if len(answer.items) != 1:
        return None
    try:
        channel = status_of(answer.items[0])
    except ValueError:
        return None
    held = channel.variables
    at = read_transfer(held.get("CR_TRANSFER", ""))
    if at is None:
        return None
    return Look(
        held.get("CR_CALL", ""),
        channel.name,
        at,
        held.get("CR_AGENT", ""),
        held.get("CR_AGENT_CHANNEL", ""),
        held.get("CR_TARGET_CHANNEL", ""),
        channel.application,
        held.get("CR_QUEUE") or None,
        held.get("CR_CALLER", ""),
        held.get("CR_PRESENTATION", ""),
        _facts(held.get("CR_VERDICT", "")),
        _recorded(held),
        held.get("CR_TICKET") or None,
        held.get("CR_ENFORCEMENT") == "1",
        held.get("CR_IN", "") != "",
        _count(held.get("CR_GUIDANCES", "")),
    )


def _facts(verdict: str) -> dict[str, str]:
    parts = verdict.split("|")
    query = parts[_FACTS_AT] if len(parts) > _FACTS_AT and parts[0] == "v1" else ""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {name: unquote(value) for name, _, value in pairs}


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _recorded(held: Mapping[str, str]) -> Recorded:
    if held.get("CR_PAUSED") == "1":
        return Recorded.PAUSED
    return Recorded.ON if held.get("CR_REC_ID") else Recorded.OFF
