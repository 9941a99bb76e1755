"""How a process with record-making stands, as `/readyz` tells it.

Rules:
- Who stands by for another has not failed: it is as it should be, and says so.
- What the process has no part in is not told at all.
"""

from __future__ import annotations

from collections.abc import Mapping

from callrouter.service.figures import RecordFigures, Standing, Work
from callrouter.service.roles import RECORD_ROLES, Role


def records_wanted(state: RecordFigures | None, roles: frozenset[Role]) -> dict[str, bool]:
    """Which parts of record-making are there; `state` is None while nobody answers for them."""
    wanted: dict[str, bool] = {}
    if RECORD_ROLES & roles:
        wanted["records"] = state is not None
    if Role.PUBLISH in roles:
        # The name is older than the other ways of delivery, and what watches us knows it.
        wanted["broker"] = state is not None and (
            state.counters.broker_connected or state.stands(Work.PUBLISH) is Standing.STANDBY
        )
    return wanted


def standing_detail(state: RecordFigures | None) -> Mapping[str, str]:
    """Whether it is the one who does each work, or stands by."""
    if state is None:
        return {}
    return {work.value: standing.value for work, standing in state.standing.items()}
