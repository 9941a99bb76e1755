"""What the caller asked for by key: to be called back, or something of a menu. Pure.

Rules:
- A menu that is offered again before anything came of it is the same one: the caller pressed a wrong key, or none.
- Of several requests to be called back the first counts: the caller waits since then.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from callrouter.records.fold.facts import CHOSEN, GIVEN_UP, OFFERED, REQUESTED, Fact
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_parts import CallBack, MenuChoice
from callrouter.vocabulary.record_words import Anomaly

_CALL_BACK_EVENT: Final = JournalEvent.CALL_BACK.value
_MENU_EVENT: Final = JournalEvent.MENU.value
_KEYS: Final = frozenset("0123456789")


class Request(NamedTuple):
    """To be called back."""

    call_back: CallBack
    at_us: int


def request_of(journal: Journal, number: str) -> Request | None:
    """Give the request to be called back at the caller's number; None when there is none."""
    for fact in journal.facts[_CALL_BACK_EVENT]:
        if fact.state == REQUESTED:
            return Request(CallBack(journal.at(fact.at_us), number or None), fact.at_us)
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
    return None


def menu_of(journal: Journal) -> tuple[MenuChoice, ...]:
    """Give the menus that the caller was offered, in order."""
    facts = journal.facts[_MENU_EVENT]
    if not facts:
        return ()
    choices: list[MenuChoice] = []
    offered: tuple[str, int] | None = None
    for fact in facts:
        menu = _menu(journal, fact)
        if fact.state == OFFERED:
            if offered is not None and offered[0] == menu:
                continue
            if offered is not None:
                choices.append(MenuChoice(offered[0], journal.at(offered[1]), None))
            offered = (menu, fact.at_us)
            continue
        if offered is None or offered[0] != menu:
            journal.anomalies.add(Anomaly.MENU_UNPAIRED)
            if offered is not None:
                choices.append(MenuChoice(offered[0], journal.at(offered[1]), None))
            offered = (menu, fact.at_us)
        choices.append(MenuChoice(menu, journal.at(offered[1]), _key(journal, fact)))
        offered = None
    if offered is not None:
        choices.append(MenuChoice(offered[0], journal.at(offered[1]), None))
    return tuple(choices)


def _menu(journal: Journal, fact: Fact) -> str:
    menu = fact.text("menu")
    if menu is None or fact.state not in {OFFERED, CHOSEN, GIVEN_UP}:
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
    return menu or ""


def _key(journal: Journal, fact: Fact) -> str | None:
    if fact.state != CHOSEN:
        return None
    key = fact.text("key")
    if key in _KEYS:
        return key
    journal.anomalies.add(Anomaly.UNREADABLE_FACT)
    return None
