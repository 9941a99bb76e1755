"""Menus: who is offered one, and what becomes of him there, whatever he does."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from callrouter.asterisk_link.verdict import verdict_of
from callrouter.decide.explain import explain
from callrouter.decide.menu import AFTER, ENDS, FIRST, OWN, MenuState, Stimulus, offered
from callrouter.decide.ruling import Case
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import ReasonCode
from callrouter.vocabulary.menu import Menu, MenuDesk, MenuKey
from callrouter.vocabulary.numbers import UnknownNumber
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Answers, Queue, QueueKind
from callrouter.vocabulary.treatment import Ask, Connect
from tests.unit.decide.a_plan import NOW, PLAN, decided

GENERAL = PLAN.platforms[PLAN.home].queue
MENU = Menu(
    "language", "own-language", MenuDesk.HUB, (), (MenuKey("2", "mongolian"),), GENERAL, 2, 5, "operator.yaml:9:5"
)  # fmt: skip
SEATS = replace(PLAN.queues[GENERAL], id="mongolian", kind=QueueKind.DEDICATED)


def with_menu(**changed: Any) -> Plan:
    menu = replace(MENU, **changed)
    return replace(PLAN, menus=(menu,), queues={**PLAN.queues, SEATS.id: SEATS})


def minors(number: str) -> Queue:
    return replace(
        SEATS, id="minors", answers=Answers.LINE, answered_lines=(number,), own_announcement="Z01", starts=None
    )  # fmt: skip


@pytest.mark.parametrize(
    ("desk", "lines", "asked"),
    [
        (MenuDesk.HUB, (), {"12345"}),
        (MenuDesk.UNKNOWN, (), {"1"}),
        (MenuDesk.LINES, ("12315",), {"12315"}),
        (MenuDesk.LINES, ("03552180099",), {"03552180099"}),
    ],
)
def test_a_menu_is_offered_to_callers_of_its_desk_alone(
    desk: MenuDesk, lines: tuple[str, ...], asked: set[str]
) -> None:
    plan = with_menu(desk=desk, lines=lines)
    dialled = ("12345", "1", "12315", "12366", "03552180099", "087163119001", "110")
    found = {number for number in dialled if isinstance(decided(number, plan=plan).treatment, Ask)}
    assert found == asked


def test_no_menu_by_default() -> None:
    assert PLAN.menus is None
    for number in ("12345", "1", "12315", "110"):
        assert not isinstance(decided(number).treatment, Ask)


def test_at_12345_the_menu_is_the_greeting_and_who_chooses_nothing_is_where_he_would_be_without_it() -> None:
    before = decided("12345").treatment
    assert isinstance(before, Connect)
    decision = decided("12345", plan=with_menu())
    assert decision.treatment == Ask("language", None, before.queue, before.priority)
    assert decision.ruling.announcement is None
    reason = decision.reasons[-1]
    assert (reason.code, reason.rule) == (ReasonCode.MENU_OFFERED, "operator.yaml:9")


def test_what_a_line_must_say_is_said_behind_the_menu() -> None:
    before = decided("12315").ruling
    after = decided("12315", plan=with_menu(desk=MenuDesk.LINES, lines=("12315",))).ruling
    assert isinstance(before.treatment, Connect)
    assert before.treatment.notice
    assert after.treatment.notice == before.treatment.notice
    assert after.announcement == before.announcement


@pytest.mark.parametrize("number", ["110", "119", "120", "122"])
def test_an_emergency_never_meets_one(number: str) -> None:
    for desk in MenuDesk:
        plan = with_menu(desk=desk, lines=(number,))
        assert isinstance(decided(number, plan=plan).treatment, Connect)


def test_not_even_a_ruling_of_an_emergency_can_be_given_one() -> None:
    case = Case(decided("110").ruling)
    assert offered(case, MenuDesk.UNKNOWN, with_menu(desk=MenuDesk.UNKNOWN)) == case
    other = Case(decided("1").ruling)
    assert offered(other, MenuDesk.UNKNOWN, with_menu(desk=MenuDesk.UNKNOWN)) != other


def test_whom_an_emergency_service_handed_over_never_meets_one_whatever_he_dialled() -> None:
    for desk, number in ((MenuDesk.HUB, "12345"), (MenuDesk.UNKNOWN, "1"), (MenuDesk.LINES, "12315")):
        plan = with_menu(desk=desk, lines=("12315",))
        assert isinstance(decided(number, plan=plan).treatment, Ask)
        assert isinstance(decided(number, plan=plan, caller="110").treatment, Connect)


def test_whoever_calls_the_minors_line_never_meets_one_not_even_while_its_seats_have_not_begun() -> None:
    plan = with_menu(desk=MenuDesk.LINES, lines=("12315",))
    plan = replace(
        plan, queues={**plan.queues, "minors": replace(minors("12315"), starts=NOW.replace(year=2099))}
    )
    assert isinstance(decided("12315", plan=plan).treatment, Connect)
    plan = replace(plan, queues={**plan.queues, "minors": minors("12315")})
    assert isinstance(decided("12315", plan=plan).treatment, Connect)


def test_who_would_be_put_to_other_seats_is_not_asked() -> None:
    plan = with_menu(otherwise="mongolian")
    assert isinstance(decided("12345", plan=plan).treatment, Connect)


def test_the_verdict_names_the_menu_behind_the_flags() -> None:
    call = Call("node1-1.2", UnknownNumber(""), FoundBy.REQUEST_URI, UnknownNumber(""), "carrier", NOW)
    decision = decided("12345", plan=with_menu())
    fields = verdict_of(call, decision, survey=True).split("|")
    assert [*fields[:5], *fields[6:8]] == ["v1", "menu", "", GENERAL, "0", "survey", "language"]
    assert "treatment=menu" in fields[5].split("&")


def test_it_is_explained_in_both_tongues() -> None:
    told = "\n".join(explain(decided("12345", plan=with_menu())))
    assert "先放菜单 language" in told
    assert "menu language, then " in told


def test_the_table_is_total_and_every_way_ends_with_a_person_within_three_keys() -> None:
    assert AFTER.keys() == set(product(MenuState, Stimulus))
    for first in FIRST.values():
        for stimuli in product(Stimulus, repeat=3):
            state = first
            for stimulus in stimuli:
                state = AFTER[state, stimulus].state
            assert state in ENDS
            assert (state is MenuState.GONE) is _hung_up_before_the_end(first, stimuli)


def _hung_up_before_the_end(state: MenuState, stimuli: tuple[Stimulus, ...]) -> bool:
    for stimulus in stimuli:
        if stimulus is Stimulus.HANG_UP:
            return state not in ENDS
        state = AFTER[state, stimulus].state
    return False


LEFT = {MenuState.THREE_LEFT: 3, MenuState.TWO_LEFT: 2, MenuState.ONE_LEFT: 1}


@pytest.mark.parametrize(("state", "stimulus"), sorted(product(MenuState, Stimulus)))
def test_each_pair_by_its_rule(state: MenuState, stimulus: Stimulus) -> None:
    step = AFTER[state, stimulus]
    if state in ENDS:
        assert step == (state, ())
    elif stimulus is Stimulus.HANG_UP:
        assert step == (MenuState.GONE, ())
    elif stimulus is Stimulus.CHOICE:
        assert step == (MenuState.CHOSEN, ())
    elif stimulus is Stimulus.FAULT or LEFT[state] == 1:
        assert step == (MenuState.GIVEN_UP, ("i02",))
    else:
        assert LEFT[step.state] == LEFT[state] - 1
        assert step.says == (("i01", OWN) if stimulus is Stimulus.WRONG_KEY else (OWN,))
