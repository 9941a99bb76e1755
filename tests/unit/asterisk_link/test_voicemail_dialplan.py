"""Messages, call-backs and the keys of a caller who waits: their part of the dialplan, and what the queue offers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callrouter.asterisk_link.of_the_plan import Address
from callrouter.asterisk_link.render import AsteriskConfiguration, render_configuration
from callrouter.settings import PROJECT_ROOT
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

Rendered = Callable[[str], str]
Rendering = Callable[..., str]


@pytest.fixture
def steps(rendered: Rendered) -> list[Step]:
    return steps_of(rendered("extensions-voicemail.conf"))


@pytest.fixture
def rendering(configuration: AsteriskConfiguration, tmp_path: Path) -> Rendering:
    """A file of the configuration with some of it changed."""

    def made(name: str, **changed: Any) -> str:
        render_configuration(PROJECT_ROOT / "asterisk", replace(configuration, **changed), tmp_path)
        return (tmp_path / name).read_text(encoding="utf-8")

    return made


def part(steps: list[Step], context: str, exten: str | None = None) -> list[Step]:
    return [step for step in steps if step.context == context and exten in (None, step.exten)]


def place_of(steps: list[Step], wanted: str) -> int:
    return next(n for n, step in enumerate(steps) if wanted in f"{step.app}({step.args})")


def labelled(steps: list[Step], label: str) -> int:
    return next(n for n, step in enumerate(steps) if step.label == label)


def played_in(steps: list[Step]) -> list[str]:
    return [step.args for step in steps if step.app in ("Playback", "Read")]


@pytest.mark.parametrize(
    ("entry", "prompt"), [("nobody", "n02"), ("chosen", "n03"), ("closed", ""), ("unnamed", "")]
)
def test_a_message_is_asked_for_by_why_it_is_taken_or_has_been_already(
    steps: list[Step], entry: str, prompt: str
) -> None:
    assert [step.args for step in part(steps, "message", entry)] == [f"CR_SAID={prompt}", "message-taken,s,1"]


def test_what_was_said_counts_though_the_caller_hangs_up_and_is_written_down_once(steps: list[Step]) -> None:
    taken = part(steps, "message-taken")
    pushed, record = place_of(taken, "hangup_handler_push)=voicemail-end,s,1"), place_of(taken, "Record(")
    popped = place_of(taken, "hangup_handler_pop")
    assert place_of(taken, "state=started") < pushed == record - 1
    assert record == popped - 1
    # Whoever hangs up from here on has no handler: the step that follows has written it.
    assert place_of(taken, "Gosub(voicemail-end") > popped


def test_the_recording_is_named_by_the_call_ends_in_silence_and_is_kept_after_a_hang_up(
    steps: list[Step],
) -> None:
    (record,) = [step.args for step in steps if step.app == "Record"]
    assert record == "${CR_SPOOL}/voicemail/${CR_CALL}.wav,5,180,kq"


def test_the_files_name_is_in_the_journal_before_there_is_a_file_and_not_before_the_tone(
    steps: list[Step],
) -> None:
    taken = part(steps, "message-taken")
    begun = place_of(taken, "CR_VOICEMAIL,state=started&file=${CR_CALL}.wav")
    # Nothing of the tone is in the message, and nobody who leaves in it has begun one.
    assert (taken[begun - 1].app, taken[begun - 1].args) == ("Playback", "beep")
    assert begun < place_of(taken, "Record(")


@pytest.mark.parametrize("seconds", [1, 2, 30])
def test_what_is_shorter_than_the_setting_is_no_message(rendering: Rendering, seconds: int) -> None:
    ended = part(
        steps_of(rendering("extensions-voicemail.conf", voicemail_shortest_s=seconds)), "voicemail-end"
    )
    asked = ended[place_of(ended, "GotoIf")].args
    # Sixteen bits, 8000 a second, behind a header of 44 octets.
    assert asked == f"$[0${{CR_BYTES}} >= {44 + seconds * 8000 * 2}]?kept"
    assert ended[place_of(ended, "GotoIf") + 1].args == "CR_VOICEMAIL,state=finished&status=SKIP"
    assert ended[-1].args == "kept"


def test_who_has_said_nothing_twice_is_connected_if_a_seat_is_free_once_and_else_thanked(
    steps: list[Step],
) -> None:
    taken = part(steps, "message-taken")
    unheard = place_of(taken, "CR_UNHEARD=")
    assert taken[unheard + 1].args == "$[${CR_UNHEARD} > 1]?silent"
    assert [(step.app, step.args) for step in taken[unheard + 2 : unheard + 4]] == [
        ("Playback", "h03"),
        ("Goto", "again"),
    ]
    silent = labelled(taken, "silent")
    assert taken[silent].args == "$[${CR_UNHEARD} = 2 & 0${QUEUE_MEMBER(${CR_QUEUE},ready)} > 0]?back"
    assert [(step.app, step.args) for step in taken[silent + 1 : silent + 3]] == [
        ("Playback", "v03"),
        ("Hangup", "16"),
    ]


def test_nobody_is_told_that_a_message_was_kept_which_was_not_and_he_goes_back_to_the_queue_once(
    steps: list[Step],
) -> None:
    taken = part(steps, "message-taken")
    failed = taken[labelled(taken, "failed") :]
    assert played_in(failed) == ["f01"]
    assert failed[0].args == "CR_VOICEMAIL,state=finished&status=ERROR"
    once = place_of(failed, '"${CR_NOT_KEPT}"="1"]?end')
    assert once < place_of(failed, "CR_NOT_KEPT=1") < place_of(failed, "Goto(connect,s,wait)")
    assert (failed[-1].label, failed[-1].app) == ("end", "Hangup")


def test_whose_platform_has_an_address_is_told_it_and_the_others_are_only_thanked(
    rendering: Rendering, configuration: AsteriskConfiguration
) -> None:
    addresses = (Address("hotline", "h04-kunming-yunnan"), Address("yuxi", "h04-yuxi-yunnan"))
    steps = steps_of(
        rendering("extensions-voicemail.conf", plan=replace(configuration.plan, addresses=addresses))
    )
    table = {step.exten: step.args for step in part(steps, "address")}
    assert table == {"hotline": "h04-kunming-yunnan", "yuxi": "h04-yuxi-yunnan", "_[a-z0-9]!": ""}
    taken = part(steps, "message-taken")
    kept = taken[labelled(taken, "kept") : labelled(taken, "failed")]
    assert kept[0].args == "address,${CR_QUEUE},1"
    assert kept[1].args == '$["${GOSUB_RETVAL}"=""]?thanks'
    assert played_in(kept) == ["h05&${GOSUB_RETVAL}&v03", "h02"]


def test_the_recording_of_the_wait_ends_before_the_message_begins_and_begins_again_after(
    steps: list[Step],
) -> None:
    taken = part(steps, "message-taken")
    assert taken[0].args.endswith("?recording-end,s,1")
    assert place_of(taken, "recording-start,s,1") == place_of(taken, "Goto(connect,s,wait)") - 1


@pytest.mark.parametrize(("call_back", "keys"), [(True, {"1", "2"}), (False, {"1"})])
def test_a_caller_who_waits_has_the_keys_that_are_offered_and_no_others(
    rendering: Rendering, call_back: bool, keys: set[str]
) -> None:
    steps = steps_of(rendering("extensions-voicemail.conf", call_back=call_back))
    assert {step.exten for step in part(steps, "queue-keys")} == keys
    queues = rendering("queues.conf", call_back=call_back)
    offer = "q09" if call_back else "q02"
    said = set(re.findall(r"^periodic-announce = (.*)$", queues, re.MULTILINE))
    assert said == {",".join([offer, "m06", *[offer] * 8])}
    assert queues.count("context = queue-keys") == 2


def test_a_key_counts_once_it_was_offered_and_never_in_an_emergency(steps: list[Step]) -> None:
    left = part(steps, "left-by-key")
    (counts,) = [step.args for step in left if "?offered" in step.args]
    assert counts == '$["${CR_URGENT}"!="1" & ${EPOCH} >= 0${CR_OFFERED_AT}]?offered'
    for key, goes in (("1", "message,chosen,1"), ("2", "call-back,s,1")):
        pressed = part(steps, "queue-keys", key)
        assert [(step.app, step.args) for step in pressed] == [
            ("Gosub", "left-by-key,s,1"),
            ("GotoIf", f'$["${{GOSUB_RETVAL}}"="offered"]?{goes}'),
            ("Goto", "connect,s,wait"),
        ]


def test_a_key_costs_no_place_and_is_written_down_and_many_are_heard_once_a_second(steps: list[Step]) -> None:
    left = part(steps, "left-by-key")
    assert left[0].args == "CR_QUEUE,queue=${CR_QUEUE}&state=left&status=KEY&cause=0"
    assert left[1].args == "CR_POSITION=${QUEUEPOSITION}"
    (slow,) = [step.args for step in left if "CR_KEYS} > " in step.args]
    assert slow == "$[${CR_KEYS} > 5]?MusicOnHold(${CR_CLASS},1)"


def test_whoever_is_called_back_has_shown_a_telephone_number(steps: list[Step]) -> None:
    asked = part(steps, "call-back")
    number, presentation = (
        re.compile(found) for found in re.findall(r'REGEX\("([^"]+)"', asked[0].args + asked[1].args)
    )
    assert all(step.args.endswith("?:unnamed") for step in asked[:2])
    for called in ("13800138000", "%2B8613800138000", "02886621234"):
        assert number.search(called), called
    for other in ("", "anonymous", "1380013800a", "%40", "%2B", "13800138000%0a"):
        assert not number.search(other), other
    assert presentation.search("allowed_not_screened")
    for withheld in ("prohib", "prohib_not_screened", "unavailable", "not-allowed"):
        assert not presentation.search(withheld), withheld


def test_a_call_back_is_asked_for_by_confirming_it_with_1_before_anything_else_is_played(
    steps: list[Step],
) -> None:
    asked = part(steps, "call-back")
    requested = place_of(asked, "CR_CALL_BACK,state=requested")
    assert asked[requested - 1].args == '${REGEX("^1$" ${CR_KEY})}?:stays'
    assert played_in(asked[:requested]) == ["CR_KEY,k02,1,,1,5"]
    stays, unnamed = labelled(asked, "stays"), labelled(asked, "unnamed")
    assert played_in(asked[requested:stays]) == ["k03"]
    assert [(step.app, step.args) for step in asked[stays:unnamed]] == [("Goto", "connect,s,wait")]
    assert [(step.app, step.args) for step in asked[unnamed:]] == [
        ("Playback", "k04"),
        ("Goto", "message,unnamed,1"),
    ]


@pytest.mark.parametrize(("long_wait_s", "longest_notice_s", "first_s"), [(60, 20, 60), (15, 41, 42)])
def test_the_offer_is_first_made_after_the_long_wait_and_never_in_the_notice(
    rendering: Rendering, long_wait_s: int, longest_notice_s: int, first_s: int
) -> None:
    queues = rendering("queues.conf", long_wait_s=long_wait_s, longest_notice_s=longest_notice_s)
    for line in (
        f"periodic-announce-startdelay = {first_s}",
        f"periodic-announce-frequency = {long_wait_s}",
        "relative-periodic-announce = yes",
        "announce-frequency = 0",
    ):
        assert queues.count(f"\n{line}\n") == 2, line
