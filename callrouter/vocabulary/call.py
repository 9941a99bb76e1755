"""A call as it stands at the door, after its numbers were understood once and for all."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from callrouter.vocabulary.context import PassedOn
from callrouter.vocabulary.numbers import Number


class FoundBy(StrEnum):
    """What named the hotline that the caller dialled."""

    DID = "did"
    """The number that was dialled in is the line's own."""
    HISTORY_INFO = "history-info"
    DIVERSION = "diversion"
    TO = "to"
    REQUEST_URI = "request-uri"
    CONTEXT = "context"
    """What the platform that passed the call on told of it."""


ALL_FINDERS: Final = (
    FoundBy.DID,
    FoundBy.HISTORY_INFO,
    FoundBy.DIVERSION,
    FoundBy.TO,
    FoundBy.REQUEST_URI,
)
"""Where a trunk may look for the dialled line, in the order in which they are asked where the plan gives none."""


class Clues(NamedTuple):
    """Where a carrier may have left the number that the caller dialled: raw texts, checked by whoever reads them."""

    request_uri: str
    """The user part."""
    to: str = ""
    """The header's value, or the user part alone."""
    diversion: tuple[str, ...] = ()
    """Header values, topmost (the last diverter) first; one value may hold several entries, joined by commas."""
    history_info: tuple[str, ...] = ()
    """Header values in their order."""


class Call(NamedTuple):
    """What a decision may know about a call."""

    call_id: str
    """Asterisk's unique id of the caller's channel; also the record's id."""
    called: Number
    found_by: FoundBy
    caller: Number
    trunk: str
    """The SIP endpoint that delivered the call: `carrier`, or `softphone` for a trial from the desk. Empty: whoever
    asks what a plan does with a call has named none."""
    arrived_at: datetime
    """The instant Asterisk began the call, in the rehearsal clock if there is one. Zone-aware."""
    platform: str | None = None
    """The platform where the call came in, when someone has said so; None: trunk and area code tell."""
    passed_on: PassedOn | None = None
    """What the platform before us told of it; None: it came from the public, or nobody of ours told."""
    came_back: bool = False
    """Whether it was forwarded to us by a number of the plan to which we ourselves had passed it."""
