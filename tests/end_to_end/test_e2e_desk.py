"""An agent's desk over HTTP: a call from its first word to its record, with the controller there and without it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median

import pytest
from desk_client import DeskClient, Said, tokens_for
from parties import AGENT_HZ, CALLER_HZ, heard
from running_system import MakeSystem, System, eventually
from transfer_plays import all_talk, back_with_the_agent, nothing_is_left, with_the_target
from transfer_scene import SOON_S, TARGET_HZ, Scene, has_ended, stage
from waiting_room import seconds
from without_notices import without_notices

AGENTS = ("1001", "1002", "1003")
TARGETS = ("2001", "2002", "2003")
SUPERVISOR = "1101"
RINGING_HZ = 450
IN_TIME_S = 0.1


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(
        sip={"seats": [*AGENTS, *TARGETS], "supervisors": [SUPERVISOR]},
        queue={"ring_s": 5, "wrap_up_s": 0},
        recording={"enabled": True},
    )
    made.start()
    eventually("the seats are there", lambda: made.seats_in_the_queue() >= {*AGENTS, *TARGETS})
    without_notices(made)
    return made


@asynccontextmanager
async def a_talk(system: System, dialled: str = "12345") -> AsyncIterator[tuple[Scene, DeskClient]]:
    """A caller who talks with an agent, and the agent's desk."""
    tokens = tokens_for(system, AGENTS, [SUPERVISOR])
    async with stage(system, AGENTS, TARGETS) as on, on.scene(dialled) as scene:
        yield scene, DeskClient(system.settings.http.port, tokens[scene.seat])
        if scene.call.ended is None:
            await scene.call.hang_up()
        await has_ended(scene.call, scene.agent, scene.target)
    await asyncio.to_thread(nothing_is_left, system)


async def consulted(scene: Scene, desk: DeskClient, kind: str = "three_way") -> Said:
    said = await desk.did("consult", target=scene.target_id, kind=kind)
    scene.target = await scene.target_phone.next_call(timeout_s=SOON_S)
    return said


async def test_all_of_it_over_http_and_the_record_tells_it(system: System) -> None:
    async with a_talk(system) as (scene, desk), desk.listening():
        shown = await desk.get("call")
        assert shown.body["call"]["call_id"] == scene.id
        assert shown.body["call"]["caller"] == f"{scene.number[:3]}****{scene.number[-4:]}"
        assert (shown.body["call"]["line"], shown.body["call"]["state"]) == ("12345", "talk")
        took = [shown.took_s]

        async def did(what: str, **body: object) -> None:
            took.append((await desk.did(what, **body)).took_s)

        await did("hold")
        await scene.hears_music()
        await did("resume")
        await back_with_the_agent(scene)
        await did("recording/pause")
        await did("recording/resume")
        await did("note", text="来电人要求回复 / wants an answer")
        await did("ticket", number="CD-20261123-0042")
        took.append((await consulted(scene, desk)).took_s)
        assert (await desk.post("consult", target=scene.target_id)).error == "not_in_state"
        await scene.accept()
        await desk.until("accepted", what="changed", state="consult")
        await scene.hear(caller=(), agent=(TARGET_HZ,), target=(AGENT_HZ,))
        await did("join")
        await all_talk(scene)
        await did("enforcement")
        await did("leave")
        await with_the_target(scene)
        await desk.until("left", what="ended", seat=scene.seat)
        assert (await desk.get("call")).body["call"] is None
        await did("note", text="afterwards")
        assert scene.target
        await scene.target.hang_up()
        await has_ended(scene.call)
        assert median(took) < IN_TIME_S, took
        told = [event["state"] for event in desk.events if event["what"] == "changed"]
        assert told == ["held", "talk", "calling", "asking", "consult", "three", "handed"]
    record = await asyncio.to_thread(system.record, scene.call.sip_call_id)
    assert [word["text"] for word in record["notes"]] == ["来电人要求回复 / wants an answer", "afterwards"]
    assert [word["number"] for word in record["tickets"]] == ["CD-20261123-0042"]
    assert record["enforcement"]["by"] == scene.seat
    assert [(attempt["target"], attempt["outcome"]) for attempt in record["transfers"]] == [
        (scene.target_id, "joined")
    ]
    assert record["survey"] is None


async def test_whom_it_may_be_and_why_not_is_said_before_and_refused_after(system: System) -> None:
    async with a_talk(system) as (scene, desk):
        offered = (await desk.get("targets")).body["targets"]
        by_id = {one["id"]: one for one in offered}
        assert "three_way" in by_id[scene.target_id]["kinds"]
        closed = next(one for one in offered if one["refused"] is not None)
        said = await desk.post("consult", target=closed["id"])
        assert (said.status, said.error) == (409, "target_refused"), said
        assert said.body["why"] == closed["refused"]["why"]
        said = await desk.post("consult", target="13900000000")
        assert said.error == "target_refused", said
        await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))
        assert scene.states == []
    record = await asyncio.to_thread(system.record, scene.call.sip_call_id)
    told = [(one["target"], one["refused"]) for one in record["transfers"]]
    assert told == [(closed["id"], closed["refused"]["why"]), (None, "unknown")]
    assert {one["outcome"] for one in record["transfers"]} <= {"refused", "closed"}


async def test_whom_the_agent_calls_is_told_the_line_and_the_tickets_tail(system: System) -> None:
    async with a_talk(system, "12315") as (scene, desk):
        await desk.did("ticket", number="CD-2026-4207")
        await consulted(scene, desk)
        assert scene.target
        await scene.target.ring()
        await scene.agent.hears(RINGING_HZ, timeout_s=5)
        await scene.target.answer()
        whisper = ("b04-12315", "w02", "w04-42", "w04-07", "w03")
        await asyncio.sleep(sum(seconds(key) for key in whisper) + 0.5)
        for key in whisper:
            assert heard(scene.target, key).is_whole, key
        await scene.target.press("1")
        await scene.comes_to("consult")
