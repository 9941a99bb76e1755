"""Everybody to whom a caller can be passed, and the digits that an agent presses for each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callrouter.decide.transfer_codes import Targets, keys_of, targets_of
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import QueueKind
from callrouter.vocabulary.record_words import LegRole, TransferKind
from callrouter.vocabulary.transfer import Staff
from tests.unit.decide.a_plan import LINKED, PLAN, center, platform, queue, utility

STAFF = Staff(("1001", "1002", "desk-3"), ("2001",))


def targets(plan: Plan = PLAN, staff: Staff = STAFF) -> Targets:
    return targets_of(plan, staff)


def code(identifier: str, plan: Plan = PLAN, staff: Staff = STAFF) -> str:
    return targets(plan, staff).by_id[identifier].code


@pytest.mark.parametrize(
    ("identifier", "digits", "role"),
    [
        ("tax", "12366", LegRole.BRANCH),
        ("health", "12320", LegRole.EXPERT),
        ("business", "287463", LegRole.EXPERT),
        ("water", "96510", LegRole.UTILITY),
        ("gas", "427", LegRole.UTILITY),
        ("east", "0871", LegRole.PLATFORM),
        ("neighbour", "023", LegRole.PLATFORM),
        ("1001", "1001", LegRole.COLLEAGUE),
        ("desk-3", "33753", LegRole.COLLEAGUE),
        ("supervisor", "0", LegRole.SUPERVISOR),
    ],
)
def test_each_has_its_number_its_area_code_its_account_or_the_keys_of_its_id(
    identifier: str, digits: str, role: LegRole
) -> None:
    target = targets().by_id[identifier]
    assert (target.code, target.role, target.is_first) == (digits, role, True)


def test_the_centers_and_seats_of_a_line_share_its_number_centers_first() -> None:
    plan = replace(PLAN, centers={**PLAN.centers, "12320": (center("clinic", "12320", peer="tax"),)})
    assert [one.id for one in targets(plan).by_code["12320"]] == ["clinic", "health"]
    assert [one.is_first for one in targets(plan).by_code["12320"]] == [True, False]
    both = targets().by_code["12360"]
    assert [(one.id, one.is_first) for one in both] == [("customs-north", True), ("customs-south", False)]


def test_dedicated_seats_of_one_line_have_its_number() -> None:
    minors = replace(PLAN.queues["minors"], answered_lines=("12355",))
    assert code("minors", replace(PLAN, queues={**PLAN.queues, "minors": minors})) == "12355"
    several = replace(minors, answered_lines=("12355", "12338"))
    assert code("minors", replace(PLAN, queues={**PLAN.queues, "minors": several})) == "646677"


def test_of_platforms_that_share_an_area_code_the_one_that_calls_can_be_passed_to_has_it() -> None:
    home = platform("province", PLAN.platforms["province"].level, areas=("0812",), served=True)
    bare = platform("bare", PLAN.platforms["east"].level, areas=("0812",))
    peered = platform("peered", PLAN.platforms["east"].level, areas=("0812",), peer="west")
    plan = replace(PLAN, platforms={**PLAN.platforms, "province": home, "bare": bare, "peered": peered})
    assert [code(name, plan) for name in ("peered", "province", "bare")] == ["0812", "776846", "2273"]


def test_who_comes_later_changes_nobodys_code() -> None:
    before = targets()
    later = queue("business-2", QueueKind.DEDICATED)
    tap = utility("tap", Means.PLAIN, numbers=("96510",))
    after = targets(
        replace(PLAN, queues={**PLAN.queues, later.id: later}, utilities=(*PLAN.utilities, tap)),
        Staff((*STAFF.seats, "1003"), STAFF.supervisors),
    )
    assert {name: after.by_id[name].code for name in before.by_id} == {
        name: target.code for name, target in before.by_id.items()
    }
    assert after.by_id["tap"].code == "827"


def test_who_has_no_code_of_his_own_is_chosen_by_id_and_the_admin_is_told() -> None:
    other = queue("businesses", QueueKind.DEDICATED)
    seats = Staff(("12366",))
    found = targets(replace(PLAN, queues={**PLAN.queues, other.id: other}), seats)
    assert [one.id for one in found.without_code] == ["businesses", "12366"]
    assert found.by_code["12366"][0].id == "tax"


@pytest.mark.parametrize("seat", ["tax", "customsnorth", "h", "-a"])
def test_who_can_not_be_told_apart_in_a_dialplan_can_not_be_chosen(seat: str) -> None:
    found = targets(staff=Staff((seat,)))
    assert [(one.id, one.role) for one in found.unnamed] == [(seat, LegRole.COLLEAGUE)]
    assert sum(target.role is LegRole.COLLEAGUE for target in found.by_id.values()) == 0
    assert found.by_id["tax"].role is LegRole.BRANCH


def test_no_supervisors_no_code_for_them() -> None:
    found = targets(staff=Staff(("1001",)))
    assert "supervisor" not in found.by_id
    assert "0" not in found.by_code


def test_the_kinds_are_those_of_the_document_and_either_where_it_names_none() -> None:
    kinds = {name: target.kinds for name, target in targets().by_id.items()}
    three_way, plain = TransferKind.THREE_WAY, TransferKind.PLAIN
    assert kinds["tax"] == (three_way,)
    assert kinds["customs-south"] == (plain,)
    assert kinds["power"] == kinds["bus"] == kinds["county"] == ()
    for name in ("health", "west", "1001", "supervisor"):
        assert set(kinds[name]) == {three_way, plain}


def test_from_when_each_may_be_called() -> None:
    assert targets().by_id["neighbour"].begins == LINKED
    assert targets().by_id["east"].begins is None
    opens = replace(PLAN, centers={"12366": (center("tax", "12366", opens=LINKED),)})
    assert targets(opens).by_id["tax"].begins == LINKED


def test_it_is_worked_out_once_for_a_plan_and_its_staff() -> None:
    assert targets() is targets()
    assert targets() is not targets(staff=Staff(("1001",)))


def test_the_keys_are_those_of_a_telephone() -> None:
    assert keys_of("abcdefghijkl") == "222333"
    assert keys_of("mno-pqrs") == "666777"
    assert keys_of("tuvwxyz09") == "888999"
    assert keys_of("a1-b2") == "2122"


def test_no_two_who_are_not_of_one_line_share_a_code() -> None:
    for code_, sharing in targets().by_code.items():
        assert len(sharing) == 1 or {one.role for one in sharing} <= {LegRole.BRANCH, LegRole.EXPERT}, code_
