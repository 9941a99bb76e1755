"""The overlay: the operator says what the document leaves unsaid, and nothing else; all of it is marked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrouter.plans.codes import Code
from callrouter.plans.load import load, load_plan
from callrouter.vocabulary.hours import Staffing
from callrouter.vocabulary.migration import Landing, PhaseName
from callrouter.vocabulary.policy import EmergencyOut
from tests.unit.plans.invented_city import LINES, OPERATOR, spot, write_city


def test_an_undated_phase_waits_until_someone_gives_its_instant(tmp_path: Path) -> None:
    folder = write_city(tmp_path)
    alone = load_plan(folder, overlay=False).schedules["dual"]
    assert [phase.name for phase in alone.phases] == [PhaseName.BEFORE]
    assert [(phase.name, phase.starts) for phase in alone.undated] == [(PhaseName.IN_FORCE, None)]
    assert alone.phases[0].ends is None
    given = load_plan(folder).schedules["dual"]
    before, in_force = given.phases
    assert given.undated == ()
    assert before.ends == in_force.starts == datetime(2021, 10, 15, 16, tzinfo=UTC)
    assert (before.illustrative, in_force.illustrative) == (False, True)
    assert in_force.landing is Landing.PLATFORM


def test_the_place_of_an_instant_is_where_the_operator_gave_it(tmp_path: Path) -> None:
    loaded = load(write_city(tmp_path))
    assert loaded.plan is not None
    phase = loaded.plan.schedules["dual"].phases[1]
    assert phase.place.startswith("dialplans/testcity/lines.yaml:")
    assert loaded.positions.of(phase.place, "starts").endswith(
        f"operator.yaml:{spot(OPERATOR, '2021-10-16')}"
    )
    assert loaded.positions.of(phase.place, "landing").startswith("dialplans/testcity/lines.yaml:")


def test_of_two_undated_phases_the_first_of_its_name_is_dated(tmp_path: Path) -> None:
    undated = (
        'starts: unstated\n        landing: department\n        source: "009:L23"\n      - name: in_force\n'
        "        starts: unstated\n        landing: platform\n        announcement: G02"
    )
    change = [("starts: unstated\n        landing: platform\n        announcement: G02", undated)]
    dual = load_plan(write_city(tmp_path, lines=change)).schedules["dual"]
    assert [phase.landing for phase in dual.phases] == [Landing.EXTERNAL, Landing.DEPARTMENT]
    assert [phase.landing for phase in dual.undated] == [Landing.PLATFORM]
    assert dual.next_phase(dual.phases[1]) == dual.undated[0]


def test_without_the_overlay_nobody_dials_and_only_home_is_served(tmp_path: Path) -> None:
    plan = load_plan(write_city(tmp_path), overlay=False)
    assert (len(plan.peers), len(plan.trunks), plan.allow_new_lines) == (0, 0, ())
    assert {name: platform.served for name, platform in plan.platforms.items()} == {
        "testcity": True,
        "eastcounty": False,
    }
    assert plan.queues["hotline"].seats == ()
    assert plan.platforms["eastcounty"].hours.stretches[0].staffing is Staffing.UNSTATED
    (tax,) = plan.centers["12366"]
    assert (tax.peer, tax.opens, tax.opens_stated) == (None, None, False)
    assert "96000" not in plan.lines


def test_what_the_operator_adds_is_marked_illustrative(tmp_path: Path) -> None:
    plan = load_plan(write_city(tmp_path))
    assert plan.lines["96000"].illustrative
    assert plan.lines["96000"].source == "operator"
    assert not plan.lines["12300"].illustrative
    assert plan.platforms["nextcity"].illustrative
    assert plan.platforms["nextcity"].peer == "nextcity"
    county = plan.platforms["eastcounty"]
    assert not county.illustrative
    assert all(stretch.illustrative for stretch in county.hours.stretches)
    assert not any(stretch.illustrative for stretch in plan.platforms["testcity"].hours.stretches)
    (tax,) = plan.centers["12366"]
    assert tax.illustrative
    assert (tax.peer, tax.opens_stated, tax.hours.id) == ("tax", True, "daytime")
    assert plan.emergencies["119"].out is EmergencyOut.GUIDE
    assert (plan.emergencies["119"].illustrative, plan.emergencies["110"].illustrative) == (True, False)
    assert [target.peer for target in plan.emergencies["110"].targets] == ["police"]
    water = plan.utilities[0]
    assert (water.numbers, water.peer) == (("96511",), "water")
    assert [matter.guide for matter in plan.not_accepted] == ["向人民法院提起", "向保密部门反映"]


def test_seats_and_trunks_are_the_operators(tmp_path: Path) -> None:
    plan = load_plan(write_city(tmp_path))
    assert plan.queues["hotline"].seats == ("1001", "1002")
    carrier, police = plan.trunks.values()
    assert carrier.dids == (("09996110000", "12333"),)
    assert carrier.pilots == {"09996110012"}
    assert [str(finder) for finder in carrier.finders] == [
        "did",
        "history-info",
        "diversion",
        "to",
        "request-uri",
    ]
    assert police.source == "emergency:110"
    assert [str(finder) for finder in police.finders] == ["did", "request-uri"]


def test_every_item_is_a_choice_with_its_reason(tmp_path: Path) -> None:
    loaded = load(write_city(tmp_path))
    assert len(loaded.choices) == OPERATOR.count("why:")
    assert [choice.section for choice in loaded.choices][:3] == ["instants", "hours", "platforms"]
    assert loaded.choices[0].name == "dual"
    assert loaded.choices[0].place == f"dialplans/testcity/operator.yaml:{spot(OPERATOR, 'schedule: dual')}"
    assert load(loaded.folder, overlay=False).choices == ()


def test_a_plan_needs_no_overlay(tmp_path: Path) -> None:
    folder = write_city(tmp_path, operator=None)
    with_none = load_plan(folder)
    assert with_none.hash == load_plan(write_city(tmp_path), overlay=False).hash


def test_the_overlay_alone_is_judged_only_when_it_is_asked_for(tmp_path: Path) -> None:
    folder = write_city(tmp_path, operator="no: plan\n...\n")
    assert load(folder).plan is None
    assert load(folder, overlay=False).plan is not None


CONTRADICTIONS = {
    "an instant of a dated phase": ("schedule: dual\n    phase: in_force", "schedule: branch\n    phase: in_force",
                                    "2021-10-16T"),
    "hours of a platform that has hours": ('    serves: "yes"\n', '    serves: "yes"\n    hours: always\n', "always"),
    "another name of a platform": ('    serves: "yes"\n', '    serves: "yes"\n    name: 别名\n', "name: 别名"),
    "another level": ('    serves: "yes"\n', '    serves: "yes"\n    level: province\n', "level: province"),
    "out that is stated": ('number: "110"\n    targets', 'number: "110"\n    out: guide\n    targets', "guide"),
    "means that are stated": ("    peer: water\n    hours", "    means: [guide]\n    peer: water\n    hours",
                              "[guide]"),
    "a guide that is stated": ("id: secrets", "id: litigation", "向保密部门反映"),
    "a schedule of the document": ("  chosen:", "  dual:", "dual:\n    mode: forwarded"),
    "a line of the document": ('number: "96000"\n    name', 'number: "12300"\n    name', '"12300"'),
    "hours of the document": ("  - id: daytime", "  - id: office", "office\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_the_overlay_never_changes_what_the_document_says(tmp_path: Path, case: str) -> None:
    old, new, fragment = CONTRADICTIONS[case]
    assert old in OPERATOR
    text = OPERATOR.replace(old, new, 1)
    found = load(write_city(tmp_path, operator=text)).findings
    wanted = (f"dialplans/testcity/operator.yaml:{spot(text, fragment)}", Code.OVERLAY_CONTRADICTS)
    assert wanted in [(finding.place, finding.fault.code) for finding in found], found


FAULTS = {
    "unknown platform": ("  - id: eastcounty\n", "  - id: eastcounti\n", "eastcounti", Code.UNKNOWN_NAME,
                         "eastcounty?"),
    "unknown queue": ("  - id: labour\n", "  - id: labor\n", "labor\n", Code.UNKNOWN_NAME, "did you mean labour?"),
    "unknown peer": ("peer: police", "peer: polize", "polize", Code.UNKNOWN_NAME, "did you mean police?"),
    "unknown emergency number": ('number: "119"', 'number: "120"', '"120"', Code.UNKNOWN_NAME, "no 120 in emergency"),
    "unknown schedule": ("schedule: dual", "schedule: duel", "duel", Code.UNKNOWN_NAME, "did you mean dual?"),
    "unknown phase": ("phase: in_force", "phase: ended", "ended", Code.UNKNOWN_NAME, "has no phase ended"),
    "unknown line of a DID": ('line: "12333"}', 'line: "12334"}', '"12334"}', Code.UNKNOWN_NAME,
                              "did you mean 12333?"),
    "unknown trunk source": ('"emergency:110"', '"platform:nowhere"', '"platform:', Code.UNKNOWN_NAME, "no nowhere"),
    "emergency number of a utility": ('["96511"]', '["110"]', '"110"]', Code.EMERGENCY_MIGRATES, "never migrates"),
    "utility's number that is a line": ('["96511"]', '["12300"]', '"12300"]', Code.DUPLICATE_NAME, "stands twice"),
    "home that is not served": ('    serves: "yes"', '    serves: "no"', '"no"', Code.WRONG_VALUE, "always served"),
    "peer of a center without opening": ("    opens: 2021-04-01T00:00:00+08:00\n", "", "id: tax", Code.MISSING_KEY,
                                         "opens is missing"),
    "no reason": ("    why: 本机构的平台 / the platform that this instance serves\n", "", "id: testcity",
                  Code.MISSING_KEY, "why is missing"),
    "item twice": ("  - id: labour\n", "  - id: hotline\n", "hotline\n    seats: [\"1003\"]", Code.DUPLICATE_NAME,
                   "stands twice"),
    "instant before the phase before it": ("2021-10-16T00:00:00+08:00", "2021-10-16T00:00:00", "2021-10-16T",
                                           Code.NAIVE_INSTANT, "no offset"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_of_the_overlay_is_told_where_it_stands(tmp_path: Path, case: str) -> None:
    old, new, fragment, code, told = FAULTS[case]
    assert old in OPERATOR
    text = OPERATOR.replace(old, new, 1)
    found = {finding.place: finding for finding in load(write_city(tmp_path, operator=text)).findings}
    place = f"dialplans/testcity/operator.yaml:{spot(text, fragment)}"
    assert place in found, found
    assert found[place].fault.code is code
    assert told in str(found[place])


def test_a_second_undated_phase_is_dated_only_after_the_first(tmp_path: Path) -> None:
    old = "      - name: in_force\n        starts: unstated\n"
    new = (
        old.replace("in_force", "transition") + '        landing: platform\n        source: "009:L23"\n' + old
    )
    change = [(old, new)]
    (finding,) = load(write_city(tmp_path, lines=change)).findings
    assert (finding.fault.code, finding.place) == (
        Code.PHASE_ORDER,
        f"dialplans/testcity/operator.yaml:{spot(OPERATOR, '2021-10-16')}",
    )


def test_an_instant_of_the_overlay_follows_the_phase_before_it(tmp_path: Path) -> None:
    change = [("starts: 2021-10-01T00:00:00+08:00\n        landing: platform\n        announcement: X01",
               "starts: unstated\n        landing: platform\n        announcement: X01"),
              ("        ends: 2021-10-01T00:00:00+08:00\n", "")]  # fmt: skip
    early = OPERATOR.replace(
        "instants:\n",
        "instants:\n  - schedule: merged\n    phase: ended\n    starts: 2021-05-01T00:00:00+08:00\n    why: 早\n",
    )
    assert all(old in LINES for old, _ in change)
    (finding,) = load(write_city(tmp_path, lines=change, operator=early)).findings
    assert (finding.fault.code, finding.place) == (
        Code.PHASE_ORDER,
        f"dialplans/testcity/operator.yaml:{spot(early, '2021-05-01')}",
    )
