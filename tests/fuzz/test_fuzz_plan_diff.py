"""`plan diff` is what deciding both sides says: for changes of one line of every plan, and for plans of any kind."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from seeded_changes import Seeded, put, seeded_changes

from callrouter.plans.comparison.decided import decided_otherwise
from callrouter.plans.comparison.written import rewritten
from callrouter.plans.load import load, load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.plan import Plan
from tests.unit.plans.both_decided import agree
from tests.unit.plans.plan_strategies import plan_files, write

PLANS = ("sichuan", "yunnan", "inner-mongolia", "hainan", "changzhi")
SAMPLE = 1
"""Changes of each plan."""
CALLS, MANY_CALLS = 400, 1500


@cache
def shipped(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


def tried(name: str, changes: list[Seeded], folder: Path, calls: int) -> Counter[str]:
    """Try each change; count those that were plans, and of them those that change a call."""
    shutil.copytree(PROJECT_ROOT / "dialplans", folder / "dialplans")
    at = folder / "dialplans" / name
    counted: Counter[str] = Counter()
    for seeded in changes:
        kept = (at / seeded.file).read_bytes()
        put(at, seeded)
        after = load(at).plan
        (at / seeded.file).write_bytes(kept)
        counted["tried"] += 1
        if after is None:
            continue
        counted["plans"] += 1
        differ = agree(shipped(name), after, random.Random(repr(seeded)), calls)
        counted["change calls"] += bool(differ)
        assert not differ or rewritten(shipped(name), after), seeded
    return counted


@pytest.mark.parametrize("name", PLANS)
def test_a_change_of_one_line_is_told_if_and_only_if_a_call_is_decided_otherwise(
    name: str, tmp_path: Path
) -> None:
    every = list(seeded_changes(PROJECT_ROOT / "dialplans" / name))
    assert tried(name, random.Random(name).sample(every, SAMPLE), tmp_path, CALLS)["plans"]


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", PLANS)
def test_every_change_of_one_line_is_told_if_and_only_if_a_call_is_decided_otherwise(
    name: str, tmp_path: Path
) -> None:
    every = list(seeded_changes(PROJECT_ROOT / "dialplans" / name))
    counted = tried(name, every, tmp_path, MANY_CALLS)
    print(name, dict(counted), os.linesep)
    assert counted["change calls"] > len(every) // 20


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_does_not_differ_from_itself(name: str) -> None:
    assert decided_otherwise(shipped(name), load_plan(PROJECT_ROOT / "dialplans" / name)) == ()


def holds(files: tuple[dict[str, str], dict[str, str]], seed: int, calls: int) -> None:
    with tempfile.TemporaryDirectory() as room:
        plans = [load_plan(write(Path(room), one), overlay=True) for one in files]
    before, after = plans
    assert decided_otherwise(before, before) == ()
    agree(before, after, random.Random(seed), calls)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str]]:
    """Two plans: of any kind, or one and itself with some files of another."""
    one, other = draw(plan_files()), draw(plan_files())
    if draw(st.booleans()):
        return one, other
    return one, one | {"landlines.csv": other["landlines.csv"]}


_NO_SHRINKING = [phase for phase in Phase if phase is not Phase.shrink]
"""The plans are large: what is found is looked at as it is."""
ANY = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=_NO_SHRINKING)


@given(files=pairs(), seed=st.integers(0, 2**32))
@settings(ANY, max_examples=3)
def test_two_plans_differ_as_deciding_both_says(
    files: tuple[dict[str, str], dict[str, str]], seed: int
) -> None:
    holds(files, seed, CALLS)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@given(files=pairs(), seed=st.integers(0, 2**32))
@settings(ANY, max_examples=300)
def test_many_pairs_of_plans_differ_as_deciding_both_says(
    files: tuple[dict[str, str], dict[str, str]], seed: int
) -> None:
    holds(files, seed, MANY_CALLS)
