"""A call that another platform passed on: its line and its source are believed, and it is never sent round again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callrouter.decide.dialled_line import has_come_back
from callrouter.decide.passed_on import carried, is_believed, line_told, path_of
from callrouter.decide.route import decide
from callrouter.vocabulary.call import ALL_FINDERS, Clues
from callrouter.vocabulary.context import LONGEST_PATH, PassedOn, read
from callrouter.vocabulary.decision import Decision, ReasonCode
from callrouter.vocabulary.treatment import Connect, Dial
from tests.unit.decide.a_plan import NOW, PLAN, call_to, decided, trunk

PILOT = "02886110000"
LINE = "12315"
NEIGHBOURS = trunk("neighbours", source="platform:neighbour", finders=ALL_FINDERS, pilots=frozenset({PILOT}))
WITH_NEIGHBOURS = replace(PLAN, trunks={**PLAN.trunks, "neighbours": NEIGHBOURS})
FROM_NEIGHBOUR = PassedOn("node9-1.2", ("neighbour",), LINE)
BRANCH = "12366"
"""Its calls go to its own center."""


def passed_on(dialled: str, told: PassedOn | None, *, came_back: bool = False) -> Decision:
    call = call_to(dialled, trunk="neighbours")._replace(passed_on=told, came_back=came_back)
    return decide(call, WITH_NEIGHBOURS, NOW)


def came_round(decision: Decision) -> bool:
    return ReasonCode.CAME_ROUND in {reason.code for reason in decision.reasons}


def test_c36_an_emergency_service_tells_its_case_and_never_who_it_is() -> None:
    told = FROM_NEIGHBOUR._replace(case="110-20261123-7", source="platform:neighbour")
    call = call_to("12345", trunk="police")._replace(passed_on=told)
    ruling = decide(call, PLAN, NOW).ruling
    assert ruling.source == "emergency:110"
    assert "case=110-20261123-7" in carried(ruling, call)


def test_only_a_trunk_by_which_somebody_hands_calls_over_is_listened_to() -> None:
    assert is_believed(NEIGHBOURS)
    assert not is_believed(PLAN.trunks["carrier"])
    assert is_believed(PLAN.trunks["police"])
    assert not is_believed(None)


def test_the_line_that_was_dialled_there_is_known_here_if_the_plan_has_it() -> None:
    number = line_told(FROM_NEIGHBOUR, PLAN)
    assert number is not None
    assert getattr(number, "digits", None) == LINE
    assert line_told(FROM_NEIGHBOUR._replace(line="99999"), PLAN) is None
    assert line_told(FROM_NEIGHBOUR._replace(line=None), PLAN) is None
    assert line_told(FROM_NEIGHBOUR._replace(line="110"), PLAN) is None


def test_who_handed_it_over_there_handed_it_over_here() -> None:
    ruling = passed_on("12345", FROM_NEIGHBOUR._replace(source="emergency:110")).ruling
    assert (ruling.source, ruling.announcement) == ("emergency:110", "M05")
    assert passed_on("12345", FROM_NEIGHBOUR).ruling.source == "platform:neighbour"


def test_what_comes_from_elsewhere_is_passed_on_as_ever() -> None:
    assert isinstance(decided(BRANCH).treatment, Dial)
    decision = passed_on(BRANCH, FROM_NEIGHBOUR)
    assert isinstance(decision.treatment, Dial)
    assert not came_round(decision)


@pytest.mark.parametrize("path", [("province",), ("neighbour", "province"), ("province", "neighbour")])
def test_c12_a_call_that_has_passed_us_is_answered_here(path: tuple[str, ...]) -> None:
    decision = passed_on(BRANCH, FROM_NEIGHBOUR._replace(path=path))
    assert isinstance(decision.treatment, Connect)
    assert came_round(decision)


def test_c12_what_came_round_changes_no_call_that_did_not() -> None:
    before = decided(BRANCH)
    passed_on(BRANCH, FROM_NEIGHBOUR._replace(path=("province",)))
    assert decided(BRANCH) == before


def test_c12_a_call_that_a_line_of_ours_forwarded_back_is_answered_here() -> None:
    decision = passed_on(BRANCH, None, came_back=True)
    assert isinstance(decision.treatment, Connect)
    assert came_round(decision)


@pytest.mark.parametrize(
    ("users", "loops"),
    [
        ((LINE, "12345"), False),  # dialled first, forwarded to us
        (("12345",), False),
        ((PILOT, "12345"), False),  # the carrier's own way to us
        (("12345", "13800138000"), False),  # of nobody in the plan
        (("12345", LINE), True),
        ((PILOT, LINE, "12345"), True),
        ((LINE, PILOT, "12300"), True),
    ],
)
def test_c12_a_chain_comes_back_when_a_line_of_the_plan_stands_behind_a_number_of_ours(
    users: tuple[str, ...], loops: bool
) -> None:
    upwards = tuple(f"<sip:{user}@192.0.2.1>" for user in reversed(users))
    downwards = ",".join(f"<sip:{user}@192.0.2.1>;index=1{'.1' * place}" for place, user in enumerate(users))
    assert has_come_back(Clues(PILOT, diversion=upwards), NEIGHBOURS, PLAN) is loops
    assert has_come_back(Clues(PILOT, history_info=(downwards,)), NEIGHBOURS, PLAN) is loops
    assert not has_come_back(Clues(PILOT), NEIGHBOURS, PLAN)


def test_a_platform_that_is_not_served_here_has_not_had_the_call_that_goes_to_it() -> None:
    call = call_to("02312345")
    ruling = decided("02312345").ruling
    assert isinstance(ruling.treatment, Dial)
    assert ruling.entry == ruling.platform == "neighbour"
    assert path_of(ruling, call) == ("province",)


def test_a_path_grows_by_us_and_keeps_its_newest() -> None:
    call = call_to("12345")
    ruling = decided("12345").ruling
    assert path_of(ruling, call) == ("province",)
    assert path_of(ruling, call._replace(passed_on=FROM_NEIGHBOUR)) == ("neighbour", "province")
    long = FROM_NEIGHBOUR._replace(path=tuple(f"p{place}" for place in range(LONGEST_PATH)))
    assert path_of(ruling, call._replace(passed_on=long)) == (*long.path[1:], "province")


def test_what_is_carried_is_read_by_the_next_with_the_calls_id_before_it() -> None:
    call = call_to(LINE)
    decision = decided(LINE)
    told = read(f"v1&case=node1-1.2&{carried(decision.ruling, call)}")
    assert told is not None
    assert (told.case, told.path, told.line, told.source) == ("node1-1.2", ("province",), LINE, None)
    assert told.rule == decision.reasons[0].rule


def test_a_word_that_cannot_be_told_is_left_out() -> None:
    reason = decided(LINE).reasons[0]._replace(rule="计划/lines.yaml:14")
    ruling = decided(LINE).ruling._replace(reasons=(reason,))
    assert "rule=" not in carried(ruling, call_to(LINE))
