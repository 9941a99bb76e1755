"""Both codecs against whatever comes: put together by hypothesis, kept or recorded, and searched by coverage."""

from collections.abc import Callable
from pathlib import Path

import agi_properties
import ami_properties
import pytest
from coverage_run import fuzz, needs_atheris
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded import kept_inputs, recorded_inputs

SHORT_S = 10
SOAK_S = 300
CHECKS = {"agi": agi_properties.check, "ami": ami_properties.check}
QUICK = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])


def inputs(tokens: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """What is made of the protocol's own words, with other octets in between."""
    part = st.one_of(st.sampled_from(tokens), st.sampled_from(tokens), st.binary(max_size=8))
    return st.lists(part, max_size=16).map(b"".join)


@pytest.mark.parametrize("holds", agi_properties.PROPERTIES)
@given(data=inputs(agi_properties.TOKENS))
@QUICK
def test_agi_whatever_is_put_together(holds: Callable[[bytes], None], data: bytes) -> None:
    holds(data)


@pytest.mark.parametrize("holds", ami_properties.PROPERTIES)
@given(data=inputs(ami_properties.TOKENS))
@QUICK
def test_ami_whatever_is_put_together(holds: Callable[[bytes], None], data: bytes) -> None:
    holds(data)


@pytest.mark.parametrize(
    ("codec", "name"),
    [(codec, name) for codec in CHECKS for name in (*recorded_inputs(codec), *kept_inputs(codec))],
)
def test_what_was_recorded_or_kept_breaks_no_property(codec: str, name: str) -> None:
    CHECKS[codec]((recorded_inputs(codec) | kept_inputs(codec))[name])


@needs_atheris
@pytest.mark.parametrize("codec", CHECKS)
def test_a_short_search_by_coverage_finds_nothing(codec: str, tmp_path: Path) -> None:
    run = fuzz(codec, SHORT_S, tmp_path)
    assert run.code == 0, run.log[-4000:]
    assert run.executions > 500


@pytest.mark.soak
@pytest.mark.timeout(SOAK_S + 120)
@needs_atheris
@pytest.mark.parametrize("codec", CHECKS)
def test_a_long_search_by_coverage_finds_nothing(codec: str, tmp_path: Path) -> None:
    run = fuzz(codec, SOAK_S, tmp_path)
    assert run.code == 0, run.log[-4000:]
    print(f"{codec}: {run.executions} executions, {run.executions / SOAK_S:.0f}/s")
