"""Which phase is in force: half-open, exactly one, and a gap is a programming error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.decide.effective import phase_at
from callrouter.vocabulary.migration import Landing, NumberFate, Phase, PhaseName, SeatFate

START = datetime(2021, 6, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def phase(starts: datetime | None, ends: datetime | None) -> Phase:
    fates = NumberFate.KEPT, SeatFate.MERGED
    return Phase(PhaseName.IN_FORCE, starts, ends, Landing.PLATFORM, *fates, None, "000:L1", "x.yaml:1:1")


def test_at_the_instant_of_a_boundary_the_later_phase_is_in_force() -> None:
    earlier, later = phase(None, START), phase(START, None)
    assert phase_at((earlier, later), START - MICROSECOND) is earlier
    assert phase_at((earlier, later), START) is later


def test_an_instant_before_all_phases_is_never_answered_with_a_guess() -> None:
    with pytest.raises(ValueError, match="that far back"):
        phase_at((phase(START, None),), START - MICROSECOND)


@given(
    st.lists(st.integers(1, 10_000), min_size=0, max_size=6, unique=True),
    st.integers(-20_000, 20_000),
)
def test_exactly_one_of_contiguous_phases_is_in_force_at_any_instant(cuts: list[int], asked: int) -> None:
    instants = [START + timedelta(seconds=cut) for cut in sorted(cuts)]
    phases = [phase(*pair) for pair in zip([None, *instants], [*instants, None], strict=True)]
    at = START + timedelta(seconds=asked)
    holding = [
        one
        for one in phases
        if (one.starts is None or one.starts <= at) and (one.ends is None or at < one.ends)
    ]
    assert holding == [phase_at(phases, at)]
