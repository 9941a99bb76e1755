"""Runs the tables beside it through dialled line and decision, each with the plan of its name."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
import yaml

from callrouter.decide.dialled_line import find_dialled
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.vocabulary.call import Call, Clues
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Dial, Release, Treatment, treatment_word

HERE = Path(__file__).parent
TABLES = sorted(path.stem for path in HERE.glob("*.yaml"))
ROWS: list[tuple[str, list[str]]] = [
    (name, row)
    for name in TABLES
    for row in yaml.load((HERE / f"{name}.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
]


@cache
def plan_named(name: str) -> Plan:
    return load_plan(HERE.parents[1] / "dialplans" / name)


def spelled(treatment: Treatment) -> str:
    """Such as `queue:hotline:0`, `dial:tax:0`, `release:-:22`."""
    word = treatment_word(treatment)
    if isinstance(treatment, Release):
        return f"{word}:-:{treatment.cause}"
    where = treatment.peer if isinstance(treatment, Dial) else treatment.queue
    return f"{word}:{where}:{treatment.priority}"


def test_there_is_a_table_for_every_plan() -> None:
    assert TABLES == ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}: {row[0]}@{row[3]}" for name, row in ROWS])
def test_scenario(name: str, row: list[str]) -> None:
    plan = plan_named(name)
    dialled, trunk, caller, instant, *expected = row
    at = datetime.fromisoformat(instant)
    assert trunk in {*plan.trunks, "softphone"}
    called, found_by = find_dialled(Clues(dialled), plan.trunks.get(trunk), plan)
    calling = parse_number(caller, plan.short_codes)

    ruling = decide(Call("scenario-1.1", called, found_by, calling, trunk, at), plan, at).ruling

    assert [
        ruling.line or "-",
        ruling.mode,
        ruling.phase or "-",
        ruling.landing,
        spelled(ruling.treatment),
        "yes" if ruling.stray else "no",
        ruling.announcement or "-",
    ] == expected
