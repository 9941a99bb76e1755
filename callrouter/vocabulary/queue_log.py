"""One line of Asterisk's queue log, read.

Rules:
- A line is `epoch|call|queue|member|event|data1|…|data5` (main/logger.c, `ast_queue_log`); anything else is none.
- Its instants are whole seconds: they order nothing among the journal's rows, which have microseconds.
- `call` is the uniqueid of the caller's channel; what is about no call (a pause, a log-in) has `NONE` there.
- What the data say is text, kept as written; ENTERQUEUE holds the caller's number. A `|` in a value is written as it
  is, so there may be more data than five; a line that ends behind the event's `|` has none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple

NO_CALL = "NONE"
"""In place of a call's id."""
_FIELDS = 6
"""With the first of the data, which is there even when it is empty."""
_LONGEST_EPOCH = 11
"""Digits, as in the journal."""


class QueueEvent(StrEnum):
    """The events that records are folded from (app_queue.c)."""

    ENTERQUEUE = "ENTERQUEUE"
    RINGNOANSWER = "RINGNOANSWER"
    """A seat rang in vain; data1 is how long, in ms."""
    RINGCANCELED = "RINGCANCELED"
    """The caller gave up while a seat rang; data1 is how long, in ms."""
    CONNECT = "CONNECT"
    """A seat answered; data1 is the wait in s, data2 the seat's uniqueid, data3 how long it rang in s."""
    COMPLETEAGENT = "COMPLETEAGENT"
    COMPLETECALLER = "COMPLETECALLER"
    ABANDON = "ABANDON"
    EXITEMPTY = "EXITEMPTY"
    EXITWITHTIMEOUT = "EXITWITHTIMEOUT"
    EXITWITHKEY = "EXITWITHKEY"


class QueueRowError(ValueError):
    """The text is no line of a queue log. The message says why, without quoting it."""


class QueueRow(NamedTuple):
    """A line of the queue log."""

    at_s: int
    """Seconds since 1970."""
    call: str
    """The uniqueid of the caller's channel, or `NO_CALL`."""
    queue: str
    member: str
    """The seat, such as `PJSIP/1001`; `NONE` when it is about none."""
    event: str
    """A `QueueEvent`, or another of Asterisk's names."""
    data: tuple[str, ...]

    @property
    def at(self) -> datetime:
        """When it was written down, to the second."""
        return datetime.fromtimestamp(self.at_s, UTC)


queue_row_of: Final[Callable[[tuple[int | str | tuple[str, ...], ...]], QueueRow]] = partial(
    tuple.__new__, QueueRow
)
"""Make a row of its fields, in their order: `QueueRow._make` in a third of its time. Nothing is checked."""


def queue_row(line: str) -> QueueRow:
    """Read a line without its line feed; raise QueueRowError when it is no row."""
    fields = line.split("|")
    if len(fields) < _FIELDS:
        raise QueueRowError(f"a line has at least {_FIELDS} fields, this one has {len(fields)}")
    epoch, call, queue, member, event, *rest = fields
    if len(epoch) > _LONGEST_EPOCH or not (epoch.isascii() and epoch.isdigit()):
        raise QueueRowError("a line begins with whole seconds since 1970")
    if not call or not queue or not event:
        raise QueueRowError("call, queue and event must not be empty")
    return queue_row_of((int(epoch), call, queue, member, event, () if rest == [""] else tuple(rest)))
