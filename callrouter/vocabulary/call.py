"""A call as it stands at the door, after its numbers were understood once and for all."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from callrouter.vocabulary.numbers import Number


class FoundBy(StrEnum):
    """Which SIP field named the hotline that the caller dialled."""

    REQUEST_URI = "request_uri"


class Call(NamedTuple):
    """What a decision may know about a call."""

    call_id: str
    """Asterisk's unique id of the caller's channel; also the record's id."""
    called: Number
    found_by: FoundBy
    caller: Number
    trunk: str
    """The SIP endpoint that delivered the call: `carrier`, or `softphone` for a trial from the desk."""
    arrived_at: datetime
    """The instant Asterisk began the call, in the rehearsal clock if there is one. Zone-aware."""
