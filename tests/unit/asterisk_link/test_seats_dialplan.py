"""What a seat's phone may dial: each code sets the state that it names, and there is no way out to a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callrouter.asterisk_link.render import AsteriskConfiguration, Phone, render_configuration
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.seat_state import (
    BACK_CODE,
    LOG_IN_CODE,
    LOG_OUT_CODE,
    NO_ANSWER,
    OUT,
    PAUSE_CODES,
    PauseReason,
)
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

Rendered = Callable[[str], str]
CODES = {LOG_IN_CODE, LOG_OUT_CODE, BACK_CODE, *PAUSE_CODES}


@pytest.fixture
def steps(rendered: Rendered) -> list[Step]:
    return steps_of(rendered("extensions-seats.conf"))


def of(steps: list[Step], context: str, exten: str = "s") -> Iterator[Step]:
    return (step for step in steps if (step.context, step.exten) == (context, exten))


def test_a_phone_can_dial_the_codes_of_the_vocabulary_and_nothing_else(steps: list[Step]) -> None:
    assert {step.exten for step in steps if step.context == "from-seat"} == CODES


def test_nothing_that_is_reached_from_a_seat_calls_anybody_or_leaves_this_file(steps: list[Step]) -> None:
    contexts = {step.context for step in steps}
    for step in steps:
        assert step.app not in {"Dial", "Queue", "System", "AGI", "Originate", "ExecIf"}
        if step.app in {"Goto", "Gosub", "GotoIf"}:
            context, *rest = step.args.rpartition("?")[2].split(",")
            assert rest, step.args
            assert context in contexts, step.args


@pytest.mark.parametrize(
    ("code", "prompt", "pause"),
    [
        (LOG_IN_CODE, "a01", None),
        (BACK_CODE, "a04", None),
        (LOG_OUT_CODE, "a02", OUT),
        *((code, "a03", reason.value) for code, reason in PAUSE_CODES.items()),
    ],
)
def test_a_code_sets_its_state_whatever_it_was_and_says_so(
    steps: list[Step], code: str, prompt: str, pause: str | None
) -> None:
    args = [step.args for step in of(steps, "from-seat", code)]
    wanted = [f"CR_SAID={prompt}"]
    assert args == (
        [*wanted, "seat-ready,s,1"] if pause is None else [*wanted, f"CR_PAUSE={pause}", "seat-paused,s,1"]
    )


def test_every_reason_has_its_code_and_none_is_a_word_that_means_something_else() -> None:
    assert set(PAUSE_CODES.values()) == set(PauseReason)
    assert not {OUT, NO_ANSWER} & {reason.value for reason in PauseReason}


@pytest.mark.parametrize(
    ("context", "does", "result"),
    [
        ("seat-ready", "UnpauseQueueMember(,${CR_MEMBER})", '"${UPQMSTATUS}"="UNPAUSED"'),
        ("seat-paused", "PauseQueueMember(,${CR_MEMBER},,${CR_PAUSE})", '"${PQMSTATUS}"="PAUSED"'),
    ],
)
def test_it_holds_in_all_queues_and_what_did_not_work_is_said(
    steps: list[Step], context: str, does: str, result: str
) -> None:
    said = [f"{step.app}({step.args})" for step in of(steps, context)]
    tried = [does, f"GotoIf($[{result}]?seat-said,s,1)"]
    assert said == [
        "Gosub(seat-member,${CHANNEL(endpoint)},1)",
        'GotoIf($["${CR_MEMBER}"=""]?seat-failed,s,1)',
        *tried,
        "Gosub(seat-joins,s,1)",
        *tried,
        "Goto(seat-failed,s,1)",
    ]


def test_who_it_is_the_endpoint_says_and_the_duty_phone_is_no_seat(
    configuration: AsteriskConfiguration, tmp_path: Path
) -> None:
    phones = (*configuration.phones, Phone("1999", "secret-of-1999", "from-seat", seat=True))
    render_configuration(PROJECT_ROOT / "asterisk", replace(configuration, phones=phones), tmp_path)
    steps = steps_of((tmp_path / "extensions-seats.conf").read_text(encoding="utf-8"))
    assert {step.exten for step in steps if step.context == "seat-member"} == {"1001", "1999"}
    seat, duty = list(of(steps, "seat-member", "1001")), list(of(steps, "seat-member", "1999"))
    assert seat[0].args == "CR_MEMBER=Local/1001@seat"
    assert [step.args for step in duty] == ["CR_MEMBER=", ""]


def test_before_the_controller_was_ever_there_the_general_queue_gets_the_seat(steps: list[Step]) -> None:
    (added,) = [step for step in steps if step.app == "AddQueueMember"]
    assert added.context == "seat-joins"
    assert added.args == "${CR_SAFE_QUEUE},${CR_MEMBER},0,,${CR_SEAT},PJSIP/${CR_SEAT}"


def test_a_code_is_one_short_call_that_ends_by_itself(steps: list[Step]) -> None:
    said = [f"{step.app}({step.args})" for step in of(steps, "seat-said")]
    assert said[0] == "Answer()"
    assert said[1] == "Set(TIMEOUT(absolute)=10)"
    assert said[-2:] == ["Playback(${CR_SAID})", "Hangup(16)"]
