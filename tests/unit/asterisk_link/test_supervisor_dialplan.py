"""Supervision in the static dialplan: who may, whom, how, and that it is written down."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from callrouter.asterisk_link.render import AsteriskConfiguration, Phone, render_configuration
from callrouter.settings import PROJECT_ROOT
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

KINDS = {"*81": "listen", "*82": "whisper", "*83": "join"}
CITIZEN = Phone("citizen", "secret-of-citizen", "from-carrier", seat=False)


def phone(name: str, *, supervisor: bool = False) -> Phone:
    return Phone(name, f"secret-of-{name}", "from-seat", seat=True, supervisor=supervisor)


@pytest.fixture(scope="module")
def folder(configuration: AsteriskConfiguration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    phones = (phone("1001"), phone("1002"), phone("1101", supervisor=True), CITIZEN)
    folder = tmp_path_factory.mktemp("etc")
    render_configuration(PROJECT_ROOT / "asterisk", replace(configuration, phones=phones), folder)
    return folder


@pytest.fixture(scope="module")
def steps(folder: Path) -> list[Step]:
    return steps_of((folder / "extensions-supervisor.conf").read_text(encoding="utf-8"))


def said(steps: list[Step], context: str, exten: str = "s") -> list[str]:
    return [f"{one.app}({one.args})" for one in steps if (one.context, one.exten) == (context, exten)]


def test_each_code_names_a_seat_of_ours_with_or_without_its_last_key(steps: list[Step]) -> None:
    codes = {
        f"{code}{seat}{end}": [f"Set(CR_SUPERVISES={kind})", f"Set(CR_SEAT={seat})", "Goto(supervision,s,1)"]
        for code, kind in KINDS.items()
        for seat in ("1001", "1002", "1101")
        for end in ("", "#")
    }
    codes |= {
        code: [f"Set(CR_SUPERVISES={kind})", "Goto(supervision,asked,1)"] for code, kind in KINDS.items()
    }
    dialled = {step.exten for step in steps if step.context == "from-seat"}
    assert {exten: said(steps, "from-seat", exten) for exten in dialled} == codes


def test_only_a_supervisor_may_and_nobody_listens_to_himself(steps: list[Step]) -> None:
    known = {step.exten: step.args for step in steps if step.context == "supervisor"}
    assert known == {"1101": "1", "_[a-z0-9]!": ""}
    assert said(steps, "supervision")[:3] == [
        "Gosub(supervisor,${CHANNEL(endpoint)},1)",
        'GotoIf($["${GOSUB_RETVAL}"!="1"]?denied,1)',
        'GotoIf($["${CR_SEAT}"="${CHANNEL(endpoint)}"]?nobody,1)',
    ]


def test_who_presses_no_seat_is_asked_for_one_and_it_is_one_of_ours(steps: list[Step]) -> None:
    asked = said(steps, "supervision", "asked")
    assert asked[:2] == [
        "Gosub(supervisor,${CHANNEL(endpoint)},1)",
        'GotoIf($["${GOSUB_RETVAL}"!="1"]?denied,1)',
    ]
    known = {step.exten: step.args for step in steps if step.context == "supervised"}
    assert known == {"1001": "1001", "1002": "1002", "1101": "1101", "_[0-9]!": ""}


def test_it_is_written_down_before_anything_is_heard_and_when_it_ends(steps: list[Step]) -> None:
    does = said(steps, "supervision")
    began = does.index("Gosub(supervision-told,s,1(began))")
    assert "Set(CHANNEL(hangup_handler_push)=supervision-ends,s,1)" in does[began:]
    assert does[began + 2] == "Answer()"
    assert does[-2].startswith("Playback(")
    assert does[-1] == "Goto(supervision-on,${CR_SUPERVISES},1)"
    assert said(steps, "supervision-ends") == ["Gosub(supervision-told,s,1(ended))", "Return()"]
    heard = {
        step.context for step in steps if step.app in {"ChanSpy", "ConfBridge"} or "ConfBridge(" in step.args
    }
    assert heard == {"supervision-on"}


def test_the_calls_own_journal_has_the_same_word_as_the_supervisors(steps: list[Step]) -> None:
    (at_once,) = [
        step.args for step in steps if step.app == "CELGenUserEvent" and step.context == "supervision-told"
    ]
    (later,) = [step.args for step in steps if "EXPORT(" in step.args]
    pushed = re.fullmatch(
        r"EXPORT\(\$\{CR_CALLER_CHANNEL\},CHANNEL\(hangup_handler_push\)\)=supervision-word,s,1\((.*)\)",
        later,
    )
    assert pushed
    assert at_once == f"CR_SUPERVISION,{pushed[1]}"
    assert said(steps, "supervision-word") == ["CELGenUserEvent(CR_SUPERVISION,${ARG1})", "Return()"]


def test_only_the_agents_channel_of_the_seats_own_call_is_listened_to(steps: list[Step]) -> None:
    spied = [step.args for step in steps if step.app == "ChanSpy"]
    # Whispering is heard by the agent alone (w), or by both (B); nobody hears that it begins (q).
    assert spied == ["${CR_WATCHED},qES", "${CR_WATCHED},qESw", "${CR_WATCHED},qESB"]
    does = said(steps, "supervision-look")
    assert "Set(CR_CHANNELS=${CHANNELS(^PJSIP/${CR_SEAT}-[0-9a-f]+$)})" in does
    assert 'GotoIf($["${IMPORT(${CR_CALLER_CHANNEL},CR_AGENT_CHANNEL)}"!="${CR_WATCHED}"]?next)' in does


def test_without_supervisors_nobody_may(configuration: AsteriskConfiguration, tmp_path: Path) -> None:
    render_configuration(PROJECT_ROOT / "asterisk", replace(configuration, phones=(phone("1001"),)), tmp_path)
    steps = steps_of((tmp_path / "extensions-supervisor.conf").read_text(encoding="utf-8"))
    assert [step.exten for step in steps if step.context == "supervisor"] == ["_[a-z0-9]!"]
