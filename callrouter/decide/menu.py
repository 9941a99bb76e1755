"""Who is offered a menu, and what becomes of him there.

Rules:
- Only whom a person of the menu's `otherwise` would answer now: a menu changes which seats are asked, nothing else.
  Seats of a line, other platforms, centers and closed hours are as without it.
- An emergency, whom somebody has handed over, and whoever calls the minors' line never meet one.
- At 12345 and unknown numbers the menu is the greeting. What a line must say (that it has merged, say) is said behind
  the menu, while the seats ring: one front notice, as ever.
- AFTER is the whole of the behaviour: for each state and each thing that can happen there is one next state. The
  dialplan's [menu] does the same without us, and a test holds the two against each other.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from callrouter.decide.after_call import MINORS_NOTICE
from callrouter.decide.ruling import Case
from callrouter.vocabulary.decision import Reason, ReasonCode, Ruling
from callrouter.vocabulary.menu import Menu, MenuDesk
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Ask, Connect


def offered(case: Case, desk: MenuDesk, plan: Plan) -> Case:
    """The case with the menu of its desk in it, wherever the plan has one for whoever called so."""
    found = (menu for menu in plan.menus or () if menu.desk is desk and _is_for(menu, case.ruling.line))
    menu = next(found, None)
    return case if menu is None else _with(case, menu, plan)


def _is_for(menu: Menu, line: str | None) -> bool:
    return menu.desk is not MenuDesk.LINES or line in menu.lines


def _with(case: Case, menu: Menu, plan: Plan) -> Case:
    otherwise = None if case.otherwise is None else _with(case.otherwise, menu, plan)
    return Case(_asked(case.ruling, menu, plan), case.hours, otherwise)


def _asked(ruling: Ruling, menu: Menu, plan: Plan) -> Ruling:
    treatment = ruling.treatment
    if not isinstance(treatment, Connect) or treatment.queue != menu.otherwise or _is_spared(ruling, plan):
        return ruling
    is_greeting = menu.desk is not MenuDesk.LINES
    notice = None if is_greeting else treatment.notice
    reason = Reason.at(
        ReasonCode.MENU_OFFERED,
        menu.place,
        f"先请来电人按键选择（{menu.id}） / the caller is offered a menu first ({menu.id})",
    )
    return ruling._replace(
        treatment=Ask(menu.id, notice, treatment.queue, treatment.priority),
        announcement=None if is_greeting else ruling.announcement,
        reasons=(*ruling.reasons, reason),
    )


def _is_spared(ruling: Ruling, plan: Plan) -> bool:
    """Nothing may stand between these callers and a person."""
    minors = {
        line
        for queue in plan.queues.values()
        if queue.own_announcement == MINORS_NOTICE
        for line in queue.direct_lines
    }
    return (
        ruling.mode is Mode.EMERGENCY
        or ruling.source is not None
        or ruling.announcement == MINORS_NOTICE
        or ruling.line in minors
    )


class MenuState(StrEnum):
    """Where a caller is in a menu."""

    THREE_LEFT = "three_left"
    """He is asked, and may be asked twice again."""
    TWO_LEFT = "two_left"
    ONE_LEFT = "one_left"
    CHOSEN = "chosen"
    """He is put to the seats of his choice; by 0, to those of `otherwise`."""
    GIVEN_UP = "given_up"
    """He is told so and put to the seats of `otherwise`."""
    GONE = "gone"


class Stimulus(StrEnum):
    """What can happen in a menu."""

    CHOICE = "choice"
    """A key of the menu, or 0."""
    WRONG_KEY = "wrong_key"
    """Another key; * and # too."""
    NO_KEY = "no_key"
    """The time behind the announcement is over."""
    FAULT = "fault"
    """The announcement can't be played."""
    HANG_UP = "hang_up"


class Step(NamedTuple):
    """What follows."""

    state: MenuState
    says: tuple[str, ...] = ()
    """Played now, by file key; `menu` stands for the menu's own announcement."""


OWN: Final = "menu"
"""The menu's own announcement, in `Step.says`."""
WRONG: Final = "i01"
PERSON_FOLLOWS: Final = "i02"
FIRST: Final = {1: MenuState.ONE_LEFT, 2: MenuState.TWO_LEFT, 3: MenuState.THREE_LEFT}
"""Where a caller begins, by the menu's tries."""
ENDS: Final = (MenuState.CHOSEN, MenuState.GIVEN_UP, MenuState.GONE)
"""Whatever happens then is no menu's matter."""

_CHOSEN, _GONE = Step(MenuState.CHOSEN), Step(MenuState.GONE)
_GIVEN_UP = Step(MenuState.GIVEN_UP, (PERSON_FOLLOWS,))

AFTER: Final[dict[tuple[MenuState, Stimulus], Step]] = {
    (MenuState.THREE_LEFT, Stimulus.CHOICE): _CHOSEN,
    (MenuState.THREE_LEFT, Stimulus.WRONG_KEY): Step(MenuState.TWO_LEFT, (WRONG, OWN)),
    (MenuState.THREE_LEFT, Stimulus.NO_KEY): Step(MenuState.TWO_LEFT, (OWN,)),
    (MenuState.THREE_LEFT, Stimulus.FAULT): _GIVEN_UP,
    (MenuState.THREE_LEFT, Stimulus.HANG_UP): _GONE,
    (MenuState.TWO_LEFT, Stimulus.CHOICE): _CHOSEN,
    (MenuState.TWO_LEFT, Stimulus.WRONG_KEY): Step(MenuState.ONE_LEFT, (WRONG, OWN)),
    (MenuState.TWO_LEFT, Stimulus.NO_KEY): Step(MenuState.ONE_LEFT, (OWN,)),
    (MenuState.TWO_LEFT, Stimulus.FAULT): _GIVEN_UP,
    (MenuState.TWO_LEFT, Stimulus.HANG_UP): _GONE,
    (MenuState.ONE_LEFT, Stimulus.CHOICE): _CHOSEN,
    (MenuState.ONE_LEFT, Stimulus.WRONG_KEY): _GIVEN_UP,
    (MenuState.ONE_LEFT, Stimulus.NO_KEY): _GIVEN_UP,
    (MenuState.ONE_LEFT, Stimulus.FAULT): _GIVEN_UP,
    (MenuState.ONE_LEFT, Stimulus.HANG_UP): _GONE,
    **{(end, stimulus): Step(end) for end in ENDS for stimulus in Stimulus},
}
"""The whole of it."""
