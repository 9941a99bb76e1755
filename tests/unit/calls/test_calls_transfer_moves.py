"""Every act leads to a place of the rendered dialplan: a channel that is sent to any other is a call that dies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from callrouter.asterisk_link.of_the_plan import EmergencyDesk
from callrouter.asterisk_link.targets_of_the_plan import DialledTarget
from callrouter.calls import transfer_moves
from callrouter.calls.desk_calls import STIMULI
from callrouter.calls.desk_protocol import DeskAct
from callrouter.calls.transfer_board import TransferAt
from callrouter.calls.transfer_look import Look
from callrouter.calls.transfer_moves import guide, move, put_right, start
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import TransferState
from tests.unit.asterisk_link.conftest import configuration, dialplan, rendered
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of
from tests.unit.asterisk_link.plan_targets import EMERGENCIES, TARGETS
from tests.unit.asterisk_link.test_transfer_dialplan import extension_for

__all__ = ["configuration", "dialplan", "rendered"]
CALLER, AGENT = "PJSIP/carrier-00000000", "PJSIP/1001-00000001"
RECORDING = (DeskAct.PAUSE_RECORDING, DeskAct.RESUME_RECORDING)
BEGINS = (DeskAct.CONSULT, DeskAct.PASS, DeskAct.EMERGENCY)
EMERGENCY = TransferKind.EMERGENCY


def look(*, is_out_of_queue: bool) -> Look:
    return Look(
        *("node1-1.0", CALLER, TransferAt(0, TransferState.TALK), "1001", AGENT, "", "Queue"),
        is_out_of_queue=is_out_of_queue,
    )


INSIDE, OUTSIDE = look(is_out_of_queue=False), look(is_out_of_queue=True)


@pytest.fixture(scope="module")
def steps(dialplan: str) -> list[Step]:
    return steps_of(dialplan)


def all_moves() -> Iterator[tuple[str, dict[str, str]]]:
    for act, seen in product(DeskAct, (INSIDE, OUTSIDE)):
        if act not in (*BEGINS, DeskAct.GUIDE):
            yield f"{act.value}-{seen.is_out_of_queue}", move(seen, act)
    for target, kind in product(TARGETS, (TransferKind.THREE_WAY, TransferKind.PLAIN)):
        yield f"{kind.value}-{target.id}", start(INSIDE, target.id, kind)
    for desk in EMERGENCIES:
        yield f"{EMERGENCY.value}-{desk.id}", start(INSIDE, desk.id, EMERGENCY)
    yield "guide", guide(INSIDE, "litigation")
    yield "put-right", put_right(CALLER)


MOVES = dict(all_moves())


@pytest.mark.parametrize("name", MOVES)
def test_each_channel_is_sent_to_a_first_step_that_there_is(steps: list[Step], name: str) -> None:
    headers = MOVES[name]
    prefixes = [prefix for prefix in ("", "Extra") if f"{prefix}Channel" in headers]
    assert prefixes
    for prefix in prefixes:
        context, exten = headers[f"{prefix}Context"], headers[f"{prefix}Exten"]
        found = extension_for(steps, context, exten)
        assert found, (context, exten)
        priorities = [step.priority for step in steps if (step.context, step.exten) == (context, found)]
        assert priorities[0] == headers[f"{prefix}Priority"] == "1"


@pytest.mark.parametrize("name", MOVES)
def test_where_a_place_has_a_name_of_its_own_it_is_meant_and_no_pattern(steps: list[Step], name: str) -> None:
    headers = MOVES[name]
    for prefix in ("", "Extra"):
        context, exten = headers.get(f"{prefix}Context"), headers.get(f"{prefix}Exten")
        if context not in (None, transfer_moves.STARTS, transfer_moves.EMERGENCY, transfer_moves.GUIDES):
            assert exten in {step.exten for step in steps if step.context == context}


@pytest.mark.parametrize("name", MOVES)
def test_a_redirect_says_all_that_asterisk_needs_and_the_callers_channel_comes_first(name: str) -> None:
    headers = MOVES[name]
    parts = ("Channel", "Context", "Exten", "Priority")
    assert set(headers) in ({*parts}, {*parts, *(f"Extra{part}" for part in parts)})
    if "ExtraChannel" in headers:
        assert (headers["Channel"], headers["ExtraChannel"]) == (CALLER, AGENT)


@pytest.mark.parametrize(
    ("act", "inside", "outside"),
    [
        (DeskAct.HOLD, {CALLER, AGENT}, {CALLER, AGENT}),
        (DeskAct.RESUME, {CALLER}, {CALLER}),
        (DeskAct.JOIN, {CALLER}, {CALLER}),
        (DeskAct.CANCEL, {CALLER}, {CALLER}),
        (DeskAct.LEAVE, {AGENT}, {AGENT}),
        (DeskAct.PAUSE_RECORDING, {CALLER, AGENT}, {CALLER}),
        (DeskAct.RESUME_RECORDING, {CALLER, AGENT}, {CALLER}),
    ],
)
def test_whoever_must_go_is_moved_and_nobody_else(act: DeskAct, inside: set[str], outside: set[str]) -> None:
    for seen, moved in ((INSIDE, inside), (OUTSIDE, outside)):
        headers = move(seen, act)
        assert {headers[name] for name in ("Channel", "ExtraChannel") if name in headers} == moved


def test_every_act_of_a_desk_has_a_move() -> None:
    moved = {*transfer_moves.CALLER_TO, *transfer_moves.AGENT_TO}
    assert moved == {*DeskAct} - {*BEGINS, DeskAct.GUIDE}
    assert {*STIMULI, *RECORDING, DeskAct.GUIDE} == {*DeskAct}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.id)
@pytest.mark.parametrize("kind", [TransferKind.PLAIN, TransferKind.THREE_WAY])
def test_an_attempt_names_a_kind_and_a_target_that_the_dialplan_reads_back(
    steps: list[Step], target: DialledTarget, kind: TransferKind
) -> None:
    headers = start(OUTSIDE, target.id, kind)
    read, _, rest = headers["Exten"].partition("-")
    # As [transfer-start] takes it apart: what stands before the first hyphen, and what behind it.
    assert (read, rest) == (kind.value, target.id)
    assert extension_for(steps, "target-of", rest) == target.id
    assert (headers["ExtraContext"], headers["ExtraExten"]) == transfer_moves.AGENT_WAITS


@pytest.mark.parametrize("desk", EMERGENCIES, ids=lambda desk: desk.id)
def test_for_an_emergency_the_agent_stays_in_the_talk(steps: list[Step], desk: EmergencyDesk) -> None:
    headers = start(OUTSIDE, desk.id, EMERGENCY)
    assert (headers["Context"], headers["Exten"]) == (transfer_moves.EMERGENCY, desk.id)
    assert extension_for(steps, "emergency-of", desk.id) == desk.id
    assert (headers["ExtraContext"], headers["ExtraExten"]) == transfer_moves.AGENT_TALKS
