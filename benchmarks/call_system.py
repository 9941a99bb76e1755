"""One Asterisk that answers the same call in several ways: our templates, and copies of our dialplan.

Rules:
- Which way a call takes is chosen by the address that it comes from: a trunk each, 127.0.1.1 and up.
- The copies are added to what is rendered for this Asterisk, after it was rendered (`literal_dialplan`).
- Everything else is as in production: the journal (CEL) is written, our AMI user is there. A second AMI user, with
  every right, lets a measurement record what Asterisk would tell; it is logged in only while one does.
"""

from __future__ import annotations

import asyncio
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.deciding import PLAN
from benchmarks.literal_dialplan import ENDS, Asked, End, Literal, copy_of
from benchmarks.own_system import Installation
from benchmarks.processes import cpu_s, ended_children_cpu_s
from benchmarks.sip_agent import agent_open
from benchmarks.sip_load import Callers, callers_open
from callrouter.asterisk_link.agi_dip import AgiRequest
from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.calls.arrivals import Decider
from callrouter.layout import SETUP_FOLDER
from callrouter.local_system.account import unprivileged_account
from callrouter.local_system.asterisk import asterisk_part
from callrouter.local_system.child import Part
from callrouter.local_system.parts import phone_names
from callrouter.local_system.secrets import load_or_make
from callrouter.plans.load import load_plan

DIALLED: Final = "12315"
"""A line in force, so that the verdict is one of the longest."""
RTP_PORTS: Final = 20_000

_TRUNK = """
[{name}](trunk)
context = {name}
[{name}]
type = identify
endpoint = {name}
match = {address}
"""
_AGENT = """
[bench-agent](trunk)
context = from-nowhere
aors = bench-agent
[bench-agent]
type = aor
contact = {contact}
"""
_MANAGER_USER = """
[{user}]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = all
write = system,call,agent,reporting
"""


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the manager interface."""

    user: str
    secret: str = field(repr=False)


@dataclass(slots=True)
class CallSystem:
    """A running Asterisk and the callers that load it."""

    installation: Installation
    asterisk: int
    """Its process."""
    callers: Mapping[tuple[str, End], Callers]
    """By the answerer's name and the end of the call."""
    manager: Login
    """May see and ask everything."""

    def asterisk_cpu_s(self) -> float:
        """What Asterisk has used, and the programs that it started and has seen end."""
        return cpu_s(self.asterisk) + ended_children_cpu_s(self.asterisk)

    @property
    def journal(self) -> Path:
        """Asterisk's journal of calls."""
        return self.installation.layout.cel_csv


@asynccontextmanager
async def call_system(
    installation: Installation, answerers: Mapping[str, Literal | Asked]
) -> AsyncIterator[CallSystem]:
    """Start Asterisk with a way for each answerer and each end, beside a `callrouter serve` that has none.

    Raises DialplanChanged, TimeoutError.
    """
    async with AsyncExitStack() as open_things:
        agent, agent_address = await open_things.enter_async_context(agent_open())
        ways = [(name, end) for name in answerers for end in End]
        manager = Login("bench", secrets.token_urlsafe(18))
        addresses = {way: f"127.0.1.{place}" for place, way in enumerate(ways, start=1)}
        asterisk = open_things.enter_context(
            _asterisk(installation, answerers, addresses, agent_address, manager)
        )
        await _has_booted(installation)
        callers = {
            way: await open_things.enter_async_context(
                callers_open(agent, address, ("127.0.0.1", installation.settings.sip.port), DIALLED)
            )
            for way, address in addresses.items()
        }
        yield CallSystem(installation, asterisk, callers, manager)


def literal_verdict() -> str:
    """The verdict as the controller gives it for a call to `DIALLED`."""
    plan = load_plan(PLAN)
    facts = {
        "call_id": "node1-1795340556.1",
        "called": DIALLED,
        "caller": "13800138000",
        "presentation": "allowed_not_screened",
        "trunk": "carrier",
        "sip_call_id": "load-1",
        "arrived_at": f"{datetime.now(UTC).timestamp():.6f}",
        "clock_offset": "0",
        "to": "",
        "diversion": "",
        "history_info": "",
        "context": "",
    }
    decider = Decider(plan, lambda _decision: None)
    return decider.answer(AgiRequest("arrival", facts)).value


def _part(installation: Installation) -> Part:
    settings, layout = installation.settings, installation.layout
    account = unprivileged_account(SETUP_FOLDER, layout.root)
    passwords = load_or_make(layout.secrets, phone_names(settings))
    return asterisk_part(
        settings, layout, passwords, 0, account, plan=OfThePlan(queues=(settings.queue.general,))
    )


@contextmanager
def _asterisk(
    installation: Installation,
    answerers: Mapping[str, Literal | Asked],
    addresses: Mapping[tuple[str, End], str],
    agent: tuple[str, int],
    manager: Login,
) -> Iterator[int]:
    part = _part(installation)
    account = part.account
    if part.before_start:
        part.before_start()
    _add(installation.layout.asterisk_etc, answerers, addresses, agent, manager)
    # Not as a `Child`: uvloop, which the callers run on, cannot start one with a umask.
    assert part.log_file
    with part.log_file.open("ab") as log:
        process = subprocess.Popen(
            part.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(part.environment),
            umask=0o077,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    try:
        yield process.pid
    finally:
        process.kill()  # nothing of it is kept
        process.wait()


def _add(
    etc: Path,
    answerers: Mapping[str, Literal | Asked],
    addresses: Mapping[tuple[str, End], str],
    agent: tuple[str, int],
    manager: Login,
) -> None:
    """Add to what was rendered."""
    rendered = (etc / "extensions.conf").read_text(encoding="utf-8")
    contexts = [copy_of(rendered, _trunk(*way), answerers[way[0]], way[1]) for way in addresses]
    trunks = [_TRUNK.format(name=_trunk(*way), address=address) for way, address in addresses.items()]
    _append(etc / "extensions.conf", "".join(contexts) + ENDS)
    _append(etc / "pjsip.conf", "".join(trunks) + _AGENT.format(contact=f"sip:agent@{agent[0]}:{agent[1]}"))
    _append(etc / "manager.conf", _MANAGER_USER.format(user=manager.user, secret=manager.secret))


def _trunk(name: str, end: End) -> str:
    return f"{end.value}-{name}"


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text)


async def _has_booted(installation: Installation) -> None:
    """Wait until Asterisk takes connections on AMI, which it opens last. Raises TimeoutError."""
    port = installation.settings.ami.port
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            break
    await asyncio.sleep(1.0)  # the trunks
