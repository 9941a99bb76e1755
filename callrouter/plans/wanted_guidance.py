"""What callers hear who are told where to turn: see `decide.guidance`.

A matter's words are the plan's `guide`, spoken as they are written, if a voice can say them. A utility is named, and
the agent says its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callrouter.decide.guidance import ANNOUNCED, Guidance, GuidanceSort, guidance_key, guidances_of
from callrouter.plans.wanted_notice import WantedNotice
from callrouter.plans.wanted_targets import spoken_utility
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.speakable import is_speakable
from callrouter.vocabulary.transfer import Staff

_NOBODY: Final = Staff(())
"""Whose codes are whose makes no difference to what is said."""


def guidance_notices(plan: Plan) -> Iterator[WantedNotice]:
    """All that can be said, each once."""
    for guidance in guidances_of(plan, _NOBODY).by_id.values():
        if guidance.sort is not GuidanceSort.MATTER or is_speakable(guidance.says):
            yield _notice(guidance, plan)


def unspeakable_guides(plan: Plan) -> Iterator[Guidance]:
    """Those whose words no voice can say: the agent says them."""
    for guidance in guidances_of(plan, _NOBODY).by_id.values():
        if guidance.sort is GuidanceSort.MATTER and not is_speakable(guidance.says):
            yield guidance


def _notice(guidance: Guidance, plan: Plan) -> WantedNotice:
    key, announcement = guidance_key(guidance, plan), ANNOUNCED[guidance.sort].own
    brand, place = plan.brands[0].name, guidance.place
    if guidance.sort is GuidanceSort.MATTER:
        return WantedNotice(key, announcement, brand, place, guide=guidance.says)
    line = plan.lines.get(guidance.id) if guidance.sort is GuidanceSort.LINE else None
    if line is None:
        return WantedNotice(key, announcement, brand, place, target=spoken_utility(guidance.name))
    return WantedNotice(
        *(key, announcement, brand, place),
        number=line.number,
        spoken_number=line.spoken_number,
        target=line.spoken_name,
    )
