"""decide() as a whole: total, the same however often it is asked, and of bounded memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.decide.explain import explain, explanation
from callrouter.decide.memory import MOST_KEPT, memory_of
from callrouter.decide.route import decide
from callrouter.decide.transfers import transfers_of
from callrouter.vocabulary.decision import ReasonCode
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.line import Level
from callrouter.vocabulary.migration import Landing, Mode, Phase, PhaseName
from callrouter.vocabulary.number_table import LineLists
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Connect, Dial, Release
from tests.unit.decide.a_plan import (
    ALWAYS,
    BRANCHES,
    CENTER_HOURS,
    LANDLINES,
    NINE_TO_NINE,
    NOW,
    PLAN,
    TWO_NUMBERS,
    UNSTATED,
    WORKDAYS,
    call_to,
    center,
    decided,
    line,
    phase,
    schedule,
)

INSTANTS = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds
DIALLED = st.one_of(
    st.sampled_from(sorted({*PLAN.short_codes, *PLAN.lines, *PLAN.lists.numbers(), "110", "122"})),
    st.builds(
        "{}{}".format,
        st.sampled_from(["028", "0871", "0472", "023", "+86871"]),
        st.sampled_from(sorted(PLAN.short_codes)),
    ),
    st.text(max_size=20),
)
CALLERS = st.one_of(
    st.sampled_from(["110", "0871119", "08718123456", "04728123456", "12345", "anonymous"]),
    st.text("0123456789+", max_size=15),
)
HOURS = st.sampled_from([ALWAYS, UNSTATED, NINE_TO_NINE, WORKDAYS, CENTER_HOURS])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans that a loader would let pass, if only just: odd homes, parents, hours, phases; whatever names exist."""
    names = list(PLAN.platforms)
    platforms = {
        name: replace(
            one,
            parent=draw(st.sampled_from([None, *names])),
            level=draw(st.sampled_from(Level)),
            hours=draw(HOURS),
            peer=draw(st.sampled_from([None, "west"])),
            served=draw(st.booleans()),
            dialled_directly=draw(st.booleans()),
            starts=draw(st.none() | INSTANTS),
        )
        for name, one in PLAN.platforms.items()
    }
    lines = {
        number: one._replace(level=draw(st.none() | st.sampled_from(Level)))
        for number, one in PLAN.lines.items()
    }
    lines["12300"] = line("12300", schedule(Mode.MERGED, *draw(phases())))
    centers = {
        number: tuple(
            replace(
                one,
                hours=draw(HOURS),
                peer=draw(st.none() | st.just("tax")),
                opens=draw(st.none() | INSTANTS),
            )
            for one in group
        )
        for number, group in PLAN.centers.items()
        if draw(st.booleans())
    }
    home = draw(st.sampled_from(names))
    return replace(PLAN, platforms=platforms, lines=lines, centers=centers, home=home)


@st.composite
def phases(draw: st.DrawFn) -> list[Phase]:
    """A schedule's dated phases, in order."""
    starts = sorted(draw(st.sets(INSTANTS, max_size=3)))
    return [
        phase(
            draw(st.sampled_from(PhaseName)),
            draw(st.sampled_from(Landing)),
            draw(st.sampled_from([None, "T01"])),
            starts=one,
        )
        for one in (None, *starts)
    ]


@given(
    plans(), DIALLED, CALLERS, st.sampled_from(["", *PLAN.trunks]), st.none() | st.text(max_size=5), INSTANTS
)
def test_every_call_at_every_instant_is_decided_and_ends_with_a_person_a_message_or_a_notice(
    plan: Plan, dialled: str, caller: str, trunk: str, platform: str | None, at: datetime
) -> None:
    call = call_to(dialled, caller, trunk, platform, plan)
    decision = decide(call, plan, at)
    if isinstance(decision.treatment, Release):
        assert decision.treatment.notice
        assert decision.ruling.landing is Landing.RELEASED
    else:
        assert decision.treatment.queue in {one.queue for one in plan.platforms.values()}
    assert decision.reasons
    assert all(reason.rule.startswith("dialplans/") and reason.detail for reason in decision.reasons)
    assert decide(call, plan, at) == decision == decide(call, replace(plan), at)
    transfers = transfers_of(decision.ruling, call, plan, at)
    told = explain(decision, transfers=transfers)
    json_value = explanation(decision, call, plan, at, None)
    digits = caller.strip("+")
    if len(digits) > 6 and decision.line != digits and digits not in dialled:
        assert all(digits not in one for one in told[:-1])
        assert digits not in repr(json_value)


