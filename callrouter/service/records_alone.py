"""Record-making where no controller runs: in this process, or in two that this one keeps running (`roles.shares`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from callrouter.service.figures import Told, as_gauges
from callrouter.service.records_links import RecordsLinks, Share
from callrouter.service.records_probes import with_probes
from callrouter.service.roles import Role

if TYPE_CHECKING:
    # Who only keeps others running has no database: it starts sooner, and is a third as large.
    from callrouter.service.records import RecordsService


async def alone(service: RecordsService, roles: frozenset[Role], port: int) -> None:
    """Work, with probes on this port, until SIGTERM or Ctrl-C. Raises OSError for a port that is taken."""

    async def gauges() -> tuple[Mapping[str, float], Told]:
        figures = await service.figures()
        return as_gauges(figures), Told(figures)

    await with_probes(service.run(), roles, port, told=lambda: Told(service.state()), gauges=gauges)


async def apart(shares: Sequence[Share], roles: frozenset[Role], port: int) -> None:
    """Keep processes running that work, with probes of them all on this port, until SIGTERM or Ctrl-C.

    Raises OSError for a port that is taken.
    """
    links = RecordsLinks(shares)
    await with_probes(links.run(), roles, port, told=lambda: links.told, gauges=links.gauges)
