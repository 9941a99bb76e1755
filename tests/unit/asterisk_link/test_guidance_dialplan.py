"""What callers are told, in the static dialplan: each by its id and by its code, and heard before anything ends."""

from __future__ import annotations

import pytest

from tests.unit.asterisk_link.dialplan_steps import Step, steps_of
from tests.unit.asterisk_link.plan_targets import GUIDANCES


@pytest.fixture(scope="module")
def steps(dialplan: str) -> list[Step]:
    return steps_of(dialplan)


def test_each_is_there_by_its_id_and_what_is_not_there_is_nothing(steps: list[Step]) -> None:
    said = {step.exten: step.args for step in steps if step.context == "guidance-of"}
    assert said == {one.id: one.sound for one in GUIDANCES} | {"_[a-z0-9][a-z0-9]!": ""}


def test_while_the_controller_is_silent_a_code_means_it_still(steps: list[Step]) -> None:
    answers = {step.exten: step.args for step in steps if step.context == "target-of-code"}
    assert answers["548442"] == "refused|c07|guide_only|litigation"
    assert [one for one in answers.values() if "guide_only" in one] == [answers["548442"]]


def test_it_is_written_down_before_it_is_heard(steps: list[Step]) -> None:
    told = [step for step in steps if step.context == "guidance"]
    written = next(place for place, step in enumerate(told) if step.args.startswith("CR_DESK"))
    heard = next(place for place, step in enumerate(told) if step.app == "Playback")
    assert written < heard
