"""A transfer in the static dialplan: the core's table, the plan's targets, the keys, and a way on from everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import pytest

from callrouter.asterisk_link.transfer_question import TARGET_VARIABLE, TRANSFER_FACTS
from callrouter.decide.transfer_sounds import refusal_key
from callrouter.decide.transfer_table import TABLE, Ignored
from callrouter.vocabulary.record_words import LegRole, TransferKind, TransferOutcome
from callrouter.vocabulary.transfer import Refused, RefusedTarget, TransferState, TransferStimulus
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of
from tests.unit.asterisk_link.plan_targets import TARGETS

Rendered = Callable[[str], str]


@pytest.fixture(scope="module")
def steps(dialplan: str) -> list[Step]:
    return steps_of(dialplan)


def of(steps: list[Step], context: str, exten: str | None = None) -> list[Step]:
    return [step for step in steps if step.context == context and exten in (None, step.exten)]


def matches(pattern: str, text: str) -> bool:
    """Whether an extension matches, hyphens left out; of the patterns only what we use."""
    text = text.replace("-", "")
    if not pattern.startswith("_"):
        return pattern.replace("-", "") == text
    translated = pattern[1:].replace("-", "") if "[" not in pattern else pattern[1:]
    return bool(re.fullmatch(translated.replace("X", "[0-9]").replace("!", ".*"), text))


def extension_for(steps: list[Step], context: str, text: str) -> str | None:
    extens = list(dict.fromkeys(step.exten for step in of(steps, context)))
    exact = [exten for exten in extens if not exten.startswith("_")]
    return next((exten for exten in (*exact, *extens) if matches(exten, text)), None)


@pytest.mark.parametrize(("state", "stimulus"), sorted(product(TransferState, TransferStimulus)))
def test_the_dialplan_takes_the_cores_step_in_every_state(
    steps: list[Step], state: TransferState, stimulus: TransferStimulus
) -> None:
    cell = TABLE[state, stimulus]
    exten = extension_for(steps, "transfer-table", f"{state.value}-{stimulus.value}")
    assert exten
    (step,) = of(steps, "transfer-table", exten)
    # Returning to a held or passed caller's own state is a step too: it drops whoever came too late.
    assert (step.app, step.args) == ("Return", "" if isinstance(cell, Ignored) else cell.state.value)


def test_every_stimulus_that_is_raised_is_one_of_the_tables(steps: list[Step]) -> None:
    raised: set[str] = set()
    for step in steps:
        for argument in re.findall(r"transfer-step,s,1\((.*)\)$", step.args):
            raised |= set(re.findall(r"[a-z]+(?:_[a-z]+)*", re.sub(r"\$\[.*?\]\?", "", argument)))
    nets = {step.args for step in of(steps, "transfer-net")} - {"", "place"}
    nets |= set(re.findall(r"Set\(CR_STIMULUS=([a-z_]+)\)", " ".join(step.args for step in steps)))
    told = {"consult", "pass", "emergency"}  # by [transfer-start] and [emergency], which take no lock
    assert raised <= set(TransferStimulus)
    assert raised | nets | told | {"target_gone", "declined", "failed"} == set(TransferStimulus)


@pytest.mark.parametrize("state", TransferState)
def test_a_caller_is_placed_somewhere_in_every_state(steps: list[Step], state: TransferState) -> None:
    exten = extension_for(steps, "transfer-place", state.value)
    assert exten
    goes = [step.args for step in of(steps, "transfer-place", exten) if step.app == "Goto"]
    expected = {
        **dict.fromkeys(("talk", "together", "three", "handed"), "transfer-conference,s,1"),
        "queued": "connect,s,again", "ended": "after-talk,s,1",
    }  # fmt: skip
    assert goes == [expected.get(state.value, "transfer-hold,s,1")]


@pytest.mark.parametrize("state", ["held", "calling", "asking", "consult", "passing", "alone"])
@pytest.mark.parametrize("target", "01")
@pytest.mark.parametrize("agent", "01")
def test_a_caller_on_hold_never_waits_for_somebody_who_is_not_there(
    steps: list[Step], state: str, agent: str, target: str
) -> None:
    exten = extension_for(steps, "transfer-net", f"{state}-{agent}-{target}")
    assert exten
    (stimulus,) = [step.args for step in of(steps, "transfer-net", exten)]
    waits_for = {"held": agent == "1", "alone": target == "1"}.get(state, agent == target == "1")
    assert (stimulus == "") is waits_for
    if stimulus:
        assert not isinstance(TABLE[TransferState(state), TransferStimulus(stimulus)], Ignored)


def test_every_target_is_called_as_the_plan_says_and_nobody_else_can_be(steps: list[Step]) -> None:
    known = of(steps, "target-of")
    called = {step.exten: step.args for step in known if step.args.startswith("CR_TARGET_DIAL=")}
    assert called == {
        "tax-sichuan": "CR_TARGET_DIAL=PJSIP/12366@peer-tax",
        "tax-mianyang": "CR_TARGET_DIAL=PJSIP/12366@peer-my",
        "expert-12348": "CR_TARGET_DIAL=Local/expert-12348@target-queue/n",
        "1001": "CR_TARGET_DIAL=PJSIP/1001",
        "supervisor": "CR_TARGET_DIAL=PJSIP/1101&PJSIP/1102",
    }
    assert [step.args for step in known if step.exten == "_[a-z0-9][a-z0-9]!"] == [""]
    (dialled,) = [step.args for step in of(steps, "transfer-start") if step.app == "Dial"]
    assert dialled.startswith("${CR_TARGET_DIAL},${CR_TARGET_RING},")
    written = [step for step in steps if step.app == "Set" and step.args.startswith("CR_TARGET_DIAL=")]
    assert {step.context for step in written} == {"target-of"}


def test_what_is_said_of_a_target_is_its_own_or_general_and_never_nothing(steps: list[Step]) -> None:
    said = {
        exten: [
            step.args.partition("=")[2]
            for step in of(steps, "target-of", exten)
            if step.args.startswith(
                ("CR_TARGET_CONNECTING", "CR_TARGET_PASSING", "CR_TARGET_FAILED", "CR_TARGET_JOINED")
            )
        ]
        for exten in ("tax-sichuan", "1001")
    }
    assert said == {
        "tax-sichuan": ["t-b01-tax", "t-b02-tax", "b03-tax", "b05-tax"],
        "1001": ["t-b11", "t-b12", "b13", "b15"],
    }


def test_every_class_of_music_that_is_played_to_a_caller_who_is_passed_on_exists(
    steps: list[Step], rendered: Rendered
) -> None:
    classes = set(re.findall(r"^\[([\w-]+)\]$", rendered("musiconhold.conf"), re.MULTILINE))
    assert len(classes) == len(re.findall(r"^\[([\w-]+)\]$", rendered("musiconhold.conf"), re.MULTILINE))
    played = {step.args.partition("=")[2] for step in of(steps, "target-of") if "=t-" in step.args}
    assert played | {"t-b16", "ringing", "quiet", "hold"} <= classes


def test_a_code_stands_for_one_target_while_the_controller_is_silent(steps: list[Step]) -> None:
    by_code = {
        step.exten: step.args.partition("=")[2]
        for step in of(steps, "target-of-code")
        if step.args.startswith("CR_ANSWER=")
    }
    assert by_code == {one.code: one.id for one in TARGETS if one.is_first}
    conditions = {
        code: [step.args for step in of(steps, "target-of-code", code) if step.app == "ExecIf"]
        for code in by_code
    }
    assert conditions["12366"] == [
        '$["${CR_WANTED_KIND}"="plain"]?Return(refused|c05|other_kind|tax-sichuan)'
    ]
    assert conditions["12348"] == [
        '$["${CR_WANTED_KIND}"="three_way"]?Return(refused|c06|other_kind|expert-12348)',
        '$["${CUT(GOSUB_RETVAL,:,1)}"="closed"]?Return(refused|c03|closed|expert-12348)',
    ]
    assert conditions["1001"] == ['$["${CR_SEAT}"="1001"]?Return(refused|c09|yourself|1001)']
    assert conditions["0"] == [
        "$[${EPOCH} + ${CR_CLOCK_OFFSET} < 1800000000]?Return(refused|c03|not_yet|supervisor)"
    ]
    assert of(steps, "target-of-code")[-1].args == "refused|c02|unknown|"


ASKED_BY_CODE = (TransferKind.PLAIN, TransferKind.THREE_WAY)


def test_what_the_dialplan_refuses_by_itself_is_said_as_the_controller_says_it(steps: list[Step]) -> None:
    said = set(re.findall(r"refused\|(c\d\d)", " ".join(step.args for step in of(steps, "target-of-code"))))
    asked = TransferKind.PLAIN
    reasons = (
        *(RefusedTarget.UNKNOWN, RefusedTarget.CLOSED, RefusedTarget.YOURSELF),
        RefusedTarget.GUIDE_ONLY,
    )
    expected = {refusal_key(Refused(why, ""), asked) for why in reasons}
    both = {refusal_key(Refused(RefusedTarget.OTHER_KIND, ""), kind) for kind in ASKED_BY_CODE}
    assert said == expected | both


def test_the_transfer_dip_brings_exactly_the_facts_that_the_controller_reads(
    steps: list[Step], rendered: Rendered
) -> None:
    (dip,) = [step for step in steps if step.app == "AGI" and step.context == "desk-code"]
    address, _, arguments = dip.args.partition(",")
    assert address == "${CR_ASK_TARGET}"
    assert "\nCR_ASK_TARGET = agi://127.0.0.1:14573/transfer\n" in rendered("extensions.conf")
    assert tuple(re.findall(r"(?:^|,)([a-z_]+)=", arguments)) == TRANSFER_FACTS
    before = [step.args for step in of(steps, "desk-code", "s")]
    fuse = before.index("TIMEOUT(absolute)=1.5")
    assert before.index(dip.args) == fuse + 1
    assert before[fuse + 2] == "TIMEOUT(absolute)=0"
    assert of(steps, "desk-code", "T") == [Step("desk-code", "T", "1", None, "Goto", "s,asked")]
    assert f"{TARGET_VARIABLE}=" in before[:fuse]


def test_what_comes_back_is_filtered_before_it_names_anything(steps: list[Step]) -> None:
    for step in of(steps, "desk-code"):
        for part in re.findall(rf"\$\{{CUT\({TARGET_VARIABLE},\|,([23])\)\}}", step.args):
            assert f"${{FILTER(a-z0-9\\-,${{CUT({TARGET_VARIABLE},|,{part})}})}}" in step.args


@pytest.mark.parametrize("role", [LegRole.BRANCH, LegRole.UTILITY, LegRole.PLATFORM, LegRole.EXPERT])
def test_a_targets_leg_says_who_it_is_and_of_which_attempt(steps: list[Step], role: LegRole) -> None:
    assert role in {one.role for one in TARGETS} | {"utility", "platform"}
    leg = [step.args for step in of(steps, "target-leg")]
    assert leg[:2] == ["__CR_OF_ATTEMPT=${ARG1}", "__CR_PARTY=${ARG2}"]
    assert "?leg,s,1(${ARG2})" in leg[2]


@pytest.mark.parametrize(
    ("status", "cause", "outcome"),
    [
        ("BUSY", "17", TransferOutcome.BUSY),
        ("NOANSWER", "", TransferOutcome.NO_ANSWER),
        ("CONGESTION", "21", TransferOutcome.DECLINED),
        ("CHANUNAVAIL", "20", TransferOutcome.UNREACHABLE),
        ("CONGESTION", "1", TransferOutcome.UNREACHABLE),
        ("CONGESTION", "19", TransferOutcome.NO_ANSWER),
        ("CONGESTION", "34", TransferOutcome.UNREACHABLE),
        ("NONE", "", TransferOutcome.UNREACHABLE),
    ],
)
def test_why_a_target_was_not_had_is_one_of_the_records_words(
    steps: list[Step], status: str, cause: str, outcome: TransferOutcome
) -> None:
    exten = extension_for(steps, "target-outcome", status)
    found = of(steps, "target-outcome", exten)
    if found[-1].app == "Goto":
        found = of(steps, "target-cause", extension_for(steps, "target-cause", cause or "0"))
    assert found[0].args.startswith("CR_SAYS_WHY=c1")
    assert found[-1].args == outcome.value


def test_whoever_is_called_is_told_of_the_line_where_that_was_recorded(steps: list[Step]) -> None:
    for dialled, said in (("12345678", "b04-12345678"), ("12399", "w01"), ("", "w01")):
        exten = extension_for(steps, "target-line", f"0{dialled}")
        assert exten is not None
        (step,) = of(steps, "target-line", exten)
        assert (step.app, step.args) == ("Return", said), dialled


def test_the_keys_are_the_same_in_the_queues_talk_and_in_the_conference(rendered: Rendered) -> None:
    features = dict(re.findall(r"^([\w-]+) => (\*[\d#]+),", rendered("features.conf"), re.MULTILINE))
    menu = set(re.findall(r"^(\*[\d#]+) = ", rendered("confbridge.conf"), re.MULTILINE))
    assert (
        set(features.values())
        == menu
        == {
            *(f"*{digit}" for digit in range(1, 10)),
            *("*0110#", "*0120#", "*01100471#"),
        }
    )
    (given,) = re.findall(r"^CR_SEAT_FEATURES = (\S+)$", rendered("extensions.conf"), re.MULTILINE)
    assert set(given.split("#")) == set(features)


def test_every_key_has_its_steps(steps: list[Step], rendered: Rendered) -> None:
    pressed = re.findall(r"dialplan_exec\(desk-key,([\w-]+),1\)", rendered("confbridge.conf"))
    assert len(pressed) == 12
    for key in pressed:
        assert extension_for(steps, "desk-pressed", key), key
    for exten in re.findall(r'"desk-out,([\w-]+),1"', rendered("features.conf")):
        assert of(steps, "transfer-agent", exten), exten


def test_whoever_is_the_last_to_leave_frees_the_caller(rendered: Rendered) -> None:
    sections = dict(
        re.findall(r"^\[([\w-]+)\]\n(.*?)(?=^\[|\Z)", rendered("confbridge.conf"), re.MULTILINE | re.DOTALL)
    )
    assert "end_marked = yes" in sections["transfer-caller"]
    assert "marked = yes" in sections["transfer-agent"]
    assert "marked = yes" in sections["transfer-target"]
    assert "marked" not in sections["transfer-voice"]
    # They talk: nobody is announced, nothing is counted, nothing asked.
    assert all(
        "quiet = yes" in sections[one]
        for one in sections
        if one.startswith("transfer-") and "keys" not in one
    )


def test_every_end_of_a_channel_is_caught_before_the_channel_can_talk(steps: list[Step]) -> None:
    pushed = {
        step.args.partition("=")[2].split(",")[0]: step.context
        for step in steps
        if "hangup_handler_push" in step.args and step.context != "emergency-picked-up"
    }
    assert pushed["transfer-caller-gone"] == "connect"
    assert pushed["desk-gone"] == "desk-begins"
    assert pushed["target-gone"] == "target-picked-up"
    connect = [step.args for step in of(steps, "connect")]
    queue = next(place for place, args in enumerate(connect) if args.startswith("${CR_QUEUE},"))
    assert connect.index("CHANNEL(hangup_handler_push)=transfer-caller-gone,s,1") < queue
