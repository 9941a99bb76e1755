"""How a process with record-making stands, as `/readyz` tells it.

Rules:
- Who stands by for another has not failed: it is as it should be, and says so.
- What the process has no part in is not told at all.
- Work whose process does not answer is told with the reason: it is starting, hung or gone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from callrouter.service.figures import RecordFigures, Silence, Standing, Work
from callrouter.service.roles import RECORD_ROLES, Role

WORK_OF: Final = MappingProxyType(
    {Role.ROUTE: Work.CONTROL, Role.COLLECT: Work.COLLECT, Role.PUBLISH: Work.PUBLISH}
)
"""What a records process does for each role."""
_NOBODY: Final[Mapping[Work, Silence]] = MappingProxyType({})


def works_of(roles: Collection[Role]) -> frozenset[Work]:
    """Give what a records process with these roles does."""
    return frozenset(WORK_OF[role] for role in roles if role in WORK_OF)


def records_wanted(
    state: RecordFigures | None, roles: frozenset[Role], silent: Collection[Work] = ()
) -> dict[str, bool]:
    """Which parts of record-making are there.

    `state` is None while nobody answers for them; `silent`: the work for which nobody does.
    """
    wanted: dict[str, bool] = {}
    if RECORD_ROLES & roles:
        wanted["records"] = state is not None and not silent
    if Role.PUBLISH in roles:
        # The name is older than the other ways of delivery, and what watches us knows it.
        wanted["broker"] = state is not None and (
            state.counters.broker_connected
            or state.stands(Work.PUBLISH) in (Standing.STANDBY, Standing.WITHOUT)
        )
    return wanted


def standing_detail(
    state: RecordFigures | None, silent: Mapping[Work, Silence] = _NOBODY
) -> Mapping[str, str]:
    """Whether it is the one who does each work, or stands by, or why it does not say."""
    told = {} if state is None else {work.value: standing.value for work, standing in state.standing.items()}
    return {**told, **{work.value: why.value for work, why in silent.items()}}
