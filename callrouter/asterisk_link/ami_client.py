"""The AMI client: keeps one link to Asterisk, sends actions, follows events.

Rules
1. An action is sent once, on the link that is ready now.  Without one it fails at once; when the link goes,
   it fails.  Nothing is queued, nothing is sent again: only the caller knows whether it is safe to.
2. Ready means: logged in, Asterisk has said FullyBooted (the user must be allowed to read ``system``), and its
   system name is the boot name that it was configured with, which every event must bear from then on.
3. A link that does not answer a ping is dead, whatever TCP says.
4. A lost link is built anew after a short, doubling wait; a refused login after a long one, because only a
   person can mend it and Asterisk logs each attempt; a wrong boot name after one in between, because a restart of
   Asterisk mends it.
5. Neither the secret nor the boot name nor what an event holds is ever logged.
6. Only the events that are followed are asked for.  More would cost Asterisk and us for each call.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Final, Self

import structlog

from callrouter.asterisk_link.ami_counters import AmiCounters
from callrouter.asterisk_link.ami_errors import (
    AmiAuthenticationFailed,
    AmiError,
    AmiLost,
    AmiRefused,
    AmiWrongBootName,
)
from callrouter.asterisk_link.ami_events import EventQueue, SnapshotNeeded, SnapshotReason
from callrouter.asterisk_link.ami_link import AmiLink
from callrouter.asterisk_link.ami_messages import AmiResponse, Headers
from callrouter.asterisk_link.backoff import Backoff

log = structlog.get_logger(__name__)

FOLLOWED_CLASSES: Final = "system,agent,user"
"""The classes of events that are asked for: that Asterisk is booted, what happens in the queues, and what the
dialplan tells of talks and transfers."""

_NO_HEADERS: Final[Headers] = {}
_RECONNECT: Final = Backoff(first_s=0.1, ceiling_s=10.0)
_AFTER_REFUSED_LOGIN: Final = Backoff(first_s=30.0, ceiling_s=600.0)
_AFTER_WRONG_BOOT_NAME: Final = Backoff(first_s=1.0, ceiling_s=30.0)

# What Asterisk says of a wrong name, secret or address alike.  It refuses a login for other reasons too, which pass:
# when it is shutting down, for one.
_WRONG_CREDENTIALS: Final = "Authentication failed"


class AmiState(Enum):
    """Where the client stands; the value is what metrics and logs call it."""

    STARTING = "starting"
    """The first attempt has not ended yet."""
    LOST = "lost"
    """No link; the next attempt is on its way."""
    CONNECTED = "connected"
    """A TCP connection, not yet logged in or Asterisk not yet booted."""
    READY = "ready"
    """Actions are taken."""
    AUTHENTICATION_FAILED = "authentication_failed"
    """Asterisk refuses our login; the next attempt is a long way off."""
    WRONG_BOOT_NAME = "wrong_boot_name"
    """Another Asterisk answers than the one that was configured, or the configuration is newer than its start."""
    CLOSED = "closed"
    """`AmiClient.run` has ended."""


_FOR_A_PERSON: Final = frozenset({AmiState.AUTHENTICATION_FAILED, AmiState.WRONG_BOOT_NAME})


@dataclass(frozen=True, slots=True)
class AmiTimings:
    """Time limits and waits, in seconds."""

    connect_s: float = 3.0
    login_s: float = 5.0
    booted_s: float = 60.0
    action_s: float = 5.0
    ping_every_s: float = 5.0
    ping_answer_s: float = 3.0
    settled_s: float = 1.0
    """A link that was ready for so long makes the failures before it forgotten."""
    reconnect: Backoff = _RECONNECT
    after_refused_login: Backoff = _AFTER_REFUSED_LOGIN
    after_wrong_boot_name: Backoff = _AFTER_WRONG_BOOT_NAME


def _ignore(_state: AmiState) -> None:
    pass


class AmiClient:
    """Use it as ``async with AmiClient(...) as ami:``, or await `run` in a task of your own.

    ``boot_name`` is asked at each connection for the system name that Asterisk was configured with (None: there is
    none yet); ``chance`` shakes the waits and makes the ActionIDs (in production a `random.SystemRandom`: an ActionID
    must not be guessed); ``sleep`` waits between attempts; ``on_state`` is told each new state; ``event_capacity``
    bounds the queue behind `events`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        boot_name: Callable[[], str | None],
        chance: random.Random,
        on_state: Callable[[AmiState], None] = _ignore,
        timings: AmiTimings = AmiTimings(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        event_capacity: int = 10_000,
    ) -> None:
        self.state = AmiState.STARTING
        self.events = EventQueue(event_capacity)
        """What Asterisk tells, in order; for one follower, who had better use ``ami_follow.follow``."""
        self.counters = AmiCounters()
        """What was dropped, over all links."""
        self._host, self._port = host, port
        self._username, self._secret = username, secret
        self._boot_name = boot_name
        self._chance = chance
        self._on_state = on_state
        self._timings = timings
        self._sleep = sleep
        self._link: AmiLink | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def action(
        self, name: str, headers: Headers = _NO_HEADERS, *, timeout_s: float | None = None
    ) -> AmiResponse:
        """Send one action and return its answer; a list action's items are in ``.items``.

        Raises `AmiRefused`, `AmiTimeout` or `AmiLost` (see there whether it may have been done), and
        `AmiActionError` for headers that must not be sent.
        """
        if self._link is None or self.state is not AmiState.READY:
            raise AmiLost(name)
        limit_s = self._timings.action_s if timeout_s is None else timeout_s
        return await self._link.action(name, headers, limit_s)

    async def wait_ready(self) -> None:
        """Wait until actions are taken; raises `AmiAuthenticationFailed`, or `AmiLost` once closed."""
        while self.state is not AmiState.READY:
            if self.state is AmiState.AUTHENTICATION_FAILED:
                raise AmiAuthenticationFailed("Login")
            if self.state is AmiState.CLOSED:
                raise AmiLost("Login")
            await self._changed.wait()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.run(), name="ami-client")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        # Not awaited bare: a cancellation of ours must be told from one of whoever closes us.
        await asyncio.wait((self._task,))
        if not self._task.cancelled():
            self._task.result()

    async def run(self) -> None:
        """Keep a link until cancelled."""
        failures = 0
        last: AmiState | None = None
        try:
            while True:
                lasted = await self._live_one_link()
                failures = 1 if lasted or self.state is not last else failures + 1
                last = self.state
                await self._sleep(self._backoff().delay_s(failures, self._chance.random()))
        finally:
            self.events.close()
            self._enter(AmiState.CLOSED, "the client is closed")

    def _backoff(self) -> Backoff:
        if self.state is AmiState.AUTHENTICATION_FAILED:
            return self._timings.after_refused_login
        if self.state is AmiState.WRONG_BOOT_NAME:
            return self._timings.after_wrong_boot_name
        return self._timings.reconnect

    async def _live_one_link(self) -> bool:
        """Build a link, serve until it is lost, and enter the state that is left; True if it lasted."""
        ready_at_s: float | None = None
        loop = asyncio.get_running_loop()
        try:
            self._link = await self._connect()
            self._enter(AmiState.CONNECTED, "connected")
            await self._log_in(self._link)
            await self._see_boot_name(self._link)
            ready_at_s = loop.time()
            self._enter(AmiState.READY, "logged in, Asterisk is booted")
            self.events.put(SnapshotNeeded(SnapshotReason.LINK_READY))
            reason = await self._keep_alive(self._link)
            self._enter(AmiState.LOST, reason)
        except AmiAuthenticationFailed:
            self._enter(AmiState.AUTHENTICATION_FAILED, "Asterisk refuses the user name, secret or address")
        except AmiWrongBootName:
            self._enter(
                AmiState.WRONG_BOOT_NAME,
                "this Asterisk was not started with our configuration; remedy: restart Asterisk after rendering it",
            )
        except TimeoutError:
            self._enter(AmiState.LOST, "no connection in time, or Asterisk is not booted in time")
        except OSError:
            self._enter(AmiState.LOST, "no connection")
        except AmiError:
            self._enter(AmiState.LOST, "no good answer to login or ping")
        finally:
            if self._link is not None:
                self._link.abort("given up")
                self._link = None
        # A link that is lost as soon as it is ready is a failure like one that never was.
        return ready_at_s is not None and loop.time() - ready_at_s >= self._timings.settled_s

    async def _connect(self) -> AmiLink:
        token = f"{self._chance.getrandbits(64):016x}"
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timings.connect_s):
            _, link = await loop.create_connection(
                lambda: AmiLink(token, self.events.put, self.counters), self._host, self._port
            )
        return link

    async def _log_in(self, link: AmiLink) -> None:
        login = {"Username": self._username, "Secret": self._secret, "Events": FOLLOWED_CLASSES}
        try:
            await link.action("Login", login, self._timings.login_s)
        except AmiRefused as refused:
            if refused.response.get("Message") == _WRONG_CREDENTIALS:
                raise AmiAuthenticationFailed("Login") from None
            raise
        async with asyncio.timeout(self._timings.booted_s):
            booted = asyncio.ensure_future(link.fully_booted.wait())
            try:
                await asyncio.wait((booted, link.lost), return_when=asyncio.FIRST_COMPLETED)
            finally:
                booted.cancel()
        if link.lost.done():
            raise AmiLost("Login")

    async def _see_boot_name(self, link: AmiLink) -> None:
        try:
            settings = await link.action("CoreSettings", _NO_HEADERS, self._timings.login_s)
        except AmiRefused:
            # The right to ask comes from our configuration too.
            raise AmiWrongBootName("CoreSettings") from None
        # Asked now, not before: Asterisk may have been restarted, with a new name, while we connected.
        boot_name = self._boot_name()
        if not boot_name or settings.get("SystemName") != boot_name:
            raise AmiWrongBootName("CoreSettings")
        link.trust(boot_name)

    async def _keep_alive(self, link: AmiLink) -> str:
        """Ping until the link is lost, and return why; raises `AmiTimeout` if it is half-open."""
        while True:
            done, _ = await asyncio.wait((link.lost,), timeout=self._timings.ping_every_s)
            if done:
                return str(link.lost.result())
            await link.action("Ping", _NO_HEADERS, self._timings.ping_answer_s)

    def _enter(self, state: AmiState, reason: str) -> None:
        if state is self.state:
            return
        self.state = state
        tell = log.error if state in _FOR_A_PERSON else log.info
        tell("AMI link changed", state=state.value, reason=reason, host=self._host, port=self._port)
        self._changed.set()
        self._changed = asyncio.Event()
        self._on_state(state)
