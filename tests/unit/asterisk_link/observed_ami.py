"""An AMI client whose states and waits a test can see, and scripts for the double that it talks to."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable

from callrouter.asterisk_link.ami_client import AmiClient, AmiState, AmiTimings
from callrouter.asterisk_link.ami_double import AmiDouble, Connection, Script
from callrouter.asterisk_link.backoff import Backoff

SOON_S = 5.0


class Observed:
    """A client whose waits between attempts take no time but are written down."""

    def __init__(
        self,
        port: int,
        secret: str = "secret",
        boot_name: Callable[[], str | None] = lambda: None,
        *,
        ping_every_s: float = 60,
        booted_s: float = SOON_S,
        login_s: float = SOON_S,
        event_capacity: int = 100,
    ) -> None:
        self.states: list[AmiState] = []
        self.waits: list[float] = []
        self.entered = asyncio.Event()
        timings = AmiTimings(
            login_s=login_s,
            ping_every_s=ping_every_s,
            ping_answer_s=0.25,
            booted_s=booted_s,
            reconnect=Backoff(0.25, 10),
            after_refused_login=Backoff(30, 600),
            after_wrong_boot_name=Backoff(1, 30),
        )
        self.ami = AmiClient(
            "127.0.0.1",
            port,
            "callrouter",
            secret,
            boot_name=boot_name,
            chance=random.Random(1),
            on_state=self.enter,
            timings=timings,
            sleep=self.sleep,
            event_capacity=event_capacity,
        )

    def enter(self, state: AmiState) -> None:
        self.states.append(state)
        self.entered.set()

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0 if len(self.waits) < 5 else SOON_S)

    async def until(self, state: AmiState, times: int = 1) -> None:
        while self.states.count(state) < times:
            self.entered.clear()
            await self.entered.wait()


@contextlib.asynccontextmanager
async def observed_client(
    asterisk: AmiDouble,
    secret: str = "secret",
    *,
    boot_name: Callable[[], str | None] | None = None,
    ping_every_s: float = 60,
    booted_s: float = SOON_S,
    login_s: float = SOON_S,
    event_capacity: int = 100,
) -> AsyncIterator[Observed]:
    """A client of the double's, which expects the double's own boot name unless told another."""
    async with asterisk:
        observed = Observed(
            asterisk.port,
            secret,
            boot_name or (lambda: asterisk.boot_name),
            ping_every_s=ping_every_s,
            booted_s=booted_s,
            login_s=login_s,
            event_capacity=event_capacity,
        )
        async with asyncio.timeout(SOON_S), observed.ami:
            yield observed


async def idle(connection: Connection) -> None:
    await connection.log_in()
    await connection.action()


def answering(verdict: str, more: str = "", behind: str = "") -> Script:
    async def script(connection: Connection) -> None:
        await connection.log_in()
        while True:
            action = await connection.action()
            connection.answer(action, verdict, more)
            connection.write(behind.replace("MINE", action["ActionID"]))

    return script
