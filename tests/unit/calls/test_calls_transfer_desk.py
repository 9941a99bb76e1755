"""The desks on an Asterisk of the tests' own: each act, what is shown, and what is written down."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from callrouter.calls.desk_calls import acts_in, step_for
from callrouter.calls.desk_protocol import (
    DeskAct,
    DeskNews,
    Done,
    NoCallError,
    NotInStateError,
    Recorded,
    TargetRefusedError,
    TransferDesk,
    UnknownGuidanceError,
)
from callrouter.decide.transfer_table import Ignored
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import RefusedTarget, TransferState
from tests.unit.calls.desk_asks import (
    PLAIN,
    STEPS,
    THREE_WAY,
    asked,
    consult,
)
from tests.unit.calls.desk_on_double import scene
from tests.unit.calls.test_calls_transfer_board import AGENT, CALL, CALLER
from tests.unit.decide.a_plan import NOW

STATES = [state for state in TransferState if state not in (TransferState.ENDED, TransferState.QUEUED)]
WITH_AN_AGENT = [state for state in STATES if state not in (TransferState.ALONE, TransferState.HANDED)]


async def test_it_is_a_desk() -> None:
    async with scene() as on:
        promised: TransferDesk = on.desk
        assert promised


@pytest.mark.parametrize("act", STEPS)
@pytest.mark.parametrize("state", WITH_AN_AGENT)
async def test_an_act_is_done_where_the_table_allows_it_and_refused_where_not(
    state: TransferState, act: DeskAct
) -> None:
    async with scene(f"1|{state.value}|three_way|tax") as on:
        step = step_for(act, state)
        if isinstance(step, Ignored):
            with pytest.raises(NotInStateError) as refused:
                await asked(on.desk, act)
            assert (refused.value.state, refused.value.attempt, refused.value.reason) == (
                state,
                1,
                step.reason,
            )
            assert on.redirects == []
            return
        begins = act in (DeskAct.CONSULT, DeskAct.PASS, DeskAct.EMERGENCY)
        with capture_logs() as logs:
            assert await asked(on.desk, act) == Done(step.state, 2 if begins else 1)
        assert [line["act"] for line in logs if line["event"] == "desk_step"] == [act.value]
        assert len(on.redirects) == 1
        assert on.at.state is step.state


@pytest.mark.parametrize(("code", "target"), [("tax", "tax"), ("12366", "tax")])
async def test_a_target_is_named_by_its_id_or_its_code_and_moved_to_by_its_id(code: str, target: str) -> None:
    async with scene() as on:
        await on.desk.consult("1001", code, THREE_WAY)
        (moved,) = on.redirects
        assert (moved["Channel"], moved["ExtraChannel"]) == (CALLER, AGENT)
        assert (moved["Context"], moved["Exten"]) == ("transfer-start", f"three_way-{target}")


@pytest.mark.parametrize(
    ("target", "kind", "why"),
    [
        ("110", THREE_WAY, RefusedTarget.EMERGENCY),
        ("13800138000", PLAIN, RefusedTarget.UNKNOWN),
        ("1001", PLAIN, RefusedTarget.YOURSELF),
        ("tax", PLAIN, RefusedTarget.OTHER_KIND),
        ("x-1\r\nAction: Hangup", THREE_WAY, RefusedTarget.UNKNOWN),
    ],
)
async def test_who_is_no_target_for_this_call_is_refused_and_that_is_written_down(
    target: str, kind: TransferKind, why: RefusedTarget
) -> None:
    async with scene() as on:
        with pytest.raises(TargetRefusedError) as refused:
            await on.desk.consult("1001", target, kind)
        assert refused.value.refused.why is why
        assert on.redirects == []
        (word,) = on.asterisk.handlers[CALLER]
        assert word.startswith(f"desk-word,refused,1(id=r-id-0&kind={kind}&by=1001&at=")
        assert word.endswith(f"&state=refused&why={why}&target={refused.value.refused.target or ''})")


async def test_hours_are_judged_by_the_clock_that_the_plan_is_asked_by() -> None:
    async with scene() as on:
        open_now = {offer.target.id for offer in await on.desk.targets("1001") if offer.kinds}
        on.now = (NOW + timedelta(days=3)).replace(hour=3)
        closed = {offer.target.id for offer in await on.desk.targets("1001") if offer.kinds}
        assert "tax" in open_now
        assert closed < open_now


async def test_a_call_is_shown_as_its_channel_says_it_is() -> None:
    async with scene("2|consult|three_way|tax", CR_TICKET="T-0042") as on:
        call = await on.desk.my_call("1001")
        whole = await on.desk.my_call("1001", whole_number=True)
        assert call
        assert whole
        assert (call.call_id, call.seat, call.state, call.attempt, call.target) == (
            *(CALL, "1001", TransferState.CONSULT, 2),
            "tax",
        )
        assert (call.caller, whole.caller, call.flags) == ("138****8000", "13800138000", ("repeat",))
        assert (call.line, call.queue, call.ticket, call.recorded) == (
            *("12345", "hotline", "T-0042"),
            Recorded.ON,
        )
        assert call.may == acts_in(TransferState.CONSULT, Recorded.ON)
        assert await on.desk.my_call("1002") is None


async def test_a_supervisor_sees_every_call_and_of_one_that_has_gone_what_was_known() -> None:
    async with scene() as on:
        (call,) = await on.desk.calls()
        assert (call.call_id, call.caller, call.queue) == (CALL, "13800138000", "hotline")
        on.asterisk.channels.remove(CALLER)
        (call,) = await on.desk.calls()
        assert (call.call_id, call.seat, call.caller, call.queue, call.may) == (CALL, "1001", "", None, ())


async def test_a_consult_while_the_caller_is_held_brings_him_back_first() -> None:
    async with scene("0|held||") as on:
        assert await consult(on.desk) == Done(TransferState.CALLING, 1)
        assert len(on.redirects) == 1


async def test_forty_agents_ask_at_once_and_each_gets_his_own() -> None:
    async with scene("0|queued||") as on:
        calls = {f"10{number:02d}": f"node1-{number}.0" for number in range(10, 50)}
        for seat, call in calls.items():
            caller, agent = f"PJSIP/carrier-{seat}", f"PJSIP/{seat}-00000001"
            on.asterisk.channels += [caller, agent]
            held = {"CR_CALL": call, "CR_TRANSFER": "0|talk||", "CR_AGENT": seat, "CR_AGENT_CHANNEL": agent}
            on.asterisk.variables[caller] = held
            channels = {"AgentChannel": agent, "CallerChannel": caller}
            on.user_event("CRTalk", Call=call, Agent=seat, State="began", **channels)

        def moved(action: dict[str, str]) -> None:
            on.asterisk.variables[action["Channel"]]["CR_TRANSFER"] = "1|calling|three_way|tax"
            seat = action["ExtraChannel"].removeprefix("PJSIP/").partition("-")[0]
            became = {"Attempt": "1", "State": "calling", "Kind": "three_way", "Target": "tax"}
            on.user_event("CRTransfer", Call=calls[seat], **became)

        on.asterisk.on_redirect = moved
        while len(list(on.board.calls())) < len(calls):  # noqa: ASYNC110 -- the last of many events
            await asyncio.sleep(0.002)
        done = await asyncio.gather(*(on.desk.consult(seat, "tax", THREE_WAY) for seat in calls))
        assert set(done) == {Done(TransferState.CALLING, 1)}
        assert {moved["Channel"] for moved in on.redirects} == {f"PJSIP/carrier-{seat}" for seat in calls}
        assert on.board.in_flight() == len(calls)


async def test_recording_is_paused_and_goes_on_and_asked_twice_nothing_is_done() -> None:
    async with scene() as on:
        for _ in range(2):
            assert await on.desk.pause_recording("1001") is Recorded.PAUSED
        for _ in range(2):
            assert await on.desk.resume_recording("1001") is Recorded.ON
        assert [moved["Exten"] for moved in on.redirects] == ["pause", "record"]


@pytest.mark.parametrize(
    "state", [one for one in WITH_AN_AGENT if one not in (TransferState.TALK, TransferState.THREE)]
)
async def test_recording_is_not_paused_while_the_caller_does_not_hear_the_agent(state: TransferState) -> None:
    async with scene(f"1|{state.value}|three_way|tax") as on:
        with pytest.raises(NotInStateError):
            await on.desk.pause_recording("1001")
        assert on.redirects == []


async def test_what_is_not_recorded_is_not_paused() -> None:
    async with scene(CR_REC_ID="") as on:
        assert await on.desk.pause_recording("1001") is Recorded.OFF
        assert on.redirects == []


@pytest.mark.parametrize("about", ["army", "2769"])
@pytest.mark.parametrize("state", [TransferState.TALK, TransferState.HELD])
async def test_a_caller_is_told_where_to_turn_and_is_with_the_agent_again(
    state: TransferState, about: str
) -> None:
    async with scene(f"1|{state.value}|three_way|tax") as on:
        for _ in range(2):
            assert await on.desk.guide("1001", about) == Done(TransferState.TALK, 1)
        moved = on.redirects[0]
        assert (moved["Channel"], moved["Context"], moved["Exten"]) == (CALLER, "guidance", "army")
        assert (moved["ExtraChannel"], moved["ExtraContext"], moved["ExtraExten"]) == (
            AGENT,
            "transfer-agent",
            "talks",
        )
        assert len(on.redirects) == 2


@pytest.mark.parametrize(
    "state", [one for one in WITH_AN_AGENT if one not in (TransferState.TALK, TransferState.HELD)]
)
async def test_nobody_is_told_where_to_turn_while_somebody_is_called_for_him(state: TransferState) -> None:
    async with scene(f"1|{state.value}|three_way|tax") as on:
        with pytest.raises(NotInStateError):
            await on.desk.guide("1001", "army")
        assert on.redirects == []


async def test_what_the_plan_does_not_know_nobody_is_told() -> None:
    async with scene() as on:
        for about in ("12366", "secrets-of-others", "tax"):
            with pytest.raises(UnknownGuidanceError):
                await on.desk.guide("1001", about)
        assert on.redirects == []
        assert [one.id for one in await on.desk.guidances()][:1] == ["army"]


async def test_words_wait_on_the_callers_channel_for_its_end() -> None:
    async with scene() as on:
        await on.desk.note("1001", "投诉 12345", word_id="a")
        await on.desk.note("1001", "second")
        await on.desk.ticket("1001", "20261123-0042")
        await on.desk.mark_enforcement("1001")
        words = on.asterisk.handlers[CALLER]
        assert [word.partition("(")[0] for word in words] == ["desk-word,s,1"] * 4
        assert "id=a&kind=note&by=1001&at=" in words[0]
        assert "id=id-0&" in words[1]
        assert "&number=20261123-0042)" in words[2]
        assert "kind=enforcement" in words[3]
        held = {
            "CR_TICKET_TAIL": "0042",
            "CR_TICKET": "20261123-0042",
            "CR_NO_SURVEY": "1",
            "CR_ENFORCEMENT": "1",
        }
        assert held.items() <= on.held.items()
        call = await on.desk.my_call("1001")
        assert call
        assert (call.ticket, call.is_enforcement) == ("20261123-0042", True)


async def test_who_has_left_may_write_something_down_while_his_caller_is_there() -> None:
    async with scene("1|handed|three_way|tax", CR_AGENT_CHANNEL="") as on:
        assert await on.desk.my_call("1001") is None
        await on.desk.note("1001", "text")
        assert len(on.asterisk.handlers[CALLER]) == 1
        on.asterisk.channels.remove(CALLER)
        with pytest.raises(NoCallError):
            await on.desk.note("1001", "text")


async def test_an_agent_hears_of_the_steps_of_his_call_and_a_gap_is_told() -> None:
    async with scene() as on:
        changes = on.desk.subscribe("1001")
        first = asyncio.create_task(anext(changes))
        await asyncio.sleep(0)
        await consult(on.desk)
        change = await first
        assert (change.what, change.state, change.attempt, change.target) == (
            *(DeskNews.CHANGED, TransferState.CALLING, 1),
            "tax",
        )
        on.asterisk.cut()
        assert (await anext(changes)).what is DeskNews.RESYNC
        await changes.aclose()
