"""What a caller can be told instead of being passed on: who answers for itself, and what 12345 does not take. Pure.

Rules:
- Three sorts: a matter that is not accepted, where the plan says where its callers turn (C39); a line that answers in
  parallel and has no branch center (C26); a utility that answers for itself (C38).
- An agent names it by its id or by its code; never by a free text. A line's id is its number.
- A matter's code is the keys of its id on a telephone, six at most; a line's and a utility's is the number. A code
  that is a target's, or was given before, is given to nobody else: then the id alone names it.
- What is heard is a recording of the plan's own words; where there is none a general one is, and the agent says the
  rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from callrouter.decide.transfer_codes import keys_of, targets_of
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.plan import Plan, announcement_key
from callrouter.vocabulary.transfer import Staff

_KEY: Final = "guidances"


class GuidanceSort(StrEnum):
    """What the caller is told about."""

    MATTER = "matter"
    """Not accepted."""
    LINE = "line"
    """A hotline that answers its own calls (并行接听)."""
    UTILITY = "utility"


class GuidanceSounds(NamedTuple):
    """Catalogue ids."""

    own: str
    """In the plan's words."""
    general: str
    """Where those were never recorded."""


ANNOUNCED: Final[Mapping[GuidanceSort, GuidanceSounds]] = {
    GuidanceSort.MATTER: GuidanceSounds("N01", "N04"),
    GuidanceSort.LINE: GuidanceSounds("P01", "P02"),
    GuidanceSort.UTILITY: GuidanceSounds("P03", "P02"),
}


class Guidance(NamedTuple):
    """One thing that a caller can be told."""

    id: str
    sort: GuidanceSort
    name: str
    """What it is about, in the plan's words."""
    says: str
    """Where the caller turns: the plan's words for a matter, a number; empty: nobody has said."""
    code: str
    """What an agent presses; empty: none of its own."""
    place: str


class Guidances(NamedTuple):
    """All of a plan."""

    by_id: Mapping[str, Guidance]
    """Matters, lines, utilities."""
    by_code: Mapping[str, Guidance]


def guidances_of(plan: Plan, staff: Staff) -> Guidances:
    """Everything that callers can be told; kept beside the plan."""
    key = (_KEY, staff)
    known = plan.kept.get(key)
    if not isinstance(known, Guidances):
        known = plan.kept[key] = _coded(plan, staff)
    return known


def guidance_for(asked: str, plan: Plan, staff: Staff) -> Guidance | None:
    """What an id or a code means."""
    known = guidances_of(plan, staff)
    return known.by_id.get(asked) or known.by_code.get(asked)


def guidance_key(guidance: Guidance, plan: Plan) -> str:
    """The file key of what is heard, such as `n01-litigation-sichuan`."""
    return announcement_key(ANNOUNCED[guidance.sort].own, plan.jurisdiction, guidance.id)


def _every(plan: Plan) -> Iterator[Guidance]:
    """Without their codes: the code is each one's first choice."""
    for matter in plan.not_accepted:
        if matter.guide is not None:
            code = keys_of(matter.id)
            yield Guidance(matter.id, GuidanceSort.MATTER, matter.what, matter.guide, code, matter.place)
    for line in plan.lines.values():
        if line.schedule.mode is Mode.PARALLEL and line.number not in plan.centers:
            number = line.number
            yield Guidance(number, GuidanceSort.LINE, line.name, number, number, line.place)
    for utility in plan.utilities:
        if Means.GUIDE in utility.means or (utility.parallel and not utility.means):
            number = next(iter(utility.numbers), "")
            yield Guidance(utility.id, GuidanceSort.UTILITY, utility.name, number, number, utility.place)


def _coded(plan: Plan, staff: Staff) -> Guidances:
    targets = targets_of(plan, staff)
    by_id: dict[str, Guidance] = {}
    by_code: dict[str, Guidance] = {}
    for one in _every(plan):
        if one.id in by_id:
            continue
        holders = targets.by_code.get(one.code, ())
        # A utility that answers for itself is known as a target, too: one that nobody can be passed to.
        is_free = all(holder.id == one.id and not holder.kinds for holder in holders)
        code = one.code if is_free and one.code not in by_code else ""
        by_id[one.id] = guidance = one._replace(code=code)
        if code:
            by_code[code] = guidance
    return Guidances(by_id, by_code)
