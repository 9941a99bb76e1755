"""The overflow's part of the dialplan: where callers go on to, and that every chain ends."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from callrouter.asterisk_link.of_the_plan import Notice, OfThePlan, OverflowStep, Played, WayOut
from callrouter.asterisk_link.render import AsteriskConfiguration, OutboundTrunk, render_configuration
from callrouter.settings import PROJECT_ROOT
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

NOT_THERE = Notice("e02-experts-x", (Played("e02-experts-x", 200, 7200),), 7400)
OF_THE_PLAN = OfThePlan(
    queues=("hotline", "experts", "silent", "letters", "a"),
    notices=(Notice("none", (), 0),),
    overflows=(
        OverflowStep("hotline", "platform", 300, "peer-haikou", "12345", "haikou"),
        OverflowStep("experts", "queue", 60, "hotline", notice=NOT_THERE),
        OverflowStep("silent", "queue", 45, "hotline"),
        OverflowStep("letters", "message", 30),
        OverflowStep("a", "last-resort", 20),
    ),
    ways_out=(WayOut("peer-haikou", "sip:192.0.2.31:5060", "overflow to haikou"),),
    trunks_of_platforms=("haikou", "sanya"),
    trunks_that_hand_over=("haikou", "sanya", "police-110"),
)


@pytest.fixture(scope="module")
def folder(configuration: AsteriskConfiguration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("etc")
    trunk = OutboundTrunk("peer-haikou", "sip:192.0.2.31:5060", "overflow to haikou")
    changed = replace(configuration, plan=OF_THE_PLAN, outbound_trunks=(trunk,))
    render_configuration(PROJECT_ROOT / "asterisk", changed, made)
    return made


@pytest.fixture(scope="module")
def steps(folder: Path) -> list[Step]:
    return steps_of((folder / "extensions-overflow.conf").read_text(encoding="utf-8"))


def table(steps: list[Step], context: str) -> dict[str, str]:
    """What each extension of a context returns in the end."""
    return {step.exten: step.args for step in steps if step.context == context and step.app == "Return"}


def walk(steps: list[Step], variables: dict[str, str]) -> str:
    """Where [overflow] goes on to: its steps done, as Asterisk would, with what the table returns for CR_QUEUE."""
    todo = [step for step in steps if step.context == "overflow"]
    labels = {step.label: place for place, step in enumerate(todo) if step.label}
    place, returned = 0, ""
    while True:
        step = todo[place]
        args = re.sub(r"\$\{CUT\((\w+),\|,(\d)\)\}", lambda cut: column(variables, cut), step.args)
        args = re.sub(r"\$\{(\w+)\}", lambda name: variables.get(name[1], ""), args)
        place += 1
        if step.app == "Set":
            name, _, value = args.partition("=")
            variables[name.removeprefix("__")] = sum_of(value)
        elif step.app == "Gosub":
            context, exten, _ = args.split(",")
            if context == "place-in-queue":
                variables["CR_PLACE"] = variables.get(f"place in {variables['CR_QUEUE']}", "")
                continue
            rows = table(steps, context)
            returned = rows.get(exten, rows["_[a-z0-9]!"])
            variables["GOSUB_RETVAL"] = returned
        elif step.app == "ExecIf":
            condition, _, done = args.partition("?Set(")
            if is_so(condition):
                name, _, value = done.removesuffix(")").partition("=")
                variables[name] = value
        elif step.app == "GotoIf":
            condition, _, target = args.partition("?")
            holds = is_so(condition)
            if holds and "," in target:
                return target
            place = labels[target] if holds else place
        else:
            assert step.app == "Goto", step
            return args


def is_so(condition: str) -> bool:
    left, equals, right = re.sub(r'[\[\]"$]', "", condition).partition("=")
    return left == right if equals else int(left.split(">")[0]) > int(left.split(">")[1])


def column(variables: dict[str, str], cut: re.Match[str]) -> str:
    columns = variables.get(cut[1], "").split("|")
    return columns[int(cut[2]) - 1] if int(cut[2]) <= len(columns) else ""


def sum_of(value: str) -> str:
    found = re.fullmatch(r"\$\[1 \+ (\d+)\]", value)
    return str(1 + int(found[1])) if found else value


def test_each_queue_has_its_row_and_what_is_in_no_row_goes_to_the_duty_phone(steps: list[Step]) -> None:
    assert table(steps, "overflow-of") == {
        "hotline": "platform|peer-haikou|12345|haikou",
        "experts": "queue|hotline",
        "silent": "queue|hotline",
        "letters": "message",
        "a": "last-resort",
        "_[a-z0-9]!": "last-resort",
    }


def test_each_queue_has_its_wait_and_what_is_in_no_row_the_general_one(
    steps: list[Step], configuration: AsteriskConfiguration
) -> None:
    waits = {"hotline": "300", "experts": "60", "silent": "45", "letters": "30", "a": "20"}
    assert table(steps, "queue-wait") == waits | {"_[a-z0-9]!": str(configuration.queue_wait_s)}


def test_from_experts_to_general_seats_the_caller_is_told_once_and_keeps_his_priority(
    steps: list[Step], folder: Path
) -> None:
    variables = {"CR_QUEUE": "experts", "CR_UNTIL": "99", "QUEUE_PRIO": "10"}
    assert walk(steps, variables) == "connect,s,wait"
    assert (variables["CR_QUEUE"], variables["CR_CLASS"]) == ("hotline", "n-e02-experts-x")
    assert (variables["CR_UNTIL"], variables["QUEUE_PRIO"]) == ("", "10")
    assert walk(steps, variables | {"CR_QUEUE": "experts"}) == "connect,s,wait"
    again = variables | {"CR_QUEUE": "experts"}
    walk(steps, again)
    assert again["CR_CLASS"] == "hold"
    music = (folder / "musiconhold.conf").read_text(encoding="utf-8")
    assert "[n-e02-experts-x]\nmode = playlist\n" in music


@pytest.mark.parametrize("place", ["", "-p", "-o"])
def test_who_goes_on_is_told_his_place_in_the_queue_that_he_comes_to(
    steps: list[Step], folder: Path, place: str
) -> None:
    variables = {"CR_QUEUE": "experts", "place in hotline": place, "place in experts": "-of-these"}
    assert walk(steps, variables) == "connect,s,wait"
    assert variables["CR_CLASS"] == f"n-e02-experts-x{place}"
    assert ("CR_OFFERED_AT" in variables) is (place == "-o")
    assert f"[{variables['CR_CLASS']}]\n" in (folder / "musiconhold.conf").read_text(encoding="utf-8")
    silent = {"CR_QUEUE": "silent", "place in hotline": place}
    walk(steps, silent)
    assert silent["CR_CLASS"] == "hold"


def test_what_is_said_on_the_way_is_written_down_with_when_it_is_heard(steps: list[Step]) -> None:
    said = [step.args for step in steps if step.context == "overflow-notice" and step.exten == "experts"]
    assert said == [
        "__CR_HEARD_MS=7400",
        "CR_NOTICE,key=e02-experts-x&state=scheduled&starts_ms=200&ends_ms=7200",
        "n-e02-experts-x",
    ]
    variables = {"CR_QUEUE": "silent"}
    walk(steps, variables)
    assert variables["CR_CLASS"] == "hold"


@pytest.mark.parametrize(
    ("queue", "calm", "urgent"),
    [
        ("hotline", "overflow-platform,s,1", "last-resort,s,1"),
        ("letters", "message,nobody,1", "last-resort,s,1"),
        ("a", "last-resort,s,1", "last-resort,s,1"),
        ("unheard-of", "last-resort,s,1", "last-resort,s,1"),
    ],
)
def test_an_emergency_goes_neither_elsewhere_nor_to_a_message_before_the_duty_phone(
    steps: list[Step], queue: str, calm: str, urgent: str
) -> None:
    assert walk(steps, {"CR_QUEUE": queue}) == calm
    assert walk(steps, {"CR_QUEUE": queue, "CR_URGENT": "1"}) == urgent


def test_an_emergency_goes_on_to_general_seats_and_is_told_nothing(steps: list[Step]) -> None:
    variables = {"CR_QUEUE": "experts", "CR_URGENT": "1"}
    assert walk(steps, variables) == "connect,s,wait"
    assert (variables["CR_QUEUE"], variables["CR_CLASS"]) == ("hotline", "hold")
    assert "CR_TOLD" not in variables


def test_a_chain_ends_even_where_two_queues_lead_to_each_other(
    configuration: AsteriskConfiguration, tmp_path: Path
) -> None:
    circle = (OverflowStep("one", "queue", 1, "two"), OverflowStep("two", "queue", 1, "one"))
    render_configuration(
        PROJECT_ROOT / "asterisk",
        replace(configuration, plan=OfThePlan(queues=("one", "two"), overflows=circle)),
        tmp_path,
    )
    around = steps_of((tmp_path / "extensions-overflow.conf").read_text(encoding="utf-8"))
    variables = {"CR_QUEUE": "one"}
    ends = [walk(around, variables) for _ in range(8)]
    assert ends == ["connect,s,wait"] * 6 + ["last-resort,s,1"] * 2


def test_another_platform_is_called_once_and_not_for_what_a_platform_has_sent(steps: list[Step]) -> None:
    before = []
    for step in (step for step in steps if step.context == "overflow-platform"):
        if step.app == "Dial":
            break
        before.append(step)
    refused = [step.args for step in before if step.app == "GotoIf"]
    assert [args.partition("?")[2] for args in refused] == ["last-resort,s,1"] * 4
    once, by_header, by_trunk, full = refused
    assert "CR_ELSEWHERE" in once
    assert "FIELDQTY(PJSIP_HEADER(read,X-CallRouter-Overflow),:)" in by_header
    assert "platform" in by_trunk
    assert full == '$["${GOSUB_RETVAL}"="1"]?last-resort,s,1'  # what [trunk-full] returned
    assert table(steps, "overflow-trunk") == {
        "haikou": "platform",
        "sanya": "platform",
        "_[a-zA-Z0-9]!": "public",
    }
    added = [step.args for step in steps if step.context == "overflow-leg"]
    assert added[0] == "PJSIP_HEADER(add,X-CallRouter-Overflow)=1"


def test_every_end_of_the_attempt_is_written_down_whoever_ends_it(steps: list[Step]) -> None:
    attempt = [step for step in steps if step.context == "overflow-platform"]
    applications = [step.app for step in attempt]
    dial = applications.index("Dial")
    assert attempt[dial - 1].args == "CHANNEL(hangup_handler_push)=overflow-left,s,1"
    assert attempt[dial + 1].args == "CHANNEL(hangup_handler_pop)="
    (left,) = [step.args for step in steps if step.context == "overflow-left" and step.app != "Return"]
    # An Asterisk that is stopped hangs up on the caller, and names no source.
    assert '${CHANNEL(hangupsource)}"=""]?interrupted:caller_left' in left
    outcomes = table(steps, "overflow-outcome")
    assert outcomes["ANSWER"] == "joined"
    assert outcomes["_[A-Z]!"] == "unreachable"


def test_the_platforms_endpoint_is_rendered_with_its_address(folder: Path) -> None:
    sip = (folder / "pjsip.conf").read_text(encoding="utf-8")
    assert "[peer-haikou](trunk)\n" in sip
    assert "contact = sip:192.0.2.31:5060\n" in sip


def test_a_trunk_with_a_limit_counts_what_goes_out_by_it_but_for_emergencies(
    configuration: AsteriskConfiguration, tmp_path: Path
) -> None:
    limited = replace(
        configuration,
        outbound_trunks=(
            OutboundTrunk("peer-tax", "sip:192.0.2.11:5060", "tax", 8),
            OutboundTrunk("peer-water", "sip:192.0.2.51:5060", "water"),
        ),
    )
    render_configuration(PROJECT_ROOT / "asterisk", limited, tmp_path)
    steps = steps_of((tmp_path / "extensions-queue.conf").read_text("utf-8"))
    assert table(steps, "trunk-full") == {"0peer-tax": "$[${GROUP_COUNT(peer-tax@trunk)} >= 8]", "_0!": "0"}
    (counted,) = [step.args for step in steps if step.context == "leg" and "GROUP(trunk)" in step.args]
    assert counted == '${REGEX("^(platform|branch|utility)$" ${ARG1})}?Set(GROUP(trunk)=${CHANNEL(endpoint)})'
