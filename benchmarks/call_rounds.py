"""Whole calls through Asterisk, slice by slice: who answers the arrival question, and what follows the decision.

Rules:
- The measure of all is the same dialplan with the verdict written into it (`literal_dialplan`): nobody is asked. Each
  round measures it anew, and every ratio is taken within a round.
- In a round the answerers take turns, beginning with another one each time, so that what else the machine does hits
  all alike.
- Two ends: a bare call (answered, and hung up by its caller) shows the most that asking can cost; a routed call
  (Dial to an agent who answers) is what callers get. No audio is sent.
- Throughput: a closed loop of 8 calls in flight, calls completed a second. CPU: of Asterisk and the answerer
  together, a call, all that the slice has caused included: the processes' own clocks tell it.
- Delay: calls placed evenly at 0.3 of the rate that the literal verdict reached in the warm-up. From the INVITE's
  leaving to the 200's arrival (bare), or to the INVITE's arrival at the agent (routed).
- "With records" is the whole controller, its records process included: journal, records, delivery through a real
  broker to the reference subscriber, log lines, AMI; the CPU is that of both. It runs during its own slices only, and
  reads the rows of its own calls only: for the others' the journal is another file. What it has not stored when a
  slice ends counts as CPU all the same.
- "Decision only" is our server in a process of its own; panoramisk 1.4 runs on uvloop too, and decides by the same
  code: with one command, and with six, one variable each, as its own example sets them. Classic AGI starts a
  Python program a call (pyst2), 4 in flight; it answers with a constant.
- More than one call in a hundred that failed, or took the dialplan's safe default, is an error.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import Final

from benchmarks.call_system import RTP_PORTS, CallSystem, call_system, literal_verdict
from benchmarks.literal_dialplan import Asked, End, Literal
from benchmarks.own_system import Installation, until
from benchmarks.peer_answerers import write_program
from benchmarks.processes import family_cpu_s, serving
from benchmarks.sip_load import Slice
from callrouter.layout import SETUP_FOLDER
from callrouter.local_system.account import unprivileged_account

PURE: Final = "pure"
OURS: Final = "decision"
RECORDS: Final = "records"
PANORAMISK: Final = "panoramisk"
PANORAMISK_SIX: Final = "panoramisk-six"
CLASSIC: Final = "classic"

IN_FLIGHT: Final = 8
OF_THE_LIMIT: Final = 0.3
_CLASSIC: Final = (4, 2.0)
"""Calls in flight and seconds, of a slice in which each call starts a program."""
_WARM_UP_S: Final = 0.4
_SETTLES_S: Final = 0.1
"""Asterisk ends its channels after the last BYE was answered."""
_SPOILT_AT_MOST: Final = 0.01
_CONTEXT_COLUMN: Final = 5
"""Of the journal."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure."""

    rounds: int = 10
    slice_s: float = 0.8


@dataclass(slots=True)
class Series:
    """What an answerer did, a value a round."""

    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    """Of Asterisk and the answerer, a call."""
    load_cpu_ms: list[float] = field(default_factory=list)
    """Of the callers and the agent, a call."""
    delays_ms: list[list[float]] = field(default_factory=list)


Rounds = dict[tuple[str, End], Series]


async def measured(effort: Effort) -> Rounds:
    """Measure everything. Raises RuntimeError for a slice that is none."""
    verdict = literal_verdict()
    with ExitStack() as running:
        installation = running.enter_context(
            Installation.made(rtp_ports=RTP_PORTS, asterisk=False, controller=False)
        )
        servers = {
            OURS: running.enter_context(serving("benchmarks.dip_servers", "callrouter")),
            PANORAMISK: running.enter_context(serving("benchmarks.dip_servers", "panoramisk")),
            PANORAMISK_SIX: running.enter_context(serving("benchmarks.peer_answerers")),
        }
        program = installation.config.parent / "answer.py"
        write_program(program, verdict, unprivileged_account(SETUP_FOLDER))
        running.enter_context(installation.running("serve"))
        await installation.has_started()
        answerers: dict[str, Literal | Asked] = {
            PURE: Literal(verdict),
            **{name: Asked(f"agi://127.0.0.1:{port}/arrival") for name, (_, port) in servers.items()},
            RECORDS: Asked(f"agi://127.0.0.1:{installation.settings.agi.port}/arrival"),
            CLASSIC: Asked(str(program)),
        }
        async with call_system(installation, answerers) as system:
            rounds = _Rounds(system, effort, {name: process for name, (process, _) in servers.items()})
            await rounds.warm_up()
            for place in range(effort.rounds):
                await rounds.measure(place)
            return rounds.series


