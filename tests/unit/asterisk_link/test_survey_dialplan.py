"""The survey's part of the dialplan: who is asked, how often, and what is written down."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from callrouter.asterisk_link.render import AsteriskConfiguration, render_configuration
from callrouter.asterisk_link.verdict import SURVEY_FLAG, URGENT_FLAG
from callrouter.settings import PROJECT_ROOT
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

Rendered = Callable[[str], str]


@pytest.fixture
def steps(rendered: Rendered) -> list[Step]:
    return steps_of(rendered("extensions-survey.conf"))


def after_talk(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step.context == "after-talk"]


def place_of(steps: list[Step], wanted: str) -> int:
    return next(n for n, step in enumerate(steps) if wanted in f"{step.app}({step.args})")


def test_a_recording_ends_before_anybody_is_asked(steps: list[Step]) -> None:
    assert after_talk(steps)[0].args == '$["${CR_RECORDING}"="yes"]?recording-end,s,1'


def test_nobody_is_asked_but_by_the_verdicts_flag(steps: list[Step]) -> None:
    (asks,) = [step.args for step in after_talk(steps) if "CR_FLAGS" in step.args]
    assert asks.endswith("?:end")
    found = re.search(r'REGEX\("([^"]+)" \$\{CR_FLAGS\}\)', asks)
    assert found
    pattern = re.compile(found[1])
    for flags in (SURVEY_FLAG, f"{SURVEY_FLAG}+{URGENT_FLAG}", f"a+{SURVEY_FLAG}"):
        assert pattern.search(flags), flags
    for flags in ("", URGENT_FLAG, "surveyed", "nosurvey", "no-survey"):
        assert not pattern.search(flags), flags


def test_an_emergency_is_not_asked(steps: list[Step]) -> None:
    assert [step.args for step in after_talk(steps) if "CR_URGENT" in step.args] == [
        '$["${CR_URGENT}"="1"]?end'
    ]


def test_whom_the_agent_spares_is_not_asked_and_that_is_written_down_where_he_would_have_been(
    steps: list[Step],
) -> None:
    part = after_talk(steps)
    (spared,) = [step.args for step in part if "CR_NO_SURVEY" in step.args]
    assert spared == '$["${CR_NO_SURVEY}"="1"]?waived'
    assert place_of(part, "CR_FLAGS") < place_of(part, "CR_NO_SURVEY") < place_of(part, "state=offered")
    (waived,) = [n for n, step in enumerate(part) if step.label == "waived"]
    assert [step.app for step in part[waived:]] == ["CELGenUserEvent", "Hangup"]
    assert part[waived].args == "CR_SURVEY,state=waived"


def test_who_talked_in_a_queue_that_the_plan_leaves_out_is_not_asked(
    configuration: AsteriskConfiguration, tmp_path: Path
) -> None:
    sparing = replace(configuration.plan, unsurveyed=("minors", "urgent"))
    render_configuration(PROJECT_ROOT / "asterisk", replace(configuration, plan=sparing), tmp_path)
    steps = after_talk(steps_of((tmp_path / "extensions-survey.conf").read_text(encoding="utf-8")))
    spared = [step.args for step in steps if "CR_QUEUE" in step.args]
    assert spared == ['$["${CR_QUEUE}"="minors"]?end', '$["${CR_QUEUE}"="urgent"]?end']
    assert place_of(steps, "minors") < place_of(steps, "state=offered")


def test_the_result_is_written_by_a_handler_that_is_there_before_the_first_prompt(steps: list[Step]) -> None:
    part = after_talk(steps)
    handler = place_of(part, "hangup_handler_push)=survey-end,s,1")
    assert place_of(part, "state=offered") < handler < place_of(part, "Read(")
    # What was left of an earlier reading, a menu's perhaps, is no grade.
    assert place_of(part, "Set(CR_KEY=)") < handler


def test_a_caller_is_asked_at_most_twice_for_one_key_with_five_seconds(steps: list[Step]) -> None:
    assert [step.args for step in after_talk(steps) if step.app == "Read"] == [
        "CR_KEY,v01,1,,1,5",
        "CR_KEY,i01&v01,1,,1,5",
    ]
    # Nothing leads back: the label of a step before another is never its target.
    part = after_talk(steps)
    labels = {step.label: n for n, step in enumerate(part) if step.label}
    for n, step in enumerate(part):
        for label in re.findall(r"\?:?([a-z]+)$", step.args):
            assert labels[label] > n, step


def test_every_way_through_it_ends_with_thanks_and_a_hang_up(steps: list[Step]) -> None:
    part = after_talk(steps)
    labels = {step.label: n for n, step in enumerate(part) if step.label}
    ends = part[labels["unrated"] : labels["waived"]]
    assert [step.app for step in ends] == ["Playback", "Hangup", "Playback", "Hangup"]
    assert [step.args for step in ends] == ["v03", "16", "v02", "16"]
    assert part[labels["end"]].app == "Hangup"


def test_the_grade_is_a_key_of_one_to_five_or_empty(steps: list[Step]) -> None:
    (written,) = [step.args for step in steps if "state=finished" in step.args]
    assert written == "CR_SURVEY,state=finished&grade=${FILTER(1-5,${CR_KEY})}"
