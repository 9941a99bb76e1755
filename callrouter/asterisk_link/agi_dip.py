"""What a dip is to the rest of the program: the request, the answer, the outcome, and what is served."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from callrouter.asterisk_link.agi_command import SetVariable

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: Final[tuple[Network, ...]] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)
# Shorter than the dialplan's own fuse of 3 s (TIMEOUT(absolute)), so that ours is the one that is counted.
TIME_LIMIT_S: Final = 2.5
# An Asterisk has sent all of it within milliseconds of connecting.
ENVIRONMENT_LIMIT_S: Final = 1.0
MAX_SESSIONS: Final = 4096
LINES_A_MINUTE: Final = 60


class RefusedFactsError(Exception):
    """A handler's word for facts that no dialplan of ours writes.  Its text is constant words, safe to log."""


class AgiRequest(NamedTuple):
    """One dip: the ``script`` of its ``agi://host/script``, and its facts by name."""

    script: str
    arguments: Mapping[str, str]


Answer: TypeAlias = SetVariable
"""What a handler gives: the one command of a dip."""


class Outcome(Enum):
    """How a session ended; the value is the name of its counter in `AgiCounters`."""

    ANSWERED = "answered"
    """Asterisk said that the variable is set."""
    NOT_ACCEPTED = "not_accepted"
    """Asterisk replied, but not with 200 result=1."""
    HUNG_UP = "hung_up"
    """The caller went before the answer was in; expected."""
    LEFT = "left"
    """The peer closed its end before its environment was whole: a port check, a dead Asterisk."""
    LOST = "lost"
    """The peer closed its end after that, before it said whether it took the answer."""
    REFUSED_PEER = "refused_peer"
    """The peer's address is not in an allowed network."""
    REFUSED_FULL = "refused_full"
    """There was no room: every open session was an Asterisk's that waited for an answer or was taking it."""
    CROWDED_OUT = "crowded_out"
    """The oldest session without a whole environment, cut to make room for a new one."""
    TOO_SLOW = "too_slow"
    """The environment was not whole within its time limit."""
    TOO_MUCH = "too_much"
    """The peer sent more than an environment or a reply can be."""
    VIOLATION = "violations"
    """The peer broke the protocol, or asked with a script or facts that no dialplan of ours has."""
    HANDLER_FAILED = "handler_failures"
    """The handler raised, or gave an answer that must not be sent."""
    TIMED_OUT = "timed_out"
    """The session was not over within its time limit, though its environment was whole."""
    CUT_OFF = "cut_off"
    """The server was stopped during the session."""


# On Python 3.11 the way to a member through its enumeration is a call into Python.
ANSWERED: Final = Outcome.ANSWERED


@dataclass(slots=True)
class AgiCounters:
    """How many sessions began, and how many ended in which way."""

    sessions: int = 0
    answered: int = 0
    not_accepted: int = 0
    hung_up: int = 0
    left: int = 0
    lost: int = 0
    refused_peer: int = 0
    refused_full: int = 0
    crowded_out: int = 0
    too_slow: int = 0
    too_much: int = 0
    violations: int = 0
    handler_failures: int = 0
    timed_out: int = 0
    cut_off: int = 0

    def count(self, outcome: Outcome) -> None:
        """Add one session that ended in ``outcome``."""
        if outcome is ANSWERED:
            self.answered += 1  # nearly every one
            return
        counter = outcome.value
        setattr(self, counter, getattr(self, counter) + 1)


Handler: TypeAlias = Callable[[AgiRequest], Answer]
OnFinished: TypeAlias = Callable[[Outcome, float], None]


def _ignore(_outcome: Outcome, _duration_s: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class AgiService:
    """What the server serves.

    ``scripts`` names every script that the dialplan may ask for, with the facts that each may bring, in the order
    in which the dialplan writes them (another order is understood, but slower).
    ``handler`` answers a dip; it must be quick, for the event loop waits on it.
    ``on_finished`` is told each outcome and how long the session took, in seconds of a monotonic clock.
    ``time_limit_s`` is the whole session's, from accept to close; ``environment_limit_s`` the environment's.
    ``max_sessions`` may be open at once, fewer if the system allows fewer open files.
    ``lines_a_minute`` is how often peers' misbehaviour is told in the log before it is only counted.
    """

    handler: Handler
    scripts: Mapping[str, Sequence[str]]
    on_finished: OnFinished = _ignore
    allowed_peers: tuple[Network, ...] = LOOPBACK
    time_limit_s: float = TIME_LIMIT_S
    environment_limit_s: float = ENVIRONMENT_LIMIT_S
    max_sessions: int = MAX_SESSIONS
    lines_a_minute: int = LINES_A_MINUTE
