"""A call is recorded from its answer to its end, on the caller's channel; pauses are nowhere but in the journal."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parties import AGENT_HZ, CALLER_HZ, carrier_caller, heard, phone
from running_system import MakeSystem, System, eventually

from callrouter.settings import PROJECT_ROOT
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.media import Silence

SECOND = 8000


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(recording={"enabled": True}, queue={"wrap_up_s": 0})
    made.start()
    return made


def tones(file: Path) -> list[set[int]]:
    """Which of the parties' tones each tenth of a second of a recording holds."""
    with wave.open(str(file)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(float)
    step = SECOND // 10
    found = []
    for start in range(0, len(samples) - step + 1, step):
        spectrum = np.abs(np.fft.rfft(samples[start : start + step] * np.hanning(step)))
        found.append({hz for hz in (CALLER_HZ, AGENT_HZ) if spectrum[hz // 10] > 40_000})
    return found


async def test_a_talk_is_recorded_but_for_its_pause_and_the_record_proves_both_files(system: System) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        call = await caller.dial("110")  # no notice before: the talk begins at once
        ringing = await agent.next_call(timeout_s=5)
        await ringing.answer()
        await call.hears(AGENT_HZ, timeout_s=3)
        await asyncio.sleep(1.5)
        await ringing.press("*1")
        await asyncio.sleep(2)
        await ringing.press("*2")
        await asyncio.sleep(2)
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=5)
    record = await asyncio.to_thread(system.record, call.sip_call_id)
    assert record["anomalies"] == []
    first, second = record["recordings"]
    assert [one["file"] for one in (first, second)] == [f"{record['call_id']}-{part}.wav" for part in (1, 2)]
    [pause] = first["pauses"]
    assert pause["starts_at"] <= first["finished_at"]
    assert pause["ends_at"] <= second["started_at"]
    for one in (first, second):
        file = system.layout.recordings / one["file"]
        assert one["proof"]["bytes"] == file.stat().st_size
        assert one["proof"]["duration_ms"] > 1000
        assert {CALLER_HZ, AGENT_HZ} in tones(file)
        assert file.stat().st_mode & 0o077 == 0 or file.parent.stat().st_mode & 0o077 == 0
    silent_s = sum(one["proof"]["duration_ms"] for one in (first, second)) / 1000
    assert silent_s < 6.5, "the pause is in a file"


async def test_a_key_says_what_it_has_done_to_the_agent_alone(system: System) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        call = await caller.dial("110")
        ringing = await agent.next_call(timeout_s=5)
        await ringing.answer()
        await call.hears(AGENT_HZ, timeout_s=3)
        call.play(Silence())  # the word is whispered into what the agent hears anyway
        ringing.play(Silence())
        for keys in ("*1", "*2", "*3"):
            await ringing.press(keys)
            await asyncio.sleep(3.5)
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=5)
    for said in ("r01", "r02", "c40"):
        # Mixed into his call, so no octet is quite as in the prompt.
        assert heard(ringing, said).correlation > 0.9, said
        assert heard(call, said).correlation < 0.5, said


@pytest.mark.parametrize("leaves", ["in the notice", "while it rings"])
async def test_a_caller_who_leaves_early_leaves_a_whole_file(system: System, leaves: str) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        ringing = await agent.next_call(timeout_s=5)
        if leaves == "while it rings":
            await ringing.ring()
        await call.hears_packets(60, timeout_s=5)
        await call.hang_up()
    record = await asyncio.to_thread(system.record, call.sip_call_id)
    [one] = record["recordings"]
    assert one["finished_at"]
    assert one["proof"]["duration_ms"] > 500
    assert (record["terminal_state"], record["anomalies"]) == ("abandoned", [])


async def test_what_a_killed_asterisk_leaves_is_repaired_proved_and_told(system: System) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        call = await caller.dial("110")
        ringing = await agent.next_call(timeout_s=5)
        await ringing.answer()
        began = await call.hears(AGENT_HZ, timeout_s=3)
        await asyncio.sleep(5)
        talked_s = asyncio.get_running_loop().time() - began
        os.kill(system.pid_of("asterisk"), signal.SIGKILL)
        record = await asyncio.to_thread(system.record, call.sip_call_id, within_s=40)
    assert record["terminal_state"] == "interrupted" or record["closed_by"] == "rule"
    [one] = record["recordings"]
    assert one["finished_at"] is None
    assert "recording_repaired" in record["anomalies"]
    with wave.open(str(system.layout.recordings / one["file"])) as sound:
        kept_s = sound.getnframes() / SECOND
    assert kept_s * 1000 == pytest.approx(one["proof"]["duration_ms"], abs=1)
    assert talked_s - kept_s < 2.6  # flushed every 2.05 s
    await asyncio.to_thread(eventually, "Asterisk is back", lambda: system.readyz()[0] == 200, within_s=30)


def test_every_file_is_some_records_and_prune_says_what_it_would_do(system: System) -> None:
    named = {one["file"] for event in system.records_at_ticketing() for one in event["data"]["recordings"]}
    assert {file.name for file in system.layout.recordings.iterdir()} == named
    shown = _recordings(system, "list")
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in named)
    nothing = _recordings(system, "prune", "--dry-run")
    assert (nothing.returncode, "730" in nothing.stderr) == (1, True)
    assert _recordings(system, "repair").returncode == 1


def _recordings(system: System, *words: str) -> subprocess.CompletedProcess[Any]:
    return subprocess.run(
        [sys.executable, "-m", "callrouter", "recordings", *words, "--config", str(system.config)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
