"""What names those to whom a call can be passed on, and what tells them of the line that was dialled.

Rules:
- Which announcement is for whom, at which stage: `decide.transfer_sounds`.
- Wanted is what names somebody who can be called: there is a live way in the plan, and a peer or seats of ours. What
  is said before depends on the kinds that the document allows; that someone has joined, all hear in a three-way
  transfer alone. Without a recording a general one is played, so nothing here can leave a caller in silence.
- A utility is spoken of by its hotline, as people do: where a document writes 水, the voice says 供水服务热线.
- Whoever is called hears the dialled line: a short code digit by digit, the same in all plans, so that one recording
  serves them all; a landline or a mobile by its line's name. The numbers of a list have no such sentence, nor has the
  hub's own: the general one is played.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from callrouter.decide.transfer_codes import targets_of
from callrouter.decide.transfer_sounds import ANNOUNCED
from callrouter.vocabulary.line import Center, Line
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Queue, Utility
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.territory import Platform
from callrouter.vocabulary.transfer import Staff, TransferTarget

OF_THE_LINE: Final = "B04"
"""Tells whoever is called which line was dialled."""

_LONGEST_SHORT_CODE: Final = 6
_SPOKEN_UTILITY: Final = {
    "水": "供水",
    "电": "供电",
    "气": "供气",
    "燃气": "供气",
    "暖": "供暖",
    "热": "供热",
}
_NOBODY: Final = Staff(())
"""Colleagues and supervisors are never named."""

_Party = Center | Queue | Utility | Platform


class NamedTarget(NamedTuple):
    """One announcement, and who is named in it."""

    announcement: str
    """The catalogue id."""
    owner: str
    """Whose words are in it: the target's id."""
    name: str
    """As it is spoken."""
    place: str


def named_targets(plan: Plan) -> Iterator[NamedTarget]:
    """All announcements that name somebody to whom a call can be passed on, each once."""
    parties = _parties(plan)
    for target in targets_of(plan, _NOBODY).by_id.values():
        party = parties.get((target.id, target.place))
        if party is not None and _can_be_called(party, plan):
            for announcement in _said_of(target):
                yield NamedTarget(announcement, target.id, _spoken(party), target.place)


def line_key(line: Line) -> str:
    """The file key of what whoever is called hears of the line: `b04-12315`, whatever the plan."""
    return f"{OF_THE_LINE.lower()}-{line.number}"


def dialled_line(line: Line) -> tuple[str, str | None]:
    """What whoever is called hears of the line: as written, and as said if it is not read digit by digit."""
    if len(line.number) <= _LONGEST_SHORT_CODE:
        return line.number, None
    return line.spoken_name, line.spoken_name


def spoken_utility(name: str) -> str:
    """What a utility's hotline is called by people, from the document's word for it."""
    return f"{_SPOKEN_UTILITY.get(name, name)}服务热线"


def _said_of(target: TransferTarget) -> list[str]:
    sounds = ANNOUNCED[target.role]
    three_way = TransferKind.THREE_WAY in target.kinds
    said = (
        sounds.connecting if three_way else None,
        sounds.passing if TransferKind.PLAIN in target.kinds else None,
        sounds.failed if target.kinds else None,
        sounds.joined if three_way else None,
    )
    return sorted({announcement for announcement in said if announcement is not None})


def _parties(plan: Plan) -> dict[tuple[str, str], _Party]:
    """Whom the plan names, by id and by where it does so: two of different sorts may have the same id."""
    parties: list[_Party] = [center for centers in plan.centers.values() for center in centers]
    parties += [*plan.queues.values(), *plan.utilities, *plan.platforms.values()]
    return {(party.id, party.place): party for party in parties}


def _can_be_called(party: _Party, plan: Plan) -> bool:
    """Whether there is a peer, or seats of ours: for a platform that is served here, others' beside its own."""
    if isinstance(party, Queue):
        return True
    if isinstance(party, Platform) and party.served:
        return sum(platform.served for platform in plan.platforms.values()) > 1
    return party.peer is not None


def _spoken(party: _Party) -> str:
    return spoken_utility(party.name) if isinstance(party, Utility) else party.spoken_name
