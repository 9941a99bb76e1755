"""An emergency in the static dialplan: nobody is asked, everything is tried, and what is said was recorded."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.unit.asterisk_link.dialplan_steps import Step, steps_of
from tests.unit.asterisk_link.plan_targets import EMERGENCIES

Rendered = Callable[[str], str]


@pytest.fixture(scope="module")
def steps(rendered: Rendered) -> list[Step]:
    return steps_of(rendered("extensions-emergency.conf"))


def said(steps: list[Step], context: str, exten: str = "s") -> list[str]:
    return [f"{one.app}({one.args})" for one in steps if (one.context, one.exten) == (context, exten)]


def test_each_service_is_called_by_its_trunks_in_order_and_one_without_is_guided_to(
    steps: list[Step],
) -> None:
    dials = {
        one.exten: one.args.partition("=")[2]
        for one in steps
        if one.context == "emergency-of" and one.args.startswith("CR_SOS_TRUNKS=")
    }
    assert dials == {desk.id: "&".join(desk.dial) for desk in EMERGENCIES}
    assert dials["110"] == "PJSIP/110@peer-police&PJSIP/110@peer-second&PJSIP/110@peer-police"
    assert dials["120"] == ""
    assert said(steps, "emergency-of", "_[0-9]!") == ["Return()"]


def test_the_place_that_is_known_of_the_call_chooses_the_desk(steps: list[Step]) -> None:
    chosen = [one for one in said(steps, "emergency-of", "110") if one.startswith("GotoIf")]
    assert chosen == ['GotoIf($["${GOSUB_RETVAL}"="0471"]?110-0471,1)']
    assert not any("GotoIf" in one for one in said(steps, "emergency-of", "110-0471"))


def test_nothing_stands_before_the_call_but_what_the_dialplan_knows(steps: list[Step]) -> None:
    """No question, no wait, no hours, no limit: nothing that could hold it up."""
    before = said(steps, "emergency", "_[0-9]!")
    called = next(place for place, one in enumerate(before) if one.startswith("Dial("))
    assert not [
        one for one in before[:called] if re.match(r"(AGI|Wait|Playback|Read|Queue|Background)\(", one)
    ]
    calls = said(steps, "emergency-calls")
    first = next(place for place, one in enumerate(calls) if one.startswith("Dial("))
    assert not [one for one in calls[:first] if re.match(r"(AGI|Wait|Playback|Read|Queue)\(", one)]


def test_the_agents_keys_name_a_service_in_the_talk_and_in_the_conference(rendered: Rendered) -> None:
    features = re.findall(
        r'^sos-[\w-]+ => (\S+),peer,Gosub,"desk-emergency,([\w-]+),1"$',
        rendered("features.conf"),
        re.MULTILINE,
    )
    menu = re.findall(
        r"^(\S+) = dialplan_exec\(desk-key,sos-([\w-]+),1\)$", rendered("confbridge.conf"), re.MULTILINE
    )
    keys = [("*0110#", "110"), ("*0120#", "120"), ("*01100471#", "110-0471")]
    assert features == menu == keys
    (given,) = re.findall(r"^CR_SEAT_FEATURES = (\S+)$", rendered("extensions.conf"), re.MULTILINE)
    assert [one for one in given.split("#") if one.startswith("sos-")] == [f"sos-{id_}" for _, id_ in keys]


def test_who_has_answered_is_asked_nothing_and_joins(steps: list[Step]) -> None:
    joins = said(steps, "emergency-picked-up")
    assert joins[-1] == "Goto(target-in,s,1)"
    assert not [one for one in joins if re.match(r"(Read|Wait|Playback)\(", one)]
    (whispered,) = [one for one in joins if one.startswith("Originate(")]
    assert "emergency-number" in whispered


def test_a_courier_says_once_how_it_ended_whichever_way_it_goes(steps: list[Step]) -> None:
    assert said(steps, "emergency-calls")[0] == "Set(CHANNEL(hangup_handler_push)=emergency-ends,s,1)"
    assert said(steps, "emergency-ends")[0] == "Gosub(emergency-ended,s,1)"
    assert said(steps, "emergency-answered") == ["Goto(emergency-done,s,1)", "Goto(emergency-picked-up,s,1)"]
    assert said(steps, "emergency-done")[0] == "Set(CR_DONE=1)"
    assert said(steps, "emergency-picked-up")[0] == "Set(CHANNEL(hangup_handler_push)=target-gone,s,1)"
    assert said(steps, "emergency-ended")[:2] == ['GotoIf($["${CR_DONE}"="1"]?over)', "Set(CR_DONE=1)"]
