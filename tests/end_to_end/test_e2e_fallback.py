"""With no controller at all, Asterisk follows the plan: what it looks up is what the controller would have said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from changed_plan import changed_plan
from followed_calls import (
    Dialled,
    at_the_earliest,
    calls_at_every_boundary,
    followed,
    loaded_folder,
    said_by_the_controller,
)
from running_system import MakeSystem, System

from callrouter.decide.memory import beginnings
from callrouter.plans.load import load_plan
from callrouter.settings import Settings

A_SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    """Asterisk alone."""
    made = make_system()
    made.start("--roles", "asterisk")
    return made


@pytest.mark.parametrize("name", ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"])
def test_every_line_at_every_boundary_gets_what_the_controller_would_say(system: System, name: str) -> None:
    plan = load_plan(loaded_folder(name))
    calls = list(calls_at_every_boundary(plan))
    answers = followed(system, plan, Settings(), calls, at_the_earliest(plan))
    assert len(answers) == len(calls)
    differ = [
        f"{call}:\n  {answer}\n  {wanted}"
        for call, answer in zip(calls, answers, strict=True)
        if answer != (wanted := said_by_the_controller(call, plan))
    ]
    assert not differ, f"{len(differ)} of {len(calls)}:\n" + "\n".join(differ[:12])


def test_a_hundred_thousand_landlines_are_found_as_the_controller_finds_them(
    system: System, tmp_path: Path
) -> None:
    folder = changed_plan("changzhi", tmp_path)
    numbers = [f"0355{5_000_000 + 7 * place}" for place in range(100_000)]
    (folder / "landlines.csv").write_text(
        "number,name\n" + "".join(f"{number},某单位\n" for number in reversed(numbers)), encoding="utf-8"
    )
    plan = load_plan(folder)
    assert len(plan.lists) == len(numbers)
    instants = sorted({at + by for at in beginnings(plan) for by in (-A_SECOND, timedelta(0), A_SECOND)})
    some = [*numbers[:3], *numbers[-3:], *numbers[:: len(numbers) // 60]]
    strangers = [f"0355{int(number[4:]) + 1}" for number in some]
    calls = [
        Dialled(number, "carrier", "13800138000", instants[place % len(instants)])
        for place, number in enumerate(spelled for one in (*some, *strangers) for spelled in (one, one[4:]))
    ]
    answers = followed(system, plan, Settings(), calls, at_the_earliest(plan))
    wanted = [said_by_the_controller(call, plan) for call in calls]
    assert answers == wanted
    assert sum("mode=absorbed" in answer for answer in answers) == 2 * len(some)
