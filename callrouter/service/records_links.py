"""The records processes of this host, asked as if they were one.

Rules:
- Each does a share of the work (`roles.shares`). One that is hung or gone takes nothing from the others.
- They are started together, and ended one after the other, in their order: the one that collects first.
- The database is asked by one of them alone, one that answers if there is any.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from callrouter.service.figures import (
    FIGURES,
    STATE,
    RecordFigures,
    Standing,
    Told,
    Work,
    as_gauges,
    merged,
)
from callrouter.service.records_link import RecordsLink, RecordsProcess


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """A records process, and what it does."""

    name: str
    works: frozenset[Work]
    process: RecordsProcess


class RecordsLinks:
    """Keeps the records processes running, and asks them how they stand."""

    def __init__(
        self, shares: Sequence[Share], on_control: Callable[[Standing | None], None] = lambda _standing: None
    ) -> None:
        """`on_control` is told how the control lease stands; None while nobody can say."""

        def told_of_control(state: RecordFigures | None) -> None:
            on_control(None if state is None else state.stands(Work.CONTROL))

        def deaf(_state: RecordFigures | None) -> None:
            """Who does not keep the control lease has nothing to say of it."""

        self._links = {
            share: RecordsLink(
                share.process, told_of_control if Work.CONTROL in share.works else deaf, share.name
            )
            for share in shares
        }

    async def run(self) -> None:
        """Keep them and their states, until cancelled; they are ended then, in order."""
        running = [asyncio.create_task(link.run(), name=share.name) for share, link in self._links.items()]
        try:
            await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in running:
                task.cancel()
                await asyncio.wait((task,))
        for task in running:
            task.result()

    @property
    def told(self) -> Told:
        """How they stood a moment ago."""
        return self._told({share: link.state for share, link in self._links.items()})

    async def ask(self) -> Told:
        """Ask them, and one of them what the database holds."""
        by = self._asks_the_database()
        answers = await asyncio.gather(
            *(link.ask(FIGURES if share is by else STATE) for share, link in self._links.items())
        )
        return self._told(dict(zip(self._links, answers, strict=True)))

    async def gauges(self) -> tuple[Mapping[str, float], Told]:
        """Ask them; give what metrics show of it, and all that was told."""
        told = await self.ask()
        starts = {share.name: link.starts for share, link in self._links.items()}
        running = {share.name: share.works.isdisjoint(told.silent) for share in self._links}
        gauges: dict[str, float] = {
            # Of several as of one: more than 1 means that one of them has died.
            "records_starts": sum(starts.values()) - len(starts) + 1,
            "records_running": all(running.values()),
        }
        if len(starts) > 1:
            gauges |= {f"records_starts_{name}": number for name, number in starts.items()}
            gauges |= {f"records_running_{name}": runs for name, runs in running.items()}
        return {**gauges, **(as_gauges(told.figures, told.silent) if told.figures else {})}, told

    def _asks_the_database(self) -> Share | None:
        # The last one first: who publishes has less to do than who collects.
        candidates = list(reversed(self._links))
        answering = [share for share in candidates if self._links[share].state is not None]
        return next(iter(answering or candidates), None)

    def _told(self, answers: Mapping[Share, RecordFigures | None]) -> Told:
        return Told(
            merged([answer for answer in answers.values() if answer is not None]),
            {
                work: self._links[share].silence
                for share, answer in answers.items()
                if answer is None
                for work in sorted(share.works)
            },
        )
