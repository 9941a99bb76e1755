"""Of every plan that can be written: it survives a dump, its phases never overlap, every call to it is decided."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callrouter.decide.route import decide
from callrouter.plans.dump.files import dump, dump_texts
from callrouter.plans.load import load
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.line import Line
from callrouter.vocabulary.number_table import LineLists
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Release
from tests.unit.plans.call_strategies import calls
from tests.unit.plans.invented_city import write_city
from tests.unit.plans.plan_strategies import FOLDER, plan_files, write

FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
SHIPPED = sorted(
    folder.name for folder in (PROJECT_ROOT / "dialplans").iterdir() if (folder / "plan.yaml").exists()
)


def loaded(folder: Path, *, overlay: bool = True) -> Plan:
    found = load(folder, overlay=overlay)
    assert found.plan is not None, [str(finding) for finding in found.findings]
    return found.plan


def without_places(value: object) -> object:
    """A plan as plain values, but for where it is written."""
    if isinstance(value, LineLists):
        return {number: without_places(value.line(number)) for number in value.numbers()}
    if isinstance(value, Line):
        return without_places(value._replace(place="")._asdict())
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in {"place", "given_place", "kept"}]
        return {name: without_places(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {key: without_places(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [without_places(item) for item in value]
    return value


def survives(plan: Plan, folder: Path) -> None:
    dump(plan, folder)
    again = loaded(folder)
    assert without_places(again) == without_places(plan)
    assert again.hash == plan.hash
    assert dump_texts(again) == dump_texts(plan)


@given(files=plan_files())
@FEW
def test_a_plan_that_is_dumped_and_loaded_is_the_same_plan(files: dict[str, str], tmp_path: Path) -> None:
    plan = loaded(write(tmp_path, files))
    survives(plan, write(tmp_path, {}))


@pytest.mark.parametrize("overlay", [True, False])
def test_the_invented_city_survives_a_dump(tmp_path: Path, *, overlay: bool) -> None:
    survives(loaded(write_city(tmp_path / "one"), overlay=overlay), tmp_path / FOLDER)


@pytest.mark.parametrize("overlay", [True, False])
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_plan_survives_a_dump(name: str, tmp_path: Path, *, overlay: bool) -> None:
    survives(loaded(PROJECT_ROOT / "dialplans" / name, overlay=overlay), tmp_path / name)


def test_a_plan_without_the_operators_choices_has_no_such_file(tmp_path: Path) -> None:
    plan = loaded(write_city(tmp_path), overlay=False)
    assert set(dump_texts(plan)) == {"plan.yaml", "lines.yaml", "landlines.csv"}


@given(files=plan_files())
@FEW
def test_phases_never_overlap_and_leave_no_gap(files: dict[str, str], tmp_path: Path) -> None:
    for schedule in loaded(write(tmp_path, files)).schedules.values():
        assert schedule.phases[0].starts is None
        assert schedule.phases[-1].ends is None
        for one, other in pairwise(schedule.phases):
            assert one.ends is not None
            assert one.ends == other.starts
            assert one.starts is None or one.starts < one.ends


@given(files=plan_files(), data=st.data())
@FEW
def test_every_call_to_every_plan_is_decided_and_nobody_is_lost(
    files: dict[str, str], data: st.DataObject, tmp_path: Path
) -> None:
    plan = loaded(write(tmp_path, files))
    for _ in range(8):
        call, at = data.draw(calls(plan))
        decision = decide(call, plan, at)
        assert decision.reasons
        treatment = decision.treatment
        assert isinstance(treatment, Release) or treatment.queue in plan.queues
        assert decide(call, plan, at) == decision


def test_a_trunk_that_keeps_room_for_emergencies_and_the_ways_to_them_survive_and_count(
    tmp_path: Path,
) -> None:
    said = (
        ('uri: "sip:192.0.2.10:5060"', 'uri: "sip:192.0.2.10:5060"\n    others_at_most: "8"'),
        ("        peer: police\n", "        peer: police\n        alternates: [tax, water]\n"),
    )
    plain = loaded(write_city(tmp_path / "plain"))
    plan = loaded(write_city(tmp_path / "said", operator=list(said)))
    assert (plan.peers["tax"].others_at_most, plain.peers["tax"].others_at_most) == (8, None)
    assert plan.emergencies["110"].targets[0].alternates == ("tax", "water")
    assert plan.hash != plain.hash
    survives(plan, tmp_path / FOLDER)
