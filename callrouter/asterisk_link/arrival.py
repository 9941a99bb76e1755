"""The one door: from the facts of an arrival dip to a `Call`.  PURE.

Rules:
- Numbers are understood here, once, and the dialled line is found; no raw text goes deeper, except in
  `UnknownNumber`, for the record.
- Diversion and History-Info are believed on a trunk of the plan whose finders name them, and on the carrier's own
  endpoint when the plan has no such trunk: Asterisk knows it by its address. Anyone else's, a softphone's for one,
  are not looked at.
- What another platform tells of a call is read on a trunk by which the plan says that one brings calls, and nowhere
  else. What is not exactly what such a platform writes is nothing; the call is decided without it.
- What the outside world chooses (called, clues, caller, presentation, SIP Call-ID) can't spoil an arrival: a hostile
  number is an unknown number, an unknown presentation counts as withheld, the SIP Call-ID is not needed here.
- What our own side writes (call id, trunk, instant, offset) must be exact, or the arrival is refused and the
  dialplan takes its safe default, which reaches a person.
- A refusal names the facts that were wrong, never their text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from callrouter.decide.dialled_line import find_dialled, has_come_back
from callrouter.decide.passed_on import is_believed, line_told
from callrouter.vocabulary.call import Call, Clues, FoundBy
from callrouter.vocabulary.context import read, read_user_to_user
from callrouter.vocabulary.numbers import LONGEST_NUMBER, Number, UnknownNumber, parse_number
from callrouter.vocabulary.plan import Plan

FACTS: Final = (
    "call_id",
    "called",
    "caller",
    "presentation",
    "trunk",
    "sip_call_id",
    "arrived_at",
    "clock_offset",
    "to",
    "diversion",
    "history_info",
    "context",
)
"""Every fact that an arrival dip must bring.

The three before the last are header values, the rows of each joined by commas; empty where the call has none, and
all of them where its To names the called number and it was never forwarded. The last is what another platform told
of the call: its own header, else User-to-User behind `uui:`; empty on a trunk by which none brings calls.
"""

CARRIER: Final = "carrier"
"""The endpoint that Asterisk knows by the carrier's address (asterisk/pjsip.conf.j2)."""

CALL_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,80}")
"""What our Asterisk gives as a call's id; safe in a log and a file name."""

_USER_TO_USER: Final = "uui:"
_TRUNK = re.compile(r"[A-Za-z0-9_-]{1,40}")
# Eleven and ten digits of seconds stay within the years that datetime knows (1653 to 5455).
_INSTANT = re.compile(r"([0-9]{1,11})\.([0-9]{6})")
_OFFSET = re.compile(r"[+-]?[0-9]{1,10}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = frozenset(
    {"allowed", "allowed_not_screened", "allowed_passed_screen", "allowed_failed_screen"},
)
"""Asterisk's CALLERID(pres) words for a number that its owner lets be seen."""


@dataclass(frozen=True, slots=True)
class ArrivalRefused:
    """An arrival that can't be decided; the dialplan goes on without us."""

    reasons: tuple[str, ...]
    """Constant words, such as `call_id: malformed`."""


def arrival(facts: Mapping[str, str], plan: Plan) -> Call | ArrivalRefused:
    """The call that the facts describe. Never raises.

    `facts` are decoded strings under the names in `FACTS`; `arrived_at` is epoch seconds with six decimals,
    `clock_offset` the rehearsal's whole seconds, added to it.
    """
    try:
        call_id, trunk = facts["call_id"], facts["trunk"]
        _ = facts["sip_call_id"]  # brought for the record; a decision does not need it
        caller, presentation = facts["caller"], facts["presentation"]
        clues = _clues(facts, trunk, plan)
        told = facts["context"]
        arrived_at = instant_of(facts["arrived_at"], facts["clock_offset"])
    except KeyError:
        return ArrivalRefused(tuple(f"{name}: missing" for name in FACTS if name not in facts))
    if arrived_at is None or not CALL_ID.fullmatch(call_id) or not _is_trunk(trunk):
        return ArrivalRefused(_reasons(call_id, trunk, arrived_at))
    brought_by = plan.trunks.get(trunk)
    called, found_by = find_dialled(clues, brought_by, plan)
    call = Call(
        call_id,
        called,
        found_by,
        caller_of(caller, presentation, plan),
        trunk,
        arrived_at,
    )
    if clues.diversion or clues.history_info:
        call = call._replace(came_back=has_come_back(clues, brought_by, plan))
    return _passed_on(call, told, plan) if told and is_believed(brought_by) else call


def _passed_on(call: Call, told: str, plan: Plan) -> Call:
    """The call with what the platform before us told of it."""
    of_header, _, of_user_to_user = told.partition(_USER_TO_USER)
    passed_on = read_user_to_user(of_user_to_user) if of_user_to_user else read(of_header)
    if passed_on is None:
        return call
    line = line_told(passed_on, plan) if call.found_by is FoundBy.REQUEST_URI else None
    if line is not None:
        call = call._replace(called=line, found_by=FoundBy.CONTEXT)
    return call._replace(passed_on=passed_on)


def _reasons(call_id: str, trunk: str, arrived_at: datetime | None) -> tuple[str, ...]:
    return (
        *(() if CALL_ID.fullmatch(call_id) else ("call_id: malformed",)),
        *(() if _is_trunk(trunk) else ("trunk: malformed",)),
        *(() if arrived_at else ("arrived_at or clock_offset: malformed",)),
    )


# A platform has a few trunks, and one offset at a time.
@lru_cache(maxsize=256)
def _is_trunk(text: str) -> bool:
    return _TRUNK.fullmatch(text) is not None


@lru_cache(maxsize=64)
def _offset(text: str) -> int | None:
    return int(text) if _OFFSET.fullmatch(text) else None


def caller_of(caller: str, presentation: str, plan: Plan) -> Number:
    """The caller's number, as far as its owner lets it be seen. Never raises."""
    return _number(caller, plan) if presentation in _SHOWN else UnknownNumber(caller[:LONGEST_NUMBER])


def _number(raw: str, plan: Plan) -> Number:
    if len(raw) > LONGEST_NUMBER:
        return UnknownNumber(raw[:LONGEST_NUMBER])
    return parse_number(raw, plan.short_codes)


def _clues(facts: Mapping[str, str], endpoint: str, plan: Plan) -> Clues:
    called, to, diversion, history_info = (
        facts["called"],
        facts["to"],
        facts["diversion"],
        facts["history_info"],
    )
    if endpoint != CARRIER and endpoint not in plan.trunks:
        diversion = history_info = ""
    return Clues(called, to, (diversion,) if diversion else (), (history_info,) if history_info else ())


def instant_of(arrived_at: str, clock_offset: str) -> datetime | None:
    """Epoch seconds with six decimals and the rehearsal's whole seconds; None: they are not spelled so."""
    match, offset = _INSTANT.fullmatch(arrived_at), _offset(clock_offset)
    if match is None or offset is None:
        return None
    return _EPOCH + timedelta(0, int(match[1]) + offset, int(match[2]))
