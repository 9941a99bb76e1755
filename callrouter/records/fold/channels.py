"""A channel's own rows, in order, and what Asterisk says in them. Pure.

Rules:
- A channel is known by the name that it ended with: it is renamed when it is masqueraded.
- Asterisk names who ended a channel in `hangupsource`: a channel's name, or `dialplan/…` when we did. It names nobody
  when Asterisk itself did: it was stopped, or an operator hung up.
- Nothing but its end is written of a channel after its hang-up, and nothing before its start: a row that lies there
  by more than a second tells that the clock was set back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from callrouter.records.fold.facts import is_cause
from callrouter.vocabulary.cel import CelEvent, CelRow, extra_of

# As plain text, and found once: looking up a member of an enumeration takes longer than comparing it.
CHAN_START: Final = CelEvent.CHAN_START.value
ANSWER: Final = CelEvent.ANSWER.value
HANGUP: Final = CelEvent.HANGUP.value
CHAN_END: Final = CelEvent.CHAN_END.value
BRIDGE_ENTER: Final = CelEvent.BRIDGE_ENTER.value
BRIDGE_EXIT: Final = CelEvent.BRIDGE_EXIT.value

_BRIDGINGS: Final = frozenset({BRIDGE_ENTER, BRIDGE_EXIT})
_ENDINGS: Final = frozenset({HANGUP, CHAN_END, CelEvent.LINKEDID_END.value})
_LOCAL: Final = "Local/"
_OUT_OF_ORDER_US: Final = 1_000_000


class Hangup(NamedTuple):
    """How a channel ended."""

    cause: int | None
    """Q.850; None when Asterisk knew none (it writes 0)."""
    source: str | None
    """None when that was not written down."""


@dataclass(slots=True)
class Channel:
    """What is known of one channel."""

    uniqueid: str
    name: str
    first_row: CelRow
    firsts: Mapping[str, int]
    """The instant of the first row of each event."""
    last_us: int
    """Of its last row but those of its end."""
    hangup: Hangup | None
    bridgings: Sequence[tuple[int, str, bool]]
    """When it entered (True) or left which bridge."""

    @property
    def started_us(self) -> int:
        """When it began, as far as its rows tell."""
        return self.firsts.get(CHAN_START, self.first_row.at_us)

    @property
    def ended_us(self) -> int | None:
        """When it ended; None when nobody wrote that down."""
        return self.firsts.get(HANGUP, self.firsts.get(CHAN_END))

    @property
    def is_plumbing(self) -> bool:
        """Whether it is no party's."""
        return self.name.startswith(_LOCAL)

    @property
    def ran_backwards(self) -> bool:
        """Whether the clock was set back during it."""
        started, ended = self.started_us, self.ended_us
        if self.first_row.at_us < started - _OUT_OF_ORDER_US:
            return True
        return ended is not None and (ended < started or ended < self.last_us - _OUT_OF_ORDER_US)


def channel_of(uniqueid: str, rows: Sequence[CelRow]) -> Channel:
    """Read a channel's rows, which are in order."""
    firsts = {row.event: row.at_us for row in reversed(rows)}
    return Channel(
        uniqueid=uniqueid,
        name=next((row.channel for row in reversed(rows) if row.channel), ""),
        first_row=rows[0],
        firsts=firsts,
        last_us=next((row.at_us for row in reversed(rows) if row.event not in _ENDINGS), 0),
        hangup=next(hangup_in(row) for row in rows if row.event == HANGUP) if HANGUP in firsts else None,
        bridgings=[
            (row.at_us, bridge_in(row), row.event == BRIDGE_ENTER) for row in rows if row.event in _BRIDGINGS
        ]
        if BRIDGE_ENTER in firsts
        else (),
    )


def is_plumbing(name: str) -> bool:
    """Whether a channel of that name is no party's."""
    return name.startswith(_LOCAL)


def hangup_in(row: CelRow) -> Hangup:
    """Read a HANGUP row."""
    extra = extra_of(row)
    cause, source = extra.get("hangupcause"), extra.get("hangupsource")
    return Hangup(
        cause if isinstance(cause, int) and is_cause(cause) else None,
        source if isinstance(source, str) else None,
    )


def bridge_in(row: CelRow) -> str:
    """Read which bridge a row is about."""
    return str(extra_of(row).get("bridge_id", ""))


def endpoint_of(channel: str) -> str:
    """Give `1001` for `PJSIP/1001-0000002a` and for `PJSIP/1001`."""
    resource = channel.partition("/")[2] or channel
    endpoint, dash, serial = resource.rpartition("-")
    return endpoint if dash and len(serial) == 8 else resource