def test_a_naive_instant_is_a_mistake_in_the_program() -> None:
    with pytest.raises(ValueError, match="zone-aware"):
        decide(call_to("12315"), PLAN, datetime(2022, 1, 1))  # noqa: DTZ001 -- the fault under test


def test_a_decision_names_the_plan_it_was_made_by() -> None:
    decision = decided("12315")
    assert (decision.plan, decision.plan_version, decision.plan_hash) == ("invented", "1.0", PLAN.hash)
    assert decision.decided_at == NOW


def test_an_area_code_does_not_change_the_line() -> None:
    assert decided("028-12315").line == decided("12315").line == "12315"


def test_a_changed_copy_of_a_plan_remembers_nothing_of_the_first() -> None:
    assert decided("12315").line == "12315"
    plan = replace(PLAN, lines={"12399": line("12399", TWO_NUMBERS)})
    assert decided("12315", NOW, plan).line is None
    assert decided("12399", NOW, plan).line == "12399"


def test_one_ruling_is_one_value_for_all_calls_under_it() -> None:
    assert decided("12315").ruling is decided("12315", caller="13900139000").ruling


def test_in_a_plan_of_many_lines_each_still_gets_its_own_ruling_and_few_are_kept() -> None:
    numbers = [f"9{place:05d}" for place in range(MOST_KEPT + 1000)]
    large = replace(PLAN, lines={number: line(number, TWO_NUMBERS) for number in numbers})
    codes = large.short_codes
    for _twice in range(2):
        for number in numbers:
            call = call_to("12345")._replace(called=parse_number(number, codes))
            assert decide(call, large, NOW).line == number
    assert len(memory_of(large).epoch_of(NOW).cases) <= MOST_KEPT


def test_listed_numbers_take_no_memory_by_being_dialled() -> None:
    rows = [(f"0355219{place:04d}", f"第{place}号") for place in range(9000)]
    large = replace(PLAN, lists=LineLists.of(LANDLINES, rows))
    for number, name in rows:
        ruling = decided(number, NOW, large).ruling
        assert (ruling.line, ruling.name) == (number, name)
    assert len(memory_of(large).epoch_of(NOW).cases) == 1


def test_what_is_told_of_a_listed_number_does_not_depend_on_which_one_was_dialled_before() -> None:
    chosen = replace(LANDLINES, illustrative=True)
    rows = [("03552190001", "一"), ("03552190002", "二")]
    plan = replace(PLAN, lists=LineLists.of(chosen, rows))
    first, second = (decided(number, NOW, plan) for number, _ in rows)
    assert second == decided("03552190002", NOW, replace(plan))
    told = {reason.code: reason.rule for reason in first.reasons}
    assert told[ReasonCode.ILLUSTRATIVE] == chosen.place.rpartition(":")[0]
    assert ReasonCode.ILLUSTRATIVE in {reason.code for reason in second.reasons}


def test_listed_numbers_with_centers_of_their_own_are_told_apart() -> None:
    listed = replace(LANDLINES, schedule=BRANCHES)
    rows = [("03552190001", "一"), ("03552190002", "二")]
    centers = {"03552190001": (center("one", "03552190001", peer="tax"),)}
    plan = replace(PLAN, lists=LineLists.of(listed, rows), centers=centers)
    by_number = {number: type(decided(number, NOW, plan).treatment) for number, _ in rows}
    assert by_number == {"03552190001": Dial, "03552190002": Connect}


def test_odd_numbers_trunks_and_instants_fill_no_memory() -> None:
    plan = replace(PLAN)
    for place in range(3000):
        decided(f"138{place:08d}", NOW, plan, trunk=f"t{place}", platform=f"p{place}")
        decided("12345", datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=place % 1000), plan)
    memory = memory_of(plan)
    assert len(memory.epoch_of(NOW).cases) < 10
    assert len(memory.epoch_of(NOW).doors) < 10
    assert memory.epochs_kept <= 4


def test_hours_that_no_stretch_says_are_counted_as_open() -> None:
    none = Hours("none", (), "dialplans/invented/plan.yaml:1:1")
    province = replace(PLAN.platforms["province"], hours=none)
    plan = replace(PLAN, platforms={**PLAN.platforms, "province": province})
    assert decided("12345", NOW, plan).treatment == decided("12345").treatment


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_are_decided_too(at: datetime) -> None:
    assert decided("12345", at, trunk="east-carrier").line == "12345"
    assert decided("12300", at).line == "12300"
