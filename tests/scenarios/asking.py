"""Asks a shipped plan about one call, in one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from callrouter.decide.dialled_line import find_dialled
from callrouter.decide.explain import explanation
from callrouter.decide.route import decide
from callrouter.decide.transfers import transfers_of
from callrouter.plans.load import load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.call import Call, Clues
from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan

LATE = "2022-06-01T10:00:00+08:00"
"""A Wednesday morning; every line of every plan is in force."""
NIGHT = "2022-06-01T03:00:00+08:00"


@cache
def shipped(name: str, *, overlay: bool = True) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name, overlay=overlay)


@dataclass(frozen=True)
class Told:
    """What a plan says of a call."""

    ruling: Ruling
    explained: dict[str, object]
    transfers: list[tuple[str, str, bool]]
    """Target, means, whether it is open."""

    def means_to(self, target: str) -> list[str]:
        return [means for one, means, _ in self.transfers if one == target]


def told(
    name: str,
    dialled: str,
    at: str = LATE,
    *,
    caller: str = "13800138000",
    trunk: str = "carrier",
    platform: str | None = None,
    diversion: tuple[str, ...] = (),
    overlay: bool = True,
) -> Told:
    """The plan called `name`, asked about a call."""
    plan, instant = shipped(name, overlay=overlay), datetime.fromisoformat(at)
    called, found_by = find_dialled(Clues(dialled, diversion=diversion), plan.trunks.get(trunk), plan)
    calling = parse_number(caller, plan.short_codes)
    call = Call("scenario-1.1", called, found_by, calling, trunk, instant, platform)
    decision = decide(call, plan, instant)
    ways = transfers_of(decision.ruling, call, plan, instant)
    return Told(
        decision.ruling,
        explanation(decision, call, plan, instant, None),
        [(way.target, way.means.value, way.open) for way in ways],
    )
