"""How calls reach expert and dedicated seats, and where a queue's callers go on to: what a plan may say of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrouter.plans.dump.files import dump
from callrouter.plans.load import load_plan
from callrouter.vocabulary.policy import Answers, Overflow
from tests.unit.plans.qingxi import Changes, found, qingxi, text_at

HOTLINE = '  - id: hotline\n    seats: ["1001", "1002"]\n'
LABOUR = '  - id: labour\n    seats: ["1003"]\n'
NEIGHBOUR = """\
platforms:
  - id: nanhe
    name: 南河市12345平台
    spoken_name: 南河市平台
    level: city
    areas: ["0993"]
    peer: tax
    why: 示例 / an example
queues:
"""
PASSED_ON = "    overflow: platform\n    overflow_to: nanhe\n"
DEDICATED = """\
queues:
  - id: bureau
    name: 某局专席
    spoken_name: 某局专席
    kind: dedicated
    platform: qingxi
    seats: ["1003"]
    why: 示例 / an example
"""


def to_the_neighbour(said: str = PASSED_ON, neighbour: str = NEIGHBOUR) -> Changes:
    return [("queues:\n", neighbour), (HOTLINE, HOTLINE + said)]


def experts(said: str) -> Changes:
    return [(LABOUR, LABOUR + said)]


def dedicated(said: str) -> Changes:
    return [("queues:\n", DEDICATED + said)]


def test_the_operator_says_how_calls_reach_a_queue_of_the_document_and_where_he_said_so(
    tmp_path: Path,
) -> None:
    said = '    answers: line\n    announcement: Z01\n    priority: "15"\n'
    plan = qingxi(tmp_path, operator=experts(said)).plan
    assert plan is not None
    labour = plan.queues["labour"]
    assert (labour.answers, labour.own_announcement, labour.own_priority) == (Answers.LINE, "Z01", 15)
    assert labour.direct_lines == ("12333",)
    assert labour.given_place is not None
    assert labour.given_place.startswith("sound/operator.yaml:")
    assert plan.queues["hotline"].given_place is None
    assert plan.queues["hotline"].overflow is Overflow.LAST_RESORT


def test_seats_alone_say_nothing_of_calls(tmp_path: Path) -> None:
    plan = qingxi(tmp_path).plan
    assert plan is not None
    assert plan.queues["labour"].given_place is None
    assert plan.queues["labour"].direct_lines == ()


@pytest.mark.parametrize(
    ("operator", "code", "at"),
    [
        (experts('    lines: ["12333"]\n'), "WRONG_VALUE", "["),
        (dedicated("    answers: line\n"), "MISSING_KEY", "line"),
        (dedicated('    lines: ["12333"]\n'), "WRONG_VALUE", "["),
        (dedicated('    answers: line\n    lines: ["12399"]\n'), "UNKNOWN_NAME", '"12399"'),
        (experts(PASSED_ON.replace("nanhe", "qingxi")), "WRONG_VALUE", "platform"),
        ([(HOTLINE, HOTLINE + "    answers: line\n")], "WRONG_VALUE", "line"),
        ([(HOTLINE, HOTLINE + '    priority: "3"\n')], "WRONG_VALUE", '"3"'),
        ([(HOTLINE, HOTLINE + "    overflow: general\n")], "WRONG_VALUE", "general"),
        ([(HOTLINE, HOTLINE + "    overflow: platform\n")], "MISSING_KEY", "platform"),
        ([(HOTLINE, HOTLINE + "    overflow_to: qingxi\n")], "WRONG_VALUE", "qingxi"),
        ([(HOTLINE, HOTLINE + PASSED_ON)], "UNKNOWN_NAME", "nanhe"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_is_written(
    tmp_path: Path, operator: Changes, code: str, at: str
) -> None:
    [fault] = found(tmp_path, operator=operator)
    assert fault.fault.code == code
    assert text_at(tmp_path, fault).startswith(at)


def test_what_the_document_says_of_a_queue_the_operator_does_not_change(tmp_path: Path) -> None:
    source = 'line: "12333"\n    source: "900:L6"\n'
    stated = [(source, "answers: transfers\n    " + source)]
    [fault] = found(tmp_path, plan=stated, operator=experts("    answers: line\n"))
    assert fault.fault.code == "OVERLAY_CONTRADICTS"


def test_a_platform_that_can_be_reached_takes_what_overflows(tmp_path: Path) -> None:
    assert found(tmp_path, operator=to_the_neighbour()) == []


@pytest.mark.parametrize(
    ("neighbour", "code"),
    [
        (NEIGHBOUR.replace("    peer: tax\n", '    serves: "yes"\n'), "LOOP"),
        (NEIGHBOUR.replace("    peer: tax\n", ""), "OVERFLOW_NOWHERE"),
        (
            NEIGHBOUR.replace("    peer: tax\n", "    peer: tax\n    starts: 2022-01-01T00:00:00+08:00\n"),
            "OVERFLOW_NOWHERE",
        ),
        (NEIGHBOUR.replace("level: city", "level: county\n    parent: qingxi"), "COUNTY_LIVE_CALLS"),
    ],
    ids=["answered-here", "no-peer", "not-begun", "a-county"],
)
def test_a_chain_never_leads_round_in_a_circle_or_nowhere(tmp_path: Path, neighbour: str, code: str) -> None:
    findings = found(tmp_path, operator=to_the_neighbour(neighbour=neighbour))
    [about_the_chain] = [one for one in findings if text_at(tmp_path, one).startswith("nanhe")]
    assert about_the_chain.fault.code == code
    assert about_the_chain.fault.severity == "error"


def test_an_overflow_to_the_own_platform_is_a_circle(tmp_path: Path) -> None:
    operator = [(HOTLINE, HOTLINE + PASSED_ON.replace("nanhe", "qingxi"))]
    [circle] = found(tmp_path, operator=operator)
    assert circle.fault.code == "LOOP"


@pytest.mark.parametrize(("priority", "codes"), [("19", []), ("20", ["EMERGENCY_NOT_FIRST"])])
def test_nobody_is_as_urgent_as_an_emergency(tmp_path: Path, priority: str, codes: list[str]) -> None:
    findings = found(tmp_path, operator=experts(f'    answers: line\n    priority: "{priority}"\n'))
    assert [one.fault.code for one in findings] == codes
    handed = [
        ('handed_over: {announcement: M05, priority: "10"}', f'handed_over: {{priority: "{priority}"}}')
    ]
    assert [one.fault.code for one in found(tmp_path, plan=handed)] == codes


def test_seats_whose_line_never_reaches_them_are_told(tmp_path: Path) -> None:
    both = LABOUR + "    answers: line\n"
    second = DEDICATED + '    answers: line\n    lines: ["12333"]\n'
    findings = found(tmp_path, operator=[("queues:\n", second), (LABOUR, both)])
    [idle] = [one for one in findings if one.fault.code == "QUEUE_UNREACHABLE"]
    assert idle.fault.severity == "warning"
    assert text_at(tmp_path, idle).startswith("line")


def test_an_announcement_that_the_catalogue_does_not_know_is_told(tmp_path: Path) -> None:
    findings = found(tmp_path, operator=experts("    answers: line\n    announcement: Q99\n"))
    assert [one.fault.code for one in findings] == ["PROMPT_UNKNOWN"]
    assert text_at(tmp_path, findings[0]).startswith("Q99")


def test_a_line_notice_is_none_of_seats(tmp_path: Path) -> None:
    findings = found(tmp_path, operator=experts("    answers: line\n    announcement: T01\n"))
    assert {one.fault.code for one in findings} == {"PROMPT_UNSPEAKABLE"}


def test_what_is_said_of_calls_survives_a_dump(tmp_path: Path) -> None:
    said = '    answers: line\n    priority: "15"\n'
    plan = qingxi(tmp_path / "first", operator=[*to_the_neighbour(), (LABOUR, LABOUR + said)]).plan
    assert plan is not None
    folder = tmp_path / "second" / "sound"
    folder.mkdir(parents=True)
    dump(plan, folder)
    assert load_plan(folder).hash == plan.hash
