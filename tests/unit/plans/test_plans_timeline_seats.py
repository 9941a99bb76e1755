"""Seats that answer their lines first, in the timeline's table."""

from __future__ import annotations

from pathlib import Path

from callrouter.plans.timeline.rows import find_row, timeline_of
from callrouter.plans.timeline.table import table_of
from callrouter.plans.timeline.words import Tongue
from callrouter.vocabulary.plan import Plan
from tests.unit.plans.qingxi import Changes, qingxi

LABOUR = '  - id: labour\n    seats: ["1003"]\n'


def planned(folder: Path, operator: Changes = ()) -> Plan:
    plan = qingxi(folder, operator=operator).plan
    assert plan is not None
    return plan


def shown(plan: Plan, number: str | None = None, tongue: Tongue = Tongue.EN) -> list[str]:
    row = None if number is None else find_row(plan, number)
    return list(table_of(timeline_of(plan, None if row is None else [row]), tongue))


def test_seats_that_answer_their_line_first_are_shown_as_the_operators_choice(tmp_path: Path) -> None:
    first = planned(tmp_path, [(LABOUR, LABOUR + "    answers: line\n")])
    lines = shown(first)
    heading = lines.index("Seats that answer their lines first (else general ones do)")
    assert lines[heading + 1].split() == ["12333", "人社专家座席", "*", "—", "—", "900:L6"]
    assert any(line.startswith("先接本热线来电的座席") for line in shown(first, tongue=Tongue.ZH))


def test_they_are_shown_with_their_line_alone_and_with_no_other(tmp_path: Path) -> None:
    first = planned(tmp_path, [(LABOUR, LABOUR + "    answers: line\n")])
    assert any("人社专家座席" in line for line in shown(first, "12333"))
    assert not any("人社专家座席" in line for line in shown(first, "12366"))


def test_seats_that_only_get_transfers_are_not_shown(tmp_path: Path) -> None:
    assert not any("人社专家座席" in line for line in shown(planned(tmp_path)))
