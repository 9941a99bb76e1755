"""Calls of every kind to a plan, that hypothesis makes."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from tests.unit.plans.plan_part_strategies import Draw, instants


@st.composite
def calls(draw: Draw, plan: Plan) -> tuple[Call, datetime]:
    """Any call to a plan, and an instant: also the very boundaries of its phases."""
    known = plan.short_codes
    dialled = draw(
        st.one_of(
            st.sampled_from(
                [*plan.lines, *plan.lists.numbers(), plan.hub.number, *plan.emergencies, "96000"]
            ),
            st.text("0123456789+-* ", max_size=14),
            st.text(max_size=4),
        )
    )
    caller = draw(
        st.sampled_from(["13800138000", "09992181234", "110", "119", "", "anonymous", "0102345678"])
    )
    boundaries = [
        phase.starts for schedule in plan.schedules.values() for phase in schedule.phases if phase.starts
    ]
    at = draw(st.one_of(instants(), st.sampled_from(boundaries or [datetime(2021, 1, 1, tzinfo=UTC)])))
    at += timedelta(seconds=draw(st.integers(-1, 1)))
    area = draw(st.sampled_from(["", "0999", "028", "+86998"]))
    call = Call(
        call_id="node1-1.1",
        called=parse_number(f"{area}{dialled}", known),
        found_by=draw(st.sampled_from(FoundBy)),
        caller=parse_number(caller, known),
        trunk=draw(st.sampled_from(["carrier", "softphone", ""])),
        arrived_at=at,
        platform=draw(st.sampled_from([None, *plan.platforms, "nowhere"])),
    )
    return call, at
