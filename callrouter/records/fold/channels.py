"""A channel's own rows, in order, and what Asterisk says in them. Pure.

Rules:
- A channel is known by the name that it ended with: it is renamed when it is masqueraded.
- A Local channel is plumbing: two halves, `Local/1001@seat-00000000;1` and `…;2`, behind which a party is rung.
- Asterisk names who ended a channel in `hangupsource`: a channel's name, or `dialplan/…` when we did. It names nobody
  when Asterisk itself did: it was stopped, or an operator hung up.
- Nothing but its end is written of a channel after its hang-up, and nothing before its start: a row that lies there
  by more than a second tells that the clock was set back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from callrouter.records.fold.facts import is_cause
from callrouter.vocabulary.cel import CelEvent, CelRow, object_in

# As plain text, and found once: looking up a member of an enumeration takes longer than comparing it.
CHAN_START: Final = CelEvent.CHAN_START.value
ANSWER: Final = CelEvent.ANSWER.value
HANGUP: Final = CelEvent.HANGUP.value
CHAN_END: Final = CelEvent.CHAN_END.value
BRIDGE_ENTER: Final = CelEvent.BRIDGE_ENTER.value
BRIDGE_EXIT: Final = CelEvent.BRIDGE_EXIT.value

_BRIDGINGS: Final = frozenset({BRIDGE_ENTER, BRIDGE_EXIT})
_TURNS: Final = frozenset({CHAN_START, ANSWER, HANGUP, CHAN_END, *_BRIDGINGS})
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
    first_row: CelRow
    name: str = ""
    firsts: dict[str, int] = field(default_factory=dict)
    """The instant of the first CHAN_START, ANSWER, HANGUP and CHAN_END."""
    last_us: int = 0
    """Of its last row but those of its end."""
    hangup: Hangup | None = None
    bridgings: list[tuple[int, str, bool]] = field(default_factory=list)
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
    def ran_backwards(self) -> bool:
        """Whether the clock was set back during it."""
        firsts, first_us = self.firsts, self.first_row.at_us
        started_us, ended_us = firsts.get(CHAN_START, first_us), firsts.get(HANGUP, firsts.get(CHAN_END))
        if first_us < started_us - _OUT_OF_ORDER_US:
            return True
        return ended_us is not None and (ended_us < started_us or ended_us < self.last_us - _OUT_OF_ORDER_US)


def channels_of(rows: Iterable[CelRow]) -> dict[str, Channel]:
    """Read the channels of rows that are in order, each by its uniqueid, in the order of their first rows."""
    channels: dict[str, Channel] = {}
    for row in rows:
        event, uniqueid, name = row.event, row.uniqueid, row.channel
        channel = channels.get(uniqueid)
        if channel is None:
            channel = channels[uniqueid] = Channel(uniqueid, row)
        if name:
            channel.name = name
        if event not in _ENDINGS:
            channel.last_us = row.at_us
        if event in _TURNS:
            _note_turn(channel, row)
    return channels


def _note_turn(channel: Channel, row: CelRow) -> None:
    event = row.event
    if event in _BRIDGINGS:
        channel.bridgings.append((row.at_us, bridge_in(row), event == BRIDGE_ENTER))
    elif event not in channel.firsts:
        channel.firsts[event] = row.at_us
        # Nobody asks how half of a Local channel ended, and reading it takes time.
        if event == HANGUP and not (row.channel.startswith(_LOCAL) and row.uniqueid != row.linkedid):
            channel.hangup = hangup_in(row)


def is_plumbing(name: str) -> bool:
    """Whether a channel of that name is no party's."""
    return name.startswith(_LOCAL)


def other_half(name: str) -> str:
    """Name the other half of a Local channel: `…;2` for `…;1`."""
    return f"{name[:-1]}{'2' if name[-1] == '1' else '1'}"


def hangup_in(row: CelRow) -> Hangup:
    """Read a HANGUP row."""
    extra = object_in(row.extra)
    cause, source = extra.get("hangupcause"), extra.get("hangupsource")
    return Hangup(
        cause if is_cause(cause) else None,
        source if isinstance(source, str) else None,
    )


def bridge_in(row: CelRow) -> str:
    """Read which bridge a row is about."""
    return _bridge_in(row.extra)


@lru_cache(maxsize=64)
def _bridge_in(extra: str) -> str:
    # All that enter or leave a bridge are told of by the same text.
    return str(object_in(extra).get("bridge_id", ""))


def endpoint_of(channel: str) -> str:
    """Give `1001` for `PJSIP/1001-0000002a`, for `PJSIP/1001`, and for the `Local/1001@seat` that rings it."""
    resource = channel.partition("/")[2] or channel
    if channel.startswith(_LOCAL):
        return resource.partition("@")[0]
    endpoint, dash, serial = resource.rpartition("-")
    return endpoint if dash and len(serial) == 8 else resource
