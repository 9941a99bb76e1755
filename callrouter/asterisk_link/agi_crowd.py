"""Who is connected: who may come in, who makes room, and whose time is over.  PURE.

Rules
1. A session *waits* until its environment is whole.
2. When all places are taken, the oldest that waits makes room: an honest Asterisk waits a few milliseconds.
   If nobody waits, the newcomer is refused: the others are calls.
3. The environment has a limit of its own within the session's.
4. Time is an argument: seconds of a monotonic clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class _Session(Protocol):
    began: float
    """When it was accepted."""
    waits: bool
    """Whether its environment is not whole."""


S = TypeVar("S", bound=_Session)


class AgiCrowd(Generic[S]):
    """The open sessions."""

    __slots__ = ("_environment_limit_s", "_places", "_sessions", "_time_limit_s")

    def __init__(self, places: int, time_limit_s: float, environment_limit_s: float) -> None:
        self._places = places
        self._time_limit_s = time_limit_s
        self._environment_limit_s = min(environment_limit_s, time_limit_s)
        self._sessions: dict[S, None] = {}  # in the order of their coming

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[S]:
        return iter(tuple(self._sessions))

    def enter(self, session: S) -> bool:
        """Let a newcomer in; False if all places are taken."""
        if len(self._sessions) >= self._places:
            return False
        self._sessions[session] = None
        return True

    def make_room(self) -> S | None:
        """Take out who must make room, for the caller to cut; None when nobody waits."""
        oldest = next((session for session in self._sessions if session.waits), None)
        if oldest is not None:
            del self._sessions[oldest]
        return oldest

    def leave(self, session: S) -> None:
        """Strike out a session whose connection is closed."""
        self._sessions.pop(session, None)

    def overdue(self, now: float) -> tuple[list[S], list[S]]:
        """Return whose environment took too long, and who took too long as a whole."""
        slow, late = [], []
        for session in self._sessions:
            age = now - session.began
            if age < self._environment_limit_s:
                break  # the others came later
            if session.waits:
                slow.append(session)
            elif age >= self._time_limit_s:
                late.append(session)
        return slow, late
