"""Named places where the controller can be made to die or to stand still, so that "killed at every step" is a list.

Rules
1. Inert unless asked for: a process that was not armed passes every point for the price of one comparison.
2. Armed once, at the start, by whoever wires the program (`CALLROUTER_CRASHPOINT`, see `armed_by`); never by a
   caller, a plan or the settings file.
3. A kill is SIGKILL and a stop is SIGSTOP, sent to ourselves: nothing is flushed, closed or caught, as in life.
4. Every point of `CrashPoint` stands at exactly one place in the program, and a test holds the list against it.
5. A point is passed on the main thread alone: there a stop takes hold before the next line, whatever other threads
   do. It strikes once; a process that was stopped and goes on passes all points as if it had never been armed.
"""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

VARIABLE: Final = "CALLROUTER_CRASHPOINT"
"""The environment variable that `callrouter controller` looks at, such as `record_kept:kill@3`.

It passes a point that is not `IN_THE_CONTROLLER` on to the records process that it starts first, and to none after
that."""

_ASKED = re.compile(r"(?P<point>[a-z_]{1,40}):(?P<how>kill|stop)(?:@(?P<passing>[1-9][0-9]{0,5}))?")


class CrashPoint(StrEnum):
    """The points, along a call's way."""

    DIP_BEGUN = "dip_begun"
    """The facts of a dip are whole; nothing is decided."""
    DIP_DECIDED = "dip_decided"
    """The verdict is made, and no octet of it has left."""
    DIP_ANSWERED = "dip_answered"
    """The verdict has left; Asterisk has not said that it has it."""
    DESK_LOOKED = "desk_looked"
    """What an agent asks for is allowed; Asterisk has not been told."""
    DESK_TOLD = "desk_told"
    """Asterisk has been told; nobody has seen what came of it."""
    JOURNAL_READ = "journal_read"
    """Rows of Asterisk's logs are in memory only."""
    RECORD_MADE = "record_made"
    """Record and outbox row are in a transaction that is not committed."""
    BATCH_WRITTEN = "batch_written"
    """Rows of calls, ended or not, live events and how far the logs were read are in a transaction that is not
    committed."""
    BATCH_KEPT = "batch_kept"
    """They are committed; the one who read them does not know it."""
    RECORD_KEPT = "record_kept"
    """A record is committed; nobody has been told."""
    JOURNAL_ROTATED = "journal_rotated"
    """Asterisk's journal was put aside; its rest is not read."""
    JOURNAL_PRUNED = "journal_pruned"
    """Old log files are gone, old rows of the database are not."""
    MESSAGE_TAKEN = "message_taken"
    """Messages are chosen for delivery, in memory alone: none is published, and no row says so."""
    MESSAGE_PUBLISHED = "message_published"
    """The broker has said that it has it; that says nothing of the ticketing side."""
    ACKNOWLEDGEMENT_RECEIVED = "acknowledgement_received"
    """The ticketing side has acknowledged; the outbox row is still open."""
    MESSAGE_CLOSED = "message_closed"
    """The outbox row is closed."""


IN_A_DIP: Final = frozenset({CrashPoint.DIP_BEGUN, CrashPoint.DIP_DECIDED, CrashPoint.DIP_ANSWERED})
AT_THE_DESK: Final = frozenset({CrashPoint.DESK_LOOKED, CrashPoint.DESK_TOLD})
IN_THE_CONTROLLER: Final = IN_A_DIP | AT_THE_DESK
"""The points that the process passes which answers dips; all others strike the one that makes records."""


class CrashPointError(ValueError):
    """What was asked for is no crash point; the text says what may be asked for."""


@dataclass(slots=True)
class Armed:
    """What this process was asked to do."""

    point: CrashPoint
    signal: signal.Signals
    passing: int
    """At which passing of the point, counted from 1; counts down as they happen."""


_armed: Armed | None = None


def armed_by(text: str) -> Armed:
    """Read `point:kill`, `point:stop` or `point:kill@3` (at the third passing); raises CrashPointError."""
    match = _ASKED.fullmatch(text)
    if match is None or match["point"] not in set(CrashPoint):
        raise CrashPointError(
            f"{VARIABLE}: not of the form point:kill, point:stop or point:kill@3; the points are:"
            f" {', '.join(CrashPoint)}"
        )
    strikes = signal.SIGKILL if match["how"] == "kill" else signal.SIGSTOP
    return Armed(CrashPoint(match["point"]), strikes, int(match["passing"] or 1))


def arm(armed: Armed | None) -> None:
    """Make this process strike itself as `armed` says; None disarms it."""
    global _armed  # noqa: PLW0603 - one process, one fate; passing it to every function would be worse
    _armed = armed


def crashpoint(point: CrashPoint) -> None:
    """Pass a point: nothing happens unless this process was armed for it."""
    if _armed is not None and _armed.point is point:
        _strike(_armed)


def _strike(armed: Armed) -> None:
    armed.passing -= 1
    if armed.passing == 0:
        os.kill(os.getpid(), armed.signal)
