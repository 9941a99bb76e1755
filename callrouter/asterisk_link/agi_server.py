"""The FastAGI server: one dip, one answer.

A dip is one AGI session: facts in as arguments, one ``SET VARIABLE`` out, its reply in, then we close.  The
handler is a plain synchronous function, called once a dip.  Whatever goes wrong, the session ends without an
answer: the verdict variable stays unset, and the dialplan's safe default takes the caller to a person.

Here is the listener and the account of who is connected (`agi_crowd`); a single session is `agi_connection`.
"""

import asyncio
import ipaddress
import time
from functools import lru_cache
from typing import Final

import structlog

from callrouter.asterisk_link.agi_connection import AgiConnection
from callrouter.asterisk_link.agi_crowd import AgiCrowd
from callrouter.asterisk_link.agi_dip import AgiCounters, AgiService, Outcome
from callrouter.asterisk_link.agi_expected import ExpectedDip
from callrouter.asterisk_link.file_limit import room_for
from callrouter.asterisk_link.quiet import Quiet

log = structlog.get_logger(__name__)

_BACKLOG: Final = 4096
_LOOKS_A_LIMIT: Final = 50
"""How often the clock is looked at within the shorter time limit: so late may a session be cut, at most."""


class AgiServer:
    """Listens for Asterisk and answers its dips."""

    def __init__(self, service: AgiService) -> None:
        self.counters = AgiCounters()
        self.service = service
        self.expected = tuple(ExpectedDip(script, facts) for script, facts in service.scripts.items())
        self._crowd = self._crowd_of(service.max_sessions)
        self._quiet = Quiet(service.lines_a_minute)
        self._listener: asyncio.Server | None = None
        self._emptied: asyncio.Event | None = None
        self._look: asyncio.TimerHandle | None = None
        self._look_every_s = min(service.time_limit_s, service.environment_limit_s) / _LOOKS_A_LIMIT
        self._is_allowed = lru_cache(maxsize=1024)(self._look_up_peer)

    def _crowd_of(self, places: int) -> AgiCrowd[AgiConnection]:
        return AgiCrowd(places, self.service.time_limit_s, self.service.environment_limit_s)

    async def start(self, host: str, port: int) -> None:
        """Listen on ``host`` and ``port`` (0: any free port); raises OSError if the port is taken."""
        places = room_for(self.service.max_sessions)
        if places < self.service.max_sessions:
            log.warning("AGI sessions limited by the system's limit of open files", sessions=places)
        self._crowd = self._crowd_of(places)
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: AgiConnection(self), host, port, backlog=_BACKLOG)

    @property
    def port(self) -> int:
        """The port the server listens on; raises RuntimeError if it does not."""
        if self._listener is None or not self._listener.sockets:
            raise RuntimeError("AGI server: no port, it is not listening; call start() first")
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def open_sessions(self) -> int:
        """How many connections are open now."""
        return len(self._crowd)

    async def drain(self, timeout_s: float) -> None:
        """Stop accepting, let the open sessions end for up to ``timeout_s`` seconds, then cut them off."""
        if self._listener is None:
            return
        self._listener.close()
        self._emptied = asyncio.Event()
        self._tell_if_empty()
        try:
            async with asyncio.timeout(timeout_s):
                await self._emptied.wait()
        except TimeoutError:
            for connection in self._crowd:
                connection.finish(Outcome.CUT_OFF)
            await self._emptied.wait()
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._listener = None

    async def stop(self) -> None:
        """Stop accepting and cut off every open session."""
        await self.drain(0)

    def _look_up_peer(self, host: str) -> bool:
        address = ipaddress.ip_address(host)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped  # an IPv4 peer of a socket that listens on both
        return any(address in network for network in self.service.allowed_peers)

    # What follows is told by the connections.

    def entered(self, connection: AgiConnection, peer: object) -> None:
        """Enter a new connection, or refuse it."""
        self.counters.sessions += 1
        if not isinstance(peer, tuple):
            connection.finish(Outcome.LEFT)  # it had reset the connection before it was accepted
            return
        if not self._is_allowed(peer[0]):
            connection.cut(Outcome.REFUSED_PEER, "AGI session refused: the peer is not in an allowed network")
            return
        if not self._crowd.enter(connection):
            self._make_room(connection)
        if self._look is None:
            self._look_later()

    def _make_room(self, newcomer: AgiConnection) -> None:
        oldest = self._crowd.make_room()
        if oldest is None:
            newcomer.cut(Outcome.REFUSED_FULL, "AGI session refused: too many, and all of them are calls")
            return
        oldest.cut(
            Outcome.CROWDED_OUT, "AGI session cut: too many, and this one has said nothing for longest"
        )
        self._crowd.enter(newcomer)

    def finished(self, outcome: Outcome, duration_s: float) -> None:
        """Count one session's end."""
        self.counters.count(outcome)
        self.service.on_finished(outcome, duration_s)

    def left(self, connection: AgiConnection) -> None:
        """Strike out a connection that is closed."""
        self._crowd.leave(connection)
        if self._emptied is not None:
            self._tell_if_empty()

    def complain(self, event: str, **fields: object) -> None:
        """Log a peer's misbehaviour, unless there was too much of it within the minute."""
        now = time.monotonic()
        self._sum_up(now)
        if self._quiet.may_write(now):
            log.warning(event, **fields)

    def _sum_up(self, now: float) -> None:
        if left_out := self._quiet.summary(now):
            log.warning("AGI peers misbehaved more often than is written here", lines_left_out=left_out)

    def _tell_if_empty(self) -> None:
        if self._emptied is not None and not len(self._crowd):
            self._emptied.set()

    def _look_later(self) -> None:
        self._look = asyncio.get_running_loop().call_later(self._look_every_s, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        slow, late = self._crowd.overdue(now)
        for connection in slow:
            connection.cut(Outcome.TOO_SLOW, "AGI session ended: the environment took too long")
        for connection in late:
            connection.cut(Outcome.TIMED_OUT, "AGI session ended: time limit reached")
        self._sum_up(now)
        self._look = None
        if len(self._crowd) or self._quiet.owes_a_summary:
            self._look_later()
