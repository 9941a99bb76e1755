"""Whether an agent may pass the caller to somebody, and if not, why and what to do instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from callrouter.asterisk_link.verdict import decision_facts
from callrouter.decide.transfer_target import Asking, Offer, at_hand, at_hand_of, offers, target_for
from callrouter.vocabulary.context import PassedOn
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import Allowed, CallAtHand, Refused, RefusedTarget, Staff
from tests.unit.decide.a_plan import (
    BEIJING,
    CANCELLED,
    CENTERS,
    LINKED,
    NOW,
    PLAN,
    ROUND_THE_CLOCK,
    SECOND,
    call_to,
    center,
    decided,
)

THREE_WAY, PLAIN = TransferKind.THREE_WAY, TransferKind.PLAIN
STAFF = Staff(("1001", "1002"), ("2001",))
HUB = CallAtHand(Mode.HUB, "province")
SATURDAY = datetime(2022, 1, 8, 12, tzinfo=BEIJING)


def asked(
    target: str,
    kind: TransferKind = THREE_WAY,
    call: CallAtHand = HUB,
    at: datetime = NOW,
    *,
    plan: Plan = PLAN,
    agent: str = "1001",
    staff: Staff = STAFF,
) -> Allowed | Refused:
    return target_for(target, kind, Asking(call, plan, at, agent, staff))


def allowed(target: str, kind: TransferKind = THREE_WAY, call: CallAtHand = HUB, at: datetime = NOW) -> str:
    answer = asked(target, kind, call, at)
    assert isinstance(answer, Allowed), answer
    return answer.target.id


def refused(
    target: str, kind: TransferKind = THREE_WAY, call: CallAtHand = HUB, at: datetime = NOW
) -> tuple[RefusedTarget, Means | None]:
    answer = asked(target, kind, call, at)
    assert isinstance(answer, Refused), answer
    zh, slash, en = answer.reason.partition(" / ")
    assert slash
    assert zh
    assert en.isascii()
    return answer.why, answer.instead


@pytest.mark.parametrize(
    ("named", "kind", "target"),
    [
        ("tax", THREE_WAY, "tax"),
        ("12366", THREE_WAY, "tax"),
        ("96510", PLAIN, "water"),
        ("business", PLAIN, "business"),
        ("287463", THREE_WAY, "business"),
        ("0871", PLAIN, "east"),
        ("west", THREE_WAY, "west"),
        ("1002", THREE_WAY, "1002"),
        ("0", PLAIN, "supervisor"),
    ],
)
def test_a_target_is_named_by_its_id_or_by_its_code(named: str, kind: TransferKind, target: str) -> None:
    assert allowed(named, kind) == target


@pytest.mark.parametrize("free", ["13800138000", "02886110000", "", "9", "../tax", "tax,s,1", "1" * 5000])
def test_nobody_is_called_by_a_free_number(free: str) -> None:
    assert refused(free) == (RefusedTarget.UNKNOWN, None)


@pytest.mark.parametrize("dialled", ["12345", "12366", "12315", "1", "96510"])
def test_a_callers_matter_need_not_be_his_numbers(dialled: str) -> None:
    call = call_to(dialled)
    assert allowed("12366", call=at_hand_of(decided(dialled).ruling, call, PLAN)) == "tax"


@pytest.mark.parametrize(("area", "target"), [("0472", "customs-north"), ("0871", "customs-south")])
def test_c24_of_several_centers_the_one_for_the_callers_area_is_meant(area: str, target: str) -> None:
    assert allowed("12360", PLAIN, HUB._replace(area=area)) == target
    caller = parse_number(f"{area}8123456", PLAN.short_codes)
    assert allowed("12360", PLAIN, HUB._replace(caller=caller)) == target
    assert allowed("customs-south", PLAIN, HUB._replace(area=area)) == "customs-south"


def test_a_lines_seats_are_meant_while_its_center_can_not_be_called() -> None:
    shut = center("clinic", "12320", peer="tax", hours=CENTERS["12348"][0].hours)
    plan = replace(PLAN, centers={**PLAN.centers, "12320": (shut,)})
    health = replace(PLAN.queues["health"], hours=None)
    plan = replace(plan, queues={**plan.queues, "health": health})
    weekday, weekend = asked("12320", plan=plan), asked("12320", at=SATURDAY, plan=plan)
    assert isinstance(weekday, Allowed)
    assert isinstance(weekend, Allowed)
    assert (weekday.target.id, weekend.target.id) == ("clinic", "health")


def test_of_several_that_can_not_be_called_the_first_tells_why() -> None:
    bare = center("clinic", "12320", peer=None)
    answer = asked("12320", PLAIN, at=SATURDAY, plan=replace(PLAN, centers={"12320": (bare,)}))
    assert isinstance(answer, Refused)
    assert (answer.target, answer.why) == ("clinic", RefusedTarget.OTHER_KIND)
    answer = asked("12320", at=SATURDAY, plan=replace(PLAN, centers={"12320": (bare,)}))
    assert isinstance(answer, Refused)
    assert (answer.target, answer.why) == ("clinic", RefusedTarget.NO_PEER)


@pytest.mark.parametrize(
    ("means", "instead"),
    [((Means.PLAIN, Means.GUIDE), Means.GUIDE), ((Means.PLAIN, Means.GUIDE, Means.TICKET), Means.TICKET)],
)
def test_where_the_document_only_guides_callers_they_are_guided(
    means: tuple[Means, ...], instead: Means
) -> None:
    (water, *_) = PLAN.utilities
    plan = replace(PLAN, utilities=(replace(water, means=means),))
    answer = asked("water", PLAIN, at=SATURDAY, plan=plan)
    assert isinstance(answer, Refused)
    assert (answer.why, answer.instead) == (RefusedTarget.CLOSED, instead)


def test_c21_the_kind_is_the_documents() -> None:
    assert refused("tax", PLAIN) == (RefusedTarget.OTHER_KIND, None)
    assert refused("customs-south", THREE_WAY) == (RefusedTarget.OTHER_KIND, None)


def test_c22_where_no_call_can_go_a_ticket_can() -> None:
    ticket = Means.TICKET
    assert refused("12367") == (RefusedTarget.NO_PEER, ticket)
    assert refused("12348", at=SATURDAY) == (RefusedTarget.CLOSED, ticket)
    assert refused("health", PLAIN, at=SATURDAY) == (RefusedTarget.CLOSED, ticket)
    assert refused("power", PLAIN) == (RefusedTarget.TICKET_ONLY, ticket)
    assert refused("county", PLAIN) == (RefusedTarget.TICKET_ONLY, ticket)
    assert refused("0472", PLAIN) == (RefusedTarget.NO_PEER, ticket)


def test_c23_unstated_hours_are_not_counted_on_and_who_has_not_begun_is_not_called() -> None:
    assert refused("tax", at=ROUND_THE_CLOCK - SECOND) == (RefusedTarget.HOURS_UNSTATED, Means.TICKET)
    assert allowed("tax", at=ROUND_THE_CLOCK) == "tax"
    assert refused("minors", PLAIN, at=CANCELLED - SECOND) == (RefusedTarget.NOT_YET, Means.TICKET)
    assert allowed("minors", PLAIN, at=CANCELLED) == "minors"
    assert refused("023", PLAIN, at=LINKED - SECOND) == (RefusedTarget.NOT_YET, Means.TICKET)
    assert allowed("023", PLAIN, at=LINKED) == "neighbour"
    (tax,) = CENTERS["12366"]
    plan = replace(PLAN, centers={"12366": (replace(tax, opens=NOW + SECOND),)})
    answer = asked("tax", plan=plan)
    assert isinstance(answer, Refused)
    assert answer.why is RefusedTarget.NOT_YET


def test_c26_who_answers_for_himself_is_told_to_the_caller() -> None:
    assert refused("12380") == (RefusedTarget.GUIDE_ONLY, Means.GUIDE)
    assert refused("bus", PLAIN) == (RefusedTarget.GUIDE_ONLY, Means.GUIDE)


def test_seats_that_nobody_sits_at_are_not_rung() -> None:
    empty = replace(PLAN.queues["business"], seats=())
    answer = asked("business", PLAIN, plan=replace(PLAN, queues={**PLAN.queues, "business": empty}))
    assert isinstance(answer, Refused)
    assert (answer.why, answer.instead) == (RefusedTarget.NO_SEATS, Means.TICKET)


@pytest.mark.parametrize("number", ["12345", "12315", "03552180099"])
def test_what_we_answer_ourselves_is_here(number: str) -> None:
    assert refused(number) == (RefusedTarget.HERE, None)


def test_nobody_is_passed_to_the_platform_that_has_the_call() -> None:
    assert refused("028", PLAIN) == (RefusedTarget.HERE, None)
    assert refused("0871", PLAIN, HUB._replace(platform="east")) == (RefusedTarget.HERE, None)
    assert allowed("province", PLAIN, HUB._replace(platform="east")) == "province"


@pytest.mark.parametrize("came", [{"path": ("neighbour", "west")}, {"source": "platform:west"}])
def test_a_call_does_not_go_back_where_it_has_come_from(came: dict[str, object]) -> None:
    call = HUB._replace(**came)  # type: ignore[arg-type]  # each is a field of its own type
    assert refused("west", PLAIN, call) == (RefusedTarget.LOOP, Means.TICKET)
    assert allowed("east", PLAIN, call) == "east"
    assert allowed("tax", THREE_WAY, call) == "tax"


def test_nobody_passes_a_call_to_himself() -> None:
    assert refused("1001", PLAIN) == (RefusedTarget.YOURSELF, None)
    for staff, why in ((Staff((), ("1001",)), RefusedTarget.YOURSELF), (Staff((), ("1001", "2001")), None)):
        answer = asked("0", PLAIN, staff=staff)
        assert (answer.why if isinstance(answer, Refused) else None) is why


@pytest.mark.parametrize("number", ["110", "119", "120", "122"])
def test_emergency_services_are_reached_by_other_ways(number: str) -> None:
    assert refused(number) == (RefusedTarget.EMERGENCY, Means.GUIDE)


def test_an_emergency_call_goes_to_our_own_seats_alone() -> None:
    call = at_hand_of(decided("110").ruling, call_to("110"), PLAN)
    assert refused("tax", THREE_WAY, call) == (RefusedTarget.EMERGENCY, None)
    assert refused("business", PLAIN, call) == (RefusedTarget.EMERGENCY, None)
    assert allowed("1002", PLAIN, call) == "1002"
    assert allowed("0", THREE_WAY, call) == "supervisor"


@pytest.mark.parametrize("dialled", ["12345", "087112360", "12366", "110", "1", "12300"])
@pytest.mark.parametrize("trunk", ["carrier", "east-carrier", "cities", "police"])
def test_what_travels_on_the_channel_tells_as_much_as_the_decision(dialled: str, trunk: str) -> None:
    call = call_to(dialled, trunk=trunk)
    decision = decided(dialled, trunk=trunk)
    assert at_hand(decision_facts(call, decision), call.caller, PLAN) == at_hand_of(
        decision.ruling, call, PLAN
    )


def test_the_path_is_what_other_platforms_told_and_the_platform_of_ours_where_it_came_in() -> None:
    told = PassedOn("node9-1.2", ("neighbour", "west"))
    for trunk, entry in (
        ("east-carrier", ("east",)),
        ("west-carrier", ("province",)),
        ("carrier", ("province",)),
    ):
        call = call_to("12345", trunk=trunk)._replace(passed_on=told)
        decision = decided("12345", trunk=trunk)
        hand = at_hand(decision_facts(call, decision), call.caller, PLAN)
        assert hand == at_hand_of(decision.ruling, call, PLAN)
        assert hand.path == ("neighbour", "west", *entry)
    assert at_hand({"entry": "gone", "path": "a+b"}, HUB.caller, PLAN).path == ("a", "b")


@pytest.mark.parametrize("facts", [{}, {"mode": "", "platform": ""}, {"mode": "odd", "platform": "gone"}])
def test_of_a_call_that_nobody_decided_about_home_is_known(facts: dict[str, str]) -> None:
    assert at_hand(facts, HUB.caller, PLAN) == CallAtHand(Mode.UNKNOWN, PLAN.home, caller=HUB.caller)


def offered(call: CallAtHand = HUB, at: datetime = NOW) -> dict[str, Offer]:
    return {offer.target.id: offer for offer in offers(Asking(call, PLAN, at, "1001", STAFF))}


def test_the_desk_shows_everybody_those_of_the_callers_line_first() -> None:
    shown = offered(HUB._replace(line="12360", area="0871"))
    assert list(shown)[:2] == ["customs-north", "customs-south"]
    assert shown.keys() == offered().keys()


def test_the_desk_shows_what_an_agent_would_be_answered() -> None:
    for call in (HUB, HUB._replace(mode=Mode.EMERGENCY), HUB._replace(path=("west",))):
        for at in (NOW, SATURDAY, LINKED - timedelta(days=400)):
            for name, offer in offered(call, at).items():
                for kind in TransferKind:
                    answer = asked(name, kind, call, at)
                    assert (kind in offer.kinds) is isinstance(answer, Allowed)
                assert (offer.refused is None) is bool(offer.kinds)