class _Rounds:
    def __init__(self, system: CallSystem, effort: Effort, answerers: dict[str, int]) -> None:
        self.series: Rounds = defaultdict(Series)
        self._system, self._effort = system, effort
        self._answerers = answerers
        self._journal = _Journal(system)
        self._rates: dict[End, float] = {}

    async def warm_up(self) -> None:
        """Let every way have been gone once, and find the rate for the delays."""
        for end in End:
            for name in (*self._answerers, CLASSIC):
                await self._system.callers[name, end].closed_loop(2, _WARM_UP_S)
            warm = await self._system.callers[PURE, end].closed_loop(IN_FLIGHT, 2 * _WARM_UP_S)
            self._rates[end] = OF_THE_LIMIT * warm.per_second

    async def measure(self, place: int) -> None:
        """Take one round."""
        names = [PURE, *self._answerers]
        turned = names[place % len(names) :] + names[: place % len(names)]
        for end in End:
            for name in turned:
                await self._loaded(name, end)
            for name in [PURE, OURS] if place % 2 else [OURS, PURE]:
                await self._delayed(name, end)
        await self._loaded(CLASSIC, End.BARE)
        self._journal.requires_answers()
        async with self._with_records() as controller:
            self._answerers[RECORDS] = controller
            for end in End:
                await self._system.callers[RECORDS, end].closed_loop(2, _WARM_UP_S)
                await self._loaded(RECORDS, end)
                await self._delayed(RECORDS, end)
            self._journal.requires_answers()
        del self._answerers[RECORDS]

    async def _loaded(self, name: str, end: End) -> None:
        before = self._cpu_s(name)
        in_flight, seconds = _CLASSIC if name == CLASSIC else (IN_FLIGHT, self._effort.slice_s)
        load = await self._system.callers[name, end].closed_loop(in_flight, seconds)
        await asyncio.sleep(_SETTLES_S)
        if name == RECORDS:
            await self._journal.is_stored()
        _require_whole(name, load)
        series = self.series[name, end]
        series.per_second.append(load.per_second)
        series.cpu_ms.append((self._cpu_s(name) - before) / load.completed * 1000)
        series.load_cpu_ms.append(load.own_cpu_s / load.completed * 1000)

    async def _delayed(self, name: str, end: End) -> None:
        load = await self._system.callers[name, end].at_rate(self._rates[end], self._effort.slice_s)
        await asyncio.sleep(_SETTLES_S)
        _require_whole(name, load)
        delays = load.answered_ms if end is End.BARE else load.reached_ms
        self.series[name, end].delays_ms.append(delays)

    def _cpu_s(self, name: str) -> float:
        answerer = self._answerers.get(name)
        return self._system.asterisk_cpu_s() + (family_cpu_s(answerer) if answerer else 0)

    @asynccontextmanager
    async def _with_records(self) -> AsyncIterator[int]:
        installation = self._system.installation
        self._journal.bring_back()
        with installation.running("controller") as controller:
            await installation.controller_is_ready()
            yield controller
            await self._journal.is_stored()
        self._journal.set_aside()


class _Journal:
    """Keeps the rows that the controller is to read apart from the others."""

    def __init__(self, system: CallSystem) -> None:
        self._live = system.journal
        self._aside = system.journal.with_name("read-by-the-controller.csv")
        self._database = system.installation.layout.database

    def bring_back(self) -> None:
        """Let Asterisk write again to the file that the controller knows."""
        self._live.unlink(missing_ok=True)
        if self._aside.exists():
            self._aside.rename(self._live)

    def set_aside(self) -> None:
        """Let Asterisk begin another file."""
        self._live.rename(self._aside)

    def requires_answers(self) -> None:
        """Raise RuntimeError if too many calls of the live file took the dialplan's safe default."""
        rows = self._live.read_text(encoding="utf-8").splitlines()
        decided, unanswered = Counter[str](), Counter[str]()
        for row in rows:
            if row.startswith('"CR_DECIDED"'):
                way = row.split(",")[_CONTEXT_COLUMN]
                decided[way] += 1
                unanswered[way] += "fallback=" in row
        spoilt = {
            way: number for way, number in unanswered.items() if number > _SPOILT_AT_MOST * decided[way]
        }
        if spoilt:
            raise RuntimeError(f"calls were not answered and took the safe default: {spoilt}")

    async def is_stored(self) -> None:
        """Wait until the controller has stored all rows and has been told that all records arrived."""
        await until(self._looks_stored)

    def _looks_stored(self) -> bool:
        journal = self._live.stat()
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as opened:
            read = opened.execute(
                "SELECT max(offset) FROM journal_position WHERE inode = ?", (journal.st_ino,)
            ).fetchone()[0]
            (waiting,) = opened.execute(
                "SELECT count(*) FROM outbox WHERE acknowledged_at_ms IS NULL"
            ).fetchone()
        return bool(read == journal.st_size and waiting == 0)


def _require_whole(name: str, load: Slice) -> None:
    if not load.completed:
        raise RuntimeError(f"{name}: no call was completed")
    failed = sum(load.failed.values())
    if failed > _SPOILT_AT_MOST * (load.completed + failed):
        raise RuntimeError(f"{name}: {failed} calls failed, {load.completed} did not: {dict(load.failed)}")
