"""What a dip is to the rest of the program: the request, the answer, the outcome, and what is served."""

import ipaddress
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: Final[tuple[Network, ...]] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)
# Shorter than the dialplan's own fuse of 3 s (TIMEOUT(absolute)), so that ours is the one that is counted.
TIME_LIMIT_S: Final = 2.5


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """One dip: the ``script`` of its ``agi://host/script``, its facts by name, and all that Asterisk sent."""

    script: str
    arguments: Mapping[str, str]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """The channel variable to set, and its value."""

    variable: str
    value: str


class Outcome(Enum):
    """How a session ended; the value is the name of its counter in `AgiCounters`."""

    ANSWERED = "answered"
    """Asterisk said that the variable is set."""
    NOT_ACCEPTED = "not_accepted"
    """Asterisk replied, but not with 200 result=1."""
    HUNG_UP = "hung_up"
    """The caller went before the answer was in; expected."""
    LEFT = "left"
    """The peer closed before the answer was in (a port check, a dead Asterisk)."""
    REFUSED_PEER = "refused_peer"
    """The peer's address is not in an allowed network."""
    VIOLATION = "violations"
    """The peer broke the protocol, or asked with a script or facts that no dialplan of ours has."""
    HANDLER_FAILED = "handler_failures"
    """The handler raised, or gave an answer that must not be sent."""
    TIMED_OUT = "timed_out"
    """The session was not over within its time limit."""
    CUT_OFF = "cut_off"
    """The server was stopped during the session."""


@dataclass(slots=True)
class AgiCounters:
    """How many sessions began, and how many ended in which way."""

    sessions: int = 0
    answered: int = 0
    not_accepted: int = 0
    hung_up: int = 0
    left: int = 0
    refused_peer: int = 0
    violations: int = 0
    handler_failures: int = 0
    timed_out: int = 0
    cut_off: int = 0

    def count(self, outcome: Outcome) -> None:
        """Add one session that ended in ``outcome``."""
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)


Handler: TypeAlias = Callable[[AgiRequest], Answer]
OnFinished: TypeAlias = Callable[[Outcome, float], None]


def _ignore(_outcome: Outcome, _duration_s: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class AgiService:
    """What the server serves.

    ``scripts`` names every script that the dialplan may ask for, with the facts that each may bring.
    ``handler`` answers a dip; it must be quick, for the event loop waits on it.
    ``on_finished`` is told each outcome and how long the session took, in seconds of a monotonic clock.
    ``time_limit_s`` is the whole session's, from accept to close.
    """

    handler: Handler
    scripts: Mapping[str, Collection[str]]
    on_finished: OnFinished = _ignore
    allowed_peers: tuple[Network, ...] = LOOPBACK
    time_limit_s: float = TIME_LIMIT_S
