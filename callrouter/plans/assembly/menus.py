"""The operator's menus, each with the place where it is written."""

from __future__ import annotations

from callrouter.plans.meaning.drafts import OperatorDraft
from callrouter.vocabulary.menu import Menu, MenuKey


def menus_of(operator: OperatorDraft) -> tuple[Menu, ...] | None:
    """Every menu; None if there is none, as in every plan of a document."""
    made = tuple(
        Menu(
            id=item.part.id,
            announcement=item.part.announcement,
            desk=item.part.desk,
            lines=tuple(item.part.lines),
            choices=tuple(MenuKey(choice.key, choice.queue) for choice in item.part.choices),
            otherwise=item.part.otherwise,
            tries=item.part.tries,
            timeout_s=item.part.timeout_s,
            place=item.place,
        )
        for item in operator.menus
    )
    return made or None
